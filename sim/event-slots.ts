import { invariant } from './invariant.ts';

// One pending event is one 32-byte record, so that popping an event touches one cache line:
// timeNs (double), sequence number of the push (double), generation and kind (int32), a, b, link to the next record (int32).
// Places are put together with | and <<, which the compiler need not check for overflow.
const WORDS = 8;
/** Records for which there is room at first. */
const FIRST_CAPACITY = 1024;

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
  /** The first slots hold the events as long as they are few; they are in no list and have no generations. */
  FEW_SLOTS: 8,
  /** When no more than this are left of many events, they are few again. */
  FEW_AGAIN: 4,
  /** Time of a free one of these slots. */
  FREE_NS: Number.POSITIVE_INFINITY,
  /** Handle of an event that was pushed into one of the first slots = this + its sequence number, larger than all others. */
  FEW_HANDLES: 2 ** 52,
} as const;
const { STATE, A, B, LINK, KIND_BITS, KIND_MASK, LAST_GENERATION, HANDLE_SLOTS, NO_SLOT } = record;
const { FEW_SLOTS, FREE_NS, FEW_HANDLES } = record;

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
  // Given here, not in the constructor: a field that was ever undefined has its type checked at every use.
  words = new Int32Array(FIRST_CAPACITY * WORDS);
  doubles = new Float64Array(this.words.buffer);
  freeSlot = NO_SLOT;
  private usedSlots = FEW_SLOTS;
  private capacity = FIRST_CAPACITY;

  constructor() {
    for (let slot = 0; slot < FEW_SLOTS; slot++) this.clearFew(slot);
  }

  /** Makes one of the first slots free. */
  clearFew(slot: number): void {
    this.doubles[slot << 2] = FREE_NS;
    this.words[(slot << 3) | STATE] = 0;
  }

  /** The event of a slot, without its generation. */
  copyOf(slot: number): Int32Array {
    const copy = this.words.slice(slot << 3, (slot + 1) << 3);
    copy[STATE] &= KIND_MASK;
    return copy;
  }

  /** Puts a copy into one of the first slots. */
  paste(slot: number, copy: Int32Array): void {
    this.words.set(copy, slot << 3);
  }

  /** From here on one of the first slots is met among others: as one that is not to be put into the list of free slots. */
  unlist(slot: number): void {
    this.words[(slot << 3) | STATE] |= LAST_GENERATION << KIND_BITS;
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

  /** Takes a slot out of use whose generations are used up, or makes one of the first slots free. */
  retire(slot: number): true {
    if (slot < FEW_SLOTS) this.clearFew(slot);
    else this.words[(slot << 3) | STATE] |= CANCELLED;
    return true;
  }

  /** Returns the handle of the event now in a slot. */
  handleOf(slot: number): number {
    if (slot < FEW_SLOTS) return FEW_HANDLES + this.seqOf(slot);
    return (this.words[(slot << 3) | STATE] >>> KIND_BITS) * HANDLE_SLOTS + slot;
  }

  /** Slot of a handle's event; NO_SLOT when it is no longer pending. */
  slotOf(handle: number): number {
    const isFew = handle >= FEW_HANDLES;
    const first = isFew ? 0 : handle % HANDLE_SLOTS;
    const end = isFew ? FEW_SLOTS : Math.min(first + 1, this.usedSlots);
    for (let slot = first; slot < end; slot++) if (this.isPending(slot) && this.handleOf(slot) === handle) return slot;
    return NO_SLOT;
  }

  /** Marks a pending event as cancelled; its slot stays taken until the queue meets it. */
  cancel(slot: number): void {
    this.words[(slot << 3) | STATE] |= CANCELLED;
  }

  /** Says whether an event that was not cancelled is in a slot. */
  isPending(slot: number): boolean {
    const kind = this.words[(slot << 3) | STATE] & KIND_MASK;
    return kind !== 0 && kind !== CANCELLED && this.timeOf(slot) < FREE_NS;
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
    for (let slot = 0; slot < this.usedSlots; slot++) if (this.isPending(slot)) found[count++] = slot;
    return found.subarray(0, count);
  }

  /** Counts the pending events of each kind, by looking at every slot. */
  countByKind(): Float64Array {
    const counts = new Float64Array(MAX_KIND + 1);
    for (let slot = 0; slot < this.usedSlots; slot++) if (this.isPending(slot)) counts[this.kindOf(slot)]++;
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
