import type { EventCalendar } from './event-calendar.ts';
import type { EventRun } from './event-run.ts';
import type { EventSlots } from './event-slots.ts';

/** Events that are sorted at once; more are spread over a finer rung. */
const SORT_AT_ONCE = 64;
/** As many events at the top are sorted at once; more are spread. */
const TOP_AT_ONCE = 16;
/** Finer rungs than this are not made; what they would hold goes to the heap. */
const MAX_RUNGS = 6;
const BUCKETS_PER_EVENT = 1;

/** Equal stretches of time, each with a list of its events, latest push first. */
class Rung {
  /** Events that it still holds. */
  count = 0;
  /** The first bucket that was not taken yet. */
  current = 0;
  buckets = 0;
  startNs = 0;
  private perNs = 0;
  /** For each bucket the slot of its latest event plus one (0 = empty), and its count. */
  private lists = new Int32Array(0);

  constructor(private readonly store: EventSlots) {}

  /** Empties the rung and spreads it over the time from `startNs` to `endNs` > startNs. */
  spread(startNs: number, endNs: number, count: number): void {
    this.buckets = Math.max(2, Math.ceil(count * BUCKETS_PER_EVENT));
    if (this.lists.length < 2 * this.buckets) this.lists = new Int32Array(2 * this.buckets);
    else this.lists.fill(0, 0, 2 * this.buckets);
    this.startNs = startNs;
    this.perNs = this.buckets / (endNs - startNs);
    this.current = 0;
    this.count = 0;
  }

  /** Takes an event, unless the bucket that it belongs to was taken. */
  push(timeNs: number, slot: number): boolean {
    // Rounding cannot disturb the order: the bucket is a nondecreasing function of the time, whatever its bounds.
    const position = (timeNs - this.startNs) * this.perNs;
    if (!(position >= this.current)) return false;
    const { lists, buckets } = this;
    const bucket = position < buckets ? position | 0 : buckets - 1;
    if (bucket < this.current) return false;
    this.store.setNext(slot, lists[2 * bucket] - 1);
    lists[2 * bucket] = slot + 1;
    lists[2 * bucket + 1]++;
    this.count++;
    return true;
  }

  /** Takes the next bucket that holds events; the rung must hold some. Returns its latest slot. */
  takeBucket(): number {
    const { lists } = this;
    let bucket = this.current;
    while (lists[2 * bucket + 1] === 0) bucket++;
    this.current = bucket + 1;
    this.takenCount = lists[2 * bucket + 1];
    this.count -= this.takenCount;
    return lists[2 * bucket] - 1;
  }

  /** Count of events in the bucket taken last. */
  takenCount = 0;
}

/**
 * A ladder queue: far events unsorted, nearer ones in ever finer buckets, the next bucket sorted into a run.
 *
 * Why: each event is moved a few times in all, whatever the population, where a heap moves one per level. Differs from
 * the published one in what is done with ties and skew: events of one time are never spread, and go to the run as they are;
 * where rungs get too fine, the caller falls back on a heap.
 * @see W. T. Tang, R. S. M. Goh, I. L.-J. Thng, "Ladder queue", ACM TOMACS 15 (2005).
 */
export class EventLadder {
  /** Events from this time on go to the top [ns]; +Infinity while the ladder is not in use. */
  topStartNs = Number.POSITIVE_INFINITY;
  topCount = 0;
  private topTimes = new Float64Array(1024);
  private topSlots = new Int32Array(1024);
  private readonly rungs: Rung[] = [];
  /** Rungs in use, the finest last. */
  private depth = 0;

  constructor(private readonly store: EventSlots) {}

  /** Whether anything may be in it. */
  get isInUse(): boolean {
    return this.topStartNs < Number.POSITIVE_INFINITY;
  }

  /** Adds the event of a slot where it belongs; false when it comes before everything that the ladder may hold. */
  push(slot: number): boolean {
    const timeNs = this.store.timeOf(slot);
    if (timeNs >= this.topStartNs) {
      const place = this.topCount++;
      if (place === this.topTimes.length) this.growTop();
      this.topTimes[place] = timeNs;
      this.topSlots[place] = slot;
      return true;
    }
    for (let i = 0; i < this.depth; i++) if (this.rungs[i].push(timeNs, slot)) return true;
    return false;
  }

  /**
   * Moves the next events into a run, which must be empty.
   * @returns whether they are in order; if not, they are in the order of their pushes, and the ladder can do no better.
   */
  refill(run: EventRun): boolean {
    for (;;) {
      while (this.depth > 0 && this.rungs[this.depth - 1].count === 0) this.depth--;
      if (this.depth === 0) {
        if (this.topCount <= TOP_AT_ONCE) return this.sortTop(run);
        this.spreadTop(run);
        if (run.head < run.tail) return true;
        continue;
      }
      const rung = this.rungs[this.depth - 1];
      const slot = rung.takeBucket();
      if (rung.takenCount <= SORT_AT_ONCE) {
        this.sortList(run, slot, rung.takenCount);
        return true;
      }
      if (this.unrollList(run, slot, rung.takenCount)) return true;
      if (!this.spreadRun(run)) return false;
    }
  }

  private sortList(run: EventRun, latest: number, count: number): void {
    run.prepare(count);
    const { store } = this;
    for (let slot = latest; slot >= 0; slot = store.nextOf(slot)) run.insertOlder(store.timeOf(slot), slot);
  }

  /** Takes the events of the calendar's next day over; the ladder must be empty. */
  takeDay(calendar: EventCalendar): void {
    const count = calendar.takeDay();
    const { taken } = calendar;
    this.topStartNs = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < count; place++) this.push(taken[place]);
  }

  /** Moves a list into a run in the order of the pushes; true when all times are equal, so that they are in order. */
  private unrollList(run: EventRun, latest: number, count: number): boolean {
    run.prepare(count);
    const { store } = this;
    const firstNs = store.timeOf(latest);
    let isOneTime = true;
    for (let slot = latest; slot >= 0; slot = store.nextOf(slot)) {
      const timeNs = store.timeOf(slot);
      if (timeNs !== firstNs) isOneTime = false;
      run.prepend(timeNs, slot);
    }
    return isOneTime;
  }

  /**
   * Spreads a run, of at least two different times, over a new finest rung; the run is then empty.
   * @returns false when there are too many rungs.
   */
  spreadRun(run: EventRun): boolean {
    if (this.depth === MAX_RUNGS) return false;
    const lastNs = this.addRung(run.times, run.slots, run.head, run.tail);
    if (this.topStartNs === Number.POSITIVE_INFINITY) this.topStartNs = lastNs;
    run.head = run.tail;
    return true;
  }

  /** Spreads the top over the coarsest rung; events of one single time go to the run instead. */
  private spreadTop(run: EventRun): void {
    const { topTimes, topSlots, topCount } = this;
    this.topStartNs = this.addRung(topTimes, topSlots, 0, topCount);
    if (this.depth === 0) {
      run.prepare(topCount);
      for (let i = topCount - 1; i >= 0; i--) run.prepend(topTimes[i], topSlots[i]);
    }
    this.topCount = 0;
  }

  /** Spreads events over a new rung, unless they have one single time. Returns their latest time. */
  private addRung(times: Float64Array, slots: Int32Array, start: number, end: number): number {
    let minNs = times[start];
    let maxNs = minNs;
    for (let i = start + 1; i < end; i++) {
      minNs = Math.min(minNs, times[i]);
      maxNs = Math.max(maxNs, times[i]);
    }
    if (minNs === maxNs) return maxNs;
    if (this.rungs.length === this.depth) this.rungs.push(new Rung(this.store));
    const rung = this.rungs[this.depth++];
    rung.spread(minNs, maxNs, end - start);
    for (let i = start; i < end; i++) rung.push(times[i], slots[i]);
    return maxNs;
  }

  /** Sorts a short top into the run; from here on the ladder is not in use. */
  private sortTop(run: EventRun): boolean {
    run.prepare(this.topCount);
    for (let i = this.topCount - 1; i >= 0; i--) run.insertOlder(this.topTimes[i], this.topSlots[i]);
    this.topCount = 0;
    this.topStartNs = Number.POSITIVE_INFINITY;
    return true;
  }

  private growTop(): void {
    const times = new Float64Array(this.topTimes.length * 2);
    times.set(this.topTimes);
    this.topTimes = times;
    const slots = new Int32Array(times.length);
    slots.set(this.topSlots);
    this.topSlots = slots;
  }
}
