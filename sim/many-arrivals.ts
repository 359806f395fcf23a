import { type BroadcastLog, logFlag } from './broadcast-log.ts';
import type { CursorWindow } from './cursor-window.ts';
import type { KeyedDelay } from './keyed-delay.ts';

/** Most arrivals that are sorted at once, those included that wait in the window. */
export const ARRIVALS_MAX = 8192;

// What is being sorted: arrival [ns] and entry; its bucket; the place of the next one of each bucket. Constants of the
// module, because the compiler then knows their memory: 15 % of a replay.
const arrivalNs = new Float64Array(ARRIVALS_MAX);
const entry = new Int32Array(ARRIVALS_MAX);
const bucket = new Int32Array(ARRIVALS_MAX);
const places = new Int32Array(2 * ARRIVALS_MAX);

/** The station for which a log is read. */
export interface Receiver {
  readonly station: number;
  readonly log: BroadcastLog;
  readonly delay: KeyedDelay;
  readonly latencyNs: number;
}

/**
 * Puts the copies of the entries `from` to `end` into the window of a station, where nothing is lost, late or held up.
 *
 * Why not one by one: copies of many senders reach a station in an order far from that of sending, and insertion costs
 * a misjudged branch per arrival and a move per pair out of order. Here they are put into about as many equal
 * intervals of time as there are arrivals, and insertion does the little that is left. Stable: what waits in the
 * window comes before entries of the same moment, and those in their order.
 *
 * @param end - at most `ARRIVALS_MAX` with what waits.
 * @param afterNs - what arrives by then is left out [ns].
 * @returns false, and nothing has changed: a view leaves the station out.
 */
export function admitMany(
  window: CursorWindow,
  receiver: Receiver,
  from: number,
  end: number,
  afterNs = Number.NEGATIVE_INFINITY,
): boolean {
  const { log, station, latencyNs, delay } = receiver;
  const { departNs, copyNs, view, word, columns, mask, hasSpecial, flags, except, sender, before, lastInLine } = log;
  const { hasFactors, lagFactor } = log;
  const column = station * log.columnLength;
  let size = 0;
  for (let place = window.head; place < window.tail; place += 1) {
    arrivalNs[size] = window.at[place];
    entry[size] = window.id[place];
    size += 1;
  }
  let firstNs = size > 0 ? arrivalNs[0] : Number.POSITIVE_INFINITY;
  let lastNs = size > 0 ? arrivalNs[size - 1] : 0;
  for (let index = from; index < end; index += 1) {
    const slot = index & mask;
    const rank = columns[column + view[slot]];
    if (rank < 0) {
      if (sender[slot] !== station) return false;
      continue;
    }
    if (hasSpecial && except[slot] === station) continue;
    const landedNs = departNs[slot] + (rank + 1) * copyNs[slot] + latencyNs;
    let delayNs = delay.withoutLoss(word[slot], station);
    if (hasFactors) delayNs = Math.round(delayNs * lagFactor[slot]);
    let atNs = landedNs + delayNs;
    if (index <= lastInLine && (flags[slot] & logFlag.IN_LINE) !== 0)
      atNs = before.arrivalNs(log, receiver, index, landedNs, atNs);
    if (atNs <= afterNs) continue;
    arrivalNs[size] = atNs;
    entry[size] = index;
    size += 1;
    if (atNs < firstNs) firstNs = atNs;
    if (atNs > lastNs) lastNs = atNs;
  }
  if (size > 0) sortInto(window, size, firstNs, lastNs);
  return true;
}

/** Sorts what has been gathered into the window, from its head on. */
function sortInto(window: CursorWindow, size: number, firstNs: number, lastNs: number): void {
  window.makeRoom(window.head + size - window.tail);
  const { at, id, head } = window;
  let buckets = 1;
  while (buckets < size) buckets *= 2;
  const perNs = (buckets - 1) / (lastNs - firstNs + 1);
  places.fill(0, 0, buckets);
  for (let next = 0; next < size; next += 1) {
    const number = ((arrivalNs[next] - firstNs) * perNs) | 0;
    bucket[next] = number;
    places[number] += 1;
  }
  let start = head;
  for (let number = 0; number < buckets; number += 1) {
    const count = places[number];
    places[number] = start;
    start += count;
  }
  for (let next = 0; next < size; next += 1) {
    const place = places[bucket[next]]++;
    at[place] = arrivalNs[next];
    id[place] = entry[next];
  }
  window.tail = head + size;
  insertionSort(at, id, head, window.tail);
}

/** Sorts what is nearly in order. */
function insertionSort(at: Float64Array, id: Int32Array, head: number, tail: number): void {
  let beforeNs = at[head];
  for (let next = head + 1; next < tail; next += 1) {
    const atNs = at[next];
    if (atNs >= beforeNs) {
      beforeNs = atNs;
      continue;
    }
    const index = id[next];
    let place = next;
    do {
      at[place] = at[place - 1];
      id[place] = id[place - 1];
      place -= 1;
    } while (place > head && at[place - 1] > atNs);
    at[place] = atNs;
    id[place] = index;
  }
}
