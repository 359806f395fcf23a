import { invariant } from './invariant.ts';

/**
 * Which of several processors does a job: any on which its thread wakes; the one that is free first; always the same; that
 * of the job before it of this kind, if it still runs, whose thread finds the job without being woken; any, for a message that
 * comes alone; the one that is free first, for such a message that the threads of a pool take.
 */
export const placement = { ANY: 0, SHARED: 1, HOME: 2, BATCH: 3, ALONE: 4, POOLED: 5 } as const;

/** Whether a job is that of a received message. */
export function isMessage(kind?: number): boolean {
  return kind === placement.BATCH || kind === placement.ALONE || kind === placement.POOLED;
}

// What one queue remembers is a row of numbers; the rows of many stand in one array.
const FIRST_FREE = 0;
const LATER_FREE = 1;
const LAST_ARRIVAL = 2;
const LAST_DONE = 3;
const SERVICE_SUM = 4;
const JOBS = 5;
const WAKE = 6;
const STILL_UNTIL = 7;

/** Numbers of a row. */
export const SERVER_ROW = 8;

/**
 * c identical servers in front of one queue, first come first served, computed by recursion instead of by events.
 *
 * Why: nothing is decided when a job starts or ends, so the start of each job follows from the jobs before it.
 * Model: a job that finds a free server has to wake a sleeping thread and pays `wakeNs` on top of its service; a job that
 * has to wait is taken by a thread that is awake. So work costs less per job the more there is of it (batching).
 * Invariant: arrivals are offered in nondecreasing time.
 */
export class MultiServer {
  readonly servers: number;
  private readonly row: Float64Array;
  private readonly at: number;
  /** Where it is noted when all are free, and at which place of it; see `noteIn`. */
  private notedNs: Float64Array;
  private notedAt = 0;
  /** Three servers and more: moments at which they are free [ns], ascending. */
  private readonly freeNs: Float64Array;

  /**
   * @param servers - how many servers, an integer of 1 or more.
   * @param rows - zeros, `SERVER_ROW` for each queue: where many are in use by turns, their state stands together.
   * @param number - which row is its own.
   */
  constructor(servers: number, rows: Float64Array = new Float64Array(SERVER_ROW), number = 0) {
    invariant(Number.isSafeInteger(servers) && servers >= 1, () => `${servers} servers`);
    this.servers = servers;
    this.row = rows;
    this.at = number * SERVER_ROW;
    this.notedNs = new Float64Array(1);
    this.freeNs = new Float64Array(servers > 2 ? servers : 0);
  }

  /** Completion of the job offered last [ns]. */
  get lastDoneNs(): number {
    return this.row[this.at + LAST_DONE];
  }

  set lastDoneNs(timeNs: number) {
    this.row[this.at + LAST_DONE] = timeNs;
  }

  /** Count of jobs offered. */
  get jobs(): number {
    return this.row[this.at + JOBS];
  }

  set jobs(count: number) {
    this.row[this.at + JOBS] = count;
  }

  /** What a job pays that finds a free server, where its `offer` says nothing else [ns]. */
  get wakeNs(): number {
    return this.row[this.at + WAKE];
  }

  set wakeNs(wakeNs: number) {
    this.row[this.at + WAKE] = wakeNs;
  }

  // The state is open to `replay`, which offers many jobs in one loop; nobody else writes it.
  /** Moment at which the only server, or the first of two, is free [ns]. */
  get firstFreeNs(): number {
    return this.row[this.at + FIRST_FREE];
  }

  set firstFreeNs(timeNs: number) {
    this.row[this.at + FIRST_FREE] = timeNs;
  }

  /** Moment at which the second of two servers is free [ns] >= firstFreeNs. */
  get laterFreeNs(): number {
    return this.row[this.at + LATER_FREE];
  }

  set laterFreeNs(timeNs: number) {
    this.row[this.at + LATER_FREE] = timeNs;
  }

  get lastArrivalNs(): number {
    return this.row[this.at + LAST_ARRIVAL];
  }

  set lastArrivalNs(timeNs: number) {
    this.row[this.at + LAST_ARRIVAL] = timeNs;
  }

  get serviceNsSum(): number {
    return this.row[this.at + SERVICE_SUM];
  }

  set serviceNsSum(sumNs: number) {
    this.row[this.at + SERVICE_SUM] = sumNs;
  }

  /**
   * From now on it stands at a place of an array when all servers are free [ns]: so that many stations can be looked
   * through without a visit to each. Where not `isWorkConserving`, nothing of use stands there.
   */
  noteIn(array: Float64Array, place: number): void {
    this.notedNs = array;
    this.notedAt = place;
    this.note();
  }

  /** Notes when all servers are free. */
  note(): void {
    this.notedNs[this.notedAt] = this.allFreeNs();
  }

  /** Share of the servers that the jobs may use together, in servers. */
  get capacity(): number {
    return this.servers;
  }

  /** Whether a job's end follows from `firstFreeNs`, `laterFreeNs` and `wakeNs` alone. */
  get isPlain(): boolean {
    return this.servers <= 2;
  }

  /**
   * Adds a job.
   * @param arrivalNs - [ns], not before the job offered last.
   * @param workNs - [ns], 0 or more.
   * @param wakeNs - added to it if a server is free [ns].
   * @param _kind - see `placement`; here all jobs are shared.
   * @returns when the job starts [ns]; `lastDoneNs` says when it ends.
   */
  offer(arrivalNs: number, workNs: number, wakeNs = this.wakeNs, _kind?: number): number {
    if (!(arrivalNs >= this.lastArrivalNs && workNs >= 0)) this.refuse(arrivalNs, workNs);
    this.lastArrivalNs = arrivalNs;
    this.jobs++;
    if (this.servers > 2) return this.offerToMany(arrivalNs, workNs, wakeNs);
    const freeNs = this.firstFreeNs;
    const laterNs = this.laterFreeNs;
    const serviceNs = arrivalNs >= freeNs ? workNs + wakeNs : workNs;
    const startNs = Math.max(arrivalNs, freeNs);
    const doneNs = startNs + serviceNs;
    this.serviceNsSum += serviceNs;
    this.lastDoneNs = doneNs;
    this.laterFreeNs = Math.max(doneNs, laterNs);
    this.firstFreeNs = this.servers === 1 ? doneNs : Math.min(doneNs, laterNs);
    this.notedNs[this.notedAt] = this.laterFreeNs;
    return startNs;
  }

  /** Memory that the job offered next takes beside what all jobs of its kind take [bytes]; here nobody collects it. */
  allocate(_bytes: number): void {}

  /** Moment at which the first server is free [ns]; it may be in the past. */
  earliestFreeNs(): number {
    return this.servers > 2 ? this.freeNs[0] : this.firstFreeNs;
  }

  /**
   * Whether a server that is free always takes what waits, at a price that does not depend on it: work that has been done
   * then follows from work that has come.
   */
  get isWorkConserving(): boolean {
    return this.wakeNs === 0;
  }

  /** Whether a thread that is woken waits its turn behind all that can run, however little it has to do. */
  get hasTurns(): boolean {
    return false;
  }

  /** Whether a server counts as busy, from now on, until it is free: a stop of all servers then looks like work. */
  get countsStops(): boolean {
    return true;
  }

  /** Where `isWorkConserving`: moment from which all servers are free [ns], if nothing more comes; it may be in the past. */
  allFreeNs(): number {
    if (this.servers > 2) return this.freeNs[this.servers - 1];
    return this.servers === 1 ? this.firstFreeNs : this.laterFreeNs;
  }

  /** Where `isWorkConserving`: counts jobs that are all done by a moment at which every server is free again. */
  offerDone(jobs: number, workNs: number): void {
    this.jobs += jobs;
    this.serviceNsSum += workNs;
  }

  /**
   * Work that is waiting or in service at a moment, in server time [ns].
   * @param timeNs - not before the job offered last.
   */
  backlogNs(timeNs: number): number {
    invariant(timeNs >= this.lastArrivalNs, () => `asked for ${timeNs} ns after a job of ${this.lastArrivalNs} ns`);
    let backlogNs = 0;
    for (const freeNs of this.freeNs) backlogNs += Math.max(0, freeNs - timeNs);
    if (this.servers <= 2) backlogNs += Math.max(0, this.firstFreeNs - timeNs);
    if (this.servers === 2) backlogNs += Math.max(0, this.laterFreeNs - timeNs);
    // While all stand still a server that has nothing to do is not free either.
    return backlogNs - this.servers * Math.max(0, this.row[this.at + STILL_UNTIL] - timeNs);
  }

  /**
   * Total time that servers were busy up to a moment [ns], at most `servers` times that moment.
   *
   * A job that starts after its arrival starts the moment a server is free, so from the last arrival on a server is
   * busy without a gap until it is free for good, and what lies beyond the moment is exactly the backlog.
   * @param timeNs - not before the job offered last.
   */
  busyNsUntil(timeNs: number): number {
    return this.serviceNsSum - this.backlogNs(timeNs);
  }

  /**
   * Drops all work and frees every server; the busy time so far stays counted.
   * @param timeNs - moment of the reset [ns], not before the job offered last.
   */
  reset(timeNs: number): void {
    this.serviceNsSum = this.busyNsUntil(timeNs);
    this.lastArrivalNs = timeNs;
    this.lastDoneNs = timeNs;
    this.firstFreeNs = timeNs;
    this.laterFreeNs = timeNs;
    this.freeNs.fill(timeNs);
    this.row[this.at + STILL_UNTIL] = timeNs;
    this.note();
  }

  /**
   * All servers stand still from now on; what is in service goes on afterwards, nothing starts before.
   * @param nowNs - [ns], not before the job offered last.
   * @param untilNs - [ns], not before `nowNs`.
   */
  standStill(nowNs: number, untilNs: number): void {
    const pauseNs = untilNs - nowNs;
    invariant(pauseNs >= 0 && nowNs >= this.lastArrivalNs, () => `a pause from ${nowNs} to ${untilNs} ns`);
    this.row[this.at + STILL_UNTIL] = untilNs;
    this.putOff(nowNs, pauseNs);
  }

  /** Nothing goes on for so long. */
  private putOff(nowNs: number, pauseNs: number): void {
    this.firstFreeNs = Math.max(this.firstFreeNs, nowNs) + pauseNs;
    this.laterFreeNs = Math.max(this.laterFreeNs, nowNs) + pauseNs;
    for (let server = 0; server < this.freeNs.length; server += 1) {
      this.freeNs[server] = Math.max(this.freeNs[server], nowNs) + pauseNs;
    }
    this.note();
  }

  /**
   * Every job stands still from the moment at which the next one could start, while some servers do a piece of work each.
   * @param nowNs - [ns], not before the job offered last.
   * @param workNs - of each piece [ns]. @param threads - how many pieces, at most one per server.
   * @returns when jobs go on [ns].
   */
  stopTheWorld(nowNs: number, workNs: number, threads: number): number {
    const fromNs = Math.max(nowNs, this.earliestFreeNs());
    this.putOff(fromNs, workNs);
    this.serviceNsSum += workNs * threads;
    return fromNs + workNs;
  }

  private offerToMany(arrivalNs: number, workNs: number, wakeNs: number): number {
    const { freeNs } = this;
    const serviceNs = arrivalNs >= freeNs[0] ? workNs + wakeNs : workNs;
    this.serviceNsSum += serviceNs;
    const startNs = Math.max(arrivalNs, freeNs[0]);
    const doneNs = startNs + serviceNs;
    let place = 1;
    for (; place < freeNs.length && freeNs[place] < doneNs; place++) freeNs[place - 1] = freeNs[place];
    freeNs[place - 1] = doneNs;
    this.lastDoneNs = doneNs;
    this.note();
    return startNs;
  }

  protected refuse(arrivalNs: number, serviceNs: number): never {
    invariant(serviceNs >= 0, () => `a job of ${serviceNs} ns`);
    invariant(arrivalNs >= this.lastArrivalNs, () => `a job at ${arrivalNs} ns after one at ${this.lastArrivalNs} ns`);
    invariant(false, `a job at ${arrivalNs} ns of ${serviceNs} ns`);
  }
}
