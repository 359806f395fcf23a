import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { writeAtomically } from './atomic-write.ts';
import { sha256 } from './canonical-json.ts';
import { InputError } from './input-error.ts';
import { type FinishedRun, keyText } from './run-record.ts';

// A journal is JSON lines, each {"check": first 16 digits of the sha256 of the entry, "entry": ...}. The first entry
// says which sweep it belongs to, every other is one finished run. Lines are only ever appended, so that whatever
// kills the process (kill -9, power, a full disk) damages at most the last one; a damaged line is a run to do again.

/** Which sweep a journal belongs to; it is resumed only by the very same one. */
export interface JournalHead {
  readonly version: string;
  /** sha256 of the sources of the simulator. */
  readonly source_sha256: string;
  readonly scenario_sha256: string;
  /** sha256 of scenario and grid together. */
  readonly plan_sha256: string;
}

/** Longest time between two syncs [ms]; more often would cost more than the runs. */
const syncMs = 1000;

function line(entry: unknown): string {
  const text = JSON.stringify(entry);
  return `{"check":"${sha256(text).slice(0, 16)}","entry":${text}}\n`;
}

function entryOf(text: string): unknown {
  try {
    const { check, entry } = JSON.parse(text) as { check: unknown; entry: unknown };
    return check === sha256(JSON.stringify(entry)).slice(0, 16) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new InputError(`${file}: cannot be read; ${(error as Error).message}`);
  }
}

const refusals: readonly [keyof JournalHead, string][] = [
  ['version', 'another version of Replisim'],
  ['source_sha256', 'a simulator with other sources'],
  ['scenario_sha256', 'another scenario'],
  ['plan_sha256', 'another grid of points'],
];

/** Runs that a journal holds, by the text of their keys; undefined when there is no journal. */
export function readJournal(file: string, head: JournalHead): Map<string, FinishedRun> | undefined {
  const [first, ...rest] = readLines(file);
  const found = first === undefined ? undefined : (entryOf(first) as JournalHead | undefined);
  if (found === undefined) return undefined;
  for (const [name, what] of refusals) {
    if (found[name] === head[name]) continue;
    const [was, is] = [found[name], head[name]].map((text) => String(text).slice(0, 12));
    throw new InputError(`${file}: was written by ${what} (${was}, now ${is}); leave out --resume to start over`);
  }
  const runs = new Map<string, FinishedRun>();
  for (const text of rest) {
    const run = text === '' ? undefined : (entryOf(text) as FinishedRun | undefined);
    if (run !== undefined) runs.set(keyText(run.key), run);
  }
  return runs;
}

/** True when a file holds a journal, whosever it is. */
export function hasJournal(file: string): boolean {
  return readLines(file).length > 2;
}

/** An open journal. */
export class Journal {
  readonly #descriptor: number;
  #syncedAt = 0;

  /** @param fresh - starts a new journal; else appends to the one that is there. */
  constructor(file: string, head: JournalHead, fresh: boolean) {
    if (fresh) writeAtomically(file, [line(head)]);
    this.#descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
    // The end of a line that a kill cut short; an empty line is no entry.
    if (!fresh) writeSync(this.#descriptor, '\n');
  }

  append(run: FinishedRun): void {
    const bytes = Buffer.from(line(run), 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    const now = performance.now();
    if (now - this.#syncedAt < syncMs) return;
    fsyncSync(this.#descriptor);
    this.#syncedAt = now;
  }

  close(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch {
      // A full disk was told when a line could not be written; a lost line is a run to do again.
    } finally {
      closeSync(this.#descriptor);
    }
  }
}
