import type { EventCalendar } from './event-calendar.ts';
import { EventHeap } from './event-heap.ts';
import { EventLadder } from './event-ladder.ts';
import { EventRun } from './event-run.ts';
import type { EventSlots } from './event-slots.ts';

/** A heap larger than this is spread over the ladder. */
const HEAP_MOST = 16;

/**
 * More events than fit into a ring: the first stand in a sorted run; a few more than a run takes make a heap; a ladder
 * holds what is later, and hands one run after the other out; what is for another day waits in the calendar, once that
 * is in use. Events of equal times move together and in the order of their pushes, so that only the heap ever compares
 * sequence numbers.
 */
export class EventMany {
  /** What comes before this is not for the ladder [ns]; what comes later may be. */
  endNs = Number.POSITIVE_INFINITY;
  readonly run = new EventRun(this.store);
  private readonly heap = new EventHeap(this.store);
  private readonly ladder = new EventLadder(this.store);
  /** Pushes to the heap since it was last spread. */
  private heapPushes = 0;

  constructor(
    private readonly store: EventSlots,
    private readonly calendar: EventCalendar,
  ) {}

  /** Makes ready for all events, in order, by `pushFar`; none is in here. */
  begin(): void {
    this.endNs = Number.NEGATIVE_INFINITY;
    this.ladder.topStartNs = Number.NEGATIVE_INFINITY;
  }

  /** Adds the event of a slot, which comes after all others of its time. */
  push(slot: number): void {
    if (this.store.timeOf(slot) >= this.endNs) this.pushFar(slot);
    else this.pushNear(slot);
  }

  /** Slot of the first event, cancelled or not. */
  nextSlot(): number {
    const { run, heap } = this;
    if (run.head === run.tail && heap.size === 0) this.refill();
    return run.head < run.tail ? run.slots[run.head] : heap.firstSlot();
  }

  /** Takes out the event of `nextSlot`. */
  removeFirst(): void {
    if (this.run.head < this.run.tail) this.run.head++;
    else this.heap.removeFirst();
  }

  /** Adds an event before `endNs`, and so before everything in the ladder. */
  pushNear(slot: number): void {
    if (this.heap.size > 0 || !this.run.insertNewer(slot)) this.pushHeap(slot);
  }

  private pushHeap(slot: number): void {
    const { heap } = this;
    if (heap.size === 0) heap.take(this.run);
    heap.push(slot);
    this.heapPushes++;
    if (heap.size > HEAP_MOST && this.heapPushes > heap.size >> 1) this.spreadHeap();
  }

  /** Adds an event from `endNs` on. */
  pushFar(slot: number): void {
    if (this.store.timeOf(slot) >= this.calendar.startNs) this.calendar.add(slot);
    else if (!this.ladder.push(slot)) this.pushNear(slot);
  }

  /** Moves the next events out of the ladder. */
  private refill(): void {
    const { run, ladder } = this;
    let isInOrder = ladder.refill(run);
    if (isInOrder && run.head === run.tail) {
      ladder.takeDay(this.calendar);
      isInOrder = ladder.refill(run);
    }
    if (isInOrder) {
      this.endNs = ladder.isInUse ? run.times[run.tail - 1] : this.calendar.startNs;
      return;
    }
    this.endNs = Number.NEGATIVE_INFINITY;
    this.heap.take(run);
  }

  /** Moves a heap that has grown large to a new rung of the ladder, in order, so that ties keep theirs. */
  private spreadHeap(): void {
    const { run, heap, ladder } = this;
    this.heapPushes = 0;
    heap.drainTo(run);
    if (run.times[run.head] < run.times[run.tail - 1] && ladder.spreadRun(run)) {
      this.endNs = Number.NEGATIVE_INFINITY;
    }
  }
}
