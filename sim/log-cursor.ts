import { type BroadcastLog, logFlag } from './broadcast-log.ts';
import type { KeyedDelay } from './keyed-delay.ts';
import type { MultiServer } from './servers.ts';
import { ThreadPool } from './thread-pool.ts';

/** What a cursor tells its owner; only messages that matter are told. */
export interface CursorListener {
  /** A message that carries a flag was started at `startNs` and is done at `doneNs`. */
  consumed(station: number, index: number, startNs: number, doneNs: number): void;
  /** A message will never reach this station: not in the sender's view (`isSent` false), or lost with its sender. */
  missed(station: number, index: number, isSent: boolean): void;
  /** A message that did not come through the log was started and is done. */
  external(station: number, id: number, startNs: number, doneNs: number): void;
}

const ROOM = 64;

/**
 * One station's place in a `BroadcastLog`, and its queue of work: a pool of receiver threads (first come, first
 * served in the order of arrival) in front of the processors that it shares with everything else the station does.
 *
 * ```
 *   windowAt, windowId, windowDone:   [ base ... started ... | head ... waiting ... | tail
 * ```
 * Model: an entry arrives when its copy has left the sender's card, plus the latency, plus a delay that is a
 * function of (seed, entry, station). Arrivals out of the order of sending go through a window sorted by (arrival,
 * entry). A message starts when it has arrived, a thread is free and all that arrived before it have started; it then
 * joins the queue of the processors. Its thread is held for the message's own processor time: a thread just woken is
 * scheduled ahead of the busy ones, so that waiting for a processor does not use up the pool.
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
  private readonly threads: ThreadPool;
  private readonly latencyNs: number;
  private readonly delay: KeyedDelay;
  private readonly listener: CursorListener;
  private windowAt = new Float64Array(ROOM);
  private windowId = new Float64Array(ROOM);
  private windowDone = new Float64Array(ROOM);
  private base = 0;
  private head = 0;
  private tail = 0;
  private readonly externalService = new Map<number, number>();
  private readonly absent = new Set<number>();
  /** Copies held up on the way: how much later each leaves and arrives [ns]; those that have yet to enter the window. */
  private readonly delayed = new Map<number, number>();
  private readonly late = new Set<number>();

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
    this.threads = new ThreadPool(options.threads);
    this.cursor = parts.log.end;
  }

  /** Consumes everything that can start by `nowNs`, in order. Calling it more often changes nothing. */
  catchUp(nowNs: number): void {
    this.admit(nowNs);
    if (this.late.size > 0) this.admitLate(nowNs);
    const { windowAt, windowId, windowDone, log, cpu, threads } = this;
    const { serviceNs, flags, mask } = log;
    const tail = this.tail;
    let head = this.head;
    for (; head < tail; head += 1) {
      const startNs = threads.startNs(windowAt[head]);
      if (startNs > nowNs) break;
      const id = windowId[head];
      if (id < 0 || flags[id & mask] !== 0) {
        this.head = head;
        this.startSpecial(id, startNs);
        continue;
      }
      const service = serviceNs[id & mask];
      cpu.offer(startNs, service);
      threads.take(startNs, service);
      windowDone[head] = cpu.lastDoneNs;
      this.deliveries += 1;
    }
    this.head = head;
    let base = this.base;
    while (base < head && windowDone[base] <= nowNs) base += 1;
    this.base = base;
    if (base === tail) {
      this.base = 0;
      this.head = 0;
      this.tail = 0;
    }
  }

  /** Starts the message at `head`, of which somebody must be told. */
  private startSpecial(id: number, startNs: number): void {
    const { log, cpu, threads } = this;
    const external = -1 - id;
    const serviceNs = id < 0 ? (this.externalService.get(external) ?? 0) : log.serviceNs[id & log.mask];
    cpu.offer(startNs, serviceNs);
    threads.take(startNs, serviceNs);
    const doneNs = cpu.lastDoneNs;
    this.windowDone[this.head] = doneNs;
    this.head += 1;
    if (id < 0) {
      this.externalService.delete(external);
      this.urgent -= 1;
      this.listener.external(this.station, external, startNs, doneNs);
      return;
    }
    this.deliveries += 1;
    if ((log.flags[id & log.mask] & logFlag.AWAITED) !== 0) this.urgent -= 1;
    this.listener.consumed(this.station, id, startNs, doneNs);
  }

  /** Moment at which the first waiting message can start, if it has arrived by `nowNs`; else Infinity. */
  blockedUntilNs(nowNs: number): number {
    if (this.head === this.tail || this.windowAt[this.head] > nowNs) return Number.POSITIVE_INFINITY;
    return this.threads.startNs(this.windowAt[this.head]);
  }

  /** Adds a message that arrives now and came another way than through the log. `catchUp(nowNs)` must come first and after. */
  addExternal(nowNs: number, id: number, serviceNs: number): void {
    this.externalService.set(id, serviceNs);
    this.urgent += 1;
    this.insert(nowNs, -1 - id);
  }

  /** True while message `index` has been sent but has not started here. */
  isWaiting(index: number): boolean {
    if (index >= this.cursor || this.late.has(index)) return true;
    return this.head < this.tail && this.find(index, this.head, this.tail) >= 0;
  }

  /** When message `index` will be done, if it has started and is not done by `nowNs`; else -Infinity. */
  doneNs(index: number, nowNs: number): number {
    const place = this.base < this.head ? this.find(index, this.base, this.head) : -1;
    return place >= 0 && this.windowDone[place] > nowNs ? this.windowDone[place] : Number.NEGATIVE_INFINITY;
  }

  /** True while a message about `subject` has started here and is not done. */
  hasUnfinished(subject: number, nowNs: number): boolean {
    const { log, windowDone, windowId, head } = this;
    for (let place = this.base; place < head; place += 1) {
      const id = windowId[place];
      if (windowDone[place] > nowNs && id >= 0 && log.subject[id & log.mask] === subject) return true;
    }
    return false;
  }

  /** True if everything that arrived here no later than message `index` is done. */
  isPast(index: number): boolean {
    return this.base === this.tail || this.arrivalNs(index) < this.windowAt[this.base];
  }

  /** Place of a message in a part of the window, -1 if it is not there. */
  private find(index: number, from: number, to: number): number {
    const { windowAt, windowId } = this;
    const arrivedNs = this.arrivalNs(index);
    if (!(arrivedNs >= windowAt[from])) return -1;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (windowAt[middle] < arrivedNs) low = middle + 1;
      else high = middle;
    }
    for (; low < to && windowAt[low] === arrivedNs; low += 1) if (windowId[low] === index) return low;
    return -1;
  }

  /** Arrival of a copy at this station [ns]; NaN where it gets none. A pure function of (seed, entry, station). */
  arrivalNs(index: number): number {
    const { log } = this;
    const slot = index & log.mask;
    const rank = this.rankOf(index);
    if (rank < 0 || log.except[slot] === this.station) return Number.NaN;
    const delayNs = this.delay.at(log.word[slot], index, this.station) + (this.delayed.get(index) ?? 0);
    return log.departNs[slot] + (rank + 1) * log.copyNs[slot] + this.latencyNs + delayNs;
  }

  /** Which of the message's copies this station gets: 0 leaves first. */
  rankOf(index: number): number {
    return this.log.ranks[this.log.view[index & this.log.mask] * this.log.stations + this.station];
  }

  /** When the copy for this station has left the sender [ns]. */
  departedNs(index: number): number {
    const { departNs, copyNs, mask } = this.log;
    return departNs[index & mask] + (this.rankOf(index) + 1) * copyNs[index & mask] + (this.delayed.get(index) ?? 0);
  }

  /** Oldest entry that this cursor may still need. */
  oldestNeeded(): number {
    let oldest = this.cursor;
    for (const index of this.late) oldest = Math.min(oldest, index);
    for (let place = this.base; place < this.tail; place += 1) {
      const id = this.windowId[place];
      if (id >= 0 && id < oldest) oldest = id;
    }
    for (const index of this.delayed.keys()) if (index < oldest) this.delayed.delete(index);
    return oldest;
  }

  /** Tells that the copy of entry `index`, not looked at yet, leaves its sender only at `releaseNs`. */
  comesLate(index: number, releaseNs: number): void {
    if (!this.isListening || Number.isNaN(this.arrivalNs(index))) return;
    const heldUpNs = releaseNs - this.departedNs(index);
    if (heldUpNs > 0) this.delayed.set(index, heldUpNs);
  }

  /** Puts the copies that were held up and have arrived by now into the window. */
  private admitLate(nowNs: number): void {
    const arrived = [...this.late].filter((index) => this.arrivalNs(index) <= nowNs);
    arrived.sort((a, b) => this.arrivalNs(a) - this.arrivalNs(b) || a - b);
    for (const index of arrived) {
      this.late.delete(index);
      this.insert(this.arrivalNs(index), index);
    }
  }

  /** Tells that entry `index`, not looked at yet, will not come although it was sent to this station. */
  neverComes(index: number): void {
    if (this.isListening && !Number.isNaN(this.arrivalNs(index))) this.absent.add(index);
  }

  /** Takes out of the window every copy that had not left `sender` when it died now; each is told as missed. */
  dropUnsent(sender: number, nowNs: number, isLost: (index: number) => boolean): void {
    const { log, windowAt, windowId } = this;
    const dropped: number[] = [];
    let kept = this.head;
    for (let place = this.head; place < this.tail; place += 1) {
      const id = windowId[place];
      if (id >= 0 && windowAt[place] > nowNs && log.sender[id & log.mask] === sender && isLost(id)) {
        dropped.push(id);
        continue;
      }
      windowAt[kept] = windowAt[place];
      windowId[kept] = id;
      kept += 1;
    }
    this.tail = kept;
    for (const index of [...this.late]) {
      if (log.sender[index & log.mask] !== sender || !isLost(index)) continue;
      this.late.delete(index);
      dropped.push(index);
    }
    dropped.sort((a, b) => a - b);
    for (const index of dropped) {
      this.missed += 1;
      if ((log.flags[index & log.mask] & logFlag.AWAITED) !== 0) this.urgent -= 1;
      this.listener.missed(this.station, index, true);
    }
  }

  /** Stops the station: what waits or is on its way is lost, the log is skipped until `resume`. */
  stop(): void {
    if (!this.isListening) return;
    for (let place = this.head; place < this.tail; place += 1) if (this.windowId[place] >= 0) this.missed += 1;
    for (let index = this.cursor; index < this.log.end; index += 1) {
      if (!Number.isNaN(this.arrivalNs(index))) this.missed += 1;
    }
    this.base = 0;
    this.head = 0;
    this.tail = 0;
    this.threads.reset();
    this.urgent = 0;
    this.externalService.clear();
    this.absent.clear();
    this.missed += this.late.size;
    this.late.clear();
    this.delayed.clear();
    this.isListening = false;
  }

  /** Starts the station again at the present end of the log. */
  resume(): void {
    this.cursor = this.log.end;
    this.isListening = true;
  }

  /** Everything in hand stands still until `untilNs`; nothing starts before. The processors must be told as well. */
  freeze(nowNs: number, untilNs: number): void {
    for (let place = this.base; place < this.head; place += 1) {
      if (this.windowDone[place] > nowNs) this.windowDone[place] += untilNs - nowNs;
    }
    this.threads.standStill(nowNs, untilNs);
  }

  /** Puts every copy that may have arrived by now into the window, sorted by (arrival, entry). */
  private admit(nowNs: number): void {
    const { log, station, latencyNs, delay } = this;
    if (!this.isListening) return;
    const { appendedNs, departNs, copyNs, view, word, columns, mask } = log;
    const column = station * log.columnLength;
    const limitNs = nowNs - latencyNs;
    let end = log.end;
    while (end > this.cursor && appendedNs[(end - 1) & mask] > limitNs) end -= 1;
    if (end <= this.cursor) return;
    this.makeRoom(end - this.cursor);
    const { windowAt, windowId, head } = this;
    const isPlain = this.absent.size === 0 && this.delayed.size === 0 && !log.hasSpecial;
    let tail = this.tail;
    for (let index = this.cursor; index < end; index += 1) {
      const slot = index & mask;
      const rank = columns[column + view[slot]];
      if (rank < 0 || !isPlain) {
        this.tail = tail;
        this.cursor = index;
        if (!this.isComing(index, rank)) continue;
      }
      const atNs = departNs[slot] + (rank + 1) * copyNs[slot] + latencyNs + delay.at(word[slot], index, station);
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
    if (log.sender[slot] === station || log.except[slot] === station) return false;
    if (rank < 0) {
      this.listener.missed(station, index, false);
      return false;
    }
    if (this.absent.delete(index)) {
      this.missed += 1;
      this.listener.missed(station, index, true);
      return false;
    }
    if (this.delayed.has(index)) {
      this.late.add(index);
      return false;
    }
    if ((log.flags[slot] & logFlag.AWAITED) !== 0) this.urgent += 1;
    return true;
  }

  private insert(atNs: number, id: number): void {
    this.makeRoom(1);
    const { windowAt, windowId, head } = this;
    let place = this.tail;
    this.tail += 1;
    const isAfter = (other: number): boolean =>
      windowAt[other] > atNs || (windowAt[other] === atNs && id >= 0 && (windowId[other] > id || windowId[other] < 0));
    while (place > head && isAfter(place - 1)) {
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
    const { base, tail } = this;
    let size = this.windowAt.length;
    while ((tail - base + more) * 2 > size) size *= 2;
    this.windowAt = moved(this.windowAt, base, tail, size);
    this.windowId = moved(this.windowId, base, tail, size);
    this.windowDone = moved(this.windowDone, base, tail, size);
    this.base = 0;
    this.head -= base;
    this.tail -= base;
  }
}

function moved(column: Float64Array<ArrayBuffer>, from: number, to: number, size: number): Float64Array<ArrayBuffer> {
  if (size === column.length) return column.copyWithin(0, from, to);
  const larger = new Float64Array(size);
  larger.set(column.subarray(from, to));
  return larger;
}
