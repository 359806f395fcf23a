import type { Estimate } from '../lib/estimate.ts';
import type { Point } from '../lib/run-record.ts';
import type { PointSummary } from '../lib/summarise.ts';
import type { Ranged } from './chart.ts';
import type { KeyEntry } from './figure.ts';
import { seriesLook, strategyLook } from './palette.ts';

/** What is compared: strategies, balancers, or pairs of both. */
export interface SeriesOf {
  readonly key: readonly KeyEntry[];
  /** Name of the series of a point. */
  nameOf(point: Pick<Point, 'strategy' | 'balancer'>): string;
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Most series in one figure: more lines than this cannot be told apart. */
const mostSeries = 10;

/** Names the series of some points as briefly as they can be told apart. */
export function seriesOf(points: readonly Pick<Point, 'strategy' | 'balancer'>[]): SeriesOf {
  const strategies = unique(points.map(({ strategy }) => strategy));
  const balancers = unique(points.map(({ balancer }) => balancer));
  const nameOf = ({ strategy, balancer }: Pick<Point, 'strategy' | 'balancer'>): string => {
    if (balancers.length === 1) return strategy;
    return strategies.length === 1 ? balancer : `${strategy}, ${balancer}`;
  };
  const names = unique(points.map(nameOf)).slice(0, mostSeries);
  const key = names.map((name, index) => ({
    name,
    look: balancers.length === 1 ? strategyLook(name, index) : seriesLook(index),
  }));
  return { key, nameOf };
}

/** At most `most` of some sorted values, the first and the last among them. */
export function thinned<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  const step = (values.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, at) => values[Math.round(at * step)]);
}

/** The least of some values, however many there are. */
export function least(values: Iterable<number>): number {
  let found = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < found) found = value;
  return found;
}

/** The greatest of some values, however many there are. */
export function greatest(values: Iterable<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > found) found = value;
  return found;
}

/** Distinct numbers, ascending. */
export function distinctSorted(values: readonly number[]): number[] {
  return unique(values).sort((a, b) => a - b);
}

/** A metric of a point with its interval; undefined where it does not apply. */
export function rangedOf({ metrics }: PointSummary, metric: string): Ranged | undefined {
  return ranged(metrics.get(metric));
}

/** An estimate with its interval; undefined where it does not apply. */
export function ranged(estimate: Estimate | undefined): Ranged | undefined {
  if (estimate === undefined || estimate.mean === null) return undefined;
  return { mean: estimate.mean, low: estimate.ci95_low, high: estimate.ci95_high };
}

/** A strategy as a sentence names it: "none" alone would be misread. */
export function spoken(name: string): string {
  return name === 'none' ? '“none”' : name;
}

/** A number of things without digits after the point. */
export function whole(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number with at most three significant digits and no zeros behind them. */
export function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A time as people say it: seconds, minutes, hours or days. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${trimmed(seconds)} s`;
  if (seconds < 7200) return `${trimmed(seconds / 60)} min`;
  return seconds < 172_800 ? `${trimmed(seconds / 3600)} h` : `${trimmed(seconds / 86_400)} days`;
}

/** Words in a row: `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}
