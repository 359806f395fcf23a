import { type BroadcastLog, logFlag } from '../../sim/broadcast-log.ts';
import type { LogCursor } from '../../sim/log-cursor.ts';
import type { SessionTable } from '../sessions.ts';
import { type Copy, effect } from './delivery-plane.ts';
import { IrregularCopies, IrregularCopy } from './irregular-copies.ts';

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * What each node holds of each session, as far as it follows from the log and the cursors, and the irregular copies for
 * which it does not.
 *
 * The messages about a session form a chain, newest first. A node in the ordinary case holds the state after the newest
 * message that is done there, because older ones have started there before it. A message that overtakes, one that never
 * comes, a write of the node itself ahead of older messages, and a start without copies end the ordinary case.
 */
export class CopiesByLog {
  readonly irregular: IrregularCopies;
  /** Per node: messages before this index are part of the state it began with, or were dropped on the way to it. */
  readonly copiedAt: Float64Array;
  /** Per node: sessions whose newest message stands before this index are unknown (the node began empty). */
  readonly emptyBefore: Float64Array;
  isFinished = false;
  private readonly log: BroadcastLog;
  private readonly sessions: SessionTable;
  private readonly cursors: readonly LogCursor[];
  private readonly copy: Copy = { version: -1, epoch: 0 };
  private readonly ordinary = new IrregularCopy();

  constructor(log: BroadcastLog, cursors: readonly LogCursor[], sessions: SessionTable) {
    this.log = log;
    this.cursors = cursors;
    this.sessions = sessions;
    this.copiedAt = new Float64Array(log.stations).fill(NEVER);
    this.emptyBefore = new Float64Array(log.stations).fill(NEVER);
    this.irregular = new IrregularCopies(log.stations, sessions);
  }

  /** The copy of a session at a node; the cursor must have caught up. The object is reused. */
  read(node: number, session: number, timeNs: number): Copy {
    const nowNs = this.isFinished ? Number.POSITIVE_INFINITY : timeNs;
    const { copy, log, sessions } = this;
    const entry = this.irregular.get(node, session);
    if (entry) {
      entry.visible(nowNs, copy);
      this.dissolve(entry, node, session, nowNs);
      return copy;
    }
    const cursor = this.cursors[node];
    let successor = -1;
    for (let index = sessions.head.get(session); index >= log.first; ) {
      const slot = index & log.mask;
      if (index < this.copiedAt[node] || log.sender[slot] === node) break;
      if (cursor.isWaiting(index) || cursor.doneNs(index, nowNs) !== NEVER) successor = index;
      else if (
        (log.flags[slot] & logFlag.RACY) === 0 &&
        (cursor.isPast(index) || !cursor.hasUnfinished(session, nowNs))
      )
        break;
      index = log.previous[slot];
    }
    this.stateBefore(successor, node, session, copy);
    return copy;
  }

  /** The state of the chain before message `successor` (-1: after its newest message), as the node would have it. */
  private stateBefore(successor: number, node: number, session: number, into: Copy): void {
    const { log, sessions } = this;
    const slot = successor & log.mask;
    const isNewest = successor < 0;
    const newest = isNewest ? sessions.head.get(session) : log.previous[slot];
    into.version = isNewest ? sessions.headVersion.get(session) : log.previousValue[slot];
    into.epoch = isNewest ? sessions.headEpoch.get(session) : log.previousEpoch[slot];
    if (newest < this.emptyBefore[node]) into.version = -1;
  }

  /** Oldest message of the chain, from `from` back, that is on its way to a node in the ordinary case; -1 none. */
  firstWaiting(node: number, from: number): number {
    const { log } = this;
    const cursor = this.cursors[node];
    let found = -1;
    for (let index = from; index >= log.first; ) {
      const slot = index & log.mask;
      if (index < this.copiedAt[node]) break;
      const isOwn = log.sender[slot] === node;
      if (!isOwn && cursor.isWaiting(index)) found = index;
      else if (isOwn || (log.flags[slot] & logFlag.RACY) === 0) break;
      index = log.previous[slot];
    }
    return found;
  }

  /** Takes a copy out of the ordinary case before message `index`, in the state that it has without it. */
  makeIrregularBefore(node: number, session: number, index: number, nowNs: number): IrregularCopy {
    return this.makeIrregular(node, session, this.log.previous[index & this.log.mask], index, nowNs);
  }

  /** Takes a copy out of the ordinary case: messages up to `newest` count, `next` (-1 none) follows it. */
  makeIrregular(node: number, session: number, newest: number, next: number, nowNs: number): IrregularCopy {
    const { log } = this;
    const cursor = this.cursors[node];
    const started: number[] = [];
    let successor = next;
    for (let index = newest; index >= log.first; ) {
      const slot = index & log.mask;
      if (index < this.copiedAt[node] || log.sender[slot] === node) break;
      if (cursor.isWaiting(index)) {
        successor = index;
      } else if (cursor.doneNs(index, nowNs) !== NEVER) {
        successor = index;
        started.push(index);
      } else if (
        (log.flags[slot] & logFlag.RACY) === 0 &&
        (cursor.isPast(index) || !cursor.hasUnfinished(session, nowNs))
      ) {
        break;
      } else {
        started.push(index);
      }
      index = log.previous[slot];
    }
    this.stateBefore(successor, node, session, this.copy);
    const entry = this.irregular.make(node, session);
    entry.settle(this.copy.version, this.copy.epoch);
    for (const index of started.reverse()) {
      const slot = index & log.mask;
      if (successor >= 0 && index >= successor)
        entry.push(log.effect[slot], log.value[slot], log.epoch[slot], cursor.doneNs(index, nowNs));
    }
    this.mark(session);
    return entry;
  }

  /** Marks the session's messages that some node may have yet to start. */
  mark(session: number): void {
    const { log } = this;
    for (let index = this.sessions.head.get(session); index >= log.first; index = log.previous[index & log.mask]) {
      log.mark(index, logFlag.IRREGULAR);
    }
  }

  /** Whether any message of the chain is on its way to a node; in whatever order the others have come, or not. */
  private isAnyWaiting(node: number, session: number): boolean {
    const { log } = this;
    const oldest = Math.max(log.first, this.copiedAt[node]);
    for (let index = this.sessions.head.get(session); index >= oldest; index = log.previous[index & log.mask]) {
      if (log.sender[index & log.mask] !== node && this.cursors[node].isWaiting(index)) return true;
    }
    return false;
  }

  /** Back to the ordinary case once the copy is what the log says and nothing is on its way. */
  private dissolve(entry: IrregularCopy, node: number, session: number, nowNs: number): void {
    const { sessions } = this;
    if (!entry.isQuiet) return;
    if (entry.version !== sessions.headVersion.get(session) || entry.epoch !== sessions.headEpoch.get(session)) return;
    if (sessions.head.get(session) < this.emptyBefore[node] || this.isAnyWaiting(node, session)) return;
    if (this.cursors[node].hasUnfinished(session, nowNs)) return;
    this.irregular.drop(node, session);
  }

  /** The state of the chain before a message, as a copy in the ordinary case has it; the object is reused. */
  stateAhead(slot: number): IrregularCopy {
    this.ordinary.settle(this.log.previousValue[slot], this.log.previousEpoch[slot]);
    return this.ordinary;
  }

  /** Whether a node in the ordinary case remains there when message `index` starts; by the order of arrival alone. */
  staysOrdinary(node: number, index: number, session: number): boolean {
    const { log } = this;
    if (this.irregular.get(node, session) || this.isUnknown(node, index)) return false;
    if ((log.flags[index & log.mask] & logFlag.RACY) === 0) return true;
    const cursor = this.cursors[node];
    const atNs = cursor.arrivalNs(index);
    for (let older = log.previous[index & log.mask]; older >= log.first && older >= this.copiedAt[node]; ) {
      const slot = older & log.mask;
      const isOwn = log.sender[slot] === node;
      if (!isOwn && cursor.arrivalNs(older) > atNs) return false;
      if (isOwn || (log.flags[slot] & logFlag.RACY) === 0) break;
      older = log.previous[slot];
    }
    return true;
  }

  /** Whether message `index` changes a session that the node does not know because it began empty. */
  private isUnknown(node: number, index: number): boolean {
    const { log } = this;
    const slot = index & log.mask;
    const code = log.effect[slot];
    return log.previous[slot] < this.emptyBefore[node] && code !== effect.CREATE && code !== effect.REPLACE;
  }

  /** The irregular copy that message `index` meets at a node, made now if it is the one that makes it so. */
  irregularFor(node: number, index: number, session: number, nowNs: number): IrregularCopy | undefined {
    const { log } = this;
    const slot = index & log.mask;
    const entry = this.irregular.get(node, session);
    if (entry) return entry;
    const flags = log.flags[slot];
    const previous = log.previous[slot];
    const isOvertaking = (flags & logFlag.RACY) !== 0 && this.firstWaiting(node, previous) >= 0;
    return isOvertaking || this.isUnknown(node, index)
      ? this.makeIrregularBefore(node, session, index, nowNs)
      : undefined;
  }
}
