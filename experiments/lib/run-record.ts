import type { Consistency, RunResult, Throughput, Traffic } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { TimelineRow } from '../../models/timeline.ts';
import { invariant } from '../../sim/invariant.ts';
import { losses } from './columns.ts';
import type { Row } from './csv.ts';

/** The simulator: a pure function of a scenario and a replication number. */
export type Simulate = (scenario: Scenario, replication: number) => RunResult;

/** Coordinates of a point of a sweep; the names are columns. */
export interface Point {
  readonly strategy: string;
  readonly balancer: string;
  readonly nodes: number;
  readonly load_rps: number;
}

/** Coordinates of one run. */
export interface RunKey extends Point {
  readonly replication: number;
  readonly seed: number;
}

/** What a sweep keeps of a run. */
export interface RunRecord {
  readonly throughput: Throughput;
  readonly traffic: readonly Traffic[];
  readonly consistency: Consistency;
  readonly events: number;
  readonly deliveries: number;
  readonly fingerprint: string;
  /** What happened when; absent unless `run.timelineS` asks for it. */
  readonly timeline?: readonly TimelineRow[];
}

/** A run that is done. */
export interface FinishedRun {
  readonly key: RunKey;
  readonly record: RunRecord;
}

function checkFinite(value: unknown, path: string): void {
  if (typeof value === 'number') invariant(Number.isFinite(value), () => `${path} of a run is ${value}`);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) checkFinite(inner, `${path}.${key}`);
  }
}

/** The part of a result that a sweep keeps, checked to be finite. */
export function recordOf(result: RunResult): RunRecord {
  const { throughput, traffic, consistency, events, deliveries, fingerprint, timeline } = result;
  const sorted = [...traffic].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  const kept = { throughput, traffic: sorted, consistency, events, deliveries, fingerprint };
  const record = timeline.length > 0 ? { ...kept, timeline } : kept;
  checkFinite(record, 'result');
  return record;
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Order of points in every file. */
export function comparePoints(a: Point, b: Point): number {
  return (
    compare(a.strategy, b.strategy) ||
    compare(a.balancer, b.balancer) ||
    compare(a.nodes, b.nodes) ||
    compare(a.load_rps, b.load_rps)
  );
}

/** Order of runs in every file. */
export function compareKeys(a: RunKey, b: RunKey): number {
  return comparePoints(a, b) || compare(a.replication, b.replication) || compare(a.seed, b.seed);
}

/** Text that is equal for equal coordinates. */
export function pointText({ strategy, balancer, nodes, load_rps }: Point): string {
  return `${strategy} ${balancer} ${nodes} ${load_rps}`;
}

/** Text that is equal for equal runs. */
export function keyText(key: RunKey): string {
  return `${pointText(key)} ${key.replication} ${key.seed}`;
}

/** Counts of losses and each per million requests. */
export function consistencyRow(consistency: Consistency): Row {
  const row: Record<string, number | null> = { ...consistency };
  for (const name of losses) {
    row[`${name}_per_million`] = consistency.requests > 0 ? (consistency[name] / consistency.requests) * 1e6 : null;
  }
  return row;
}

/** Row of `throughput.csv`. */
export function throughputRow({ key, record }: FinishedRun): Row {
  return { ...key, ...record.throughput };
}

/** Rows of `traffic.csv`, sorted by kind. */
export function trafficRows({ key, record }: FinishedRun): Row[] {
  return record.traffic.map((traffic) => ({ ...key, ...traffic }));
}

/** Row of `consistency.csv`. */
export function lossRow({ key, record }: FinishedRun): Row {
  return { ...key, ...consistencyRow(record.consistency) };
}
