import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from './input-error.ts';

/** Start time of a process in clock ticks, where the system tells; it tells a process from a later one of the same number. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isRunning({ pid, start }: { pid: number; start?: string }): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return start === undefined || startOf(pid) === start;
}

function holderOf(file: string): { pid: number; start?: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; start?: string };
  } catch {
    return undefined;
  }
}

/**
 * Keeps two sweeps from writing into one folder; a lock whose process is gone counts for nothing.
 *
 * @returns what gives the folder free again.
 * @throws InputError - another process writes there.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, '.lock');
  const mine = JSON.stringify({ pid: process.pid, start: startOf(process.pid) });
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (attempt > 0 || (holder && isRunning(holder))) {
      throw new InputError(
        `--out ${folder}: process ${holder?.pid ?? '?'} is writing there; wait for it or choose another folder`,
      );
    }
    rmSync(file, { force: true });
  }
}
