import { closeSync, constants, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { writeAtomically } from './atomic-write.ts';
import { sha256 } from './canonical-json.ts';
import { InputError } from './input-error.ts';
import { type DoneRun, keyText, type RunKey } from './run-record.ts';

// A journal is JSON lines, each {"check": first 16 digits of the sha256 of the entry, "entry": ...}. The first entry
// says which sweep it belongs to, every other is one run that is over. Lines are only ever appended, so that whatever
// kills the process (kill -9, power, a full disk) damages at most the last one; a damaged line is a run to do again.
// The runs stay in the file: in memory there is only the place of each, so that a million of them fit.

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
/** Bytes read at once. */
const chunkBytes = 1 << 20;

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

function openForReading(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new InputError(`${file}: cannot be read; ${(error as Error).message}`);
  }
}

interface Line {
  readonly text: string;
  readonly offset: number;
}

/** The lines of a file with their places, one piece of the file in memory at a time. */
function* linesOf(file: string): Generator<Line> {
  const descriptor = openForReading(file);
  if (descriptor === undefined) return;
  try {
    const chunk = Buffer.alloc(chunkBytes);
    let rest = Buffer.alloc(0);
    let offset = 0;
    for (let at = 0; ; ) {
      const count = readSync(descriptor, chunk, 0, chunkBytes, at);
      at += count;
      rest = Buffer.concat([rest, chunk.subarray(0, count)]);
      let from = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
        yield { text: rest.toString('utf8', from, end), offset: offset + from };
        from = end + 1;
      }
      offset += from;
      rest = rest.subarray(from);
      if (count > 0) continue;
      if (rest.length > 0) yield { text: rest.toString('utf8'), offset };
      return;
    }
  } catch (error) {
    throw new InputError(`${file}: cannot be read; ${(error as Error).message}`);
  } finally {
    closeSync(descriptor);
  }
}

const refusals: readonly [keyof JournalHead, string][] = [
  ['version', 'another version of Replisim'],
  ['source_sha256', 'a simulator with other sources'],
  ['scenario_sha256', 'another scenario'],
  ['plan_sha256', 'another grid of points'],
];

function headIn(file: string): JournalHead | undefined {
  for (const { text } of linesOf(file)) return entryOf(text) as JournalHead | undefined;
  return undefined;
}

/**
 * True when a file holds a journal of this sweep, false when it holds none.
 *
 * @throws InputError - it holds that of another sweep.
 */
export function checkJournal(file: string, head: JournalHead): boolean {
  const found = headIn(file);
  if (found === undefined) return false;
  for (const [name, what] of refusals) {
    if (found[name] === head[name]) continue;
    const [was, is] = [found[name], head[name]].map((text) => String(text).slice(0, 12));
    throw new InputError(`${file}: was written by ${what} (${was}, now ${is}); leave out --resume to start over`);
  }
  return true;
}

/** True when a file holds a journal with a run, whosever it is. */
export function hasJournal(file: string): boolean {
  let lines = 0;
  for (const { text } of linesOf(file)) {
    if (text !== '') lines += 1;
    if (lines > 1) return true;
  }
  return false;
}

/** Where a run stands in a journal. */
export interface Place {
  readonly file: number;
  readonly offset: number;
}

/** The runs of one or more journals of a sweep. */
export class RunStore {
  private readonly files: string[] = [];
  /** Place of each run by its key: offset x 4096 + number of the file. */
  private readonly places = new Map<string | number, number>();
  private readonly nameOf: (key: RunKey) => string | number;
  private reading: { file: number; descriptor: number } | undefined;

  /** @param nameOf - a short name of a run, one for each. */
  constructor(nameOf: (key: RunKey) => string | number = keyText) {
    this.nameOf = nameOf;
  }

  get size(): number {
    return this.places.size;
  }

  /** Takes a journal in; damaged lines are passed over. @returns its number. */
  add(file: string): number {
    this.files.push(file);
    const number = this.files.length - 1;
    let isHead = true;
    for (const { text, offset } of linesOf(file)) {
      const run = isHead || text === '' ? undefined : (entryOf(text) as DoneRun | undefined);
      isHead = false;
      if (run !== undefined) this.note(run.key, { file: number, offset });
    }
    return number;
  }

  note(key: RunKey, { file, offset }: Place): void {
    this.places.set(this.nameOf(key), offset * 4096 + file);
  }

  has(key: RunKey): boolean {
    return this.places.has(this.nameOf(key));
  }

  /** The run with a key; undefined when it is not there. */
  get(key: RunKey): DoneRun | undefined {
    const place = this.places.get(this.nameOf(key));
    if (place === undefined) return undefined;
    return this.read({ file: place % 4096, offset: Math.floor(place / 4096) });
  }

  private read({ file, offset }: Place): DoneRun {
    if (this.reading?.file !== file) {
      this.close();
      this.reading = { file, descriptor: openSync(this.files[file], constants.O_RDONLY) };
    }
    let bytes = Buffer.alloc(4096);
    for (;;) {
      const count = readSync(this.reading.descriptor, bytes, 0, bytes.length, offset);
      const end = bytes.subarray(0, count).indexOf(10);
      if (end >= 0 || count < bytes.length) {
        const text = bytes.toString('utf8', 0, end >= 0 ? end : count);
        return (JSON.parse(text) as { entry: DoneRun }).entry;
      }
      bytes = Buffer.alloc(bytes.length * 4);
    }
  }

  /** Lets go of the file that is being read. */
  close(): void {
    if (this.reading) closeSync(this.reading.descriptor);
    this.reading = undefined;
  }
}

/** A journal that is being written. */
export class Journal {
  readonly #descriptor: number;
  #length: number;
  #syncedAt = 0;

  /** @param length - bytes that are there; 0 starts a new journal. */
  constructor(file: string, head: JournalHead, length: number) {
    if (length === 0) {
      const first = line(head);
      writeAtomically(file, [first]);
      this.#length = Buffer.byteLength(first);
    } else this.#length = length;
    this.#descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
    // The end of a line that a kill cut short; an empty line is no entry.
    if (length > 0) this.#length += writeSync(this.#descriptor, '\n');
  }

  /** @returns where the run begins. */
  append(run: DoneRun): number {
    const bytes = Buffer.from(line(run), 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    const offset = this.#length;
    this.#length += bytes.length;
    const now = performance.now();
    if (now - this.#syncedAt >= syncMs) {
      fsyncSync(this.#descriptor);
      this.#syncedAt = now;
    }
    return offset;
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
