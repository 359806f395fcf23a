import type { Scenario } from '../../models/scenario/schema.ts';
import { confidenceInterval } from '../../sim/statistics.ts';

/** When a point has enough replications, and how its warm-up is found. Both depend on results alone, never on time. */
export interface StatisticsRules {
  readonly replications: FixedReplications | PrecisionRule;
  readonly warmUp: 'stated' | 'mser5';
}

/** A number of replications that was asked for. */
interface FixedReplications {
  readonly count: number;
}

/** Replications until the interval of one metric is narrow enough. */
export interface PrecisionRule {
  /** Half of the interval over the mean, at most. */
  readonly precision: number;
  readonly confidence: number;
  /** Name of a metric of summary.csv. */
  readonly metric: string;
  readonly min: number;
  readonly max: number;
}

/** The rules of a scenario of which nothing else was said: its own replications and warm-up. */
export function statedRules({ run }: Scenario): StatisticsRules {
  return { replications: { count: run.replications }, warmUp: 'stated' };
}

/** The number of replications in words. */
export function replicationsText({ replications }: StatisticsRules): string {
  if ('count' in replications) return `${replications.count} replications`;
  const { min, max, metric, precision } = replications;
  return `${min} to ${max} replications, until that of ${metric} is within ${precision * 100} %`;
}

/** Most replications of a point. */
export function mostReplications({ replications }: StatisticsRules): number {
  return 'count' in replications ? replications.count : replications.max;
}

/**
 * How many replications a point needs after n of them, at least.
 *
 * Model: a sequential rule that stops at the first narrow interval stops too early too often, because it looks for a
 * lucky moment. Looking only when another quarter has been added, and asking for precision / (1 + precision), which
 * bounds the error relative to the true mean, keeps the coverage (test/experiments/statistics.test.ts).
 * @param values - the metric in the runs 1 to n that have it.
 * @returns n itself when that is enough.
 * @see source: A. M. Law, Simulation Modeling and Analysis, 9.4.1, relative error gamma / (1 + gamma).
 */
export function neededReplications(rules: StatisticsRules, n: number, values: readonly number[]): number {
  const { replications } = rules;
  if ('count' in replications) return replications.count;
  const { min, max, precision, confidence } = replications;
  if (n < min) return min;
  if (n >= max) return max;
  const { mean, halfWidth } = confidenceInterval(values, confidence);
  const isNarrow = values.length >= 2 && halfWidth <= (precision / (1 + precision)) * Math.abs(mean);
  return isNarrow ? n : Math.min(max, n + Math.max(2, Math.ceil(n / 4)));
}
