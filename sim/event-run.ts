import type { EventSlots } from './event-slots.ts';

/** Free places kept on both sides of a new run, so that insertions on either side find room. */
const MARGIN = 128;
/** Steps that an insertion takes from either end before it gives up. */
const REACH = 10;

/**
 * A sorted run of events, taken from its front: the events that happen next.
 *
 * Why: the first event costs one load, and ties cost nothing, since an event inserted later goes behind its equals.
 */
export class EventRun {
  times = new Float64Array(1024);
  slots = new Int32Array(1024);
  /** Place of the first event; the run is empty when it equals `tail`. */
  head = 0;
  /** Place behind the last event. */
  tail = 0;

  constructor(private readonly store: EventSlots) {}

  /** Empties the run and makes room for `count` events, whose last place will be `tail - 1`. */
  prepare(count: number): void {
    if (this.times.length < count + 2 * MARGIN) {
      this.times = new Float64Array(2 * count + 2 * MARGIN);
      this.slots = new Int32Array(2 * count + 2 * MARGIN);
    }
    this.tail = this.times.length - MARGIN;
    this.head = this.tail;
  }

  /** Puts an event before all others; the caller sees to the order. */
  prepend(timeNs: number, slot: number): void {
    const head = --this.head;
    this.times[head] = timeNs;
    this.slots[head] = slot;
  }

  /** Sorts an event of a smaller sequence number than all others into a short run. */
  insertOlder(timeNs: number, slot: number): void {
    const { times, slots, tail } = this;
    let place = --this.head;
    for (; place + 1 < tail && times[place + 1] < timeNs; place++) {
      times[place] = times[place + 1];
      slots[place] = slots[place + 1];
    }
    times[place] = timeNs;
    slots[place] = slot;
  }

  /**
   * Sorts the event of a slot in, behind all others of its time.
   * @returns false when its place is too far from both ends; the run is then unchanged.
   */
  insertNewer(slot: number): boolean {
    if (this.tail === this.times.length) this.makeRoom();
    const timeNs = this.store.timeOf(slot);
    const { times, slots, head, tail } = this;
    if (tail - head > REACH) {
      if (timeNs < times[head + REACH]) return this.insertFromFront(slot);
      if (timeNs < times[tail - REACH]) return false;
    }
    let place = tail;
    for (; place > head && times[place - 1] > timeNs; place--) {
      times[place] = times[place - 1];
      slots[place] = slots[place - 1];
    }
    times[place] = timeNs;
    slots[place] = slot;
    this.tail = tail + 1;
    return true;
  }

  private insertFromFront(slot: number): boolean {
    if (this.head === 0) this.makeRoom();
    const timeNs = this.store.timeOf(slot);
    const { times, slots, head, tail } = this;
    let place = head - 1;
    for (; place + 1 < tail && times[place + 1] <= timeNs; place++) {
      times[place] = times[place + 1];
      slots[place] = slots[place + 1];
    }
    times[place] = timeNs;
    slots[place] = slot;
    this.head = head - 1;
    return true;
  }

  /** Moves the run to the middle of arrays that hold at least twice as much. */
  private makeRoom(): void {
    const { times, slots, head, tail } = this;
    const count = tail - head;
    const isTight = times.length < 2 * count + 2 * MARGIN;
    if (isTight) {
      this.times = new Float64Array(3 * count + 2 * MARGIN);
      this.slots = new Int32Array(3 * count + 2 * MARGIN);
    }
    const start = (this.times.length - count) >> 1;
    if (isTight) {
      this.times.set(times.subarray(head, tail), start);
      this.slots.set(slots.subarray(head, tail), start);
    } else {
      times.copyWithin(start, head, tail);
      slots.copyWithin(start, head, tail);
    }
    this.head = start;
    this.tail = start + count;
  }
}
