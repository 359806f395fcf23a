import type { BroadcastLog } from './broadcast-log.ts';
import type { KeyedDelay } from './keyed-delay.ts';
import type { LogCursor } from './log-cursor.ts';

/**
 * Which stations may be the last to have done a message that all of them have got.
 *
 * Who waits for all answers waits for the last one, and a look at a station is dear. Who has been idle since before the
 * message came, and whom all messages on their way could not have kept busy until the last copy came, has answered by
 * then; the last one has not. What such a station does with the message stays in the log, as with all others.
 */
export class LastDone {
  private readonly log: BroadcastLog;
  private readonly delay: KeyedDelay;
  private readonly latencyNs: number;
  private readonly cursors: readonly LogCursor[];
  private readonly serversMin: number;
  private readonly serversMax: number;
  /** Per station: when its processors are free of all that they know of [ns]. */
  private readonly freeNs: Float64Array;

  /**
   * @param cursors - of the stations, none with fewer threads than servers; work is done in the order in which it comes, at a
   * price that does not depend on it.
   */
  constructor(log: BroadcastLog, delay: KeyedDelay, latencyNs: number, cursors: readonly LogCursor[]) {
    this.log = log;
    this.delay = delay;
    this.latencyNs = latencyNs;
    this.cursors = cursors;
    this.serversMin = cursors.reduce((least, { cpu }) => Math.min(least, cpu.servers), Number.POSITIVE_INFINITY);
    this.serversMax = cursors.reduce((most, { cpu }) => Math.max(most, cpu.servers), 1);
    this.freeNs = new Float64Array(cursors.length);
    cursors.forEach(({ cpu }, station) => {
      cpu.noteIn(this.freeNs, station);
    });
  }

  /**
   * Moment at which the last copy of a message arrives [ns]; 0 where nobody gets one. Copies leave one after the other: only
   * those are looked at that the largest delay could make the last.
   */
  arrivedNs(index: number): number {
    const { log, delay, latencyNs } = this;
    const { stations, ranks, mask } = log;
    const slot = index & mask;
    const row = log.view[slot] * stations;
    const copyNs = log.copyNs[slot];
    const firstNs = log.departNs[slot] + latencyNs;
    const largestNs = delay.largestNs;
    const except = log.except[slot];
    let lastNs = 0;
    let station = log.sender[slot];
    for (let step = 1; step < stations; step += 1) {
      station = station === 0 ? stations - 1 : station - 1;
      const rank = ranks[row + station];
      if (rank < 0 || station === except) continue;
      const sentNs = firstNs + (rank + 1) * copyNs;
      if (sentNs + largestNs <= lastNs) break;
      lastNs = Math.max(lastNs, sentNs + delay.at(log.word[slot], index, station));
    }
    return lastNs;
  }

  /**
   * Puts the stations among those marked, which have not been told to have started message `index`, into a list that may be
   * the last to start it or to have done it; the others have started it by now.
   *
   * @param nowNs - moment at which the last copy of the message arrives, at a station that is marked or has started it.
   */
  candidates(index: number, isMarked: Uint8Array, nowNs: number, into: number[]): void {
    this.notIdle(index, isMarked, nowNs, into);
    let latestNs = nowNs;
    for (const station of into) latestNs = Math.max(latestNs, this.cursors[station].cpu.earliestFreeNs());
    if (latestNs === nowNs) return;
    let kept = 0;
    for (const station of into) {
      if (!this.isBefore(latestNs, station, index, nowNs)) into[kept++] = station;
    }
    into.length = kept;
  }

  /**
   * Whether a station had a thread for a message as soon as it came, before now, and has a processor for it before
   * `latestNs`, although all that it knows of and all that has been sent since comes first.
   */
  private isBefore(latestNs: number, station: number, index: number, nowNs: number): boolean {
    const { log, freeNs } = this;
    const { serviceNs, mask, work } = log;
    const cursor = this.cursors[station];
    const { window, threads } = cursor;
    if (cursor.arrivalNs(index) >= nowNs) return false;
    const messages = log.end - cursor.cursor + window.tail - window.head;
    if (messages + threads.busy > threads.threads) return false;
    let workNs = work.before(log, log.end) - work.before(log, cursor.cursor) - serviceNs[index & mask];
    for (let place = window.head; place < window.tail; place += 1) workNs += serviceNs[window.id[place] & mask];
    return Math.max(nowNs, freeNs[station]) + workNs < latestNs;
  }

  /**
   * The same, not knowing how long those have to do that are not idle. Who is free before the first copy comes has done the
   * message unless its own copy comes late; the copies that may come late leave last, to the stations before the sender.
   */
  private notIdle(index: number, isMarked: Uint8Array, nowNs: number, into: number[]): void {
    const { log, delay } = this;
    const { stations, ranks, mask } = log;
    const slot = index & mask;
    const sender = log.sender[slot];
    const row = log.view[slot] * stations;
    const copyNs = log.copyNs[slot];
    const firstNs = log.departNs[slot] + this.latencyNs;
    const beforeNs = nowNs - this.slackNs(slot, firstNs + copyNs);
    const certainNs = beforeNs - delay.largestNs;
    let from = sender;
    for (let step = 1; step < stations; step += 1) {
      const station = from === 0 ? stations - 1 : from - 1;
      const rank = ranks[row + station];
      if (rank >= 0 && firstNs + (rank + 1) * copyNs < certainNs) break;
      from = station;
    }
    const isWrapped = from > sender;
    if (isWrapped) this.late(0, sender, index, isMarked, beforeNs, into);
    this.early(isWrapped ? sender : 0, from, index, isMarked, beforeNs, into);
    this.late(from, isWrapped ? stations : sender, index, isMarked, beforeNs, into);
    if (!isWrapped) this.early(sender, stations, index, isMarked, beforeNs, into);
  }

  /** Of some stations, whose copies leave so early that an idle one has done the message, those that were not idle. */
  private early(from: number, to: number, index: number, isMarked: Uint8Array, beforeNs: number, into: number[]): void {
    const { log, freeNs } = this;
    const slot = index & log.mask;
    const firstNs = log.departNs[slot] + this.latencyNs + log.copyNs[slot];
    for (let station = from; station < to; station += 1) {
      if (freeNs[station] > firstNs) this.late(station, station + 1, index, isMarked, beforeNs, into);
    }
  }

  /** Of some stations those that were not idle when their copy came, or got it after `beforeNs`. */
  private late(from: number, to: number, index: number, isMarked: Uint8Array, beforeNs: number, into: number[]): void {
    const { log, delay, freeNs } = this;
    const { stations, ranks, mask } = log;
    const slot = index & mask;
    const row = log.view[slot] * stations;
    const copyNs = log.copyNs[slot];
    const word = log.word[slot];
    const firstNs = log.departNs[slot] + this.latencyNs;
    const certainNs = beforeNs - delay.largestNs;
    for (let station = from; station < to; station += 1) {
      if (isMarked[station] === 0) continue;
      const sentNs = firstNs + (ranks[row + station] + 1) * copyNs;
      if (sentNs < certainNs && freeNs[station] <= sentNs) continue;
      const atNs = sentNs + delay.withoutLoss(word, station);
      if (atNs < beforeNs && freeNs[station] <= atNs) continue;
      into.push(station);
    }
  }

  /**
   * How long after its arrival the message in a place of the ring starts at most at a station that was idle before [ns]:
   * the work of all messages that may be in hand there, at the speed of all servers.
   * @param firstNs - when its first copy may arrive [ns].
   */
  private slackNs(slot: number, firstNs: number): number {
    const { log, serversMin, serversMax } = this;
    const { work, mask } = log;
    const leftNs = firstNs - this.latencyNs - this.delay.largestNs;
    if (work.lateLeftMaxNs > leftNs) return Number.POSITIVE_INFINITY;
    const coming = this.firstComing(leftNs);
    let inHandNs = work.before(log, log.end) - work.before(log, coming) - log.serviceNs[slot];
    if (coming > log.first) {
      const landed = (coming - 1) & mask;
      inHandNs += work.inHand(landed, leftNs - work.left(landed));
    }
    return inHandNs > 0 ? inHandNs / serversMin + ((serversMax - 1) / serversMax) * work.largestNs : 0;
  }

  /** First entry of which a copy may leave after `leftNs`; none is late. */
  private firstComing(leftNs: number): number {
    const { work, mask, first, end } = this.log;
    let index = end;
    while (index > first && work.left((index - 1) & mask) > leftNs) index -= 1;
    return index;
  }
}
