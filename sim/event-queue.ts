import { EventHeap } from './event-heap.ts';
import { EventLadder } from './event-ladder.ts';
import { EventRun } from './event-run.ts';
import { EventSlots } from './event-slots.ts';
import { invariant } from './invariant.ts';

/** A heap larger than this is spread over the ladder. */
const HEAP_MOST = 64;
/** An event that is planned, see `EventQueue.reserve`. */
export interface PlannedEvent {
  /** When it happens [ns], a safe integer. */
  readonly timeNs: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}

/** Cancelled events that are kept, beyond as many as are pending, until their turn comes. */
const CANCELLED_MOST = 64;

/**
 * The pending events of a simulation in the total order (time, sequence number of the push).
 *
 * An event is a time, a kind (0 to MAX_KIND) and two int32 arguments; `pop` puts them into the fields of the queue
 * instead of allocating an object. The first events stand in a sorted run; a few events more than a run takes make a
 * heap; from there on a ladder holds what is later, and hands one run after the other out. Events of equal times move
 * together and in the order of their pushes, so that only the heap ever compares sequence numbers.
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
  /** Sequence number of the event popped last: the count of pushes before its own. */
  seq = 0;
  /** Count of pending events; a cancelled event counts no more. */
  size = 0;
  private nextSeq = 0;
  private cancelled = 0;
  /** Pushes to the heap since it was last spread. */
  private heapPushes = 0;
  private readonly store = new EventSlots();
  private readonly run = new EventRun();
  private readonly heap = new EventHeap(this.store);
  private readonly ladder = new EventLadder(this.store);

  /**
   * Adds an event.
   * @param timeNs - when it happens [ns], a safe integer.
   * @param kind - 0 to MAX_KIND.
   * @param a - int32 argument.
   * @param b - int32 argument.
   * @returns a handle for `cancel`, never given out twice by this queue.
   */
  push(timeNs: number, kind: number, a: number, b: number): number {
    const slot = this.store.take(timeNs, this.nextSeq++, kind, a, b);
    this.put(timeNs, slot);
    return this.store.handleOf(slot);
  }

  private put(timeNs: number, slot: number): void {
    this.size++;
    if (timeNs >= this.ladder.topStartNs) this.ladder.pushTop(timeNs, slot);
    else if (!this.ladder.pushRung(timeNs, slot)) this.pushNear(timeNs, slot);
  }

  /**
   * Cancels a pending event.
   * @returns false when it already ran or was cancelled before.
   */
  cancel(handle: number): boolean {
    if (!this.store.cancel(handle)) return false;
    this.size--;
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
    return first;
  }

  /**
   * Takes out what is pending of a plan and puts in these events, as if they had been pushed, in this order, when the
   * place was kept.
   * @param first - from `reserve`; the numbers up to `end` were kept with it.
   */
  plan(first: number, end: number, events: readonly PlannedEvent[]): void {
    invariant(events.length <= end - first, () => `a plan of ${events.length} events, ${end - first} at most`);
    const { store } = this;
    const times = new Set(events.map(({ timeNs }) => timeNs));
    let isTied = false;
    for (const slot of store.pending()) {
      if (store.seqOf(slot) >= first && store.seqOf(slot) < end) this.cancel(store.handleOf(slot));
      else if (times.has(store.timeOf(slot))) isTied = true;
    }
    const slots = events.map(({ timeNs, kind, a, b }, place) => store.take(timeNs, first + place, kind, a, b));
    // An older number than others of the same time has is against the order of the pushes, on which everything is built.
    if (isTied) this.rebuildWith(slots);
    else for (const slot of slots) this.put(store.timeOf(slot), slot);
  }

  /** Puts all that is pending, and more, in order. */
  private rebuildWith(more: number[]): void {
    const kept = this.takeAll();
    const added = more.sort((one, other) => (this.isBefore(one, other) ? -1 : 1));
    const pending = new Int32Array(kept.length + added.length);
    for (let place = 0, next = 0, at = 0; at < pending.length; at++) {
      const isNext = place === kept.length || (next < added.length && this.isBefore(added[next], kept[place]));
      pending[at] = isNext ? added[next++] : kept[place++];
    }
    this.size = pending.length;
    this.putBack(pending);
  }

  private isBefore(slot: number, other: number): boolean {
    const { store } = this;
    const byTime = store.timeOf(slot) - store.timeOf(other);
    return byTime === 0 ? store.seqOf(slot) < store.seqOf(other) : byTime < 0;
  }

  /** Moves the first event into the fields `timeNs`, `kind`, `a`, `b`, `seq`; false when none is pending. */
  pop(): boolean {
    return this.popUntil(Number.POSITIVE_INFINITY);
  }

  /** As `pop`, but false, and nothing moved, when the first event is later than `limitNs`. */
  popUntil(limitNs: number): boolean {
    if (this.size === 0) return false;
    const slot = this.firstSlot();
    const { store } = this;
    const timeNs = store.timeOf(slot);
    if (timeNs > limitNs) return false;
    this.timeNs = timeNs;
    this.seq = store.seqOf(slot);
    this.kind = store.kindOf(slot);
    this.a = store.aOf(slot);
    this.b = store.bOf(slot);
    this.removeFirst();
    store.release(slot);
    this.size--;
    return true;
  }

  /** Time of the first event [ns], +Infinity when none is pending. */
  peekTimeNs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.store.timeOf(this.firstSlot());
  }

  /** Counts the pending events of each kind; slow, for messages of errors. */
  countByKind(): Float64Array {
    return this.store.countByKind();
  }

  /** Slot of the first pending event, of which there must be one; drops cancelled ones before it. */
  private firstSlot(): number {
    const { run, heap, store } = this;
    for (;;) {
      if (run.head === run.tail && heap.size === 0) this.refill();
      const slot = run.head < run.tail ? run.slots[run.head] : heap.firstSlot;
      if (this.cancelled === 0 || !store.isCancelled(slot)) return slot;
      this.removeFirst();
      store.release(slot);
      this.cancelled--;
    }
  }

  private removeFirst(): void {
    if (this.run.head < this.run.tail) this.run.head++;
    else this.heap.removeFirst();
  }

  /** Adds an event that comes before everything in the ladder. */
  private pushNear(timeNs: number, slot: number): void {
    const { run, heap } = this;
    if (heap.size === 0) {
      if (run.insertNewer(timeNs, slot)) return;
      this.heapRun();
    }
    heap.push(timeNs, slot);
    this.heapPushes++;
    if (heap.size > HEAP_MOST && this.heapPushes > heap.size >> 1) this.spreadHeap();
  }

  /** Moves the next events out of the ladder. */
  private refill(): void {
    if (!this.ladder.refill(this.run)) this.heapRun();
  }

  /** Moves the run, in whatever order, to the empty heap. */
  private heapRun(): void {
    const { run, heap } = this;
    for (let i = run.head; i < run.tail; i++) heap.push(run.times[i], run.slots[i]);
    run.head = run.tail;
  }

  /** Moves a heap that has grown large to a new rung of the ladder, in order, so that ties keep theirs. */
  private spreadHeap(): void {
    const { run, heap, ladder } = this;
    this.heapPushes = 0;
    run.prepare(heap.size);
    run.head -= heap.size;
    for (let place = run.head; heap.size > 0; place++) {
      run.times[place] = heap.firstNs;
      run.slots[place] = heap.firstSlot;
      heap.removeFirst();
    }
    if (run.times[run.head] < run.times[run.tail - 1]) ladder.spreadRun(run);
  }

  /** Drops the cancelled events once they outnumber the pending ones. */
  private sweep(): void {
    this.putBack(this.takeAll());
  }

  /** Takes everything out. @returns the slots of what is pending, in order. */
  private takeAll(): Int32Array {
    const { run, heap, store } = this;
    const kept = new Int32Array(this.size);
    let count = 0;
    for (let left = this.size + this.cancelled; left > 0; left--) {
      if (run.head === run.tail && heap.size === 0) this.refill();
      const slot = run.head < run.tail ? run.slots[run.head] : heap.firstSlot;
      this.removeFirst();
      if (store.isCancelled(slot)) store.release(slot);
      else kept[count++] = slot;
    }
    this.cancelled = 0;
    return kept;
  }

  /** Puts events, in order, into the empty queue. */
  private putBack(slots: Int32Array): void {
    const { ladder, store } = this;
    ladder.topStartNs = Number.NEGATIVE_INFINITY;
    for (const slot of slots) ladder.pushTop(store.timeOf(slot), slot);
  }
}
