import { invariant } from './invariant.ts';

/** Chances below this never come up: the smallest uniform draw is larger. */
const NEVER = 2 ** -54;
/** Longest run that is told apart; whoever waits for a longer one looks at the lengths of those found. */
const RUN_MAX = 256;
const STRETCH_BITS_MIN = 6;
const STRETCH_BITS_MAX = 22;

/** Root of (1 - d)^run d = step other than d = 1 - p: what the chance of having seen no run loses per trial. */
function decayOf(p: number, run: number, step: number): number {
  if (step === 0) return 0;
  const top = 1 / (run + 1);
  const isRising = 1 - p > top;
  let low = isRising ? step : top;
  let high = isRising ? Math.min(top, Math.E * step) : 1;
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if ((1 - middle) ** run * middle < step === isRising) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Law of the runs of failures in a row of independent trials that fail with one probability: how long until the first
 * run of a length, how much longer it gets, and how trials fail between two such runs.
 *
 * With b(n) the chance that n trials hold no run: b(n) = b(n-1) - q p^run b(n-run-1), which is c t^n from some n on.
 * @see source: W. Feller, An Introduction to Probability Theory and Its Applications I, XIII.7.
 */
export class RunLaw {
  /** Length of the runs that are told apart, at most the one asked for and 256. */
  readonly run: number;
  /** Trials are cut into stretches of 2^bits, about as many as from run to run, so that any place is reached in a few steps. */
  readonly stretchBits: number;
  /** b(0), b(1), ... up to where it is a power. */
  private readonly none: Float64Array;
  private readonly last: number;
  private readonly logDecay: number;
  private readonly logFailure: number;
  /** Chance to fail after k failures in a row, far from the next run. */
  private readonly usual: Float64Array;

  /**
   * @param p - chance that a trial fails, above 0 and below 1.
   * @param run - failures in a row that matter, 1 or more.
   */
  constructor(
    readonly p: number,
    run: number,
  ) {
    invariant(p > 0 && p < 1 && run >= 1, () => `runs of ${run} trials that fail with a probability of ${p}`);
    this.run = Math.min(run, RUN_MAX);
    this.logFailure = Math.log(p);
    const step = (1 - p) * p ** this.run;
    const decay = decayOf(p, this.run, step);
    this.none = Float64Array.from(this.table(step, 1 - decay));
    this.last = this.none.length - 1;
    // Where both roots meet they are known to half of the digits; the table knows better.
    const isDouble = Math.abs(p * (this.run + 1) - this.run) < 0.01;
    this.logDecay = isDouble ? Math.log(this.none[this.last] / this.none[this.last - 1]) : Math.log1p(-decay);
    const cycle = (1 - p ** this.run) / step + 1 / (1 - p);
    const bits = step === 0 ? STRETCH_BITS_MAX : Math.ceil(Math.log2(cycle));
    this.stretchBits = Math.min(STRETCH_BITS_MAX, Math.max(STRETCH_BITS_MIN, bits));
    const far = this.last + 2 * this.run;
    this.usual = Float64Array.from({ length: this.run }, (_, failures) => this.conditioned(failures, far));
  }

  private table(step: number, ratio: number): number[] {
    const { run, p } = this;
    const none = new Array<number>(run).fill(1);
    none.push(1 - p ** run);
    for (let steady = 0; steady <= run && none[none.length - 1] >= NEVER; ) {
      const n = none.length;
      // The difference keeps small chances of a run, the sum (over the place of the last success) small ones of none.
      none.push(p < 0.5 ? none[n - 1] - step * none[n - run - 1] : this.sum(run, n, (at) => none[at]));
      steady = Math.abs(none[n] / none[n - 1] - ratio) <= 16 * Number.EPSILON ? steady + 1 : 0;
    }
    return none;
  }

  /** Sum of p^i q b(n - 1 - i) over the first terms: chance of no run in n trials of which one of the first succeeds. */
  private sum(terms: number, n: number, noneIn: (n: number) => number): number {
    let sum = 0;
    for (let i = terms - 1; i >= 0; i -= 1) sum = sum * this.p + (1 - this.p) * noneIn(n - 1 - i);
    return sum;
  }

  /** Chance that n trials hold no run. */
  noneIn(n: number): number {
    return n <= this.last ? this.none[n] : this.none[this.last] * Math.exp((n - this.last) * this.logDecay);
  }

  /** Trials after a success up to the one that completes a run, by inversion; +Infinity where none ever comes. */
  wait(u: number): number {
    const { none, last, run } = this;
    if (u < none[last]) return last + Math.ceil(Math.log(u / none[last]) / this.logDecay);
    let low = run;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (none[middle] <= u) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** No draw gives more failures up to the next success. */
  get failuresMax(): number {
    return this.failures(2 ** -53);
  }

  /** Failures up to the next success, by inversion. */
  failures(u: number): number {
    return u >= this.p ? 0 : Math.floor(Math.log(u) / this.logFailure);
  }

  /** Chance of no run in n trials, when so many failures in a row, fewer than a run, lie just before them. */
  private noneAfter(failures: number, n: number): number {
    const left = this.run - failures;
    return n < left ? 1 : this.sum(left, n, (trials) => this.noneIn(trials));
  }

  private conditioned(failures: number, n: number): number {
    if (failures + 1 >= this.run) return 0;
    return (this.p * this.noneAfter(failures + 1, n - 1)) / this.noneAfter(failures, n);
  }

  /**
   * Chance that a trial between two runs fails.
   * @param failures - in a row, just before it.
   * @param n - trials from this one on that hold no run.
   */
  failsAgain(failures: number, n: number): number {
    return n > this.last + this.run ? this.usual[failures] : this.conditioned(failures, n);
  }
}
