import { EventCalendar } from './event-calendar.ts';
import { EventFew } from './event-few.ts';
import { EventMany } from './event-many.ts';
import { EventRing } from './event-ring.ts';
import { EventSlots, record } from './event-slots.ts';
import { invariant } from './invariant.ts';
import { mergedInOrder, type PlannedEvent } from './planned-event.ts';

// Constants of this module are part of the compiled code; those of another would be read at every use.
const { STATE, A, B, LINK, KIND_BITS, KIND_MASK, LAST_GENERATION, NO_SLOT } = record;
const { FEW_AGAIN, RING_AGAIN, LATE_SLOT, FREE_NS } = record;
const ALL_LATE = LATE_SLOT * 0x01010101;

/** Cancelled events that are kept, beyond as many as are pending, until their turn comes. */
const CANCELLED_MOST = 64;

/**
 * The pending events of a simulation in the total order (time, sequence number of the push).
 *
 * An event is a time, a kind (0 to MAX_KIND) and two int32 arguments; `pop` puts them into the fields of the queue
 * instead of allocating an object. Up to 8 events are `few`, up to 64 stand in a `ring`. More are `many`.
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
  private readonly store = new EventSlots();
  private readonly few = new EventFew(this.store);
  private readonly ring = new EventRing(this.store);
  private readonly calendar = new EventCalendar(this.store);
  private readonly many = new EventMany(this.store, this.calendar);

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
    const { few, ring } = this;
    if (few.row >= 0) this.pushFew(timeNs, kind, a, b);
    else if (ring.freeSlot >= 0) {
      this.newest = ring.freeSlot;
      ring.push(timeNs, this.nextSeq++, kind, a, b);
      if (ring.freeSlot < 0) this.leaveRing();
    } else this.pushMany(timeNs, kind, a, b);
  }

  private pushFew(timeNs: number, kind: number, a: number, b: number): void {
    const { few, nextSeq } = this;
    const slot = few.push(timeNs, nextSeq, kind, a, b);
    if (slot === NO_SLOT) {
      this.ring.enter(few.leave());
      this.push(timeNs, kind, a, b);
      return;
    }
    this.nextSeq = nextSeq + 1;
    this.newest = slot;
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
    this.newest = slot;
    this.many.push(slot);
  }

  /** Puts events of the few or of the ring, in order, among the many. */
  private becomeMany(slots: Int32Array): void {
    for (const slot of slots) this.store.unlist(slot);
    this.putBack(slots);
  }

  private leaveRing(): void {
    this.becomeMany(this.ring.leave());
  }

  /** From here on the events are many, however few they are. */
  private beMany(): void {
    if (this.few.isInUse) this.becomeMany(this.few.leave());
    else if (this.ring.freeSlot >= 0) this.leaveRing();
  }

  /** Puts many events, of which few enough are left, into the ring. @returns false when they stay many: from when the calendar is in use. */
  private leaveMany(): boolean {
    if (this.calendar.startNs !== Number.POSITIVE_INFINITY) return false;
    const slots = this.takeAll();
    this.newest = NO_SLOT;
    this.store.settle(slots);
    this.ring.enter(slots);
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
    this.beMany();
    const pending = this.takeAll();
    this.calendar.open(this.timeNs);
    this.putBack(pending);
  }

  /**
   * Cancels a pending event.
   * @returns false when it already ran or was cancelled before.
   */
  cancel(handle: number): boolean {
    const { few, ring, store } = this;
    const slot = store.slotOf(handle);
    if (slot === NO_SLOT) return false;
    this.newest = NO_SLOT;
    this.gone++;
    if (few.isInUse) few.remove(slot);
    else if (ring.freeSlot >= 0) ring.remove(slot);
    else {
      store.cancel(slot);
      this.cancelled++;
      if (this.cancelled > this.size + CANCELLED_MOST) this.sweep();
    }
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
    this.beMany();
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
    else for (const slot of near) this.many.push(slot);
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
    if (this.few.row >= 0) return this.popFewUntil(limitNs);
    return this.ring.freeSlot >= 0 ? this.popRingUntil(limitNs) : this.popManyUntil(limitNs);
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

  private popRingUntil(limitNs: number): boolean {
    const { ring } = this;
    const { words, doubles } = this.store;
    const { order, head } = ring;
    const at = head >> 2;
    const shift = (head & 3) << 3;
    const bytes = order[at];
    const slot = (bytes >>> shift) & 255;
    const timeNs = doubles[slot << 2];
    if (timeNs > limitNs) return this.rest();
    order[at] = bytes ^ ((slot ^ 64) << shift);
    order[(at - 2) & 31] = ALL_LATE;
    ring.head = (head + 1) & 127;
    this.gone++;
    this.timeNs = timeNs;
    const word = slot << 3;
    words[word | LINK] = ring.freeSlot;
    ring.freeSlot = slot;
    this.kind = words[word | STATE] - 1;
    words[word | STATE] = 0;
    this.a = words[word | A];
    this.b = words[word | B];
    return true;
  }

  /** Nothing of the ring is due: the time to see whether what is left is few. Why then: what is pending there costs little more. */
  private rest(): false {
    if (this.size <= FEW_AGAIN) {
      this.newest = NO_SLOT;
      this.few.enter(this.ring.leave());
    }
    return false;
  }

  private popManyUntil(limitNs: number): boolean {
    const size = this.nextSeq - this.gone;
    if (size <= RING_AGAIN) {
      if (this.leaveMany()) return this.popRingUntil(limitNs);
      if (size === 0) return false;
    }
    const { store } = this;
    const { run } = this.many;
    const { head } = run;
    let slot: number;
    if (this.cancelled === 0 && head < run.tail) {
      if (run.times[head] > limitNs) return false;
      slot = run.slots[head];
      run.head = head + 1;
    } else {
      slot = this.takeFirst(limitNs);
      if (slot === NO_SLOT) return false;
    }
    const { words } = store;
    this.timeNs = store.doubles[slot << 2];
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

  /** Takes the first of many events out, of which there must be one. @returns its slot; NO_SLOT when it is later. */
  private takeFirst(limitNs: number): number {
    const slot = this.firstSlot();
    if (this.store.timeOf(slot) > limitNs) return NO_SLOT;
    this.many.removeFirst();
    return slot;
  }

  /** Time of the first event [ns], +Infinity when none is pending. */
  peekTimeNs(): number {
    const { few, ring, store } = this;
    if (few.isInUse) return store.timeOf(few.row & 15);
    if (ring.freeSlot >= 0) return store.timeOf(ring.first());
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
      const slot = this.many.nextSlot();
      if (this.cancelled === 0 || !this.store.isCancelled(slot)) return slot;
      this.many.removeFirst();
      this.store.release(slot);
      this.cancelled--;
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
      const slot = this.many.nextSlot();
      this.many.removeFirst();
      if (store.isCancelled(slot)) {
        store.release(slot);
        this.cancelled--;
      } else kept[count++] = slot;
    }
    return kept.subarray(0, count);
  }

  /** Puts events, in order, back, after `takeAll`. */
  private putBack(slots: Int32Array): void {
    this.many.begin();
    for (const slot of slots) this.many.pushFar(slot);
  }
}
