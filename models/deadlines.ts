import type { RequestPool } from './requests.ts';

/** Mark of a request that is not in the list. */
const OUTSIDE = -2;

/**
 * Requests that wait for a response, in the order in which the wait began. All may wait equally long, so the first is
 * the first to run out, and one event for it is enough.
 */
export class Deadlines {
  /** The request that waits longest, -1 none. */
  first = -1;
  private last = -1;
  private readonly requests: RequestPool;

  constructor(requests: RequestPool) {
    this.requests = requests;
  }

  add(slot: number): void {
    const { earlier, later } = this.requests;
    earlier[slot] = this.last;
    later[slot] = -1;
    if (this.last >= 0) later[this.last] = slot;
    else this.first = slot;
    this.last = slot;
  }

  remove(slot: number): void {
    const { earlier, later } = this.requests;
    const before = earlier[slot];
    if (before === OUTSIDE) return;
    const after = later[slot];
    if (before >= 0) later[before] = after;
    else this.first = after;
    if (after >= 0) earlier[after] = before;
    else this.last = before;
    earlier[slot] = OUTSIDE;
  }
}
