import type { CursorWindow } from './cursor-window.ts';
import type { LogCursor } from './log-cursor.ts';
import { ARRIVALS_MAX, admitMany } from './many-arrivals.ts';

// These four change no result, only what a look costs; chosen by counting what is gathered and replayed (DECISIONS.md).
/** From so many new messages on a search is worth its price. */
export const SKIP_FROM = 48;
/** With how many messages it begins. */
const REACH_MIN = 4;
/** A station that begins with so much to do is idle before it has had so many times the time to do it, or later. */
const HOPE = 1.2;
/** Longest that a station does without a search after one in vain [looks]. */
const PAUSE_MAX = 64;

// When each server of the station would be free if all had as much to do as is possible, ascending [ns].
let freeNs = new Float64Array(16);

/**
 * Finds a moment at which a station was idle, so that what came before it need not be replayed.
 *
 * A queue forgets its past whenever it is empty. Messages that bring nothing but work are then worth only their number and
 * the sum of their work, and both are known by subtraction (`LogWork`). Whether the station was idle is decided without
 * knowing what it did before: from a moment shortly before now on its queue is replayed as if at that moment it had had
 * in hand all that is possible; the true queue has never more (Kiefer and Wolfowitz: a queue served first come first
 * served is monotone in what it begins with), so that it is empty whenever that one is. What is possible at a moment t:
 *
 * ```
 *   work(t) <= max over s <= t of (work come in (s, t] - servers x (t - s)) + (servers - 1) x largest
 *           <= work in hand if all came as late as they can (LogWork)  +  work sent by t that may come later
 * ```
 *
 * The replay begins a few messages ago, and half as many more as long as it meets no idle moment. The cost of catching up is
 * then that of the last busy periods, not of all messages since the last look. Where a station is busy all the time,
 * nothing is found and little is lost: the search is suspended for a while.
 */
export class Regeneration {
  private readonly station: LogCursor;
  private readonly isPossible: boolean;
  private pause = 0;
  private pauseNext = 1;
  // A search: the moment from which all is known; the moment at which it begins, the longest it may take until all that
  // has come by then is done, work that waits for a thread [ns]; and the first entry that may come later than it begins.
  private knownNs = 0;
  private startNs = 0;
  private busyNs = 0;
  private waitingNs = 0;
  private coming = 0;
  /** Places of the late entries before that; those of them that come later, too. */
  private lateFirst = 0;
  private lateEnd = 0;
  private readonly late: number[] = [];
  private lateCount = 0;

  constructor(station: LogCursor) {
    this.station = station;
    // With fewer threads than servers a server may be free while messages wait.
    this.isPossible = station.threads.threads >= station.cpu.servers;
  }

  /**
   * Puts into a window what the station has in hand and on its way after an idle moment, given the entries of the log
   * before `end`, and counts everything before that as done. Nothing may be lost, late or held up.
   *
   * @param end - entries before it were sent early enough to have come.
   * @returns false: no such moment was found, or somebody must be told of what is before it; the window is spoilt.
   */
  passOver(window: CursorWindow, end: number, nowNs: number): boolean {
    if (!this.isPossibleNow()) return false;
    if (this.pause > 0) {
      this.pause -= 1;
      return false;
    }
    const { cursor, log, cpu, threads, lookedNs } = this.station;
    this.knownNs = Math.max(lookedNs, cpu.allFreeNs(), threads.allFreeNs);
    const { window: own } = this.station;
    this.waitingNs = this.station.isBusy ? this.workIn(own, own.head) : 0;
    for (let reach = REACH_MIN; reach < end - cursor; reach += reach >> 1) {
      this.startNs = log.appendedNs[(end - reach) & log.mask];
      if (this.startNs < this.knownNs) break;
      if (this.startNs + HOPE * this.longestNs(end - reach, end) > nowNs) continue;
      const place = this.idlePlace(window, end, nowNs);
      if (place < 0) continue;
      if (!this.isIndifferent(window, place, end)) break;
      this.count(window, place, end);
      window.startAt(place);
      this.pauseNext = 1;
      return true;
    }
    this.pause = this.pauseNext;
    this.pauseNext = Math.min(PAUSE_MAX, 2 * this.pauseNext);
    return false;
  }

  /** Whether nobody waits for anything, every message has come to the station, and work is all that it brings. */
  private isPossibleNow(): boolean {
    const { cursor, station, log, cpu } = this.station;
    if (!this.isPossible || !cpu.isWorkConserving || this.station.isAwaited) return false;
    return log.lastSpecial < cursor && log.lastWithout[station] < cursor;
  }

  /**
   * How long at most the station is busy after `startNs` with what was sent by then; nothing that is sent
   * later counted [ns].
   * @param from - an entry sent at `startNs`.
   */
  private longestNs(from: number, end: number): number {
    const { log, cursor, cpu, latencyNs, delay } = this.station;
    const { mask, work, appendedNs } = log;
    const { startNs } = this;
    let sent = from + 1;
    while (sent < end && appendedNs[sent & mask] === startNs) sent += 1;
    const leftNs = startNs - latencyNs - delay.largestNs;
    this.coming = this.firstComing(cursor, sent, leftNs);
    const sentNs = work.before(log, sent);
    let inHandNs = sentNs - work.before(log, this.coming);
    if (this.coming > cursor) {
      const landed = (this.coming - 1) & mask;
      inHandNs += work.inHand(landed, leftNs - work.left(landed));
    }
    this.lateFirst = work.latePlace(cursor);
    this.lateEnd = work.latePlace(this.coming);
    inHandNs += work.lateWorkNs(this.lateFirst, this.lateEnd);
    const sinceNs = sentNs - work.before(log, cursor) - cpu.servers * (startNs - this.knownNs);
    const mostNs = this.waitingNs + Math.max(inHandNs, sinceNs) + (cpu.servers - 1) * work.largestNs;
    this.busyNs = mostNs / cpu.servers + work.largestNs;
    return this.busyNs;
  }

  /**
   * Fills the window and looks in it for the first message after `startNs` that finds the station idle for certain.
   * @returns its place; -1: none does.
   */
  private idlePlace(window: CursorWindow, end: number, nowNs: number): number {
    const { window: own } = this.station;
    if (end - this.coming + own.tail - own.head > ARRIVALS_MAX) return -1;
    own.moveTo(window);
    window.startAt(window.head);
    this.admitLate(window);
    admitMany(window, this.station, this.coming, end, this.startNs);
    return this.firstIdle(window, this.startNs + this.busyNs, nowNs);
  }

  /**
   * Puts late entries before those that are `coming` into the window, if their copies come after `startNs`.
   */
  private admitLate(window: CursorWindow): void {
    const { log, station, latencyNs, delay } = this.station;
    const leftNs = this.startNs - latencyNs - delay.largestNs;
    const { late, lateLeftNs } = log.work;
    this.lateCount = 0;
    const end = this.lateEnd;
    for (let place = this.lateFirst; place < end; place += 1) {
      if (lateLeftNs[place] <= leftNs) continue;
      const index = late[place];
      if (log.sender[index & log.mask] === station) continue;
      const atNs = this.station.arrivalNs(index);
      if (atNs <= this.startNs) continue;
      window.insert(atNs, index);
      this.late[this.lateCount] = index;
      this.lateCount += 1;
    }
  }

  /** First entry from `from` on, before `to`, of which a copy may leave after `leftNs`; `to` if there is none. */
  private firstComing(from: number, to: number, leftNs: number): number {
    const { work, mask } = this.station.log;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (work.left(middle & mask) > leftNs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Replays what came after `startNs` as if all servers were busy until `busyUntilNs`. */
  private firstIdle(window: CursorWindow, busyUntilNs: number, nowNs: number): number {
    const { startNs } = this;
    const { log, cpu } = this.station;
    const { serviceNs, mask } = log;
    const { at, id, tail } = window;
    const last = cpu.servers - 1;
    if (last >= freeNs.length) freeNs = new Float64Array(2 * cpu.servers);
    freeNs.fill(busyUntilNs, 0, cpu.servers);
    let place = window.head;
    while (place < tail && at[place] <= startNs) place += 1;
    for (; place < tail && at[place] <= nowNs; place += 1) {
      const atNs = at[place];
      if (atNs >= freeNs[last]) return place;
      const doneNs = Math.max(atNs, freeNs[0]) + serviceNs[id[place] & mask];
      let server = 1;
      for (; server <= last && freeNs[server] < doneNs; server += 1) freeNs[server - 1] = freeNs[server];
      freeNs[server - 1] = doneNs;
    }
    return freeNs[last] <= nowNs ? place : -1;
  }

  /** Whether nobody must be told of any message that is skipped. */
  private isIndifferent(window: CursorWindow, place: number, end: number): boolean {
    const { log, cursor, station, listener } = this.station;
    const { flags, mask, sender } = log;
    for (let index = cursor; index < end; index += 1) {
      const slot = index & mask;
      if (flags[slot] === 0 || sender[slot] === station) continue;
      const isInWindow = index < this.coming ? this.isLate(index) : this.station.arrivalNs(index) > this.startNs;
      if (!isInWindow && !listener.isIndifferent(station, index)) return false;
    }
    for (let before = window.head; before < place; before += 1) {
      const index = window.id[before];
      if (flags[index & mask] !== 0 && !listener.isIndifferent(station, index)) return false;
    }
    return true;
  }

  private isLate(index: number): boolean {
    for (let place = 0; place < this.lateCount; place += 1) if (this.late[place] === index) return true;
    return false;
  }

  /** Counts what is skipped: what waited and what was sent by others, without what is left from `place` on. */
  private count(window: CursorWindow, place: number, end: number): void {
    const { log, cursor, station, window: own, cpu } = this.station;
    const { mask, previousOfSender, serviceNs, work } = log;
    let jobs = end - cursor + own.tail - own.head - (window.tail - place);
    let workNs = work.before(log, end) - work.before(log, cursor);
    workNs += this.waitingNs - this.workIn(window, place);
    for (let own = log.lastOfSender[station]; own >= cursor; own = previousOfSender[own & mask]) {
      if (own >= end) continue;
      jobs -= 1;
      workNs -= serviceNs[own & mask];
    }
    cpu.offerDone(jobs, workNs);
    this.station.deliveries += jobs;
    this.station.skipped += jobs;
  }

  private workIn(window: CursorWindow, from: number): number {
    const { serviceNs, mask } = this.station.log;
    let sumNs = 0;
    for (let place = from; place < window.tail; place += 1) sumNs += serviceNs[window.id[place] & mask];
    return sumNs;
  }
}
