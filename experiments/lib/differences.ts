import { confidenceInterval } from '../../sim/statistics.ts';
import type { Row } from './csv.ts';
import { countPoints, type Grid, indexOfPoint } from './grid.ts';
import { type FinishedRun, type Point, pointOf } from './run-record.ts';
import { metricOf } from './summarise.ts';

/** What is compared. */
export const comparedMetrics = [
  'before_faults_bytes_per_request',
  'before_faults_capacity_rps',
  'bytes_per_request',
  'capacity_rps_estimate',
  'completed_rps',
  'cpu_utilisation_max',
  'failed_requests',
  'latency_ms_mean',
  'latency_ms_p95',
  'lost_sessions',
  'lost_updates',
  'stale_reads',
] as const;

const named = (metric: string): string => (metric === 'bytes_per_request' ? 'traffic.all.bytes_per_request' : metric);

/** The compared metrics of every run, without the runs: 80 bytes each. NaN stands for what does not apply. */
export class ComparedRuns {
  private readonly grid: Grid;
  private readonly firstOf: Float64Array;
  private values = new Float64Array(1024);
  private length = 0;
  /** Replications of each point. */
  private readonly counts: Uint32Array;

  constructor(grid: Grid) {
    this.grid = grid;
    this.firstOf = new Float64Array(countPoints(grid));
    this.counts = new Uint32Array(countPoints(grid));
  }

  /** Whether there is anything to compare. */
  static isNeeded({ strategies, balancers }: Grid): boolean {
    return strategies.length > 1 || balancers.length > 1;
  }

  /** @param runs - of one point, with a result, by replication; a missing one shifts the pairs and ends them. */
  add(point: Point, runs: readonly FinishedRun[]): void {
    const index = indexOfPoint(this.grid, point);
    const paired = runs.filter(({ key }, at) => key.replication === at + 1);
    const M = comparedMetrics.length;
    this.firstOf[index] = this.length;
    this.counts[index] = paired.length;
    const needed = this.length + paired.length * M;
    if (needed > this.values.length) {
      const larger = new Float64Array(Math.max(needed, this.values.length * 2));
      larger.set(this.values);
      this.values = larger;
    }
    for (const { record } of paired) {
      for (const metric of comparedMetrics) {
        this.values[this.length] = metricOf(record, point.nodes, named(metric)) ?? Number.NaN;
        this.length += 1;
      }
    }
  }

  /** Paired differences of one metric of two points. */
  private differences(a: number, b: number, metric: number): number[] {
    const M = comparedMetrics.length;
    const n = Math.min(this.counts[a], this.counts[b]);
    return Array.from(
      { length: n },
      (_, run) => this.values[this.firstOf[a] + run * M + metric] - this.values[this.firstOf[b] + run * M + metric],
    ).filter((value) => !Number.isNaN(value));
  }

  /** Rows of `differences.csv` of one point: against every other that differs in strategy or balancer only. */
  *rows(point: Point): Generator<Row> {
    const { strategies, balancers } = this.grid;
    const own = pointOf(point);
    const others = [
      ...balancers.filter((name) => name > own.balancer).map((balancer) => ({ ...own, balancer })),
      ...strategies.filter((name) => name > own.strategy).map((strategy) => ({ ...own, strategy })),
    ];
    const index = indexOfPoint(this.grid, own);
    for (const other of others) {
      const otherIndex = indexOfPoint(this.grid, other);
      const names = comparedMetrics.map((metric, at) => [named(metric), at] as const);
      names.sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [metric, at] of names) {
        const differences = this.differences(index, otherIndex, at);
        const than = { than_strategy: other.strategy, than_balancer: other.balancer };
        yield { ...own, ...than, metric, ...differenceOf(differences) };
      }
    }
  }
}

/** The estimate of a paired difference; the names are columns. */
export interface Difference {
  readonly n: number;
  readonly difference: number | null;
  readonly ci95_low: number | null;
  readonly ci95_high: number | null;
  readonly half_width: number | null;
  readonly is_clear: number | null;
}

/** Mean and Student's 95 % interval of paired differences. */
export function differenceOf(differences: readonly number[]): Difference & Row {
  const { n, mean, low, high, halfWidth } = confidenceInterval(differences, 0.95);
  if (n < 2) {
    return { n, difference: n === 0 ? null : mean, ci95_low: null, ci95_high: null, half_width: null, is_clear: null };
  }
  const isClear = low > 0 || high < 0;
  return { n, difference: mean, ci95_low: low, ci95_high: high, half_width: halfWidth, is_clear: isClear ? 1 : 0 };
}
