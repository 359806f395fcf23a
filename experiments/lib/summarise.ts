import { consistencyNames, losses, throughputNames, trafficNames } from './columns.ts';
import type { Row } from './csv.ts';
import { countEstimate, type Estimate, estimate, noEstimate, scaled } from './estimate.ts';
import {
  comparePoints,
  consistencyRow,
  type DoneRun,
  type FinishedRun,
  type Point,
  pointOf,
  pointText,
  type RunRecord,
} from './run-record.ts';

/** A point with the estimates of all its metrics, by name, sorted. */
export interface PointSummary {
  readonly point: Point;
  readonly metrics: ReadonlyMap<string, Estimate>;
}

type Values = Map<string, (number | null)[]>;

function push(values: Values, name: string, value: number | null): void {
  const list = values.get(name);
  if (list) list.push(value);
  else values.set(name, [value]);
}

/** The traffic metrics of a run; a kind that it never sent counts as none. */
function trafficMetrics(
  { traffic, consistency }: RunRecord,
  kinds: readonly string[],
  nodes: number,
): [string, number | null][] {
  const perRequest = consistency.requests > 0 ? 0 : null;
  const all: Record<string, number | null> = {};
  const metrics: [string, number | null][] = [];
  for (const kind of kinds) {
    const row = traffic.find((one) => one.kind === kind) as Record<string, number | null> | undefined;
    for (const name of trafficNames) {
      const value = row ? row[name] : name.endsWith('_per_request') ? perRequest : 0;
      metrics.push([`traffic.${kind}.${name}`, value]);
      // The busiest node of one kind need not be that of another: its maximum has no sum.
      if (name !== 'node_bytes_per_s_max') all[name] = value === null ? null : (all[name] ?? 0) + value;
    }
  }
  for (const [name, value] of Object.entries(all)) metrics.push([`traffic.all.${name}`, value]);
  metrics.push(['traffic.all.bytes_per_s_per_node', (all.bytes_per_s ?? 0) / nodes]);
  return metrics;
}

/** The load at which the busiest node or store server would be full. */
function capacityOf({ throughput }: RunRecord): number | null {
  const { completed_rps, cpu_utilisation_max, store_utilisation_max } = throughput;
  const fullest = Math.max(cpu_utilisation_max, store_utilisation_max ?? 0);
  return fullest > 0 ? completed_rps / fullest : null;
}

/** The same from what was done before the first fault. */
function undisturbedCapacityOf({ throughput }: RunRecord): number | null {
  const { before_faults_completed_rps: completed, before_faults_utilisation_max: fullest } = throughput;
  return completed !== null && fullest ? completed / fullest : null;
}

/** Metrics of a run that are no column. */
const derived = {
  capacity_rps_estimate: capacityOf,
  before_faults_capacity_rps: undisturbedCapacityOf,
} as const;

const isDerived = (name: string): name is keyof typeof derived => Object.hasOwn(derived, name);

const kindsIn = (records: readonly RunRecord[]): string[] => [
  ...new Set(records.flatMap(({ traffic }) => traffic.map(({ kind }) => kind))),
];

/** One metric of summary.csv in one run; null where it does not apply. */
export function metricOf(record: RunRecord, nodes: number, name: string): number | null {
  if (name.startsWith('traffic.')) {
    const metrics = trafficMetrics(record, kindsIn([record]), nodes);
    return metrics.find(([one]) => one === name)?.[1] ?? 0;
  }
  if (isDerived(name)) return derived[name](record);
  const { throughput, consistency, measures } = record;
  const row: Readonly<Record<string, unknown>> = { ...throughput, ...consistencyRow(consistency), ...measures };
  return (row[name] as number | null | undefined) ?? null;
}

/** Whether summary.csv may have a metric of this name. */
export function isMetric(name: string): boolean {
  const [, kind, column] = /^traffic\.([a-z-]+)\.(\w+)$/.exec(name) ?? [];
  if (kind) return trafficNames.includes(column) || column === 'bytes_per_s_per_node';
  return [...throughputNames, ...consistencyNames].includes(name) || isDerived(name);
}

/** Counts and each per million requests. */
function addLosses(metrics: Map<string, Estimate>, records: readonly RunRecord[]): void {
  const requests = records.map(({ consistency }) => consistency.requests);
  const mean = requests.reduce((sum, count) => sum + count, 0) / records.length;
  metrics.set('requests', estimate(requests));
  for (const name of [...losses, 'executed_twice'] as const) {
    const found = countEstimate(records.map(({ consistency }) => consistency[name]));
    metrics.set(name, found);
    if (name === 'executed_twice') continue;
    const perMillion = `${name}_per_million`;
    if (found.method === 'student-t' || found.method === 'none' || mean === 0) {
      metrics.set(
        perMillion,
        estimate(records.map(({ consistency }) => consistencyRow(consistency)[perMillion] as number)),
      );
    } else metrics.set(perMillion, scaled(found, 1e6 / mean));
  }
}

/** Estimates of every metric of one point. */
export function summarisePoint(point: Point, records: readonly RunRecord[]): PointSummary {
  const values: Values = new Map();
  const kinds = kindsIn(records);
  for (const record of records) {
    const { throughput, measures = {} } = record;
    for (const name of throughputNames) push(values, name, throughput[name as keyof typeof throughput]);
    for (const [name, value] of Object.entries(measures)) push(values, name, value);
    for (const [name, of] of Object.entries(derived)) push(values, name, of(record));
    for (const [name, value] of trafficMetrics(record, kinds, point.nodes)) push(values, name, value);
  }
  const metrics = new Map([...values].map(([name, list]) => [name, estimate(list)]));
  if (records.length > 0) addLosses(metrics, records);
  return { point, metrics: new Map([...metrics].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Estimates of every point of some runs, sorted by point. */
export function summarise(runs: Iterable<FinishedRun>): PointSummary[] {
  const byPoint = new Map<string, FinishedRun[]>();
  for (const run of runs) {
    const name = pointText(run.key);
    const list = byPoint.get(name);
    if (list) list.push(run);
    else byPoint.set(name, [run]);
  }
  const summaries = [...byPoint.values()].map((list) => {
    const ordered = [...list].sort((a, b) => a.key.replication - b.key.replication);
    return summarisePoint(
      pointOf(list[0].key),
      ordered.map(({ record }) => record),
    );
  });
  return summaries.sort((a, b) => comparePoints(a.point, b.point));
}

/** Rows of `summary.csv` of one point. */
export function summaryRows({ point, metrics }: PointSummary, runs: readonly DoneRun[], warmUpMethod: string): Row[] {
  const warmUp = { warm_up_s: runs[0]?.warmUpS ?? null, warm_up_method: warmUpMethod };
  return [...metrics].map(([metric, numbers]) => ({ ...point, metric, ...numbers, ...warmUp }));
}

/** A metric of a summary; nothing where it has none. */
export function metricIn({ metrics }: PointSummary, name: string): Estimate {
  return metrics.get(name) ?? noEstimate;
}
