import { randomPoisson } from 'd3-random';
import { invariant } from './invariant.ts';
import { normalQuantile } from './normal-quantile.ts';
import type { RandomSource } from './random.ts';

/**
 * A law from which one uniform number makes one sample.
 *
 * Why one: the n-th sample then belongs to the n-th draw whatever the law, so that compared runs share their randomness.
 * All but the hyperexponential are inversions, that is nondecreasing in `u`.
 */
export interface Distribution {
  readonly mean: number;
  /** @param u - uniform, 0 included and 1 excluded; 53 bits where the tail matters. */
  sample(u: number): number;
}

/** Laws that `distributionOf` knows. */
export type DistributionKind =
  | 'constant'
  | 'uniform'
  | 'exponential'
  | 'geometric'
  | 'erlang'
  | 'lognormal'
  | 'pareto'
  | 'hyperexponential';

function checkMean(law: string, mean: number, least = 0): void {
  invariant(Number.isFinite(mean) && mean >= least, () => `${law} of mean ${mean}`);
}

/** Exponential law; u = 0 gives 0. 1 - u is exact for a multiple of 2^-53, so that log1p, twice as slow, gains nothing. */
export function exponential(mean: number): Distribution {
  checkMean('exponential', mean);
  return { mean, sample: (u) => -mean * Math.log(1 - u) };
}

/** Number of trials up to and with the first success: 1, 2, 3, ...; the mean is 1 or more. */
export function geometric(mean: number): Distribution {
  checkMean('geometric', mean, 1);
  const logOfFailure = Math.log1p(-1 / mean);
  return { mean, sample: (u) => Math.max(1, Math.ceil(Math.log1p(-u) / logOfFailure)) };
}

/** Uniform law between two bounds. */
export function uniform(low: number, high: number): Distribution {
  invariant(Number.isFinite(low) && Number.isFinite(high) && low <= high, () => `uniform from ${low} to ${high}`);
  return { mean: (low + high) / 2, sample: (u) => low + (high - low) * u };
}

/** Always the same value. */
export function deterministic(value: number): Distribution {
  checkMean('constant', value);
  return { mean: value, sample: () => value };
}

/** Lognormal law of a mean and a coefficient of variation (standard deviation over mean). */
export function lognormal(mean: number, cv: number): Distribution {
  checkMean('lognormal', mean);
  checkMean('coefficient of variation', cv);
  const sigma = Math.sqrt(Math.log1p(cv * cv));
  const scale = mean * Math.exp((-sigma * sigma) / 2);
  return { mean, sample: (u) => (sigma === 0 ? mean : scale * Math.exp(sigma * normalQuantile(u))) };
}

/** Pareto law of a mean and a tail exponent above 1; its variance is infinite up to 2. */
export function pareto(mean: number, alpha: number): Distribution {
  checkMean('pareto', mean);
  invariant(alpha > 1, () => `pareto of exponent ${alpha}`);
  const least = (mean * (alpha - 1)) / alpha;
  return { mean, sample: (u) => least * (1 - u) ** (-1 / alpha) };
}

/**
 * Two exponential phases of which one is drawn, each carrying half of the mean.
 *
 * Not nondecreasing in `u`: the two ranges of `u` below and above the probability of the short phase give one phase each.
 * @param cv2 - squared coefficient of variation, 1 or more.
 */
export function hyperexponential(mean: number, cv2: number): Distribution {
  checkMean('hyperexponential', mean);
  invariant(Number.isFinite(cv2) && cv2 >= 1, () => `hyperexponential of squared variation ${cv2}`);
  const p = (1 + Math.sqrt((cv2 - 1) / (cv2 + 1))) / 2;
  const shortMean = mean / (2 * p);
  const longMean = mean / (2 * (1 - p));
  const sample = (u: number) => (u < p ? -shortMean * Math.log1p(-u / p) : -longMean * Math.log1p(-(u - p) / (1 - p)));
  return { mean, sample };
}

/** Chance that the sum of `stages` exponentials of mean 1 exceeds x, and the density there. */
function erlangTail(stages: number, x: number): { tail: number; density: number } {
  let term = Math.exp(-x);
  let tail = term;
  for (let i = 1; i < stages; i++) {
    term *= x / i;
    tail += term;
  }
  return { tail, density: term };
}

/** Solves tail(x) = 1 - u by Newton's steps, kept within a bracket. */
function erlangQuantile(stages: number, u: number): number {
  const wanted = 1 - u;
  let low = 0;
  let high = stages + 10 * Math.sqrt(stages) + 50;
  let x = stages * Math.max(0.05, 1 - 1 / (9 * stages) + normalQuantile(u) / (3 * Math.sqrt(stages))) ** 3;
  for (let step = 0; step < 60; step++) {
    const { tail, density } = erlangTail(stages, x);
    if (tail > wanted) low = x;
    else high = x;
    let next = x + (tail - wanted) / density;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (Math.abs(next - x) <= 1e-12 * x) return next;
    x = next;
  }
  return x;
}

/** Sum of exponential stages, each of mean / stages; stages is an integer of 1 to 100. */
export function erlang(mean: number, stages: number): Distribution {
  checkMean('erlang', mean);
  invariant(Number.isSafeInteger(stages) && stages >= 1 && stages <= 100, () => `erlang of ${stages} stages`);
  return { mean, sample: (u) => (u <= 0 ? 0 : (mean / stages) * erlangQuantile(stages, u)) };
}

/**
 * Makes the law of a kind from its mean and coefficient of variation.
 * @param cv - standard deviation over mean; not used by constant, exponential and geometric. erlang takes the nearest
 *   number of stages; uniform allows up to 0.577, hyperexponential 1 and more, pareto above 0.
 */
export function distributionOf(kind: DistributionKind, mean: number, cv = 1): Distribution {
  switch (kind) {
    case 'constant':
      return deterministic(mean);
    case 'uniform':
      invariant(cv >= 0 && cv <= 1 / Math.sqrt(3), () => `uniform of variation ${cv}`);
      return uniform(mean * (1 - Math.sqrt(3) * cv), mean * (1 + Math.sqrt(3) * cv));
    case 'exponential':
      return exponential(mean);
    case 'geometric':
      return geometric(mean);
    case 'erlang':
      return erlang(mean, Math.max(1, Math.round(1 / (cv * cv))));
    case 'lognormal':
      return lognormal(mean, cv);
    case 'pareto':
      return pareto(mean, 1 + Math.sqrt(1 + 1 / (cv * cv)));
    case 'hyperexponential':
      return hyperexponential(mean, cv * cv);
    default: {
      const unknown: never = kind;
      return invariant(false, `no distribution ${String(unknown)}`) as never;
    }
  }
}

/**
 * Draws a Poisson count; it takes as many draws as it needs, so it wants a stream of its own.
 * @param mean - 0 or more.
 */
export function poissonCount(source: RandomSource, mean: number): number {
  checkMean('poisson', mean);
  return mean === 0 ? 0 : randomPoisson.source(() => source.double())(mean)();
}
