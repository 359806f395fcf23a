import { invariant } from './invariant.ts';

/**
 * Count, mean, variance and range of a sequence of numbers, without storing them.
 *
 * Why: Welford's recurrence loses no digits where a sum of squares does.
 */
export class Tally {
  count = 0;
  /** Mean, NaN before the first value. */
  mean = Number.NaN;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  private squares = 0;

  add(value: number): void {
    this.count++;
    if (this.count === 1) this.mean = 0;
    const distance = value - this.mean;
    this.mean += distance / this.count;
    this.squares += distance * (value - this.mean);
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
  }

  /** Unbiased variance, NaN below two values. */
  get variance(): number {
    return this.count < 2 ? Number.NaN : this.squares / (this.count - 1);
  }

  get standardDeviation(): number {
    return Math.sqrt(this.variance);
  }
}

/** Mean over time of a quantity that steps, for example the length of a queue. */
export class TimeWeightedMean {
  max: number;
  private integral = 0;
  private sinceNs: number;
  private changedNs: number;

  /**
   * @param startNs - where the mean begins [ns].
   * @param value - the quantity from there on.
   */
  constructor(
    startNs = 0,
    private value = 0,
  ) {
    this.sinceNs = startNs;
    this.changedNs = startNs;
    this.max = value;
  }

  /** The quantity now. */
  get current(): number {
    return this.value;
  }

  /** Says that the quantity has a new value from now on. */
  set(nowNs: number, value: number): void {
    this.advance(nowNs);
    this.value = value;
    this.max = Math.max(this.max, value);
  }

  /** Says that the quantity changes by a difference now. */
  add(nowNs: number, difference: number): void {
    this.set(nowNs, this.value + difference);
  }

  /** Mean from the start to a moment that is not before the last change; NaN over no time. */
  mean(untilNs: number): number {
    this.advance(untilNs);
    return this.integral / (untilNs - this.sinceNs);
  }

  /** Begins anew, for example at the end of the warm-up; the quantity keeps its value. */
  restart(nowNs: number): void {
    this.advance(nowNs);
    this.integral = 0;
    this.sinceNs = nowNs;
    this.max = this.value;
  }

  private advance(nowNs: number): void {
    if (!(nowNs >= this.changedNs)) this.refuse(nowNs);
    this.integral += this.value * (nowNs - this.changedNs);
    this.changedNs = nowNs;
  }

  private refuse(nowNs: number): never {
    invariant(false, `a change at ${nowNs} ns after one at ${this.changedNs} ns`);
  }
}
