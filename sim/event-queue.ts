import { EventCalendar } from './event-calendar.ts';
import { EventFew } from './event-few.ts';
import { EventHeap } from './event-heap.ts';
import { EventLadder } from './event-ladder.ts';
import { EventRun } from './event-run.ts';
import { EventSlots, record } from './event-slots.ts';
import { invariant } from './invariant.ts';
import { mergedInOrder, type PlannedEvent } from './planned-event.ts';

// Constants of this module are part of the compiled code; those of another would be read at every use.
const { STATE, A, B, LINK, KIND_BITS, KIND_MASK, LAST_GENERATION, NO_SLOT } = record;
const { FEW_AGAIN, FREE_NS } = record;

/** A heap larger than this is spread over the ladder. */
const HEAP_MOST = 16;
/** Cancelled events that are kept, beyond as many as are pending, until their turn comes. */
const CANCELLED_MOST = 64;

/**
 * The pending events of a simulation in the total order (time, sequence number of the push).
 *
 * An event is a time, a kind (0 to MAX_KIND) and two int32 arguments; `pop` puts them into the fields of the queue
 * instead of allocating an object. Up to 8 events are `few`. When there are more, the first stand in a sorted run; a few
 * more than a run takes make a heap; from there on a ladder holds what is later, and hands one run after the other out.
 * Events of equal times move together and in the order of their pushes, so that only the heap ever compares sequence
 * numbers.
 */
export class EventQueue {
  /** Time of the event popped last [ns]. */
  timeNs = 0;
  /** Kind of the event popped last. */
  kind = 0;
  /** First argument of the event popped last. */
  a = 0;
  /** Second argument of the event popped last. */
  b = 0;
  private nextSeq = 0;
  /** How many sequence numbers are not, or no longer, those of a pending event. */
  private gone = 0;
  /** Slot of the event pushed last. */
  private newest = NO_SLOT;
  private cancelled = 0;
  /** What comes before this is not for the ladder [ns]; what comes later may be. */
  private nearEndNs = Number.POSITIVE_INFINITY;
  /** Pushes to the heap since it was last spread. */
  private heapPushes = 0;
  private readonly store = new EventSlots();
  private readonly few = new EventFew(this.store);
  private readonly run = new EventRun(this.store);
  private readonly heap = new EventHeap(this.store);
  private readonly ladder = new EventLadder(this.store);
  private readonly calendar = new EventCalendar(this.store);

  /** Count of pending events; a cancelled event counts no more. */
  get size(): number {
    return this.nextSeq - this.gone;
  }

  /**
   * Adds an event.
   * @param timeNs - when it happens [ns], a safe integer.
   * @param kind - 0 to MAX_KIND.
   * @param a - int32 argument.
   * @param b - int32 argument.
   */
  push(timeNs: number, kind: number, a: number, b: number): void {
    const { few, nextSeq } = this;
    if (few.row >= 0) {
      const slot = few.push(timeNs, nextSeq, kind, a, b);
      if (slot !== NO_SLOT) {
        this.nextSeq = nextSeq + 1;
        this.newest = slot;
        return;
      }
      this.becomeMany();
    }
    this.pushMany(timeNs, kind, a, b);
  }

  /**
   * Handle for `cancel` of the event pushed last, to be asked for at once; never given out for another by this queue.
   *
   * Why not from `push`: hardly anything is ever cancelled, and most handles are too large not to need an object each.
   */
  handle(): number {
    const { store, newest } = this;
    invariant(newest !== NO_SLOT && store.isPending(newest), 'the event pushed last is gone');
    return store.handleOf(newest);
  }

  private pushMany(timeNs: number, kind: number, a: number, b: number): void {
    const { store } = this;
    const slot = store.freeSlot === NO_SLOT ? store.fresh() : store.freeSlot;
    const { words, doubles } = store;
    const word = slot << 3;
    store.freeSlot = words[word | LINK];
    doubles[slot << 2] = timeNs;
    doubles[(slot << 2) | 1] = this.nextSeq++;
    words[word | STATE] |= kind + 1;
    words[word | A] = a;
    words[word | B] = b;
    // Calls take the slot alone: a time that is handed over would be put into an object of its own.
    if (timeNs >= this.nearEndNs) this.pushFar(slot);
    else this.pushNear(slot);
    this.newest = slot;
  }

  private becomeMany(): void {
    if (this.few.isInUse) this.putBack(this.few.leave());
  }

  /** @returns false when they stay many: from when the calendar is in use. */
  private becomeFew(): boolean {
    if (this.calendar.startNs !== Number.POSITIVE_INFINITY) return false;
    this.newest = NO_SLOT;
    this.few.enter(this.takeAll());
    return true;
  }

  /**
   * Adds an event that cannot be cancelled, and has one argument: far away it takes less than a third of the memory.
   * @param timeNs - as in `push`, and so are the others.
   */
  pushFirm(timeNs: number, kind: number, a: number): void {
    const { calendar } = this;
    if (calendar.startNs === Number.POSITIVE_INFINITY) this.openCalendar();
    if (timeNs < calendar.startNs || !calendar.reaches(timeNs)) {
      this.push(timeNs, kind, a, 0);
      return;
    }
    calendar.addFirm(timeNs, this.nextSeq++, kind, a);
  }

  /** From here on what is far away is kept in the calendar. */
  private openCalendar(): void {
    this.becomeMany();
    const pending = this.takeAll();
    this.calendar.open(this.timeNs);
    this.putBack(pending);
  }

  /**
   * Cancels a pending event.
   * @returns false when it already ran or was cancelled before.
   */
  cancel(handle: number): boolean {
    const { few, store } = this;
    const slot = few.slotOf(handle);
    if (slot === NO_SLOT) return false;
    this.newest = NO_SLOT;
    this.gone++;
    if (few.isInUse) {
      few.remove(slot);
      return true;
    }
    store.cancel(slot);
    this.cancelled++;
    if (this.cancelled > this.size + CANCELLED_MOST) this.sweep();
    return true;
  }

  /**
   * Keeps a place in the order: what `plan` puts there comes, at one time, before all that is pushed from now on.
   * @param count - most events of the plan.
   * @returns the first of its sequence numbers.
   */
  reserve(count: number): number {
    const first = this.nextSeq;
    this.nextSeq += count;
    this.gone += count;
    return first;
  }

  /**
   * Takes out what is pending of a plan and puts in these events, as if they had been pushed, in this order, when the
   * place was kept.
   * @param first - from `reserve`; the numbers up to `end` were kept with it.
   */
  plan(first: number, end: number, events: readonly PlannedEvent[]): void {
    invariant(events.length <= end - first, () => `a plan of ${events.length} events, ${end - first} at most`);
    this.becomeMany();
    const { store, calendar } = this;
    const times = new Set(events.map(({ timeNs }) => timeNs).filter((timeNs) => timeNs < calendar.startNs));
    let isTied = false;
    for (const slot of store.pending()) {
      if (store.seqOf(slot) >= first && store.seqOf(slot) < end) this.cancel(store.handleOf(slot));
      else if (times.has(store.timeOf(slot))) isTied = true;
    }
    const near: number[] = [];
    events.forEach(({ timeNs, kind, a, b }, place) => {
      const slot = store.take(timeNs, first + place, kind, a, b);
      if (timeNs < calendar.startNs) near.push(slot);
      else calendar.add(slot, true);
    });
    this.gone -= events.length - near.length;
    // An older number than others of the same time has is against the order of the pushes, on which everything is built.
    if (isTied) this.putBack(mergedInOrder(store, this.takeAll(), near));
    else for (const slot of near) store.timeOf(slot) >= this.nearEndNs ? this.pushFar(slot) : this.pushNear(slot);
    this.gone -= near.length;
  }

  /** Moves the first event into the fields `timeNs`, `kind`, `a`, `b`; false when none is pending. */
  pop(): boolean {
    return this.popUntil(Number.MAX_VALUE);
  }

  /**
   * As `pop`, but false, and nothing moved, when the first event is later.
   * @param limitNs - finite [ns].
   */
  popUntil(limitNs: number): boolean {
    return this.few.row >= 0 ? this.popFewUntil(limitNs) : this.popManyUntil(limitNs);
  }

  private popFewUntil(limitNs: number): boolean {
    const { few } = this;
    const { words, doubles } = this.store;
    const { row } = few;
    const slot = row & 15;
    const timeNs = doubles[slot << 2];
    if (timeNs > limitNs) return false;
    doubles[slot << 2] = FREE_NS;
    few.row = (row >>> 4) | (row << 28);
    this.gone++;
    this.timeNs = timeNs;
    const word = slot << 3;
    this.kind = words[word | STATE] - 1;
    this.a = words[word | A];
    this.b = words[word | B];
    return true;
  }

  private popManyUntil(limitNs: number): boolean {
    const size = this.nextSeq - this.gone;
    if (size <= FEW_AGAIN) {
      if (this.becomeFew()) return this.popFewUntil(limitNs);
      if (size === 0) return false;
    }
    const { run, store } = this;
    const { head } = run;
    let slot: number;
    if (this.cancelled === 0 && head < run.tail) {
      const timeNs = run.times[head];
      if (timeNs > limitNs) return false;
      slot = run.slots[head];
      run.head = head + 1;
      this.timeNs = timeNs;
    } else {
      slot = this.firstSlot();
      const timeNs = store.timeOf(slot);
      if (timeNs > limitNs) return false;
      this.removeFirst();
      this.timeNs = timeNs;
    }
    const { words } = store;
    const word = slot << 3;
    const state = words[word | STATE];
    this.kind = (state & KIND_MASK) - 1;
    this.a = words[word | A];
    this.b = words[word | B];
    this.gone++;
    const generation = state >>> KIND_BITS;
    if (generation === LAST_GENERATION) return store.retire(slot);
    words[word | STATE] = (generation + 1) << KIND_BITS;
    words[word | LINK] = store.freeSlot;
    store.freeSlot = slot;
    return true;
  }

  /** Time of the first event [ns], +Infinity when none is pending. */
  peekTimeNs(): number {
    const { few, store } = this;
    if (few.isInUse) return store.timeOf(few.row & 15);
    return this.size === 0 ? Number.POSITIVE_INFINITY : store.timeOf(this.firstSlot());
  }

  /** Counts the pending events of each kind; slow, for messages of errors. */
  countByKind(): Float64Array {
    const counts = this.store.countByKind();
    this.calendar.countInto(counts);
    return counts;
  }

  /** Slot of the first pending event, of which there must be one; drops cancelled ones before it. */
  private firstSlot(): number {
    for (;;) {
      const slot = this.nextSlot();
      if (this.cancelled === 0 || !this.store.isCancelled(slot)) return slot;
      this.removeFirst();
      this.store.release(slot);
      this.cancelled--;
    }
  }

  /** Slot of the first event, cancelled or not. */
  private nextSlot(): number {
    const { run, heap } = this;
    if (run.head === run.tail && heap.size === 0) this.refill();
    return run.head < run.tail ? run.slots[run.head] : heap.firstSlot();
  }

  private removeFirst(): void {
    if (this.run.head < this.run.tail) this.run.head++;
    else this.heap.removeFirst();
  }

  /** Adds an event that comes before everything in the ladder. */
  private pushNear(slot: number): void {
    if (this.heap.size > 0 || !this.run.insertNewer(slot)) this.pushHeap(slot);
  }

  private pushHeap(slot: number): void {
    const { heap } = this;
    if (heap.size === 0) this.heapRun();
    heap.push(slot);
    this.heapPushes++;
    if (heap.size > HEAP_MOST && this.heapPushes > heap.size >> 1) this.spreadHeap();
  }

  private pushFar(slot: number): void {
    if (this.store.timeOf(slot) >= this.calendar.startNs) this.calendar.add(slot);
    else if (!this.ladder.push(slot)) this.pushNear(slot);
  }

  /** Moves the next events out of the ladder. */
  private refill(): void {
    const { run, ladder } = this;
    let isInOrder = ladder.refill(run);
    if (isInOrder && run.head === run.tail) {
      this.beginDay();
      isInOrder = ladder.refill(run);
    }
    if (isInOrder) {
      this.nearEndNs = ladder.isInUse ? run.times[run.tail - 1] : this.calendar.startNs;
      return;
    }
    this.nearEndNs = Number.NEGATIVE_INFINITY;
    this.heapRun();
  }

  /** Moves the next day of the calendar to the empty ladder. */
  private beginDay(): void {
    const { ladder, calendar } = this;
    const count = calendar.takeDay();
    const { taken } = calendar;
    ladder.topStartNs = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < count; place++) ladder.push(taken[place]);
  }

  /** Moves the run, in whatever order, to the empty heap. */
  private heapRun(): void {
    const { run, heap } = this;
    for (let i = run.head; i < run.tail; i++) heap.push(run.slots[i]);
    run.head = run.tail;
  }

  /** Moves a heap that has grown large to a new rung of the ladder, in order, so that ties keep theirs. */
  private spreadHeap(): void {
    const { run, heap, ladder } = this;
    this.heapPushes = 0;
    heap.drainTo(run);
    if (run.times[run.head] < run.times[run.tail - 1] && ladder.spreadRun(run)) {
      this.nearEndNs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Drops the cancelled events once they outnumber the pending ones. */
  private sweep(): void {
    this.cancelled -= this.calendar.sweep();
    this.putBack(this.takeAll());
  }

  /** Takes everything out that is near. @returns the slots of what is pending, in order. */
  private takeAll(): Int32Array {
    const { store } = this;
    const near = this.size + this.cancelled - this.calendar.size;
    const kept = new Int32Array(near);
    let count = 0;
    for (let left = near; left > 0; left--) {
      const slot = this.nextSlot();
      this.removeFirst();
      if (store.isCancelled(slot)) {
        store.release(slot);
        this.cancelled--;
      } else kept[count++] = slot;
    }
    return kept.subarray(0, count);
  }

  /** Puts events, in order, back, after `takeAll`. */
  private putBack(slots: Int32Array): void {
    this.nearEndNs = Number.NEGATIVE_INFINITY;
    this.ladder.topStartNs = Number.NEGATIVE_INFINITY;
    for (const slot of slots) this.pushFar(slot);
  }
}
