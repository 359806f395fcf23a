import { type BroadcastLog, logFlag } from './broadcast-log.ts';
import type { KeyedDelay } from './keyed-delay.ts';
import type { MultiServer } from './servers.ts';

/** What a cursor tells its owner; only messages that matter are told. */
export interface CursorListener {
  /** A message that carries a flag was started at `startNs` and is done at `doneNs`. */
  consumed(station: number, index: number, startNs: number, doneNs: number): void;
  /** A message will never reach this station: not in the sender's view (`isSent` false), or lost with its sender. */
  missed(station: number, index: number, isSent: boolean): void;
  /** A message that did not come through the log was started and is done. */
  external(station: number, id: number, startNs: number, doneNs: number): void;
}

const HEAD_ROOM = 64;

/**
 * One station's place in a `BroadcastLog`, and its queue of work: a pool of receiver threads (first come, first
 * served in the order of arrival) in front of the processors that it shares with everything else the station does.
 *
 * Model: an entry arrives when its copy has left the sender's card, plus the latency, plus a delay that is a
 * function of (seed, entry, station). Arrivals out of the order of sending go through a window sorted by (arrival,
 * entry). A message starts when it has arrived, a thread is free and all that arrived before it have started; then it
 * queues for a processor.
 */
export class LogCursor {
  readonly station: number;
  /** Deliveries consumed, and copies that never came. */
  deliveries = 0;
  missed = 0;
  /** Messages in the window for which somebody waits. */
  urgent = 0;
  /** Next entry of the log to look at. */
  cursor: number;
  /** A station that is not running takes nothing. */
  isListening = true;
  private readonly log: BroadcastLog;
  private readonly cpu: MultiServer;
  private readonly latencyNs: number;
  private readonly delay: KeyedDelay;
  private readonly listener: CursorListener;
  private windowAt = new Float64Array(HEAD_ROOM);
  private windowId = new Float64Array(HEAD_ROOM);
  private head = 0;
  private tail = 0;
  private readonly threads: number;
  private readonly threadDone: Float64Array;
  private readonly threadId: Float64Array;
  private busy = 0;
  private allDoneNs = 0;
  private readonly externalService = new Map<number, number>();
  private readonly absent = new Set<number>();

  constructor(
    station: number,
    parts: { log: BroadcastLog; cpu: MultiServer; delay: KeyedDelay; listener: CursorListener },
    options: { threads: number; latencyNs: number },
  ) {
    this.station = station;
    this.log = parts.log;
    this.cpu = parts.cpu;
    this.delay = parts.delay;
    this.listener = parts.listener;
    this.latencyNs = options.latencyNs;
    this.threads = options.threads;
    this.threadDone = new Float64Array(options.threads);
    this.threadId = new Float64Array(options.threads);
    this.cursor = parts.log.end;
  }

  /** Consumes everything that can start by `nowNs`, in order. Calling it more often changes nothing. */
  catchUp(nowNs: number): void {
    this.admit(nowNs);
    const { windowAt, windowId, log, cpu } = this;
    const { serviceNs, flags, mask } = log;
    const tail = this.tail;
    let head = this.head;
    for (; head < tail; head += 1) {
      let startNs = windowAt[head];
      if (startNs > nowNs) break;
      if (startNs < this.allDoneNs && this.busy === this.threads) {
        startNs = Math.max(startNs, this.leastDoneNs());
        if (startNs > nowNs) break;
      }
      const id = windowId[head];
      if (id < 0 || flags[id & mask] !== 0) {
        this.head = head + 1;
        this.startSpecial(id, startNs);
        continue;
      }
      cpu.offer(startNs, serviceNs[id & mask]);
      this.deliveries += 1;
      this.occupy(id, startNs, cpu.lastDoneNs);
    }
    this.head = head;
    if (head === tail) {
      this.head = 0;
      this.tail = 0;
    }
  }

  /** Moment at which the first waiting message can start, if it has arrived by `nowNs`; else Infinity. */
  blockedUntilNs(nowNs: number): number {
    const arrivedNs = this.windowAt[this.head];
    if (this.head === this.tail || arrivedNs > nowNs) return Number.POSITIVE_INFINITY;
    const isFree = arrivedNs >= this.allDoneNs || this.busy < this.threads;
    return isFree ? arrivedNs : Math.max(arrivedNs, this.leastDoneNs());
  }

  /** Adds a message that arrives now and came another way than through the log. `catchUp(nowNs)` must come first and after. */
  addExternal(nowNs: number, id: number, serviceNs: number): void {
    this.externalService.set(id, serviceNs);
    this.urgent += 1;
    this.insert(nowNs, -1 - id);
  }

  /** True while message `index` has been sent but has not started here. It is waiting if it arrives after the first that waits. */
  isWaiting(index: number): boolean {
    if (index >= this.cursor) return true;
    if (this.head === this.tail) return false;
    const arrivedNs = this.arrivalNs(index);
    const { windowAt, windowId } = this;
    if (!(arrivedNs >= windowAt[this.head])) return false;
    for (let place = this.head; place < this.tail && windowAt[place] <= arrivedNs; place += 1) {
      if (windowId[place] === index) return true;
    }
    return false;
  }

  /** True while a message about `subject` has started here and is not done. */
  hasUnfinished(subject: number, nowNs: number): boolean {
    const { log, threadDone, threadId } = this;
    for (let thread = 0; thread < this.busy; thread += 1) {
      const id = threadId[thread];
      if (threadDone[thread] > nowNs && id >= log.first && log.subject[id & log.mask] === subject) return true;
    }
    return false;
  }

  /** When message `index` will be done, if it has started and is not done by `nowNs`; else -Infinity. */
  doneNs(index: number, nowNs: number): number {
    for (let thread = 0; thread < this.busy; thread += 1) {
      if (this.threadId[thread] === index && this.threadDone[thread] > nowNs) return this.threadDone[thread];
    }
    return Number.NEGATIVE_INFINITY;
  }

  /** Arrival of a copy at this station [ns]; NaN where it gets none. A pure function of (seed, entry, station). */
  arrivalNs(index: number): number {
    const log = this.log;
    const slot = index & log.mask;
    const rank = log.ranks[log.view[slot] * log.stations + this.station];
    if (rank < 0) return Number.NaN;
    return log.departNs[slot] + (rank + 1) * log.copyNs[slot] + this.latencyNs + this.delay.of(index, this.station);
  }

  /** Messages that have been sent to this station and have not started. */
  get waiting(): number {
    return this.tail - this.head;
  }

  /** Oldest entry that this cursor may still need. */
  oldestNeeded(): number {
    let oldest = this.cursor;
    for (let place = this.head; place < this.tail; place += 1) {
      const id = this.windowId[place];
      if (id >= 0 && id < oldest) oldest = id;
    }
    for (let thread = 0; thread < this.busy; thread += 1) {
      const id = this.threadId[thread];
      if (id >= 0 && id < oldest) oldest = id;
    }
    return oldest;
  }

  /** Takes out of the window every copy that had not left `sender` when it died; each is told as missed. */
  dropUnsent(sender: number, lost: (index: number) => boolean): void {
    const log = this.log;
    let kept = this.head;
    for (let place = this.head; place < this.tail; place += 1) {
      const id = this.windowId[place];
      if (id >= 0 && log.sender[id & log.mask] === sender && lost(id)) {
        this.miss(id);
        continue;
      }
      this.windowAt[kept] = this.windowAt[place];
      this.windowId[kept] = id;
      kept += 1;
    }
    this.tail = kept;
  }

  /** Stops the station: what waits is lost, the log is skipped until `resume`. */
  stop(): void {
    for (let place = this.head; place < this.tail; place += 1) if (this.windowId[place] >= 0) this.missed += 1;
    this.head = 0;
    this.tail = 0;
    this.busy = 0;
    this.allDoneNs = 0;
    this.urgent = 0;
    this.externalService.clear();
    this.absent.clear();
    this.isListening = false;
  }

  /** Starts the station again at the present end of the log. */
  resume(): void {
    this.cursor = this.log.end;
    this.isListening = true;
  }

  /** Everything in hand stands still until `untilNs`; nothing starts before. */
  freeze(nowNs: number, untilNs: number): void {
    for (let thread = 0; thread < this.busy; thread += 1) {
      if (this.threadDone[thread] > nowNs) this.threadDone[thread] += untilNs - nowNs;
    }
    let kept = 0;
    for (let thread = 0; thread < this.busy; thread += 1) {
      if (this.threadDone[thread] <= nowNs) continue;
      this.threadDone[kept] = this.threadDone[thread];
      this.threadId[kept++] = this.threadId[thread];
    }
    while (kept < this.threads) {
      this.threadDone[kept] = untilNs;
      this.threadId[kept++] = Number.NEGATIVE_INFINITY;
    }
    this.busy = kept;
    this.allDoneNs = 0;
    for (let thread = 0; thread < kept; thread += 1) this.allDoneNs = Math.max(this.allDoneNs, this.threadDone[thread]);
  }

  /** Puts every copy that may have arrived by now into the window, sorted by (arrival, entry). */
  private admit(nowNs: number): void {
    const { log, station, latencyNs, delay } = this;
    if (!this.isListening) return;
    const { appendedNs, departNs, copyNs, view, ranks, mask, stations } = log;
    const limitNs = nowNs - latencyNs;
    let end = log.end;
    while (end > this.cursor && appendedNs[(end - 1) & mask] > limitNs) end -= 1;
    if (end <= this.cursor) return;
    this.makeRoom(end - this.cursor);
    const { windowAt, windowId, head } = this;
    const isPlain = this.absent.size === 0 && !log.hasAwaited;
    let tail = this.tail;
    for (let index = this.cursor; index < end; index += 1) {
      const slot = index & mask;
      const rank = ranks[view[slot] * stations + station];
      if (rank < 0 || !isPlain) {
        this.tail = tail;
        this.cursor = index;
        if (!this.isComing(index, rank)) continue;
      }
      const atNs = departNs[slot] + (rank + 1) * copyNs[slot] + latencyNs + delay.of(index, station);
      let place = tail;
      tail += 1;
      while (place > head && windowAt[place - 1] > atNs) {
        windowAt[place] = windowAt[place - 1];
        windowId[place] = windowId[place - 1];
        place -= 1;
      }
      windowAt[place] = atNs;
      windowId[place] = index;
    }
    this.tail = tail;
    this.cursor = end;
  }

  /** Looks at an entry out of the ordinary. @returns whether its copy comes. */
  private isComing(index: number, rank: number): boolean {
    const { log, station } = this;
    const slot = index & log.mask;
    if (log.sender[slot] === station) return false;
    if (rank < 0) {
      this.listener.missed(station, index, false);
      return false;
    }
    if (this.absent.delete(index)) {
      this.missed += 1;
      this.listener.missed(station, index, true);
      return false;
    }
    if ((log.flags[slot] & logFlag.AWAITED) !== 0) this.urgent += 1;
    return true;
  }

  /** Tells that entry `index`, not looked at yet, will not come although it was sent to this station. */
  neverComes(index: number): void {
    if (!Number.isNaN(this.arrivalNs(index))) this.absent.add(index);
  }

  /** When the copy for this station has left the sender's card [ns]. */
  departedNs(index: number): number {
    const { log } = this;
    const slot = index & log.mask;
    return log.departNs[slot] + (log.ranks[log.view[slot] * log.stations + this.station] + 1) * log.copyNs[slot];
  }

  private miss(index: number): void {
    this.missed += 1;
    if ((this.log.flags[index & this.log.mask] & logFlag.AWAITED) !== 0) this.urgent -= 1;
    this.listener.missed(this.station, index, true);
  }

  private insert(atNs: number, id: number): void {
    this.makeRoom(1);
    const { windowAt, windowId, head } = this;
    let place = this.tail;
    this.tail += 1;
    while (place > head && windowAt[place - 1] > atNs) {
      windowAt[place] = windowAt[place - 1];
      windowId[place] = windowId[place - 1];
      place -= 1;
    }
    windowAt[place] = atNs;
    windowId[place] = id;
  }

  /** Makes room for more at the tail of the window: moves it to the front, or into larger arrays. */
  private makeRoom(more: number): void {
    if (this.tail + more <= this.windowAt.length) return;
    const length = this.tail - this.head;
    let size = this.windowAt.length;
    while ((length + more) * 2 > size) size *= 2;
    const at = size === this.windowAt.length ? this.windowAt : new Float64Array(size);
    const id = size === this.windowId.length ? this.windowId : new Float64Array(size);
    at.set(this.windowAt.subarray(this.head, this.tail));
    id.set(this.windowId.subarray(this.head, this.tail));
    this.windowAt = at;
    this.windowId = id;
    this.head = 0;
    this.tail = length;
  }

  /** Starts a message that somebody must be told of. */
  private startSpecial(id: number, startNs: number): void {
    const { log, cpu } = this;
    if (id < 0) {
      const external = -1 - id;
      cpu.offer(startNs, this.externalService.get(external) ?? 0);
      this.externalService.delete(external);
      this.urgent -= 1;
      this.occupy(id, startNs, cpu.lastDoneNs);
      this.listener.external(this.station, external, startNs, cpu.lastDoneNs);
      return;
    }
    const slot = id & log.mask;
    cpu.offer(startNs, log.serviceNs[slot]);
    const doneNs = cpu.lastDoneNs;
    this.deliveries += 1;
    if ((log.flags[slot] & logFlag.AWAITED) !== 0) this.urgent -= 1;
    this.listener.consumed(this.station, id, startNs, doneNs);
    this.occupy(id, startNs, doneNs);
  }

  /** Takes the thread that is free at `startNs`. */
  private occupy(id: number, startNs: number, doneNs: number): void {
    const { threadDone, threadId } = this;
    let thread = 0;
    if (startNs >= this.allDoneNs) {
      this.busy = 1;
    } else {
      const busy = this.busy;
      while (thread < busy && threadDone[thread] > startNs) thread += 1;
      if (thread === busy) this.busy = busy + 1;
    }
    threadDone[thread] = doneNs;
    threadId[thread] = id;
    if (doneNs > this.allDoneNs) this.allDoneNs = doneNs;
  }

  /** When the first of the busy threads is free. */
  private leastDoneNs(): number {
    const { threadDone, threads } = this;
    let least = threadDone[0];
    for (let thread = 1; thread < threads; thread += 1) if (threadDone[thread] < least) least = threadDone[thread];
    return least;
  }
}
