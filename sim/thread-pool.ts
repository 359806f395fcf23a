/**
 * A pool of identical threads, first come, first served, whose past is known: each piece of work holds its thread for
 * a time that is known when it starts.
 */
export class ThreadPool {
  // The state is open to `LogCursor`, which takes many threads in one loop; nobody else writes it.
  readonly freeNs: Float64Array;
  /** Threads that may be held; those beyond are free. */
  busy = 0;
  allFreeNs = 0;
  /** Nothing starts before what has started already. */
  floorNs = 0;

  /** @param threads - 1 or more. */
  constructor(threads: number) {
    this.freeNs = new Float64Array(threads);
  }

  /** When work that arrives at `arrivedNs` finds a thread [ns]. */
  startNs(arrivedNs: number): number {
    if (arrivedNs >= this.allFreeNs) return arrivedNs;
    const floorNs = Math.max(arrivedNs, this.floorNs);
    return this.busy < this.freeNs.length ? floorNs : Math.max(floorNs, this.firstFreeNs());
  }

  /** When the first of all threads is free [ns]. */
  firstFreeNs(): number {
    const { freeNs } = this;
    let least = freeNs[0];
    for (let thread = 1; thread < freeNs.length; thread += 1) least = Math.min(least, freeNs[thread]);
    return least;
  }

  /** Takes a thread at `startNs`, as `startNs` has told it, for `holdNs`. */
  take(startNs: number, holdNs: number): void {
    const { freeNs } = this;
    let thread = 0;
    if (startNs >= this.allFreeNs) {
      this.busy = 1;
    } else {
      while (thread < this.busy && freeNs[thread] > startNs) thread += 1;
      if (thread === this.busy) this.busy += 1;
    }
    const untilNs = startNs + holdNs;
    freeNs[thread] = untilNs;
    this.floorNs = startNs;
    if (untilNs > this.allFreeNs) this.allFreeNs = untilNs;
  }

  /** All threads stand still from `nowNs` to `untilNs`; nothing starts before. */
  standStill(nowNs: number, untilNs: number): void {
    for (let thread = 0; thread < this.freeNs.length; thread += 1) {
      const isHeld = thread < this.busy && this.freeNs[thread] > nowNs;
      this.freeNs[thread] = isHeld ? this.freeNs[thread] + untilNs - nowNs : untilNs;
      this.allFreeNs = Math.max(this.allFreeNs, this.freeNs[thread]);
    }
    this.busy = this.freeNs.length;
    this.floorNs = untilNs;
  }

  /** Frees all threads. */
  reset(): void {
    this.busy = 0;
    this.allFreeNs = 0;
    this.floorNs = 0;
  }
}
