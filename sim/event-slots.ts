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
  /** The first slots hold the events as long as they are not many; they are in no list of many and have no generations. */
  FIRST_SLOTS: 64,
  /** So many of these hold the events as long as they are few. */
  FEW_SLOTS: 8,
  /** When no more than this are left of more than few events, they are few again. */
  FEW_AGAIN: 4,
  /** When no more than this are left of many events, they fit into a ring again. */
  RING_AGAIN: 32,
  /** Time of a free one of the few slots. */
  FREE_NS: Number.POSITIVE_INFINITY,
  /** Two slots that no event takes: earlier and later than all. */
  EARLY_SLOT: 64,
  LATE_SLOT: 65,
  /** Handle of an event that was pushed into one of the first slots = this + its sequence number, larger than all others. */
  FEW_HANDLES: 2 ** 52,
} as const;
const { STATE, A, B, LINK, KIND_BITS, KIND_MASK, LAST_GENERATION, HANDLE_SLOTS, NO_SLOT } = record;
const { FIRST_SLOTS, FREE_NS, EARLY_SLOT, LATE_SLOT, FEW_HANDLES } = record;

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
  private usedSlots = LATE_SLOT + 1;
  private capacity = FIRST_CAPACITY;
  /** Sequence numbers of events that were moved to the first slots, by the handles given out for them. */
  private readonly renamed = new Map<number, number>();

  constructor() {
    for (let slot = 0; slot <= LATE_SLOT; slot++) this.clearFirst(slot);
    this.doubles[EARLY_SLOT << 2] = Number.NEGATIVE_INFINITY;
  }

  /** Makes one of the first slots free. */
  clearFirst(slot: number): void {
    this.doubles[slot << 2] = FREE_NS;
    this.words[(slot << 3) | STATE] = 0;
  }

  /** Moves an event to the lowest of the first slots that is free. @returns that slot. */
  moveDown(slot: number): number {
    let free = 0;
    while (this.isPending(free)) free++;
    this.words.copyWithin(free << 3, slot << 3, (slot + 1) << 3);
    this.words[(free << 3) | STATE] &= KIND_MASK;
    if (slot < FIRST_SLOTS) this.clearFirst(slot);
    else this.release(slot);
    return free;
  }

  /**
   * Moves all pending events to the first slots, where their handles are still good.
   * @param slots - theirs; the new ones are written in their place.
   */
  settle(slots: Int32Array): void {
    const { renamed, words } = this;
    for (const [handle, seq] of renamed) if (this.firstSlotOf(FEW_HANDLES + seq) === NO_SLOT) renamed.delete(handle);
    for (const [i, slot] of slots.entries()) {
      if (slot < FIRST_SLOTS) words[(slot << 3) | STATE] &= KIND_MASK;
      else {
        renamed.set(this.handleOf(slot), this.seqOf(slot));
        slots[i] = this.moveDown(slot);
      }
    }
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
    if (slot < FIRST_SLOTS) this.clearFirst(slot);
    else this.words[(slot << 3) | STATE] |= CANCELLED;
    return true;
  }

  /** Returns the handle of the event now in a slot. */
  handleOf(slot: number): number {
    if (slot < FIRST_SLOTS) return FEW_HANDLES + this.seqOf(slot);
    return (this.words[(slot << 3) | STATE] >>> KIND_BITS) * HANDLE_SLOTS + slot;
  }

  /** Slot of a handle's event; NO_SLOT when it is no longer pending. */
  slotOf(handle: number): number {
    const seq = this.renamed.get(handle);
    if (seq !== undefined) return this.firstSlotOf(FEW_HANDLES + seq);
    if (handle >= FEW_HANDLES) return this.firstSlotOf(handle);
    const slot = handle % HANDLE_SLOTS;
    const isTaken = slot >= FIRST_SLOTS && slot < this.usedSlots && this.isPending(slot);
    return isTaken && this.handleOf(slot) === handle ? slot : NO_SLOT;
  }

  private firstSlotOf(handle: number): number {
    const seq = handle - FEW_HANDLES;
    for (let slot = 0; slot < FIRST_SLOTS; slot++) if (this.seqOf(slot) === seq && this.isPending(slot)) return slot;
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
