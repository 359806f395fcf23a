// A process that runs test files one after the other, and what starts it and reads what it says.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
/** A file that takes longer is stopped: a test must not hang [ms]. */
const FILE_LIMIT_MS = 240_000;
/** What the process prints when a file is over. */
export const END_OF_FILE = '\u0004end of file\u0004\n';

/** What became of a file. */
export interface FileResult {
  readonly name: string;
  /** All that it printed. */
  readonly output: string;
  readonly seconds: number;
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
  /** It ended its process, was stopped, or left something behind that went wrong. */
  readonly isBroken: boolean;
}

function count(output: string, label: string): number {
  return Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
}

/**
 * Runs files in one process until all are over, or one takes the process down.
 *
 * @param files - paths below test/.
 * @returns how many files were told.
 */
export function runInProcess(files: readonly string[], tell: (result: FileResult) => void): Promise<number> {
  const argv = ['--import', 'tsx', join(root, 'run-files.ts'), ...files];
  const child = spawn(process.execPath, argv, { cwd: join(root, '..') });
  return new Promise((resolve) => {
    let told = 0;
    let output = '';
    let startedAt = performance.now();
    let held: FileResult | undefined;
    const limit = setTimeout(() => child.kill('SIGKILL'), FILE_LIMIT_MS);
    const end = (text: string, isBroken: boolean): FileResult => {
      const seconds = (performance.now() - startedAt) / 1000;
      startedAt = performance.now();
      const counts = { total: count(text, 'Total'), passed: count(text, 'Passed'), skipped: count(text, 'Skipped') };
      told += 1;
      return { name: files[told - 1], output: text, seconds, ...counts, isBroken };
    };
    const read = (chunk: string): void => {
      output += chunk;
      for (let at = output.indexOf(END_OF_FILE); at >= 0; at = output.indexOf(END_OF_FILE)) {
        if (held) tell(held);
        held = end(output.slice(0, at), false);
        output = output.slice(at + END_OF_FILE.length);
        limit.refresh();
      }
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.on('close', (code) => {
      clearTimeout(limit);
      const isWhole = told === files.length;
      // The last file that was over is told when it is known how its process ended.
      if (held) tell(isWhole && code !== 0 ? { ...held, output: held.output + output, isBroken: true } : held);
      if (!isWhole) tell(end(output, true));
      resolve(told);
    });
  });
}
