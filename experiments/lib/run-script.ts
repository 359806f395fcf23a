import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError } from './input-error.ts';
import { exitCodes, type Io } from './io.ts';
import { Interrupted, RunFailed } from './run-failed.ts';

/** Body of a script: arguments in, exit code out. */
export type Main = (argv: readonly string[], io: Io) => Promise<number>;

/** Runs a body and turns its errors into one line each and an exit code. */
export async function guarded(body: () => Promise<number>, io: Io): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof InputError) {
      io.err(`${error.message}\n`);
      return exitCodes.badInput;
    }
    if (error instanceof Interrupted) {
      io.err(`${error.message}\n`);
      return exitCodes.interrupted;
    }
    if (error instanceof RunFailed) {
      io.err(`${error.message}\n`);
      return exitCodes.failed;
    }
    throw error;
  }
}

/** Standard streams, Ctrl-C, and whether there is a terminal. */
export function processIo(): Io {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  });
  // A reader that closes the pipe early (`| head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colours: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    progress: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    signal: controller.signal,
  };
}

/** Runs `main` when its file is the script that was started; does nothing when the file is imported. */
export async function runScript(url: string, main: Main): Promise<void> {
  const started = process.argv[1];
  if (started === undefined || realpathSync(fileURLToPath(url)) !== realpathSync(started)) return;
  const io = processIo();
  process.exitCode = await guarded(() => main(process.argv.slice(2), io), io);
}
