// What others need for the same, measured in the same minute on the same machine, where they are installed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The yardsticks in C: processor time [ns] per customer of M/M/1, and per hold. */
export interface Reference {
  readonly mm1: number;
  readonly hold: readonly { readonly pending: number; readonly heap: number; readonly ladder: number }[];
}

/** M/M/1 in SimPy [ns per customer]. */
export interface SimPy {
  readonly version: string;
  readonly mm1: number;
}

function folderOf(name: string): string {
  return fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
}

/** Compiles and runs the yardsticks. @returns what is missing, as text. */
export function measureReference(): Reference | string {
  const folder = mkdtempSync(join(tmpdir(), 'replisim-bench-'));
  const program = join(folder, 'reference');
  try {
    execFileSync('gcc', ['-O2', '-o', program, folderOf('reference.c'), '-lm'], { stdio: 'pipe' });
    return JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Reference;
  } catch {
    return 'no C compiler here (apt-get install gcc libc6-dev): no ratios';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs SimPy, the one of Debian. @returns what is missing, as text. */
export function measureSimPy(): SimPy | string {
  try {
    const text = execFileSync('/usr/bin/python3', [folderOf('simpy_reference.py')], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return JSON.parse(text) as SimPy;
  } catch {
    return 'not installed (apt-get install python3-simpy3)';
  }
}
