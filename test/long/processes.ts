// What the long proofs share: scripts as processes, servers that they start themselves, random moments.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A process that was started, and how it ended. */
export interface Started {
  readonly child: ChildProcess;
  readonly end: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Starts a program, by default a script of experiments/. */
export function start(
  program: string,
  argv: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Started {
  const isScript = program.endsWith('.ts');
  const [command, ...rest] = isScript
    ? [process.execPath, '--import', 'tsx', join(root, 'experiments', program), ...argv]
    : [program, ...argv];
  const child = spawn(command, rest, { cwd: options.cwd ?? root, env: options.env ?? process.env });
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (part: Buffer) => {
    stdout += part;
  });
  child.stderr!.on('data', (part: Buffer) => {
    stderr += part;
  });
  const end = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, end };
}

/** Runs a script to its end. @throws Error - it did not end with 0. */
export async function finish(
  program: string,
  argv: readonly string[],
  options: { env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { code, stdout, stderr } = await start(program, argv, options).end;
  if (code !== 0) throw new Error(`${program} ${argv.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** Whether a program is there. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * A program that a proof needs. Outside CI its absence is told and the proof is left out; in CI it is an error.
 *
 * @returns false when it is not there.
 */
export function needs(program: string, packageName: string): boolean {
  if (isInstalled(program)) return true;
  const message = `${program} is not installed; apt-get install ${packageName}`;
  if (process.env.CI === 'true') throw new Error(message);
  console.log(`left out: ${message}`);
  return false;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Random numbers of a seed, for the moments of kills. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A Redis of one's own, which can be killed and started again over the same append-only file. */
export class OwnRedis {
  readonly url: string;
  private readonly folder: string;
  private readonly port: number;
  private server: Started | undefined;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const argv = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--appendonly',
      'yes',
      '--save',
      '',
      '--dir',
      this.folder,
    ];
    this.server = start('redis-server', argv);
    const { checkRedis } = await import('../../experiments/queue/connection.ts');
    for (let tries = 0; ; tries += 1) {
      try {
        await checkRedis(this.url);
        return;
      } catch (error) {
        if (tries > 100) throw error;
        await pause(100);
      }
    }
  }

  async kill(): Promise<void> {
    this.server?.child.kill('SIGKILL');
    await this.server?.end;
  }
}
