import { LazyColumn } from '../../sim/lazy-column.ts';
import type { SessionTable } from '../sessions.ts';

/** Words of a copy: node and start of it, version, next copy of the same session. */
const WORDS = 3;
const VERSION = 1;
const NEXT = 2;
const NONE = -1;

/**
 * Which nodes hold a copy of which sessions, in which version: a list of copies per session, most have one.
 *
 * A copy is a number, -1 = none. One of an earlier start of its node stays until its session is forgotten.
 */
export class LocalCopies {
  private readonly sessions: SessionTable;
  private readonly firsts: LazyColumn;
  private words = new Int32Array(1024 * WORDS);
  private made = 0;
  private free = NONE;

  constructor(sessions: SessionTable) {
    this.sessions = sessions;
    this.firsts = new LazyColumn(sessions, new Int32Array(0), NONE);
  }

  /** First copy of a session. */
  first(session: number): number {
    return this.firsts.get(session);
  }

  /** The copy after another one of the same session. */
  next(copy: number): number {
    return this.words[copy * WORDS + NEXT];
  }

  node(copy: number): number {
    return this.words[copy * WORDS] & 0xffff;
  }

  start(copy: number): number {
    return this.words[copy * WORDS] >> 16;
  }

  version(copy: number): number {
    return this.words[copy * WORDS + VERSION];
  }

  /** The copy has at least this version from now on. */
  raise(copy: number, version: number): void {
    const word = copy * WORDS + VERSION;
    if (version > this.words[word]) this.words[word] = version;
  }

  /** The copy that a start of a node has of a session. */
  find(session: number, node: number, start: number): number {
    let copy = this.first(session);
    while (copy !== NONE && (this.node(copy) !== node || this.start(copy) !== start)) copy = this.next(copy);
    return copy;
  }

  add(session: number, node: number, start: number, version: number): void {
    const copy = this.free === NONE ? this.fresh() : this.free;
    const word = copy * WORDS;
    this.free = this.words[word + NEXT];
    this.words[word] = (start << 16) | node;
    this.words[word + VERSION] = version;
    this.words[word + NEXT] = this.first(session);
    this.firsts.set(session, copy);
  }

  /** Forgets all copies of a session. */
  forget(session: number): void {
    for (let copy = this.first(session); copy !== NONE; ) {
      const next = this.next(copy);
      this.words[copy * WORDS + NEXT] = this.free;
      this.free = copy;
      copy = next;
    }
    this.firsts.clear(session);
  }

  private fresh(): number {
    const copy = this.made++;
    if ((copy + 1) * WORDS > this.words.length) {
      const larger = new Int32Array(Math.max(2 * this.words.length, this.sessions.capacity * WORDS));
      larger.set(this.words);
      this.words = larger;
    }
    this.words[copy * WORDS + NEXT] = NONE;
    return copy;
  }
}
