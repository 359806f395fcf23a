import type { EventSlots } from './event-slots.ts';

/** An event that is planned, see `EventQueue.reserve`. */
export interface PlannedEvent {
  /** When it happens [ns], a safe integer. */
  readonly timeNs: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}

function isBefore(store: EventSlots, slot: number, other: number): boolean {
  const byTime = store.timeOf(slot) - store.timeOf(other);
  return byTime === 0 ? store.seqOf(slot) < store.seqOf(other) : byTime < 0;
}

/**
 * Merges events that are planned with others, by time and sequence number.
 * @param kept - slots, in order.
 * @param more - slots, which it sorts.
 */
export function mergedInOrder(store: EventSlots, kept: Int32Array, more: number[]): Int32Array {
  const added = more.sort((one, other) => (isBefore(store, one, other) ? -1 : 1));
  const merged = new Int32Array(kept.length + added.length);
  for (let place = 0, next = 0, at = 0; at < merged.length; at++) {
    const isNext = place === kept.length || (next < added.length && isBefore(store, added[next], kept[place]));
    merged[at] = isNext ? added[next++] : kept[place++];
  }
  return merged;
}
