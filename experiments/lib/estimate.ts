import { poissonInterval } from '../../sim/poisson.ts';
import { confidenceInterval } from '../../sim/statistics.ts';

/** How an interval was made; a column of summary.csv. */
export type EstimateMethod = 'student-t' | 'poisson' | 'rule-of-three' | 'none';

/** A metric of a point over its replications; the names are columns of `summary.csv`. */
export interface Estimate {
  readonly n: number;
  readonly mean: number | null;
  readonly ci95_low: number | null;
  readonly ci95_high: number | null;
  readonly half_width_ratio: number | null;
  readonly method: EstimateMethod;
  readonly half_width: number | null;
}

/** An estimate of what does not apply. */
export const noEstimate: Estimate = {
  n: 0,
  mean: null,
  ci95_low: null,
  ci95_high: null,
  half_width_ratio: null,
  method: 'none',
  half_width: null,
};

/** Events below which a count is not near enough to the normal law for Student's interval. */
const RARE = 30;
/** The chance of seeing nothing of what happens three times on average is 5 %. */
const RULE_OF_THREE = -Math.log(0.05);

function between(n: number, mean: number, low: number, high: number, method: EstimateMethod): Estimate {
  const half = (high - low) / 2;
  const ratio = mean === 0 ? null : half / Math.abs(mean);
  return { n, mean, ci95_low: low, ci95_high: high, half_width_ratio: ratio, method, half_width: half };
}

/** Mean and Student's 95 % interval of the values that apply. */
export function estimate(values: readonly (number | null)[]): Estimate {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return noEstimate;
  const { n, mean, low, high } = confidenceInterval(known, 0.95);
  return n < 2 ? { ...noEstimate, n, mean } : between(n, mean, low, high, 'student-t');
}

/**
 * Mean number per run, and its 95 % interval.
 *
 * Few events, or runs that agree better than independent events do: the exact interval of a Poisson count, after
 * division by the dispersion that the runs show (losses come in clusters: a crash loses many at once). No event at all:
 * the rule of three, an upper bound.
 * @param counts - events of each run.
 */
export function countEstimate(counts: readonly number[]): Estimate {
  const n = counts.length;
  const sum = counts.reduce((total, count) => total + count, 0);
  if (n === 0) return noEstimate;
  if (sum === 0) return { ...between(n, 0, 0, RULE_OF_THREE / n, 'rule-of-three'), half_width: RULE_OF_THREE / n };
  const student = estimate(counts);
  if (n < 2) return student;
  const mean = sum / n;
  const variance = counts.reduce((total, count) => total + (count - mean) ** 2, 0) / (n - 1);
  // Runs that agree by luck do not make the interval narrower than independent events can.
  if (sum >= RARE && variance >= mean) return student;
  const dispersion = Math.max(1, variance / mean);
  const { low, high } = poissonInterval(sum / dispersion);
  return between(n, mean, (low * dispersion) / n, (high * dispersion) / n, 'poisson');
}

/** The same numbers in another unit. */
export function scaled(given: Estimate, factor: number): Estimate {
  const times = (value: number | null): number | null => (value === null ? null : value * factor);
  return {
    ...given,
    mean: times(given.mean),
    ci95_low: times(given.ci95_low),
    ci95_high: times(given.ci95_high),
    half_width: times(given.half_width),
  };
}
