import type { BroadcastLog } from '../../sim/broadcast-log.ts';
import type { LogCursor } from '../../sim/log-cursor.ts';
import { countUnread, readNs } from '../../sim/unread-bytes.ts';

/** A node is watched from this share of what a sender may have unread. */
const WATCHED_SHARE = 0.25;

/**
 * Which nodes have read how much of what each sender has sent them.
 *
 * Why: a connection can be full only where a receiver is behind. Per sender there is a sum of what it has sent and a floor,
 * of which every node that is not watched has read all; while their difference is below what may be unread, one
 * comparison per message says that no connection is full. Else all nodes are looked at once, the floors rise, and those
 * found behind are watched: for them the unread bytes are kept exactly.
 */
export class SlowReaders {
  private readonly log: BroadcastLog;
  private readonly cursors: readonly LogCursor[];
  private readonly sentBytes: Float64Array;
  private readonly floorBytes: Float64Array;
  private readonly counts: Float64Array;
  private watched: LogCursor[] = [];

  constructor(log: BroadcastLog, cursors: readonly LogCursor[]) {
    this.log = log;
    this.cursors = cursors;
    this.sentBytes = new Float64Array(cursors.length);
    this.floorBytes = new Float64Array(cursors.length);
    this.counts = new Float64Array(cursors.length);
  }

  /** A message has been put into the log. */
  sent(sender: number, bytes: number, view: number, except: number): void {
    this.sentBytes[sender] += bytes;
    if (this.watched.length > 0) this.count(sender, bytes, view, except);
  }

  private count(sender: number, bytes: number, view: number, except: number): void {
    for (const { station, unread } of this.watched) {
      const isSent = this.log.ranks[view * this.log.stations + station] >= 0 && except !== station;
      if (isSent && unread !== null) unread[sender] += bytes;
    }
  }

  /** Whether no node has more than `bytes` of a sender's unread. */
  isWithin(sender: number, bytes: number, nowNs: number): boolean {
    if (this.sentBytes[sender] - this.floorBytes[sender] > bytes) this.lookAtAll(bytes * WATCHED_SHARE, nowNs);
    for (const cursor of this.watched) {
      if (cursor.unread === null || cursor.unread[sender] <= bytes) continue;
      cursor.catchUp(nowNs);
      if (cursor.unread[sender] > bytes) return false;
    }
    return true;
  }

  private lookAtAll(fewBytes: number, nowNs: number): void {
    const { counts } = this;
    this.watched = this.cursors.filter((cursor) => {
      cursor.catchUp(nowNs);
      if (!cursor.isListening) return false;
      countUnread(cursor, counts);
      cursor.unread = counts.some((one) => one > fewBytes) ? Float64Array.from(counts) : null;
      return cursor.unread !== null;
    });
    for (let sender = 0; sender < this.sentBytes.length; sender += 1) {
      this.floorBytes[sender] = this.sentBytes[sender] - fewBytes;
    }
  }

  /** Bytes of a sender's that a node has not read. */
  unread(sender: number, node: number, nowNs: number): number {
    const cursor = this.cursors[node];
    cursor.catchUp(nowNs);
    if (!cursor.isListening) return 0;
    if (cursor.unread !== null) return cursor.unread[sender];
    countUnread(cursor, this.counts);
    return this.counts[sender];
  }

  /** When a node has no more than `bytes` of a sender's unread, or a moment to ask again [ns]. */
  readNs(sender: number, node: number, bytes: number, nowNs: number): number {
    const cursor = this.cursors[node];
    cursor.catchUp(nowNs);
    if (cursor.unread === null) {
      cursor.unread = new Float64Array(this.sentBytes.length);
      countUnread(cursor, cursor.unread);
      // One that was stopped and runs again is among them still.
      if (!this.watched.includes(cursor)) this.watched.push(cursor);
    }
    return readNs(cursor, sender, bytes);
  }
}
