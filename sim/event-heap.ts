import type { EventSlots } from './event-slots.ts';

/** Index of the root: children of i are 4i-8 to 4i-5, so that the four children share one aligned 32-byte block. */
const ROOT = 3;

/**
 * A 4-ary heap of (time, sequence number), with the times in heap order beside the slots of the events.
 *
 * Why: the child to follow is chosen without a branch (unused places hold +Infinity), because a mispredicted branch per
 * level costs more than the comparisons. The sequence number stays in the slot and is read only when two times are equal.
 */
export class EventHeap {
  size = 0;
  private times = new Float64Array(1024).fill(Number.POSITIVE_INFINITY);
  private slots = new Int32Array(1024);

  constructor(private readonly store: EventSlots) {}

  /** Time of the first event [ns], +Infinity when there is none. */
  get firstNs(): number {
    return this.times[ROOT];
  }

  /** Slot of the first event; the heap must not be empty. */
  get firstSlot(): number {
    return this.slots[ROOT];
  }

  /** Adds the event of a slot. */
  push(timeNs: number, slot: number): void {
    let hole = this.size++ + ROOT;
    if (hole + 4 >= this.times.length) this.grow();
    const { times, slots } = this;
    while (hole > ROOT) {
      const parent = (hole >> 2) + 2;
      const parentNs = times[parent];
      // A later push has the larger sequence number: on equal times it stays below.
      if (parentNs <= timeNs) break;
      times[hole] = parentNs;
      slots[hole] = slots[parent];
      hole = parent;
    }
    times[hole] = timeNs;
    slots[hole] = slot;
  }

  /** Removes the first event; the heap must not be empty. */
  removeFirst(): void {
    const { times, slots } = this;
    const last = --this.size + ROOT;
    const timeNs = times[last];
    const slot = slots[last];
    times[last] = Number.POSITIVE_INFINITY;
    let hole = ROOT;
    let child = ROOT + 1;
    while (child < last) {
      const left = child + +(times[child + 1] < times[child]);
      const right = child + 2 + +(times[child + 3] < times[child + 2]);
      let best = left + (right - left) * +(times[right] < times[left]);
      const bestNs = times[best];
      if (bestNs > timeNs) break;
      if (this.tied(child, bestNs)) best = this.firstOfTied(child, bestNs);
      if (bestNs === timeNs && this.seqOf(slot) < this.seqOf(slots[best])) break;
      times[hole] = bestNs;
      slots[hole] = slots[best];
      hole = best;
      child = 4 * hole - 8;
    }
    if (last > ROOT) {
      times[hole] = timeNs;
      slots[hole] = slot;
    }
  }

  private tied(child: number, timeNs: number): boolean {
    const { times } = this;
    return (
      +(times[child] === timeNs) +
        +(times[child + 1] === timeNs) +
        +(times[child + 2] === timeNs) +
        +(times[child + 3] === timeNs) >
      1
    );
  }

  private firstOfTied(child: number, timeNs: number): number {
    let best = child;
    let bestSeq = Number.POSITIVE_INFINITY;
    for (let i = child; i < child + 4; i++) {
      if (this.times[i] !== timeNs) continue;
      const seq = this.seqOf(this.slots[i]);
      if (seq < bestSeq) {
        best = i;
        bestSeq = seq;
      }
    }
    return best;
  }

  private seqOf(slot: number): number {
    return this.store.doubles[slot * 4 + 1];
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
