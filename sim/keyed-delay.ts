import { keyedUint32 } from './keyed-random.ts';
import { longestWaitNs, retransmissionNs } from './retransmission.ts';

const BITS = 12;
const LOSS = 0x5bd1e995;
const TWO_POW_MINUS_32 = 2 ** -32;
/** Time since the message before for which a lag is as its law says, and between which times it changes with that [ns]. */
const IDLE_NS = 10e6;
const IDLE_MIN_NS = 0.1e6;
const IDLE_MAX_NS = 100e6;

/** A law of delays: the mean of an exponential [ns], or quantiles (share, delay [ns]), ascending, straight in between. */
export type DelayLaw = number | readonly (readonly [number, number])[];

/** The law of a lag: its table (share, us) where one is given, else an exponential. */
export function lagLaw(points: readonly (readonly [number, number])[], meanUs: number): DelayLaw {
  return points.length > 0 ? points.map(([share, us]) => [share, us * 1000] as const) : meanUs * 1000;
}

/** The quantile of a law that is given as a table. */
export function quantileOf(points: readonly (readonly [number, number])[], share: number): number {
  let [lowShare, lowNs] = points[0];
  for (const [highShare, highNs] of points) {
    if (share <= highShare) {
      const part = highShare > lowShare ? (share - lowShare) / (highShare - lowShare) : 1;
      return lowNs + Math.max(0, part) * (highNs - lowNs);
    }
    lowShare = highShare;
    lowNs = highNs;
  }
  return lowNs;
}

/** What retransmissions hang on: the network's round trip [ns], and how many segments a message has. */
export interface Segmented {
  readonly roundTripNs: number;
  readonly segmentsOf: (message: number) => number;
}

const oneSegment: Segmented = { roundTripNs: 0, segmentsOf: () => 1 };

/** How a delay is cut into stages (`cutLag`), and how it depends on what came before. */
export interface LagStagesLaw {
  /** Quantiles (share, part of the delay) of what a later copy of a message takes until it has passed the wire; empty: no time. */
  readonly shares: readonly (readonly [number, number])[];
  /** Processor time that is spent in the same stages as the delay [ns]. */
  readonly workNs: number;
  /** Part by which a delay is longer after ten times the idle time (`factorOf`). */
  readonly perDecade: number;
}

const uncut: LagStagesLaw = { shares: [], workNs: 0, perDecade: 0 };

/**
 * A delay that is a function of (seed, message, station), so that the order in which deliveries are looked at cannot
 * change it. Drawn from 4,096 equally likely quantiles of its law (the largest of an exponential: 9 means), plus the
 * wait for retransmissions of a lossy network.
 */
export class KeyedDelay {
  private readonly seed: number;
  private readonly table: Float64Array;
  /** Loss ratio from which message on; ascending. */
  private readonly losses: { from: number; ratio: number }[] = [];
  /** No delay is larger [ns]; and none without a loss. */
  largestNs: number;
  readonly plainLargestNs: number;
  private readonly segmented: Segmented;
  private readonly stages: LagStagesLaw;

  /**
   * @param law - law of the delay; a mean of 0 = none.
   * @param stages - how it is cut, and what it depends on.
   */
  constructor(seed: number, law: DelayLaw, segmented = oneSegment, stages = uncut) {
    this.seed = seed;
    this.segmented = segmented;
    this.stages = stages;
    const size = 2 ** BITS;
    this.table = new Float64Array(size);
    let sum = 0;
    for (let place = 0; place < size; place += 1) {
      this.table[place] = -Math.log(1 - (place + 0.5) / size);
      sum += this.table[place];
    }
    for (let place = 0; place < size; place += 1) {
      const isExponential = typeof law === 'number';
      this.table[place] = isExponential
        ? Math.round((this.table[place] * size * law) / sum)
        : Math.round(quantileOf(law, (place + 0.5) / size));
    }
    this.plainLargestNs = Math.round(this.table[size - 1] * this.factorOf(IDLE_MAX_NS));
    this.largestNs = this.plainLargestNs;
  }

  /** How many times the delay of its law a message has that follows the one before it after so long [ns]: idle threads take longer to run. */
  factorOf(idleNs: number): number {
    if (this.stages.perDecade === 0) return 1;
    const boundedNs = Math.min(IDLE_MAX_NS, Math.max(IDLE_MIN_NS, idleNs));
    return 1 + this.stages.perDecade * Math.log10(boundedNs / IDLE_NS);
  }

  /** Processor time that is spent in the same stages as the delay [ns]. */
  get workNs(): number {
    return this.stages.workNs;
  }

  /** Which part of its delay a copy that is not its message's first takes until it has passed the wire. */
  laterShare(word: number, station: number): number {
    if (this.stages.shares.length === 0) return 0;
    return quantileOf(this.stages.shares, keyedUint32(this.seed ^ 0x1b873593, word >>> 0, station) * TWO_POW_MINUS_32);
  }

  /** Which copy of a message passes the wire first: the same for all messages over the same connections. */
  firstOf(connection: number, copies: number): number {
    return keyedUint32(this.seed ^ 0x2545f491, connection, copies) % copies;
  }

  /** From message `from` on a packet is lost with probability `ratio`. */
  setLoss(from: number, ratio: number): void {
    if (ratio === 0 && this.losses.length === 0) return;
    this.losses.push({ from, ratio });
    this.largestNs = this.plainLargestNs + longestWaitNs(this.segmented.roundTripNs);
  }

  /** The delay of a message to a station [ns]. */
  of(message: number, station: number): number {
    return this.at(this.wordOf(message), message, station);
  }

  /** What all delays of one message have in common: computed once per message, not once per delivery. */
  wordOf(message: number): number {
    return keyedUint32(this.seed, message, 0) | 0;
  }

  /** The delay of a message to a station, given `wordOf(message)` and `factorOf` [ns]. */
  at(word: number, message: number, station: number, factor = 1): number {
    const plainNs = this.withoutLoss(word, station);
    const delayNs = factor === 1 ? plainNs : Math.round(plainNs * factor);
    return this.losses.length === 0 ? delayNs : delayNs + this.retransmissionNs(message, station);
  }

  /** The same where no packet is ever lost. */
  withoutLoss(word: number, station: number): number {
    let mixed = word ^ Math.imul(station + 1, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    return this.table[(mixed ^ (mixed >>> 16)) >>> (32 - BITS)];
  }

  /** Whether packets are or were lost. */
  get isLossy(): boolean {
    return this.losses.length > 0;
  }

  /** Whether packets were lost when the message was sent. */
  mayBeLost(message: number): boolean {
    return this.isLossy && this.ratioOf(message) > 0;
  }

  private ratioOf(message: number): number {
    let ratio = 0;
    for (const loss of this.losses) if (message >= loss.from) ratio = loss.ratio;
    return ratio;
  }

  private retransmissionNs(message: number, station: number): number {
    const ratio = this.ratioOf(message);
    if (ratio === 0) return 0;
    const { segmentsOf, roundTripNs } = this.segmented;
    return retransmissionNs(this.seed ^ LOSS, message, station, segmentsOf(message), ratio, roundTripNs);
  }
}
