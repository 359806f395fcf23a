import { type EventSlots, record } from './event-slots.ts';

const { STATE, A, B, LINK, NO_SLOT, FIRST_SLOTS, EARLY_SLOT, LATE_SLOT } = record;
// The ring has 32 words of four places, more than all events and the words before and behind them take; `& 31` and `& 127` go
// round. Here these are numbers: what is put in line is limited by its length, and names make it longer.
const WORDS = 32;
/** Words of four times the same slot. */
const ALL_EARLY = EARLY_SLOT * 0x01010101;
const ALL_LATE = LATE_SLOT * 0x01010101;

/**
 * Up to 64 events, in the first slots of the store.
 *
 * Their order is a ring of the numbers of these slots, one byte each and four to a word. A new event goes behind the last,
 * and the words of which all events are later give way to it, four places at a step; in the word where this ends its
 * place is counted without a branch. Places from which the first event was taken name a slot that is earlier than all
 * events, places behind the last one that is later, so that nobody asks where the ring begins or ends.
 *
 * Why: no time is moved, and only one branch per event can be misjudged: where to stop.
 */
export class EventRing {
  /** The free slot that is taken next; NO_SLOT when all are taken, and while the ring is not in use. */
  freeSlot: number = NO_SLOT;
  /** Place of the first event. */
  head = 0;
  /** Place behind the last event. */
  private end = 0;
  readonly order = new Int32Array(WORDS);

  constructor(private readonly store: EventSlots) {}

  /**
   * Adds an event, which comes after all others of its time; some slot must be free.
   * @param seq - its sequence number; the others are as in `EventQueue.push`.
   */
  push(timeNs: number, seq: number, kind: number, a: number, b: number): void {
    const { order, end, freeSlot } = this;
    const { words, doubles } = this.store;
    this.end = (end + 1) & 127;
    let at = end >> 2;
    let bytes = order[at];
    while (doubles[(bytes & 255) << 2] > timeNs) {
      const below = (at - 1) & 31;
      const lower = order[below];
      order[at] = (bytes << 8) | (lower >>> 24);
      at = below;
      bytes = lower;
    }
    // The first of this word is not later. What is later moves up by one byte, the last of it to the word above.
    // biome-ignore format: three comparisons that wait for nothing
    const place =
      (+(doubles[(bytes >>> 6) & 1020] <= timeNs) + +(doubles[(bytes >>> 14) & 1020] <= timeNs) +
      +(doubles[(bytes >>> 22) & 1020] <= timeNs)) << 3;
    const before = bytes & (-1 >>> (24 - place));
    const behind = (bytes ^ before) | (freeSlot << place);
    order[at] = before | (behind << 8);
    const above = (at + 1) & 31;
    order[above] = (order[above] & ~255) | (behind >>> 24);
    const word = freeSlot << 3;
    this.freeSlot = words[word | LINK];
    doubles[word >> 1] = timeNs;
    doubles[(word >> 1) | 1] = seq;
    words[word | STATE] = kind + 1;
    words[word | A] = a;
    words[word | B] = b;
  }

  /** Slot of the first event; the one that is later than all when there is none. */
  first(): number {
    return this.at(this.head);
  }

  /** Takes out the event of a slot: those before it move up, so that the ring loses its first place. */
  remove(slot: number): void {
    const { order, head, store } = this;
    let place = head;
    while (this.at(place) !== slot) place = (place + 1) & 127;
    for (; place !== head; place = (place - 1) & 127) this.put(place, this.at((place - 1) & 127));
    this.put(head, EARLY_SLOT);
    order[((head >> 2) - 2) & 31] = ALL_LATE;
    this.head = (head + 1) & 127;
    store.clearFirst(slot);
    store.setNext(slot, this.freeSlot);
    this.freeSlot = slot;
  }

  /** Slots of the events, in order. */
  slots(): Int32Array {
    return Int32Array.from({ length: (this.end - this.head) & 127 }, (_, i) => this.at((this.head + i) & 127));
  }

  /** From here on nothing is in here. @returns the slots, in order; nobody else holds them now. */
  leave(): Int32Array {
    const slots = this.slots();
    this.freeSlot = NO_SLOT;
    return slots;
  }

  /** From here on all events are in here. @param slots - theirs, all of them first ones of the store, in order. */
  enter(slots: ArrayLike<number>): void {
    const { order, store } = this;
    order.fill(ALL_LATE);
    order[0] = ALL_EARLY;
    this.head = 4;
    this.end = 4 + slots.length;
    for (let i = 0; i < slots.length; i++) this.put(4 + i, slots[i]);
    this.freeSlot = NO_SLOT;
    for (let slot = FIRST_SLOTS - 1; slot >= 0; slot--) {
      if (store.isPending(slot)) continue;
      store.setNext(slot, this.freeSlot);
      this.freeSlot = slot;
    }
  }

  private at(place: number): number {
    return (this.order[place >> 2] >>> ((place & 3) << 3)) & 255;
  }

  private put(place: number, slot: number): void {
    this.order[place >> 2] ^= (this.at(place) ^ slot) << ((place & 3) << 3);
  }
}
