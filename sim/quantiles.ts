import { quantileSorted } from 'd3-array';
import { invariant } from './invariant.ts';

/**
 * Exact quantile by the rule R-7: linear between the two nearest ranks.
 * @param values - in any order; they are not changed.
 * @param p - 0 to 1.
 * @returns NaN without values.
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  invariant(p >= 0 && p <= 1, () => `quantile ${p}`);
  // The library reads its argument by index and length alone; only its types ask for an array.
  const sorted = Float64Array.from(values).sort() as unknown as number[];
  return quantileSorted(sorted, p) ?? Number.NaN;
}

const SUB_BITS = 9;
const SUB_BUCKETS = 2 ** SUB_BITS;
const CARRY = 2 ** 52;

/** 1, 1/2, 1/4, ...: a power that is computed costs as much as everything else about a value. */
const HALVES = Float64Array.from({ length: 54 }, (_, exponent) => 2 ** -exponent);

/** Bucket of a value: one per integer below 2^10, above that 512 per octave. */
function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  const octave = value < 2 ** 31 ? 31 - Math.clz32(value) : 53 - Math.clz32(value / 2 ** 22);
  const shift = octave - SUB_BITS;
  return shift * SUB_BUCKETS + Math.floor(value * HALVES[shift]);
}

/** The middle of the integers that share a bucket. */
function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const width = 2 ** shift;
  return (bucket - shift * SUB_BUCKETS) * width + (width - 1) / 2;
}

/**
 * A histogram of integers of 0 to 2^53 - 1, such as latencies, whose quantiles are within 0.1 % of the exact ones.
 *
 * Buckets are log-linear: 512 per octave, each read as its middle, that is an error of at most 2^-10. Count, mean and range are
 * exact. Size: 8 bytes per bucket up to the largest value; 60 s in nanoseconds take 111 kB.
 */
export class LatencyHistogram {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  private counts = new Float64Array(SUB_BUCKETS * 16);
  /** The sum is carries * 2^52 + rest, so that it stays exact. */
  private carries = 0;
  private rest = 0;

  /** Adds a value [ns]. */
  add(valueNs: number): void {
    if (!(valueNs >= 0 && Number.isSafeInteger(valueNs))) this.refuse(valueNs);
    const bucket = bucketOf(valueNs);
    if (bucket >= this.counts.length) this.grow(bucket);
    this.counts[bucket]++;
    this.count++;
    this.addToSum(0, valueNs);
    this.min = Math.min(this.min, valueNs);
    this.max = Math.max(this.max, valueNs);
  }

  /** Adds everything that another histogram holds. */
  merge(other: LatencyHistogram): void {
    if (other.counts.length > this.counts.length) this.grow(other.counts.length - 1);
    for (let bucket = 0; bucket < other.counts.length; bucket++) this.counts[bucket] += other.counts[bucket];
    this.count += other.count;
    this.addToSum(other.carries, other.rest);
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  /** Mean of the values [ns], NaN without values. */
  get mean(): number {
    return this.carries * (CARRY / this.count) + this.rest / this.count;
  }

  /**
   * The smallest value that at least a share p of the values does not exceed [ns], within 0.1 %; NaN without values.
   * @param p - 0 to 1; 0 gives the minimum.
   */
  quantile(p: number): number {
    invariant(p >= 0 && p <= 1, () => `quantile ${p}`);
    if (this.count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(p * this.count));
    let bucket = bucketOf(this.min);
    for (let seen = this.counts[bucket]; seen < rank; seen += this.counts[bucket]) bucket++;
    return Math.min(this.max, Math.max(this.min, middleOf(bucket)));
  }

  private addToSum(carries: number, rest: number): void {
    this.carries += carries;
    this.rest += rest;
    while (this.rest >= CARRY) {
      this.rest -= CARRY;
      this.carries++;
    }
  }

  private grow(bucket: number): void {
    const counts = new Float64Array(Math.ceil((bucket + 1) / (SUB_BUCKETS * 4)) * SUB_BUCKETS * 4);
    counts.set(this.counts);
    this.counts = counts;
  }

  private refuse(valueNs: number): never {
    invariant(false, `a histogram takes whole nanoseconds, not ${valueNs}`);
  }
}
