import { EventHeap } from './event-heap.ts';
import { EventSlots } from './event-slots.ts';

/**
 * The pending events of a simulation in the total order (time, sequence number of the push).
 *
 * An event is a time, a kind (0 to MAX_KIND) and two int32 arguments; `pop` puts them into the fields of the queue
 * instead of allocating an object.
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
  private readonly store = new EventSlots();
  private heap = new EventHeap(this.store);
  private cancelled = 0;

  /**
   * Adds an event.
   * @param timeNs - when it happens [ns]; any number but NaN and +Infinity.
   * @param kind - 0 to MAX_KIND.
   * @param a - int32 argument.
   * @param b - int32 argument.
   * @returns a handle for `cancel`, never given out twice by this queue.
   */
  push(timeNs: number, kind: number, a: number, b: number): number {
    const slot = this.store.take(timeNs, this.nextSeq++, kind, a, b);
    this.heap.push(timeNs, slot);
    this.size++;
    return this.store.handleOf(slot);
  }

  /**
   * Cancels a pending event.
   * @returns false when it already ran or was cancelled before.
   */
  cancel(handle: number): boolean {
    if (!this.store.cancel(handle)) return false;
    this.size--;
    this.cancelled++;
    if (this.cancelled > this.size + 64) this.sweep();
    return true;
  }

  /** Moves the first event into the fields `timeNs`, `kind`, `a`, `b`, `seq`; false when none is pending. */
  pop(): boolean {
    return this.popUntil(Number.POSITIVE_INFINITY);
  }

  /** As `pop`, but false, and nothing moved, when the first event is later than `limitNs`. */
  popUntil(limitNs: number): boolean {
    if (this.size === 0 || this.peekTimeNs() > limitNs) return false;
    const { store, heap } = this;
    const slot = heap.firstSlot;
    this.timeNs = heap.firstNs;
    this.seq = store.seqOf(slot);
    this.kind = store.kindOf(slot);
    this.a = store.aOf(slot);
    this.b = store.bOf(slot);
    heap.removeFirst();
    store.release(slot);
    this.size--;
    return true;
  }

  /** Time of the first event [ns], +Infinity when none is pending. */
  peekTimeNs(): number {
    if (this.cancelled > 0) this.dropCancelled();
    return this.heap.firstNs;
  }

  /** Counts the pending events of each kind; slow, for messages of errors. */
  countByKind(): Float64Array {
    return this.store.countByKind();
  }

  private dropCancelled(): void {
    while (this.cancelled > 0 && this.heap.size > 0) {
      const slot = this.heap.firstSlot;
      if (!this.store.isCancelled(slot)) return;
      this.heap.removeFirst();
      this.store.release(slot);
      this.cancelled--;
    }
  }

  /** Rebuilds the heap without the cancelled events, once they outnumber the pending ones. */
  private sweep(): void {
    const old = this.heap;
    this.heap = new EventHeap(this.store);
    for (; old.size > 0; old.removeFirst()) {
      const slot = old.firstSlot;
      if (this.store.isCancelled(slot)) this.store.release(slot);
      else this.heap.push(old.firstNs, slot);
    }
    this.cancelled = 0;
  }
}
