/**
 * What one station has in hand: messages in the order of their arrival.
 *
 * ```
 *   at, id, done:   [ base ... started ... | head ... waiting or on the way ... | tail
 * ```
 * Invariant: sorted by (arrival, entry) from `base` to `tail`; messages that came another way than through the log
 * have negative ids and follow the entries that arrive at the same moment and were there first.
 */
export class CursorWindow {
  at: Float64Array;
  id: Int32Array;
  /** When a message that has started is done [ns]. */
  done: Float64Array;
  base = 0;
  head = 0;
  tail = 0;

  /** @param size - room at the beginning, a power of two. */
  constructor(size: number) {
    this.at = new Float64Array(size);
    this.id = new Int32Array(size);
    this.done = new Float64Array(size);
  }

  /** Forgets everything. */
  clear(): void {
    this.base = 0;
    this.head = 0;
    this.tail = 0;
  }

  /** Whether a message that has not started has arrived. */
  hasArrived(nowNs: number): boolean {
    return this.head < this.tail && this.at[this.head] <= nowNs;
  }

  /** Forgets what is before a place: it has started and is done. */
  startAt(place: number): void {
    this.base = place;
    this.head = place;
  }

  /** Place of a message that arrives at `atNs` in a part of the window, -1 if it is not there. */
  find(index: number, atNs: number, from: number, to: number): number {
    const { at, id } = this;
    if (from >= to || !(atNs >= at[from])) return -1;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at[middle] < atNs) low = middle + 1;
      else high = middle;
    }
    for (; low < to && at[low] === atNs; low += 1) if (id[low] === index) return low;
    return -1;
  }

  /** Adds a message that arrives at `atNs` to those that have not started. */
  insert(atNs: number, index: number): void {
    this.makeRoom(1);
    const { at, id, head } = this;
    let place = this.tail;
    this.tail += 1;
    while (place > head) {
      const other = id[place - 1];
      const isAfter = at[place - 1] > atNs || (at[place - 1] === atNs && index >= 0 && (other > index || other < 0));
      if (!isAfter) break;
      at[place] = at[place - 1];
      id[place] = other;
      place -= 1;
    }
    at[place] = atNs;
    id[place] = index;
  }

  /** Takes out messages that have not started. @returns their entries. */
  take(isTaken: (index: number, atNs: number) => boolean): number[] {
    const { at, id } = this;
    const taken: number[] = [];
    let kept = this.head;
    for (let place = this.head; place < this.tail; place += 1) {
      if (id[place] >= 0 && isTaken(id[place], at[place])) {
        taken.push(id[place]);
        continue;
      }
      at[kept] = at[place];
      id[kept] = id[place];
      kept += 1;
    }
    this.tail = kept;
    return taken;
  }

  /** What has started and is not done is done later by `pauseNs`. */
  standStill(nowNs: number, pauseNs: number): void {
    for (let place = this.base; place < this.head; place += 1) {
      if (this.done[place] > nowNs) this.done[place] += pauseNs;
    }
  }

  /** Copies what is in hand to the front of another window, whose content is lost. */
  moveTo(other: CursorWindow): void {
    const { base } = this;
    const size = this.tail - base;
    if (size > other.at.length) other.enlarge(size);
    for (let place = 0; place < size; place += 1) {
      other.at[place] = this.at[base + place];
      other.id[place] = this.id[base + place];
      other.done[place] = this.done[base + place];
    }
    other.base = 0;
    other.head = this.head - base;
    other.tail = size;
  }

  /** Makes room for more at the tail: moves everything to the front, or into larger arrays. */
  makeRoom(more: number): void {
    const { base, tail } = this;
    if (tail + more <= this.at.length) return;
    if ((tail - base + more) * 2 > this.at.length) {
      this.enlarge(tail - base + more);
      return;
    }
    this.at.copyWithin(0, base, tail);
    this.id.copyWithin(0, base, tail);
    this.done.copyWithin(0, base, tail);
    this.toFront();
  }

  private enlarge(needed: number): void {
    let size = this.at.length;
    while (needed * 2 > size) size *= 2;
    const { base, tail, at, id, done } = this;
    this.at = new Float64Array(size);
    this.id = new Int32Array(size);
    this.done = new Float64Array(size);
    this.at.set(at.subarray(base, tail));
    this.id.set(id.subarray(base, tail));
    this.done.set(done.subarray(base, tail));
    this.toFront();
  }

  private toFront(): void {
    this.head -= this.base;
    this.tail -= this.base;
    this.base = 0;
  }
}
