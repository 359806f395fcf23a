import { type DelayLaw, quantileOf } from './keyed-delay.ts';
import { keyedUniform } from './keyed-random.ts';

/** What it costs when a process throws compiled code away. */
export interface Discards {
  /** Mean number of jobs between two times, above 0. */
  readonly everyJobs: number;
  /** Jobs after that one until the code is hot enough to be compiled anew. */
  readonly hotJobs: number;
  /** How many times as long a job takes until then. */
  readonly slowFactor: number;
  /** Work of compiling anew [ns]: always the same, or a table of quantiles. */
  readonly compileNs: DelayLaw;
  readonly seed: number;
}

/**
 * The code that does one kind of jobs: fast, but for the times when what the compiler had assumed of it proves wrong.
 *
 * ```
 *   fast --job that breaks an assumption--> slow --hotJobs jobs--> slow, due to be compiled --compiled--> fast
 * ```
 * Model: each job may be that one, with the same probability; the gaps between them are drawn, not the jobs.
 */
export class DiscardedCode {
  private readonly what: Discards;
  /** Jobs until the next discard, and, once it has come, until the code is due to be compiled. */
  private left: number;
  private isSlow = false;
  private isDue = false;
  /** Slow until then [ns]. */
  private fastFromNs = Number.POSITIVE_INFINITY;
  /** How often it has been thrown away. */
  discards = 0;

  constructor(what: Discards) {
    this.what = what;
    this.left = this.gap();
  }

  private gap(): number {
    const { seed, everyJobs } = this.what;
    return Math.ceil(-everyJobs * Math.log(keyedUniform(seed, this.discards, 0)));
  }

  /** The next job. @returns how many times as long it takes. */
  next(arrivalNs: number): number {
    if (this.isSlow && arrivalNs >= this.fastFromNs) this.recover();
    this.left -= 1;
    if (this.left === 0) {
      if (this.isSlow) this.isDue = true;
      else {
        this.isSlow = true;
        this.discards += 1;
        this.left = this.what.hotJobs;
      }
    }
    return this.isSlow ? this.what.slowFactor : 1;
  }

  private recover(): void {
    this.isSlow = false;
    this.fastFromNs = Number.POSITIVE_INFINITY;
    this.left = this.gap();
  }

  /** Work that the compiler has to do for it now, told once [ns]; 0: none. */
  takeDueNs(): number {
    if (!this.isDue) return 0;
    this.isDue = false;
    const { compileNs, seed } = this.what;
    const isFixed = typeof compileNs === 'number';
    return Math.max(1, Math.round(isFixed ? compileNs : quantileOf(compileNs, keyedUniform(seed, this.discards, 1))));
  }

  /** It has been compiled, and runs fast from then on. */
  compiled(fromNs: number): void {
    this.fastFromNs = fromNs;
  }

  /** The process begins anew. */
  reset(): void {
    this.isDue = false;
    this.recover();
  }

  standStill(nowNs: number, untilNs: number): void {
    if (Number.isFinite(this.fastFromNs) && this.fastFromNs > nowNs) this.fastFromNs += untilNs - nowNs;
  }
}
