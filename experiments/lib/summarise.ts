import { confidenceInterval } from '../../sim/statistics.ts';
import { consistencyNames, throughputNames, trafficNames } from './columns.ts';
import type { Row } from './csv.ts';
import {
  comparePoints,
  consistencyRow,
  type FinishedRun,
  type Point,
  pointText,
  type RunRecord,
} from './run-record.ts';

/** A metric of a point over its replications; the names are columns of `summary.csv`. */
export interface Estimate {
  readonly n: number;
  readonly mean: number | null;
  readonly ci95_low: number | null;
  readonly ci95_high: number | null;
  readonly half_width_ratio: number | null;
}

/** A point with the estimates of all its metrics, by name, sorted. */
export interface PointSummary {
  readonly point: Point;
  readonly metrics: ReadonlyMap<string, Estimate>;
}

/** Mean and 95 % interval of the values that apply. */
export function estimate(values: readonly (number | null)[]): Estimate {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return { n: 0, mean: null, ci95_low: null, ci95_high: null, half_width_ratio: null };
  const { n, mean, low, high, halfWidth } = confidenceInterval(known, 0.95);
  if (n < 2) return { n, mean, ci95_low: null, ci95_high: null, half_width_ratio: null };
  const ratio = mean === 0 ? null : halfWidth / Math.abs(mean);
  return { n, mean, ci95_low: low, ci95_high: high, half_width_ratio: ratio };
}

type Values = Map<string, (number | null)[]>;

function addTraffic(values: Values, records: readonly RunRecord[], nodes: number): void {
  const kinds = [...new Set(records.flatMap(({ traffic }) => traffic.map(({ kind }) => kind)))];
  for (const { traffic, consistency } of records) {
    const perRequest = consistency.requests > 0 ? 0 : null;
    const all: Record<string, number | null> = {};
    for (const kind of kinds) {
      const row = traffic.find((one) => one.kind === kind) as Record<string, number | null> | undefined;
      for (const name of trafficNames) {
        const value = row ? row[name] : name.endsWith('_per_request') ? perRequest : 0;
        push(values, `traffic.${kind}.${name}`, value);
        // The busiest node of one kind need not be that of another: its maximum has no sum.
        if (name !== 'node_bytes_per_s_max') all[name] = value === null ? null : (all[name] ?? 0) + value;
      }
    }
    for (const [name, value] of Object.entries(all)) push(values, `traffic.all.${name}`, value);
    push(values, 'traffic.all.bytes_per_s_per_node', (all.bytes_per_s ?? 0) / nodes);
  }
}

function push(values: Values, name: string, value: number | null): void {
  const list = values.get(name);
  if (list) list.push(value);
  else values.set(name, [value]);
}

/** Estimates of every metric of one point. */
export function summarisePoint(point: Point, records: readonly RunRecord[]): PointSummary {
  const values: Values = new Map();
  for (const { throughput, consistency } of records) {
    for (const name of throughputNames) push(values, name, throughput[name as keyof typeof throughput]);
    const losses = consistencyRow(consistency);
    for (const name of consistencyNames) push(values, name, losses[name] as number | null);
    const { completed_rps, cpu_utilisation_max, store_utilisation_max } = throughput;
    const fullest = Math.max(cpu_utilisation_max, store_utilisation_max ?? 0);
    push(values, 'capacity_rps_estimate', fullest > 0 ? completed_rps / fullest : null);
  }
  addTraffic(values, records, point.nodes);
  const names = [...values.keys()].sort();
  return { point, metrics: new Map(names.map((name) => [name, estimate(values.get(name)!)])) };
}

/** Estimates of every point of some runs, sorted by point. */
export function summarise(runs: readonly FinishedRun[]): PointSummary[] {
  const byPoint = new Map<string, FinishedRun[]>();
  for (const run of runs) {
    const name = pointText(run.key);
    const list = byPoint.get(name);
    if (list) list.push(run);
    else byPoint.set(name, [run]);
  }
  const summaries = [...byPoint.values()].map((list) => {
    const { strategy, balancer, nodes, load_rps } = list[0].key;
    const ordered = [...list].sort((a, b) => a.key.replication - b.key.replication);
    return summarisePoint(
      { strategy, balancer, nodes, load_rps },
      ordered.map(({ record }) => record),
    );
  });
  return summaries.sort((a, b) => comparePoints(a.point, b.point));
}

/** Rows of `summary.csv`. */
export function summaryRows(summaries: readonly PointSummary[]): Row[] {
  return summaries.flatMap(({ point, metrics }) =>
    [...metrics].map(([metric, numbers]) => ({ ...point, metric, ...numbers })),
  );
}
