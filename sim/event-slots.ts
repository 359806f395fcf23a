import { invariant } from './invariant.ts';

// One pending event is one 32-byte record, so that popping an event touches one cache line:
// timeNs (double), sequence number of the push (double), generation and kind (int32), a, b, link to the next record (int32).
// Places are put together with | and <<, which the compiler need not check for overflow.
const WORDS = 8;

/** How a record is laid out. */
export const record = {
  /** Places of its words, as far as they are not those of its two doubles. */
  STATE: 4,
  A: 5,
  B: 6,
  LINK: 7,
  /** State = generation and kind plus one; 0 in place of a kind: the record is free. */
  KIND_BITS: 10,
  KIND_MASK: 2 ** 10 - 1,
  /** Largest generation; a slot that has reached it is retired instead of reused, so that no handle can come back. */
  LAST_GENERATION: 2 ** 22 - 1,
  /** Handle = generation * HANDLE_SLOTS + slot: 22 + 29 bits, an exact integer. */
  HANDLE_SLOTS: 2 ** 29,
  /** No slot: the end of a list of slots. */
  NO_SLOT: -1 as number,
} as const;
const { STATE, A, B, LINK, KIND_BITS, KIND_MASK, LAST_GENERATION, HANDLE_SLOTS, NO_SLOT } = record;

/** Kind of a cancelled event that a queue still holds. */
const CANCELLED = KIND_MASK;

/** Largest kind of an event. */
export const MAX_KIND = KIND_MASK - 2;

/**
 * The store of pending events behind the event queue: fixed-size records in one growing buffer.
 *
 * Why: objects in the queue cost 3 to 11 times as much as records in a typed array.
 */
export class EventSlots {
  words: Int32Array;
  doubles: Float64Array;
  freeSlot = NO_SLOT;
  private usedSlots = 0;
  private capacity: number;

  constructor(capacity = 1024) {
    const buffer = new ArrayBuffer(capacity * WORDS * 4);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.capacity = capacity;
  }

  /** Stores an event and returns its slot; `EventQueue.push` has the same in line. */
  take(timeNs: number, seq: number, kind: number, a: number, b: number): number {
    const slot = this.freeSlot === NO_SLOT ? this.fresh() : this.freeSlot;
    const { words } = this;
    const word = slot << 3;
    this.freeSlot = words[word | LINK];
    this.doubles[slot << 2] = timeNs;
    this.doubles[(slot << 2) | 1] = seq;
    words[word | STATE] |= kind + 1;
    words[word | A] = a;
    words[word | B] = b;
    return slot;
  }

  /** A slot that was never taken. */
  fresh(): number {
    if (this.usedSlots === this.capacity) this.grow();
    const slot = this.usedSlots++;
    this.words[(slot << 3) | LINK] = NO_SLOT;
    return slot;
  }

  /** Returns a slot to the store; the handles given out for it are void from here on. */
  release(slot: number): void {
    const { words } = this;
    const state = (slot << 3) | STATE;
    const generation = words[state] >>> KIND_BITS;
    if (generation === LAST_GENERATION) {
      this.retire(slot);
      return;
    }
    words[state] = (generation + 1) << KIND_BITS;
    words[(slot << 3) | LINK] = this.freeSlot;
    this.freeSlot = slot;
  }

  /** Takes a slot out of use whose generations are used up. */
  retire(slot: number): true {
    this.words[(slot << 3) | STATE] |= CANCELLED;
    return true;
  }

  /** Returns the handle of the event now in a slot. */
  handleOf(slot: number): number {
    return (this.words[(slot << 3) | STATE] >>> KIND_BITS) * HANDLE_SLOTS + slot;
  }

  /**
   * Marks an event as cancelled; its slot stays taken until the queue meets it.
   * @returns false when the handle's event is no longer pending.
   */
  cancel(handle: number): boolean {
    const slot = handle % HANDLE_SLOTS;
    if (!(slot >= 0 && slot < this.usedSlots)) return false;
    const word = (slot << 3) | STATE;
    const state = this.words[word];
    if (state >>> KIND_BITS !== Math.floor(handle / HANDLE_SLOTS)) return false;
    if ((state & KIND_MASK) === CANCELLED) return false;
    this.words[word] |= CANCELLED;
    return true;
  }

  /** Says whether the event in a slot was cancelled. */
  isCancelled(slot: number): boolean {
    return (this.words[(slot << 3) | STATE] & KIND_MASK) === CANCELLED;
  }

  /** Time of the event in a slot [ns]. */
  timeOf(slot: number): number {
    return this.doubles[slot << 2];
  }

  /** Slot that a taken slot is linked to. */
  nextOf(slot: number): number {
    return this.words[(slot << 3) | LINK];
  }

  /** Links a taken slot to another, or to NO_SLOT. */
  setNext(slot: number, next: number): void {
    this.words[(slot << 3) | LINK] = next;
  }

  /** Sequence number of the event in a slot. */
  seqOf(slot: number): number {
    return this.doubles[(slot << 2) | 1];
  }

  /** Kind of the event in a slot. */
  kindOf(slot: number): number {
    return (this.words[(slot << 3) | STATE] & KIND_MASK) - 1;
  }

  /** First argument of the event in a slot. */
  aOf(slot: number): number {
    return this.words[(slot << 3) | A];
  }

  /** Second argument of the event in a slot. */
  bOf(slot: number): number {
    return this.words[(slot << 3) | B];
  }

  /** The slots of all pending events, in no order. */
  pending(): Int32Array {
    const found = new Int32Array(this.usedSlots);
    let count = 0;
    for (let slot = 0; slot < this.usedSlots; slot++) {
      const kind = this.words[(slot << 3) | STATE] & KIND_MASK;
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
