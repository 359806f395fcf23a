import { keyedUint32 } from './keyed-random.ts';
import { MultiServer, placement } from './servers.ts';

/** What one processor takes from the pool at once [ns]. @see source: Linux sched_cfs_bandwidth_slice_us, 5 ms. */
export const SLICE_NS = 5e6;

/** How much processor time the servers may use together. */
export interface Bandwidth {
  /** Per period, all servers together [ns], a positive integer. */
  readonly quotaNs: number;
  /** [ns], a positive integer. */
  readonly periodNs: number;
  /** Start of some period [ns]. */
  readonly phaseNs: number;
  /** Seed of what is left to chance: which processor a thread wakes on, and which one gets a slice first. */
  readonly seed: number;
}

/** Stretches of time in which one server runs, ascending: `[from, until, from, until, ...]` [ns]. */
type Runs = number[];

/** Whether several threads take the job from a common queue. */
function isShared(kind: number): boolean {
  return kind === placement.SHARED || kind === placement.POOLED;
}

/**
 * Processors of a control group with a quota (Linux CFS bandwidth control, which is also a container's CPU limit).
 *
 * ```
 *   pool of the period (quota, refilled at its start) --slices of 5 ms--> processor's own runtime --> its queue of threads
 * ```
 * Model: a processor with work takes a slice of the pool, or what is left of it; where nothing is left it stands still
 * until the next period. What it does not use it keeps. With a quota below a slice one processor takes all of it, and
 * threads that have woken on another one wait: each period the processors that have work compete anew, and chance
 * decides (the kernel hands out the first nanosecond to all of them, the rest to who asks first). A thread wakes on a free
 * processor if there is one, and stays there; what several threads take from a common queue goes to the one that is free
 * first. The end of a job is known when it comes, as everywhere: it books its time
 * in the periods that are left when it comes, and processors that have no work at that moment do not compete with it.
 * Left out: threads that the kernel moves from one processor to another, the return of a slice above 1 ms.
 * @see source: Linux Documentation/scheduler/sched-bwc.rst; kernel/sched/fair.c __assign_cfs_rq_runtime,
 * distribute_cfs_runtime, return_cfs_rq_runtime (min_cfs_rq_runtime 1 ms).
 */
export class ThrottledServers extends MultiServer {
  private readonly bandwidth: Bandwidth;
  private readonly slices: number;
  /** Per processor: when its queue is empty, and runtime it has taken and not used [ns]. */
  private readonly emptyNs: Float64Array;
  private readonly runtimeNs: Float64Array;
  /** Per processor: when work came last that only its own threads do [ns]. */
  private readonly ownNs: Float64Array;
  /** Taken of the pools of the periods from `firstPeriod` on, a ring [ns]. */
  private takenNs = new Float64Array(16);
  private firstPeriod: number;
  private readonly runs: Runs[];
  /** Where the last job of a batch runs, and until when [ns]. */
  private batchServer = 0;
  private batchNs = 0;
  /** While it is booked what stops all other threads. */
  private isStopped = false;

  constructor(servers: number, bandwidth: Bandwidth) {
    super(servers);
    this.bandwidth = bandwidth;
    this.slices = Math.ceil(bandwidth.quotaNs / SLICE_NS);
    this.emptyNs = new Float64Array(servers);
    this.runtimeNs = new Float64Array(servers);
    this.ownNs = new Float64Array(servers).fill(Number.NEGATIVE_INFINITY);
    this.firstPeriod = this.periodOf(0);
    this.runs = Array.from({ length: servers }, () => []);
  }

  override get capacity(): number {
    return Math.min(this.servers, this.bandwidth.quotaNs / this.bandwidth.periodNs);
  }

  override get isPlain(): boolean {
    return false;
  }

  override get isWorkConserving(): boolean {
    return false;
  }

  /** The threads of a group that has used up its quota all stop, and go on one after the other. */
  override get hasTurns(): boolean {
    return true;
  }

  override get countsStops(): boolean {
    return false;
  }

  override offer(arrivalNs: number, workNs: number, wakeNs = this.wakeNs, kind: number = placement.ANY): number {
    if (!(arrivalNs >= this.lastArrivalNs && workNs >= 0)) this.refuse(arrivalNs, workNs);
    this.lastArrivalNs = arrivalNs;
    this.forgetBefore(this.periodOf(arrivalNs));
    const isBatched = kind === placement.BATCH && this.isBatchRunning(arrivalNs);
    const server = isBatched ? this.batchServer : this.place(arrivalNs, kind);
    if (!isShared(kind)) this.ownNs[server] = arrivalNs;
    this.jobs++;
    const isFree = this.emptyNs[server] <= arrivalNs;
    const serviceNs = isFree ? workNs + wakeNs : workNs;
    this.serviceNsSum += serviceNs;
    const startNs = this.book(server, arrivalNs, serviceNs);
    if (kind === placement.BATCH) {
      this.batchServer = server;
      this.batchNs = this.lastDoneNs;
    }
    return startNs;
  }

  /** Whether the thread that does the jobs of a batch is at work, and its processor will not have stood still before it is done. */
  private isBatchRunning(nowNs: number): boolean {
    return this.batchNs > nowNs && this.periodOf(this.batchNs) === this.periodOf(nowNs);
  }

  /** The processor on which a thread wakes: a free one if there is one, else any; or the one that is free first. */
  private place(nowNs: number, kind: number): number {
    const { servers, emptyNs } = this;
    if (kind === placement.HOME) return 0;
    let free = 0;
    for (let server = 0; server < servers; server += 1) if (emptyNs[server] <= nowNs) free += 1;
    const draw = keyedUint32(this.bandwidth.seed, this.jobs, 1);
    if (free === 0) return isShared(kind) ? this.freeFirst() : draw % servers;
    let turn = draw % free;
    for (let server = 0; ; server += 1) {
      if (emptyNs[server] > nowNs) continue;
      if (turn === 0) return server;
      turn -= 1;
    }
  }

  private freeFirst(): number {
    let first = 0;
    for (let server = 1; server < this.servers; server += 1) {
      if (this.emptyNs[server] < this.emptyNs[first]) first = server;
    }
    return first;
  }

  /** Books a job's time in the pools. @returns when it starts to run [ns]. */
  private book(server: number, arrivalNs: number, serviceNs: number): number {
    const { periodNs, phaseNs } = this.bandwidth;
    let nowNs = Math.max(arrivalNs, this.emptyNs[server]);
    let startNs = -1;
    for (let left = serviceNs; ; ) {
      if (this.runtimeNs[server] > 0 || left === 0) {
        const partNs = Math.min(left, this.runtimeNs[server]);
        if (startNs < 0) startNs = nowNs;
        this.ran(server, nowNs, nowNs + partNs);
        this.runtimeNs[server] -= partNs;
        nowNs += partNs;
        left -= partNs;
        if (left === 0) break;
      }
      const period = this.periodOf(nowNs);
      if (!this.takes(server, period, nowNs, arrivalNs)) nowNs = phaseNs + (period + 1) * periodNs;
    }
    this.emptyNs[server] = nowNs;
    this.lastDoneNs = nowNs;
    return startNs;
  }

  /** Takes a slice of a period's pool. @returns whether there was one for this processor. */
  private takes(server: number, period: number, nowNs: number, arrivalNs: number): boolean {
    const { quotaNs, periodNs, phaseNs } = this.bandwidth;
    const slot = this.slotOf(period);
    const takenNs = this.takenNs[slot];
    if (takenNs >= quotaNs) return false;
    const isOpening = takenNs === 0 && nowNs === phaseNs + period * periodNs;
    if (isOpening && !this.isStopped && this.rivalsAhead(server, period, arrivalNs) >= this.slices) return false;
    const partNs = Math.min(SLICE_NS, quotaNs - takenNs);
    this.takenNs[slot] = takenNs + partNs;
    this.runtimeNs[server] += partNs;
    return true;
  }

  /** Processors with work at `nowNs` that ask first in a period. */
  private rivalsAhead(server: number, period: number, nowNs: number): number {
    const { seed } = this.bandwidth;
    const own = keyedUint32(seed, period, 2 + server);
    let ahead = 0;
    for (let other = 0; other < this.servers; other += 1) {
      if (other === server || this.emptyNs[other] <= nowNs || this.ownNs[other] < nowNs - this.bandwidth.periodNs)
        continue;
      const its = keyedUint32(seed, period, 2 + other);
      if (its < own || (its === own && other < server)) ahead += 1;
    }
    return ahead;
  }

  private periodOf(timeNs: number): number {
    return Math.floor((timeNs - this.bandwidth.phaseNs) / this.bandwidth.periodNs);
  }

  private slotOf(period: number): number {
    while (period - this.firstPeriod >= this.takenNs.length) this.grow();
    return period & (this.takenNs.length - 1);
  }

  private grow(): void {
    const old = this.takenNs;
    this.takenNs = new Float64Array(old.length * 2);
    for (let period = this.firstPeriod; period < this.firstPeriod + old.length; period += 1) {
      this.takenNs[period & (this.takenNs.length - 1)] = old[period & (old.length - 1)];
    }
  }

  private forgetBefore(period: number): void {
    const mask = this.takenNs.length - 1;
    if (period - this.firstPeriod > mask) this.takenNs.fill(0);
    else for (let gone = this.firstPeriod; gone < period; gone += 1) this.takenNs[gone & mask] = 0;
    this.firstPeriod = Math.max(period, this.firstPeriod);
  }

  private ran(server: number, fromNs: number, untilNs: number): void {
    const runs = this.runs[server];
    if (runs.length > 0 && runs[runs.length - 1] === fromNs) runs[runs.length - 1] = untilNs;
    else runs.push(fromNs, untilNs);
    let gone = 0;
    while (gone < runs.length && runs[gone + 1] <= this.lastArrivalNs) gone += 2;
    if (gone > 32 || gone === runs.length) runs.splice(0, gone);
  }

  override earliestFreeNs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const emptyNs of this.emptyNs) earliest = Math.min(earliest, emptyNs);
    return earliest;
  }

  override backlogNs(timeNs: number): number {
    let sum = 0;
    for (const runs of this.runs) {
      for (let place = 0; place < runs.length; place += 2) {
        sum += Math.max(0, runs[place + 1] - Math.max(timeNs, runs[place]));
      }
    }
    return sum;
  }

  override reset(timeNs: number): void {
    this.serviceNsSum = this.busyNsUntil(timeNs);
    this.lastArrivalNs = timeNs;
    this.lastDoneNs = timeNs;
    this.emptyNs.fill(timeNs);
    this.runtimeNs.fill(0);
    this.batchNs = timeNs;
    for (const runs of this.runs) runs.length = 0;
    const period = this.periodOf(timeNs);
    this.forgetBefore(period);
    const ofThis = this.takenNs[this.slotOf(period)];
    this.takenNs.fill(0);
    this.takenNs[this.slotOf(period)] = ofThis;
  }

  /** The threads that collect compete with nobody: all others are stopped. */
  override stopTheWorld(nowNs: number, workNs: number, threads: number): number {
    const first = this.freeFirst();
    let untilNs = nowNs;
    this.isStopped = true;
    for (let turn = 0; turn < threads; turn += 1) {
      this.book((first + turn) % this.servers, nowNs, workNs);
      untilNs = Math.max(untilNs, this.lastDoneNs);
    }
    this.isStopped = false;
    this.serviceNsSum += workNs * threads;
    for (let server = 0; server < this.servers; server += 1) {
      this.emptyNs[server] = Math.max(this.emptyNs[server], untilNs);
    }
    return untilNs;
  }

  override standStill(nowNs: number, untilNs: number): void {
    super.standStill(nowNs, untilNs);
    const pauseNs = untilNs - nowNs;
    if (this.batchNs > nowNs) this.batchNs += pauseNs;
    for (let server = 0; server < this.servers; server += 1) {
      this.emptyNs[server] = Math.max(this.emptyNs[server], nowNs) + pauseNs;
      const runs = this.runs[server];
      for (let place = 0; place < runs.length; place += 2) {
        if (runs[place + 1] <= nowNs) continue;
        runs[place] = Math.max(runs[place], nowNs) + pauseNs;
        runs[place + 1] += pauseNs;
      }
    }
  }
}
