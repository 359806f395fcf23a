import type { EventRun } from './event-run.ts';
import type { EventSlots } from './event-slots.ts';

/** Index of the root: children of i are 4i-8 to 4i-5, so that the four children share one aligned 32-byte block. */
const ROOT = 3;

/**
 * A 4-ary heap of times, with the slots of the events beside them; events of one time keep the order of their pushes.
 *
 * Why: the child to follow is chosen without a branch (unused places hold +Infinity), because a mispredicted branch per
 * level costs more than the comparisons. Taking the first event leaves a hole at the root, which the next push fills,
 * since most events that run schedule another. The sequence number stays in the slot and is read only when two times
 * are equal.
 */
export class EventHeap {
  /** Events that it holds. */
  size = 0;
  private isRootTaken = false;
  private times = new Float64Array(128).fill(Number.POSITIVE_INFINITY);
  private slots = new Int32Array(128);

  constructor(private readonly store: EventSlots) {}

  /** Slot of the first event; the heap must not be empty. */
  firstSlot(): number {
    if (this.isRootTaken) this.fillRoot();
    return this.slots[ROOT];
  }

  /** Removes the event that `firstSlot` has named. */
  removeFirst(): void {
    this.isRootTaken = true;
    this.size--;
  }

  /** Adds the event of a slot, which comes after all others of its time. */
  push(slot: number): void {
    if (this.isRootTaken) {
      this.isRootTaken = false;
      this.sink(slot, ++this.size + ROOT);
      return;
    }
    const timeNs = this.store.timeOf(slot);
    let hole = this.size++ + ROOT;
    if (hole + 4 >= this.times.length) this.grow();
    const { times, slots } = this;
    while (hole > ROOT) {
      const parent = (hole >> 2) + 2;
      const parentNs = times[parent];
      if (parentNs <= timeNs) break;
      times[hole] = parentNs;
      slots[hole] = slots[parent];
      hole = parent;
    }
    times[hole] = timeNs;
    slots[hole] = slot;
  }

  /** Takes the events of a run over, in whatever order; the heap must be empty. */
  take(run: EventRun): void {
    for (let i = run.head; i < run.tail; i++) this.push(run.slots[i]);
    run.head = run.tail;
  }

  /** Moves all events, in order, to the empty run. */
  drainTo(run: EventRun): void {
    run.prepare(this.size);
    run.head -= this.size;
    for (let place = run.head; this.size > 0; place++) {
      const slot = this.firstSlot();
      run.times[place] = this.store.timeOf(slot);
      run.slots[place] = slot;
      this.removeFirst();
    }
  }

  /** Puts the last event where the first was. */
  private fillRoot(): void {
    this.isRootTaken = false;
    const last = this.size + ROOT;
    const slot = this.slots[last];
    this.times[last] = Number.POSITIVE_INFINITY;
    if (this.size > 0) this.sink(slot, last);
  }

  /** Lets an event sink from the root, whose place is free, among the places before `end`. */
  private sink(slot: number, end: number): void {
    const { times, slots, store } = this;
    const timeNs = store.timeOf(slot);
    let hole = ROOT;
    let child = ROOT + 1;
    while (child < end) {
      const first = times[child];
      const second = times[child + 1];
      const third = times[child + 2];
      const fourth = times[child + 3];
      const left = +(second < first);
      const right = 2 + +(fourth < third);
      const leftNs = times[child + left];
      const rightNs = times[child + right];
      const isRight = +(rightNs < leftNs);
      let best = child + left + isRight * (right - left);
      const bestNs = times[best];
      if (bestNs > timeNs) break;
      const equals = +(first === bestNs) + +(second === bestNs) + +(third === bestNs) + +(fourth === bestNs);
      if (equals > 1) best = this.firstOfEqual(child, bestNs);
      if (bestNs === timeNs && store.seqOf(slot) < store.seqOf(slots[best])) break;
      times[hole] = bestNs;
      slots[hole] = slots[best];
      hole = best;
      child = ((hole << 2) - 8) | 0;
    }
    times[hole] = timeNs;
    slots[hole] = slot;
  }

  private firstOfEqual(child: number, timeNs: number): number {
    const { times, slots, store } = this;
    let best = child;
    let bestSeq = Number.POSITIVE_INFINITY;
    for (let i = child; i < child + 4; i++) {
      if (times[i] !== timeNs) continue;
      const seq = store.seqOf(slots[i]);
      if (seq < bestSeq) {
        best = i;
        bestSeq = seq;
      }
    }
    return best;
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2).fill(Number.POSITIVE_INFINITY);
    times.set(this.times);
    this.times = times;
    const slots = new Int32Array(times.length);
    slots.set(this.slots);
    this.slots = slots;
  }
}
