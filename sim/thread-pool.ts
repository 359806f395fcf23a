// What one pool remembers is a row of numbers: these, and then when each of its threads is free.
const ALL_FREE = 0;
const FLOOR = 1;
const BUSY = 2;
const HEAD = 3;

/** Numbers of the row of a pool. */
export function poolRow(threads: number): number {
  return HEAD + threads;
}

/**
 * A pool of identical threads, first come, first served, whose past is known: each piece of work holds its thread for
 * a time that is known when it starts.
 */
export class ThreadPool {
  readonly threads: number;
  // The state is open to `replay`, which takes many threads in one loop; nobody else writes it.
  readonly row: Float64Array;
  /** Place of the first thread in `row`. */
  readonly first: number;
  private readonly at: number;

  /**
   * @param threads - 1 or more.
   * @param row - zeros; `poolRow(threads)` of them from `at` on are its own.
   */
  constructor(threads: number, row: Float64Array = new Float64Array(poolRow(threads)), at = 0) {
    this.threads = threads;
    this.row = row;
    this.at = at;
    this.first = at + HEAD;
  }

  /** Moment from which all threads are free [ns]. */
  get allFreeNs(): number {
    return this.row[this.at + ALL_FREE];
  }

  set allFreeNs(timeNs: number) {
    this.row[this.at + ALL_FREE] = timeNs;
  }

  /** Nothing starts before what has started already [ns]. */
  get floorNs(): number {
    return this.row[this.at + FLOOR];
  }

  set floorNs(timeNs: number) {
    this.row[this.at + FLOOR] = timeNs;
  }

  /** Threads that may be held; those beyond are free. */
  get busy(): number {
    return this.row[this.at + BUSY];
  }

  set busy(threads: number) {
    this.row[this.at + BUSY] = threads;
  }

  /** When work that arrives at `arrivedNs` finds a thread [ns]. */
  startNs(arrivedNs: number): number {
    return arrivedNs >= this.allFreeNs ? arrivedNs : this.startAmongNs(arrivedNs);
  }

  /** The same where some threads are held. */
  private startAmongNs(arrivedNs: number): number {
    const floorNs = Math.max(arrivedNs, this.floorNs);
    return this.busy < this.threads ? floorNs : Math.max(floorNs, this.firstFreeNs());
  }

  /** When the first of all threads is free [ns]. */
  firstFreeNs(): number {
    const { row, first, threads } = this;
    let least = row[first];
    for (let place = first + 1; place < first + threads; place += 1) least = Math.min(least, row[place]);
    return least;
  }

  /** Takes a thread at `startNs`, as `startNs` has told it, for `holdNs`. */
  take(startNs: number, holdNs: number): void {
    const untilNs = startNs + holdNs;
    this.floorNs = startNs;
    if (startNs < this.allFreeNs) {
      this.takeAmong(startNs, untilNs);
      return;
    }
    this.busy = 1;
    this.row[this.first] = untilNs;
    this.allFreeNs = untilNs;
  }

  /** The same where some threads are held. */
  private takeAmong(startNs: number, untilNs: number): void {
    const { row, first, busy } = this;
    let thread = 0;
    while (thread < busy && row[first + thread] > startNs) thread += 1;
    if (thread === busy) this.busy = busy + 1;
    row[first + thread] = untilNs;
    if (untilNs > this.allFreeNs) this.allFreeNs = untilNs;
  }

  /** All threads stand still from `nowNs` to `untilNs`; nothing starts before. */
  standStill(nowNs: number, untilNs: number): void {
    const { row, first, threads, busy } = this;
    for (let thread = 0; thread < threads; thread += 1) {
      const freeNs = row[first + thread];
      const isHeld = thread < busy && freeNs > nowNs;
      row[first + thread] = isHeld ? freeNs + untilNs - nowNs : untilNs;
      this.allFreeNs = Math.max(this.allFreeNs, row[first + thread]);
    }
    this.busy = threads;
    this.floorNs = untilNs;
  }

  /** Frees all threads. */
  reset(): void {
    this.busy = 0;
    this.allFreeNs = 0;
    this.floorNs = 0;
  }
}
