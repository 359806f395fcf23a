import { type BroadcastLog, logFlag } from './broadcast-log.ts';
import { lookAtNewest, MANY } from './cursor-looks.ts';
import { CursorWindow } from './cursor-window.ts';
import type { KeyedDelay } from './keyed-delay.ts';
import { type ExternalWork, PollingThread, serve, serveBatched } from './polling-thread.ts';
import { Regeneration, SKIP_FROM } from './regeneration.ts';
import { replay } from './replay.ts';
import type { MultiServer } from './servers.ts';
import { poolRow, ThreadPool } from './thread-pool.ts';
import { countRead, neverRead } from './unread-bytes.ts';
import { UnusualCopies } from './unusual-copies.ts';
import { isHeadAlone, isOneAwaited } from './waiting-messages.ts';

/** What a cursor tells its owner; only messages that matter are told. */
export interface CursorListener {
  /** A message that carries a flag was started at `startNs` and is done at `doneNs`. */
  consumed(station: number, index: number, startNs: number, doneNs: number): void;
  /** A message will never reach this station: not in the sender's view (`isSent` false), or lost with its sender. */
  missed(station: number, index: number, isSent: boolean): void;
  /** Whether a message that nobody waits for and that carries a flag changes nothing here beyond its work. */
  isIndifferent(station: number, index: number): boolean;
  /** A message that did not come through the log was started and is done. */
  external(station: number, id: number, startNs: number, doneNs: number): void;
}

/** Room of a station's window at first [messages]. */
const ROOM = 16;
/** So few waiting messages are started one by one. */
const FEW = 3;

// What one cursor remembers is a row of numbers: these, and its threads.
const LOOKED = 0;
const COMING = 1;
const POOL = 2;

/** Numbers that a station with so many threads keeps in a row. */
export function cursorRow(threads: number): number {
  return POOL + poolRow(threads);
}

/**
 * One station's place in a `BroadcastLog`, and its queue of work: a pool of receiver threads (first come, first
 * served in the order of arrival) in front of the processors that it shares with everything else the station does.
 *
 * Model: an entry arrives when its copy has left the sender's card, plus the latency, plus a delay that is a
 * function of (seed, entry, station). Arrivals out of the order of sending go through a window sorted by (arrival,
 * entry). A message starts when it has arrived, a thread is free and all that arrived before it have started; it then
 * joins the queue of the processors. Its thread is held for the message's own processor time: a thread just woken is
 * scheduled ahead of the busy ones, so that waiting for a processor does not use up the pool; but see `PollingThread`.
 */
export class LogCursor {
  // What every look needs comes first: it then stands in two lines of memory.
  /** A station that is not running takes nothing. */
  isListening: boolean;
  /** False: nothing is in hand. */
  isBusy: boolean;
  /** Next entry of the log to look at. */
  cursor: number;
  /** Entries from the cursor to before this one are on their way, the first of them until `comingNs`. */
  seen: number;
  private readonly row: Float64Array;
  private readonly at: number;
  readonly station: number;
  readonly log: BroadcastLog;
  readonly cpu: MultiServer;
  readonly threads: ThreadPool;
  readonly latencyNs: number;
  readonly delay: KeyedDelay;
  readonly listener: CursorListener;
  /** Deliveries consumed; those among them that were counted without a replay; and copies that never came. */
  deliveries: number;
  skipped: number;
  missed: number;
  /** What it has in hand; during a look a bench. */
  window: CursorWindow;
  /** Null: none so far. */
  unusual: UnusualCopies | null;
  /** Bytes sent to this station that it has not read, by sender; null while nobody watches it (`watchUnread`). */
  unread: Float64Array | null;
  readonly many: number;
  readonly skipFrom: number;
  readonly regeneration: Regeneration;
  private readonly poller: PollingThread;
  private readonly externals = new Map<number, ExternalWork>();

  /** @param options - `rows`: zeros, `cursorRow(threads)` for each station; changes no result. */
  constructor(
    station: number,
    parts: { log: BroadcastLog; cpu: MultiServer; delay: KeyedDelay; listener: CursorListener },
    options: { threads: number; latencyNs: number; many?: number | undefined; rows?: Float64Array; at?: number },
  ) {
    const { threads, rows = new Float64Array(cursorRow(threads)), at = 0 } = options;
    this.isListening = true;
    this.isBusy = false;
    this.cursor = parts.log.end;
    this.seen = this.cursor;
    this.row = rows;
    this.at = at;
    this.station = station;
    this.log = parts.log;
    this.cpu = parts.cpu;
    this.threads = new ThreadPool(threads, rows, at + POOL);
    this.latencyNs = options.latencyNs;
    this.delay = parts.delay;
    this.listener = parts.listener;
    this.deliveries = 0;
    this.skipped = 0;
    this.missed = 0;
    this.window = new CursorWindow(ROOM);
    this.unusual = null;
    this.unread = null;
    this.poller = new PollingThread(parts.cpu);
    this.many = options.many ?? MANY;
    this.skipFrom = options.many ?? SKIP_FROM;
    this.regeneration = new Regeneration(this);
  }

  /** Moment of the last look [ns]. */
  get lookedNs(): number {
    return this.row[this.at + LOOKED];
  }

  /** When the first of the messages comes that were put back into the log [ns]. */
  get comingNs(): number {
    return this.row[this.at + COMING];
  }

  set comingNs(timeNs: number) {
    this.row[this.at + COMING] = timeNs;
  }

  /** Consumes everything that can start by `nowNs`, in order. Calling it more often changes nothing. */
  catchUp(nowNs: number): void {
    if (!this.isListening) {
      this.consume(nowNs);
      return;
    }
    if (!this.hasNothing(nowNs)) lookAtNewest(this, nowNs);
    this.row[this.at + LOOKED] = nowNs;
  }

  /** Nothing has been sent that may have come since the last look, and everything is done. */
  private hasNothing(nowNs: number): boolean {
    const { log, seen } = this;
    if (this.isBusy) return false;
    if (this.cursor < seen && this.row[this.at + COMING] <= nowNs) return false;
    return seen === log.end || log.appendedNs[seen & log.mask] > nowNs - this.latencyNs;
  }

  /** Starts what can start by `nowNs`. */
  consume(nowNs: number): void {
    const { window, log, cpu, threads } = this;
    const hasTurns = cpu.hasTurns && this.poller.hasTurns;
    while (window.head < window.tail) {
      if (window.tail - window.head > FEW) {
        const before = window.head;
        const freeNs = replay(window, log, cpu, threads, nowNs);
        this.deliveries += window.head - before;
        if (freeNs < 0) break;
        const startNs = hasTurns && isHeadAlone(window, log, this.externals) ? this.poller.handsOutNs(freeNs) : freeNs;
        if (startNs > nowNs) break;
        this.start(startNs);
      } else {
        const atNs = window.at[window.head];
        if (atNs > nowNs) break;
        const freeNs = threads.startNs(atNs);
        if (freeNs > nowNs) break;
        const startNs = hasTurns && isHeadAlone(window, log, this.externals) ? this.poller.handsOutNs(freeNs) : freeNs;
        if (startNs > nowNs) break;
        this.start(startNs);
      }
    }
    const { done, head } = window;
    if (this.unread !== null) countRead(this.unread, window, log, nowNs);
    else if (cpu.isPlain && cpu.allFreeNs() <= nowNs) window.base = head;
    while (window.base < head && done[window.base] <= nowNs) window.base += 1;
    if (window.base === window.tail) window.clear();
  }

  /** Starts the message at the head of the window, and tells of it whom it concerns. */
  private start(startNs: number): void {
    const { window, log, cpu, threads } = this;
    const place = window.head;
    const index = window.id[place];
    if (index < 0) {
      this.startWaiting(startNs, -1 - index);
      return;
    }
    const slot = index & log.mask;
    const serviceNs = log.serviceNs[slot];
    const flags = log.flags[slot];
    const isAwaited = (flags & logFlag.AWAITED) !== 0;
    if (isAwaited) serve(this.poller, cpu, threads, startNs, serviceNs, true);
    else serveBatched(cpu, threads, startNs, serviceNs);
    const doneNs = cpu.lastDoneNs;
    window.done[place] = doneNs;
    window.head = place + 1;
    this.deliveries += 1;
    if (flags !== 0) this.listener.consumed(this.station, index, startNs, doneNs);
  }

  private startWaiting(startNs: number, id: number): void {
    const { window, cpu } = this;
    const work = this.externals.get(id);
    serve(this.poller, cpu, this.threads, startNs, work?.serviceNs ?? 0, work?.isAlone === true);
    this.externals.delete(id);
    // What came by another way holds nobody up who waits until the log's messages are read.
    window.done[window.head] = startNs;
    window.head += 1;
    this.listener.external(this.station, id, startNs, cpu.lastDoneNs);
  }

  /** Whether a message that has come waits for a thread. */
  isBlocked(nowNs: number): boolean {
    return this.isBusy && this.window.hasArrived(nowNs);
  }

  /** Moment at which the first waiting message can start, where there is one [ns]. */
  blockedUntilNs(): number {
    const { window, log, externals, poller } = this;
    const freeNs = this.threads.startNs(window.at[window.head]);
    return poller.hasTurns && isHeadAlone(window, log, externals) ? Math.max(freeNs, poller.foundNs) : freeNs;
  }

  /** Whether somebody waits for a message that has not started here. */
  get isAwaited(): boolean {
    return isOneAwaited(this.window, this.log);
  }

  /**
   * Takes a message that arrives now by another way than through the log. `catchUp(nowNs)` must come first, and after it
   * where the message has to wait. @returns whether it has started.
   */
  takeExternal(nowNs: number, id: number, work: ExternalWork): boolean {
    const { cpu, poller } = this;
    const isFound = !(work.isAlone && cpu.hasTurns && poller.hasTurns);
    if (this.isListening && isFound && !this.isBlocked(nowNs) && this.threads.startNs(nowNs) <= nowNs) {
      serve(poller, cpu, this.threads, nowNs, work.serviceNs, work.isAlone);
      this.listener.external(this.station, id, nowNs, this.cpu.lastDoneNs);
      return true;
    }
    this.externals.set(id, work);
    this.window.insert(nowNs, -1 - id);
    this.isBusy = true;
    return false;
  }

  /** True while message `index` has been sent but has not started here. */
  isWaiting(index: number): boolean {
    if (index >= this.cursor) return true;
    if (!this.isBusy) return false;
    const { window, unusual } = this;
    if (unusual?.late.has(index)) return true;
    return window.head < window.tail && window.find(index, this.arrivalNs(index), window.head, window.tail) >= 0;
  }

  /** When message `index` will be done, if it has started and is not done by `nowNs`; else -Infinity. */
  doneNs(index: number, nowNs: number): number {
    const { window } = this;
    if (!this.isBusy || window.base === window.head) return Number.NEGATIVE_INFINITY;
    const place = window.find(index, this.arrivalNs(index), window.base, window.head);
    return place >= 0 && window.done[place] > nowNs ? window.done[place] : Number.NEGATIVE_INFINITY;
  }

  /** True while a message about `subject` has started here and is not done. */
  hasUnfinished(subject: number, nowNs: number): boolean {
    if (!this.isBusy) return false;
    const { log } = this;
    const { id, done, base, head } = this.window;
    for (let place = base; place < head; place += 1) {
      const index = id[place];
      if (done[place] > nowNs && index >= 0 && log.subject[index & log.mask] === subject) return true;
    }
    return false;
  }

  /** True if everything that arrived here no later than message `index` is done. */
  isPast(index: number): boolean {
    if (!this.isBusy) return true;
    const { at, base, tail } = this.window;
    return base === tail || this.arrivalNs(index) < at[base];
  }

  /** Arrival of a copy at this station [ns]; NaN where it gets none. A pure function of (seed, entry, station). */
  arrivalNs(index: number): number {
    const { log, station } = this;
    const slot = index & log.mask;
    const rank = this.rankOf(index);
    if (rank < 0 || log.except[slot] === station) return Number.NaN;
    const movedNs = this.unusual?.moved.get(index);
    if (movedNs !== undefined) return movedNs;
    const landedNs = log.departNs[slot] + (rank + 1) * log.copyNs[slot] + this.latencyNs;
    let atNs = landedNs + this.delay.at(log.word[slot], index, station, log.lagFactor[slot]);
    if ((log.flags[slot] & logFlag.IN_LINE) !== 0) atNs = log.before.arrivalNs(log, this, index, landedNs, atNs);
    return atNs + this.heldUpNs(index);
  }

  /** Which of the message's copies this station gets: 0 leaves first. */
  rankOf(index: number): number {
    return this.log.ranks[this.log.view[index & this.log.mask] * this.log.stations + this.station];
  }

  /** When the copy for this station has left the sender [ns]. */
  departedNs(index: number): number {
    const { departNs, copyNs, mask } = this.log;
    return departNs[index & mask] + (this.rankOf(index) + 1) * copyNs[index & mask] + this.heldUpNs(index);
  }

  /** How much later than usual a copy leaves and arrives [ns]. */
  private heldUpNs(index: number): number {
    return this.unusual === null ? 0 : (this.unusual.delayed.get(index) ?? 0);
  }

  /** Oldest entry that this cursor may still need. */
  oldestNeeded(): number {
    const { unusual, cursor } = this;
    let oldest = unusual === null ? cursor : unusual.oldest(cursor);
    if (this.isBusy) {
      const { id, base, tail } = this.window;
      for (let place = base; place < tail; place += 1) {
        if (id[place] >= 0 && id[place] < oldest) oldest = id[place];
      }
    }
    unusual?.forgetBefore(oldest);
    return oldest;
  }

  /** Tells that entry `index`, not looked at yet, will not come although it was sent to this station. */
  neverComes(index: number): void {
    if (!this.isListening || Number.isNaN(this.arrivalNs(index)) || this.unusual?.absent.has(index)) return;
    this.unusual ??= new UnusualCopies();
    this.unusual.absent.add(index);
    neverRead(this, index);
  }

  /** Entry `index` will not come, or is thrown away if it has come and has not started. */
  withdraw(index: number): void {
    if (index >= this.cursor) this.neverComes(index);
    else this.throwAway((one) => one === index);
  }

  /** Takes out of the window every copy that had not left `sender` when it died now; each is told as missed. */
  dropUnsent(sender: number, nowNs: number, isLost: (index: number) => boolean): void {
    const { log } = this;
    this.throwAway((index, atNs) => atNs > nowNs && log.sender[index & log.mask] === sender && isLost(index));
  }

  private throwAway(isDropped: (index: number, atNs: number) => boolean): void {
    const late = this.unusual?.takeLate((index) => isDropped(index, Number.POSITIVE_INFINITY)) ?? [];
    const dropped = [...this.window.take(isDropped), ...late].sort((a, b) => a - b);
    for (const index of dropped) {
      this.missed += 1;
      neverRead(this, index);
      this.listener.missed(this.station, index, true);
    }
  }

  /** Stops the station: what waits or is on its way is lost, the log is skipped until `resume`. */
  stop(): void {
    if (!this.isListening) return;
    this.missed += this.window.take(() => true).length;
    for (let index = this.cursor; index < this.log.end; index += 1) {
      if (!Number.isNaN(this.arrivalNs(index))) this.missed += 1;
    }
    this.window.clear();
    this.threads.reset();
    this.externals.clear();
    this.poller.reset();
    this.missed += this.unusual?.late.size ?? 0;
    this.unusual = null;
    this.isBusy = false;
    this.unread = null;
    this.isListening = false;
  }

  /** Starts the station again at the present end of the log. */
  resume(): void {
    this.cursor = this.log.end;
    this.seen = this.cursor;
    this.isListening = true;
  }

  /** Everything in hand stands still until `untilNs`; nothing starts before. The processors must be told as well. */
  freeze(nowNs: number, untilNs: number): void {
    this.window.standStill(nowNs, untilNs - nowNs);
    this.threads.standStill(nowNs, untilNs);
    this.poller.standStill(nowNs, untilNs);
  }
}
