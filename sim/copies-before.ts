import type { BroadcastLog } from './broadcast-log.ts';
import type { KeyedDelay } from './keyed-delay.ts';
import { cutLag, type LagStages, noStages } from './lag-stages.ts';

type Column = Float64Array | Int32Array | Int16Array;

/** The station for which a log is read. */
export interface Receiver {
  readonly station: number;
  readonly latencyNs: number;
  readonly delay: KeyedDelay;
}

/**
 * Part of the work on a message until it looks its subject up, which is how the second of two finds what the first has done:
 * measured for deltas, medians of 0.72 to 0.81 (lag-stages.csv).
 */
const LOOK_UP_SHARE = 0.75;

// Filled anew for each copy.
const first = noStages();
const second = noStages();
const both: InLine = { firstLandsNs: 0, firstLaterNs: 0, secondNs: 0 };

/** What comes of two copies in one line. */
export interface InLine {
  /** When the first could land without a delay [ns]. */
  firstLandsNs: number;
  /** By how much later the first arrives than it would alone; negative: sooner [ns]. */
  firstLaterNs: number;
  /** When the second arrives: as if all the work came at the end, and before the first one's if it is looked up too soon [ns]. */
  secondNs: number;
}

/**
 * Two copies that stand in one line for the worker threads of their receiver. Whichever thread runs first takes what is first in
 * the line: the copies are taken in the order of the line, and each at one of the moments at which the threads run that were woken for them.
 * The second finds what the first has done if that is done when it looks its subject up.
 *
 * @param before, after - the stages of both; `beforeNs`, `afterNs` - when each could land without a delay [ns].
 * @returns `into`; the second arrives not before `afterNs`, and at most the largest delay later.
 * @see source: ExecutorFactory (a LinkedBlockingQueue), NioReceiver.readDataFromSocket, DeltaManager of Tomcat 10.1.
 */
export function inLine(
  before: LagStages,
  beforeNs: number,
  after: LagStages,
  afterNs: number,
  delay: KeyedDelay,
  into: InLine,
): InLine {
  const oneNs = beforeNs + before.doneNs - delay.workNs;
  const otherNs = afterNs + after.doneNs - delay.workNs;
  into.firstLandsNs = beforeNs;
  into.firstLaterNs = 0;
  into.secondNs = otherNs;
  if (oneNs <= afterNs) return into;
  const isBehind = beforeNs + before.queuedNs <= afterNs + after.queuedNs;
  const [firstNs, secondNs] = [beforeNs + before.begunNs, afterNs + after.begunNs];
  const [soonerNs, lastNs] = [Math.min(firstNs, secondNs), Math.max(firstNs, secondNs)];
  const laterNs = (isBehind ? lastNs : soonerNs) - secondNs;
  into.firstLaterNs = Math.max((isBehind ? soonerNs : lastNs) - firstNs, beforeNs - oneNs);
  const doneNs = oneNs + into.firstLaterNs;
  const lookedUpNs = otherNs + laterNs - Math.round((1 - LOOK_UP_SHARE) * (after.doneNs - after.begunNs));
  const atNs = lookedUpNs < doneNs ? Math.min(otherNs + laterNs, doneNs - 1) : Math.max(otherNs + laterNs, doneNs);
  into.secondNs = Math.max(afterNs, Math.min(atNs, afterNs + delay.plainLargestNs));
  return into;
}

/** When the first of two arrives: sooner or later than it would alone, not before it lands or what changes it is sent [ns]. */
export function changed(beforeNs: number, { firstLandsNs, firstLaterNs }: InLine, nowNs: number): number {
  return Math.max(beforeNs + firstLaterNs, firstLandsNs, nowNs + 1);
}

/**
 * What the messages of a log that stand in line behind another one about their subject need of that one: kept with each
 * of them, so that what has been forgotten changes nothing. A ring like that of the log; only entries in line are filled.
 * What the one before had to wait for others in the line is left out.
 */
export class CopiesBefore {
  private index: Float64Array;
  private departNs: Float64Array;
  private copyNs: Float64Array;
  private view: Int32Array;
  private word: Int32Array;
  private except: Int16Array;
  private connection: Int16Array;
  private lagFactor: Float64Array;

  /** @param capacity - a power of two. */
  constructor(capacity: number) {
    this.index = new Float64Array(capacity);
    this.departNs = new Float64Array(capacity);
    this.copyNs = new Float64Array(capacity);
    this.view = new Int32Array(capacity);
    this.word = new Int32Array(capacity);
    this.except = new Int16Array(capacity);
    this.connection = new Int16Array(capacity);
    this.lagFactor = new Float64Array(capacity);
  }

  /** Notes what entry `index`, which is being appended, needs of the one before it. */
  keep(log: BroadcastLog, index: number, before: number): void {
    const slot = index & log.mask;
    const from = before & log.mask;
    this.index[slot] = before;
    this.departNs[slot] = log.departNs[from];
    this.copyNs[slot] = log.copyNs[from];
    this.view[slot] = log.view[from];
    this.word[slot] = log.word[from];
    this.except[slot] = log.except[from];
    this.connection[slot] = log.connection[from];
    this.lagFactor[slot] = log.lagFactor[from];
  }

  /**
   * Arrival of a copy that is in line.
   * @param landedNs - without a delay; `plainNs` - with its own, however long a loss makes it [ns].
   */
  arrivalNs(log: BroadcastLog, receiver: Receiver, entry: number, landedNs: number, plainNs: number): number {
    return this.inLine(log, receiver, entry, landedNs) ? both.secondNs : plainNs;
  }

  /**
   * When the copy before the one that is in line with it, and is being sent now, arrives, if that changes because of it [ns]; else NaN.
   * @param beforeNs - when it would arrive [ns].
   */
  changedNs(log: BroadcastLog, receiver: Receiver, entry: number, beforeNs: number): number {
    const slot = entry & log.mask;
    const rank = log.columns[receiver.station * log.columnLength + log.view[slot]];
    if (!(beforeNs > log.appendedNs[slot]) || rank < 0 || log.except[slot] === receiver.station) return Number.NaN;
    const landedNs = log.departNs[slot] + (rank + 1) * log.copyNs[slot] + receiver.latencyNs;
    if (!this.inLine(log, receiver, entry, landedNs) || both.firstLaterNs === 0) return Number.NaN;
    return changed(beforeNs, both, log.appendedNs[slot]);
  }

  /** @returns false, and nothing is found: they are not in line at that station. */
  private inLine(log: BroadcastLog, receiver: Receiver, entry: number, landedNs: number): boolean {
    const { station, delay, latencyNs } = receiver;
    const slot = entry & log.mask;
    const column = station * log.columnLength;
    const rank = log.columns[column + this.view[slot]];
    if (rank < 0 || this.except[slot] === station) return false;
    if (delay.mayBeLost(this.index[slot]) || delay.mayBeLost(entry)) return false;
    const beforeNs = this.departNs[slot] + (rank + 1) * this.copyNs[slot] + latencyNs;
    const view = log.view[slot];
    cutLag(
      delay,
      this.word[slot],
      station,
      rank,
      log.copies[this.view[slot]],
      this.connection[slot],
      this.lagFactor[slot],
      first,
    );
    cutLag(
      delay,
      log.word[slot],
      station,
      log.columns[column + view],
      log.copies[view],
      log.connection[slot],
      log.lagFactor[slot],
      second,
    );
    inLine(first, beforeNs, second, landedNs, delay, both);
    return true;
  }

  grow(move: <T extends Column>(old: T, larger: T) => T, capacity: number): void {
    this.index = move(this.index, new Float64Array(capacity));
    this.departNs = move(this.departNs, new Float64Array(capacity));
    this.copyNs = move(this.copyNs, new Float64Array(capacity));
    this.view = move(this.view, new Int32Array(capacity));
    this.word = move(this.word, new Int32Array(capacity));
    this.except = move(this.except, new Int16Array(capacity));
    this.connection = move(this.connection, new Int16Array(capacity));
    this.lagFactor = move(this.lagFactor, new Float64Array(capacity));
  }
}
