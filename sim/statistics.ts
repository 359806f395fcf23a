import { invariant } from './invariant.ts';
import { studentT } from './student-t.ts';
import { Tally } from './tally.ts';

/** A mean and the interval that holds the true mean with the stated confidence. */
export interface Interval {
  n: number;
  /** NaN without values. */
  mean: number;
  low: number;
  high: number;
  /** Infinite below two values: one value says nothing about its spread. */
  halfWidth: number;
}

/**
 * Student's interval for the mean of independent values, such as one result per replication.
 * @param confidence - above 0 and below 1.
 */
export function confidenceInterval(values: ArrayLike<number>, confidence = 0.95): Interval {
  invariant(confidence > 0 && confidence < 1, () => `confidence ${confidence}`);
  const tally = new Tally();
  for (let i = 0; i < values.length; i++) tally.add(values[i]);
  const { count: n, mean } = tally;
  const halfWidth =
    n < 2 ? Number.POSITIVE_INFINITY : studentT((1 + confidence) / 2, n - 1) * Math.sqrt(tally.variance / n);
  return { n, mean, low: mean - halfWidth, high: mean + halfWidth, halfWidth };
}

/** Means of consecutive batches of equal size; values that fill no batch are left out. */
export function batchMeans(series: ArrayLike<number>, batchSize: number): number[] {
  invariant(Number.isSafeInteger(batchSize) && batchSize >= 1, () => `batches of ${batchSize}`);
  return Array.from({ length: Math.floor(series.length / batchSize) }, (_, batch) => {
    let sum = 0;
    for (let i = batch * batchSize; i < (batch + 1) * batchSize; i++) sum += series[i];
    return sum / batchSize;
  });
}

/**
 * Where the warm-up of a series ends, by MSER-5: the cut that leaves the smallest standard error of the mean of what
 * remains, over means of 5 values, cutting at most half.
 * @returns index of the first value to keep, a multiple of 5; 0 for fewer than 10 values.
 * @see K. P. White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69 (1997).
 */
export function mser5(series: ArrayLike<number>): number {
  const means = batchMeans(series, 5);
  const half = Math.floor(means.length / 2);
  let best = 0;
  let bestScore = Number.POSITIVE_INFINITY;
  const kept = new Tally();
  for (let cut = means.length - 1; cut >= 0; cut--) {
    kept.add(means[cut]);
    const score = (kept.variance * (kept.count - 1)) / kept.count ** 2;
    if (cut <= half && score <= bestScore) {
      best = cut;
      bestScore = score;
    }
  }
  return best * 5;
}
