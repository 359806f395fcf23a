// What happens inside a cluster when a node dies? The simulator in a page of the browser: watch, stop time, kill nodes.
import { explorerPage } from './explore/bundle.ts';
import { servePage } from './explore/server.ts';
import { defineCommand, helpText, parseArguments } from './lib/arguments.ts';
import { writeAtomically } from './lib/atomic-write.ts';
import { number, path } from './lib/flag-kinds.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { RunFailed } from './lib/run-failed.ts';
import { guarded, runScript } from './lib/run-script.ts';

const command = defineCommand({
  name: 'tsx experiments/explore.ts',
  question:
    'What happens inside a cluster when a node dies? Serves a page to this computer in which the simulator itself runs: two strategies side by side, time that can be stopped and moved, nodes that a click kills.',
  flags: {
    port: number(
      'PORT',
      { min: 0, max: 65535, whole: true },
      'port of the server on 127.0.0.1 (default: 8642; 0 = any)',
    ),
    out: path('FILE', 'writes the page as one HTML file that needs no server, and ends'),
  },
  examples: [
    ['look at a cluster', ''],
    ['one file to pass on', '--out explorer.html'],
  ],
});

const defaultPort = 8642;

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const page = await explorerPage();
    if (values.out !== undefined) {
      try {
        writeAtomically(values.out, [page]);
      } catch (error) {
        throw new RunFailed(`${values.out}: cannot be written (${(error as NodeJS.ErrnoException).code ?? error})`);
      }
      io.out(`${values.out}\n`);
      return exitCodes.done;
    }
    const running = await servePage(page, values.port ?? defaultPort);
    io.out(`${running.url}\n`);
    io.err('Ctrl-C ends the server.\n');
    await new Promise<void>((resolve) => io.signal.addEventListener('abort', () => resolve(), { once: true }));
    await running.close();
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
