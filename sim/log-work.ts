/** A message that waits longer for its sender's card than it takes to leave, and this [ns], is late. */
const LATE_NS = 1e6;

/** A ring of entries. */
interface Ring {
  readonly first: number;
  readonly end: number;
  readonly mask: number;
}

/**
 * How much work the messages of a log bring to each station, and by when they have come: bounds for all stations at once.
 *
 * A ring like that of the log. For each entry: the work of all entries before it; the moment by which it and all before
 * it have left their senders' cards; and the work that one queue would have in hand at that moment if every message came
 * at its latest and were served at the speed of the slowest station. The few that wait long for a busy card are kept
 * apart, so that one of them does not hold up the bounds of all.
 */
export class LogWork {
  /** Largest processor time of a message so far [ns]. */
  largestNs = 0;
  /** Late entries, oldest first, from `lateFirst` to `lateEnd`: index, when it has left its sender, work of those before it. */
  late = new Int32Array(64);
  lateLeftNs = new Float64Array(64);
  private lateBeforeNs = new Float64Array(64);
  lateFirst = 0;
  lateEnd = 0;
  /** When the last copy of a late entry leaves, of all so far [ns]. */
  lateLeftMaxNs = Number.NEGATIVE_INFINITY;
  /** No copy takes longer than its latency and this [ns]; Infinity: nothing is known, and nothing is found quiet. */
  delayMaxNs = Number.POSITIVE_INFINITY;
  /**
   * All before this entry has come and is done everywhere, if nothing but the log has kept the stations busy since; when the last
   * of it came, and from when on it is done, both without latency [ns].
   */
  quiet = 0;
  quietComeNs = 0;
  quietFromNs = 0;
  private lateSinceNs = 0;
  private readonly servers: number;
  private beforeNs: Float64Array;
  private leftNs: Float64Array;
  private inHandNs: Float64Array;
  private totalNs = 0;
  private lateTotalNs = 0;
  private lastLeftNs = 0;
  private lastInHandNs = 0;

  /**
   * @param servers - of the station that has the fewest.
   * @param capacity - a power of two.
   */
  constructor(servers: number, capacity: number) {
    this.servers = servers;
    this.beforeNs = new Float64Array(capacity);
    this.leftNs = new Float64Array(capacity);
    this.inHandNs = new Float64Array(capacity);
  }

  /**
   * Adds the entry that the log will have next.
   * @param waitNs - from its entry into the log until its first copy starts to leave [ns].
   * @param copiesNs - from then until all have left [ns].
   */
  append(log: Ring, appendedNs: number, waitNs: number, copiesNs: number, workNs: number): void {
    const slot = log.end & log.mask;
    const leftNs = appendedNs + waitNs + copiesNs;
    this.lookForQuiet(log.end, appendedNs);
    this.beforeNs[slot] = this.totalNs;
    this.totalNs += workNs;
    if (workNs > this.largestNs) this.largestNs = workNs;
    if (waitNs > copiesNs + LATE_NS) {
      this.appendLate(log, leftNs, workNs);
    } else {
      if (leftNs > this.lastLeftNs) {
        this.lastInHandNs = Math.max(0, this.lastInHandNs - this.servers * (leftNs - this.lastLeftNs));
        this.lastLeftNs = leftNs;
      }
      this.lastInHandNs += workNs;
    }
    this.leftNs[slot] = this.lastLeftNs;
    this.inHandNs[slot] = this.lastInHandNs;
  }

  /** Whether all before the next entry is done everywhere when the first copy of one comes that is sent at a moment [ns]. */
  lookForQuiet(end: number, nowNs: number): void {
    const comeNs = Math.max(this.lastLeftNs, this.lateLeftMaxNs) + this.delayMaxNs;
    if (comeNs > nowNs) return;
    // A station with more servers than the slowest has done its share no later than one largest message after it.
    const busyNs = (this.lastInHandNs + this.lateSinceNs) / this.servers + 2 * this.largestNs;
    if (comeNs + busyNs > nowNs) return;
    this.quiet = end;
    this.quietComeNs = comeNs;
    this.quietFromNs = nowNs;
    this.lateSinceNs = 0;
  }

  private appendLate(log: Ring, leftNs: number, workNs: number): void {
    this.lateLeftMaxNs = Math.max(this.lateLeftMaxNs, leftNs);
    this.lateSinceNs += workNs;
    while (this.lateFirst < this.lateEnd && this.late[this.lateFirst] < log.first) this.lateFirst += 1;
    const size = this.lateEnd - this.lateFirst;
    if (this.lateEnd === this.late.length) {
      const { late, lateLeftNs, lateBeforeNs, lateFirst, lateEnd } = this;
      if (size * 2 > late.length) {
        this.late = new Int32Array(late.length * 2);
        this.lateLeftNs = new Float64Array(late.length * 2);
        this.lateBeforeNs = new Float64Array(late.length * 2);
      }
      this.late.set(late.subarray(lateFirst, lateEnd));
      this.lateLeftNs.set(lateLeftNs.subarray(lateFirst, lateEnd));
      this.lateBeforeNs.set(lateBeforeNs.subarray(lateFirst, lateEnd));
      this.lateFirst = 0;
      this.lateEnd = size;
    }
    this.late[this.lateEnd] = log.end;
    this.lateLeftNs[this.lateEnd] = leftNs;
    this.lateBeforeNs[this.lateEnd] = this.lateTotalNs;
    this.lateTotalNs += workNs;
    this.lateEnd += 1;
  }

  /** Work of all entries before one that the log has, or will have next [ns]. */
  before(log: Ring, index: number): number {
    return index === log.end ? this.totalNs : this.beforeNs[index & log.mask];
  }

  /** Place among the late entries of the first one that is not before entry `index`. */
  latePlace(index: number): number {
    const { late } = this;
    let low = this.lateFirst;
    let high = this.lateEnd;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (late[middle] < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Work of the late entries from one place to before another [ns]. */
  lateWorkNs(from: number, to: number): number {
    return this.lateBeforeAt(to) - this.lateBeforeAt(from);
  }

  private lateBeforeAt(place: number): number {
    return place === this.lateEnd ? this.lateTotalNs : this.lateBeforeNs[place];
  }

  /** By when the entry at a place of the ring and all before it, but for late ones, have left their senders [ns]. */
  left(slot: number): number {
    return this.leftNs[slot];
  }

  /**
   * Upper bound of the work that the entries up to the one at a place of the ring, but for late ones, have brought and
   * that is not done `laterNs` after the last of them has come [ns].
   */
  inHand(slot: number, laterNs: number): number {
    return Math.max(0, this.inHandNs[slot] - this.servers * laterNs);
  }

  /** Moves to a larger ring. */
  grow(move: (old: Float64Array, larger: Float64Array) => Float64Array, capacity: number): void {
    this.beforeNs = move(this.beforeNs, new Float64Array(capacity));
    this.leftNs = move(this.leftNs, new Float64Array(capacity));
    this.inHandNs = move(this.inHandNs, new Float64Array(capacity));
  }
}
