import { type EventSlots, record } from './event-slots.ts';

const { STATE, A, B, NO_SLOT, FEW_SLOTS, FREE_NS } = record;
/** The row of slots in which none has moved. */
const FIRST_ROW = 0x76543210;
/** No row: the events are more. A row is not negative, since no slot's number has four bits. */
const NO_ROW = -1;

/**
 * Up to 8 events, in the first slots of the store.
 *
 * Their order is a row of the numbers of these slots, four bits each: the first event in the lowest bits, and the free
 * slots last, of which the one at the very end is taken next. The place of a new event is the count of times that are not
 * later than its own, so that it goes behind its equals; there the row is cut and put together again. `EventQueue`
 * takes the first one out itself.
 *
 * Why: nothing is moved or searched, and no branch hangs on the times. A misjudged branch costs as much as all this.
 */
export class EventFew {
  /** The row of slots; negative while the events are more. */
  row = FIRST_ROW;

  constructor(private readonly store: EventSlots) {}

  /** Whether the events are few, and so all in here. */
  get isInUse(): boolean {
    return this.row >= 0;
  }

  /**
   * Adds an event, which comes after all others of its time.
   * @param seq - its sequence number; the others are as in `EventQueue.push`.
   * @returns its slot; NO_SLOT, and nothing is added, when there is none free.
   */
  push(timeNs: number, seq: number, kind: number, a: number, b: number): number {
    const { row } = this;
    const { words, doubles } = this.store;
    const slot = row >>> 28;
    if (doubles[slot << 2] !== FREE_NS) return NO_SLOT;
    doubles[slot << 2] = timeNs;
    doubles[(slot << 2) | 1] = seq;
    const word = slot << 3;
    words[word | STATE] = kind + 1;
    words[word | A] = a;
    words[word | B] = b;
    // biome-ignore format: eight comparisons that wait for nothing, summed as a tree; the event counts itself
    const notLater =
      (+(doubles[0] <= timeNs) + +(doubles[4] <= timeNs)) + (+(doubles[8] <= timeNs) + +(doubles[12] <= timeNs)) +
      ((+(doubles[16] <= timeNs) + +(doubles[20] <= timeNs)) + (+(doubles[24] <= timeNs) + +(doubles[28] <= timeNs)));
    const shift = (notLater << 2) - 4;
    const before = row & ((1 << shift) - 1);
    this.row = ((row ^ before) << 4) | (slot << shift) | before;
    return slot;
  }

  /** Slots of the events, in order. */
  slots(): Int32Array {
    const places = Int32Array.from({ length: FEW_SLOTS }, (_, place) => (this.row >>> (4 * place)) & 15);
    return places.filter((slot) => this.store.timeOf(slot) < FREE_NS);
  }

  /** From here on the events are more. @returns their slots, in order; nobody else holds them now. */
  leave(): Int32Array {
    const slots = this.slots();
    this.row = NO_ROW;
    return slots;
  }

  /** From here on the events are few. @param slots - of all that are pending, in order, all of them first ones of the store. */
  enter(slots: Int32Array): void {
    const { store } = this;
    const order = Array.from(slots, (slot) => (slot < FEW_SLOTS ? slot : store.moveDown(slot)));
    for (let slot = 0; slot < FEW_SLOTS; slot++) {
      if (store.isPending(slot)) continue;
      store.clearFirst(slot);
      order.push(slot);
    }
    this.row = order.reduce((row, slot, place) => row | (slot << (4 * place)), 0);
  }

  /** Takes out the event of a slot. */
  remove(slot: number): void {
    this.store.clearFirst(slot);
    this.enter(this.slots());
  }
}
