import { invariant } from './invariant.ts';

// One pending event is one 32-byte record, so that popping an event touches one cache line:
// timeNs (double), sequence number (double), generation and kind (int32), a, b, link to the next record (int32).
const WORDS = 8;
const DOUBLES = 4;
const KIND_BITS = 10;
const KIND_MASK = (1 << KIND_BITS) - 1;
/** Largest generation; a slot that has reached it is retired instead of reused, so that no handle can come back. */
const LAST_GENERATION = 2 ** (32 - KIND_BITS) - 1;
/** Handle = generation * HANDLE_SLOTS + slot: 22 + 29 bits, an exact integer. */
const HANDLE_SLOTS = 2 ** 29;
/** Kind of a cancelled event that a queue still holds. */
const CANCELLED = KIND_MASK;

/** Largest kind of an event. A record holds the kind plus one, so that 0 marks a free one. */
export const MAX_KIND = KIND_MASK - 2;

/** No slot: the end of a list of slots. */
export const NO_SLOT = -1;

/**
 * The store of pending events behind the event queue: fixed-size records in one growing buffer.
 *
 * Why: objects in the queue cost 3 to 11 times as much as records in a typed array.
 */
export class EventSlots {
  words: Int32Array;
  doubles: Float64Array;
  private freeSlot = NO_SLOT;
  private usedSlots = 0;
  private capacity: number;

  constructor(capacity = 1024) {
    const buffer = new ArrayBuffer(capacity * WORDS * 4);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.capacity = capacity;
  }

  /** Stores an event and returns its slot. */
  take(timeNs: number, seq: number, kind: number, a: number, b: number): number {
    let slot = this.freeSlot;
    if (slot === NO_SLOT) {
      if (this.usedSlots === this.capacity) this.grow();
      slot = this.usedSlots++;
    } else {
      this.freeSlot = this.words[slot * WORDS + 7];
    }
    const double = slot * DOUBLES;
    this.doubles[double] = timeNs;
    this.doubles[double + 1] = seq;
    const word = slot * WORDS;
    this.words[word + 4] |= kind + 1;
    this.words[word + 5] = a;
    this.words[word + 6] = b;
    return slot;
  }

  /** Returns a slot to the store; the handles given out for it are void from here on. */
  release(slot: number): void {
    const word = slot * WORDS;
    const generation = this.words[word + 4] >>> KIND_BITS;
    if (generation === LAST_GENERATION) {
      this.words[word + 4] |= CANCELLED;
      return;
    }
    this.words[word + 4] = (generation + 1) << KIND_BITS;
    this.words[word + 7] = this.freeSlot;
    this.freeSlot = slot;
  }

  /** Returns the handle of the event now in a slot. */
  handleOf(slot: number): number {
    return (this.words[slot * WORDS + 4] >>> KIND_BITS) * HANDLE_SLOTS + slot;
  }

  /**
   * Marks an event as cancelled; its slot stays taken until the queue meets it.
   * @returns false when the handle's event is no longer pending.
   */
  cancel(handle: number): boolean {
    const slot = handle % HANDLE_SLOTS;
    if (!(slot >= 0 && slot < this.usedSlots)) return false;
    const word = slot * WORDS + 4;
    const state = this.words[word];
    if (state >>> KIND_BITS !== Math.floor(handle / HANDLE_SLOTS)) return false;
    if ((state & KIND_MASK) === CANCELLED) return false;
    this.words[word] |= CANCELLED;
    return true;
  }

  /** Says whether the event in a slot was cancelled. */
  isCancelled(slot: number): boolean {
    return (this.words[slot * WORDS + 4] & KIND_MASK) === CANCELLED;
  }

  /** Time of the event in a slot [ns]. */
  timeOf(slot: number): number {
    return this.doubles[slot * DOUBLES];
  }

  /** Slot that a taken slot is linked to. */
  nextOf(slot: number): number {
    return this.words[slot * WORDS + 7];
  }

  /** Links a taken slot to another, or to NO_SLOT. */
  setNext(slot: number, next: number): void {
    this.words[slot * WORDS + 7] = next;
  }

  /** Sequence number of the event in a slot. */
  seqOf(slot: number): number {
    return this.doubles[slot * DOUBLES + 1];
  }

  /** Kind of the event in a slot. */
  kindOf(slot: number): number {
    return (this.words[slot * WORDS + 4] & KIND_MASK) - 1;
  }

  /** First argument of the event in a slot. */
  aOf(slot: number): number {
    return this.words[slot * WORDS + 5];
  }

  /** Second argument of the event in a slot. */
  bOf(slot: number): number {
    return this.words[slot * WORDS + 6];
  }

  /** The slots of all pending events, in no order. */
  pending(): Int32Array {
    const found = new Int32Array(this.usedSlots);
    let count = 0;
    for (let slot = 0; slot < this.usedSlots; slot++) {
      const kind = this.words[slot * WORDS + 4] & KIND_MASK;
      if (kind !== 0 && kind !== CANCELLED) found[count++] = slot;
    }
    return found.subarray(0, count);
  }

  /** Counts the pending events of each kind, by looking at every slot. */
  countByKind(): Float64Array {
    const counts = new Float64Array(MAX_KIND + 1);
    for (let slot = 0; slot < this.usedSlots; slot++) {
      const kind = this.kindOf(slot);
      if (kind >= 0 && kind <= MAX_KIND) counts[kind]++;
    }
    return counts;
  }

  private grow(): void {
    this.capacity *= 2;
    invariant(this.capacity <= HANDLE_SLOTS, () => `more than ${HANDLE_SLOTS} pending events`);
    const buffer = new ArrayBuffer(this.capacity * WORDS * 4);
    const words = new Int32Array(buffer);
    words.set(this.words);
    this.words = words;
    this.doubles = new Float64Array(buffer);
  }
}
