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
  /** Setting that the experiment varies besides; absent where it varies none. */
  readonly case?: string;
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
  /** What the experiment measures besides; absent where it measures nothing. */
  readonly measures?: Measures;
}

/** Further figures of a run, by the name of their column. */
export type Measures = Readonly<Record<string, number | null>>;

/** A run that is done. */
export interface FinishedRun {
  readonly key: RunKey;
  readonly record: RunRecord;
}

/** How a run ended: with a result, or over a budget that it was given. */
export type RunStatus = 'ok' | 'events-exceeded' | 'memory-exceeded' | 'time-exceeded';

/** A run that is over; `record` is null unless its status is ok. */
export interface DoneRun {
  readonly key: RunKey;
  readonly status: RunStatus;
  readonly record: RunRecord | null;
  /** Length of the warm-up that was left out [s]. */
  readonly warmUpS: number;
}

function checkFinite(value: unknown, path: string): void {
  if (typeof value === 'number') invariant(Number.isFinite(value), () => `${path} of a run is ${value}`);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) checkFinite(inner, `${path}.${key}`);
  }
}

/** The part of a result that a sweep keeps, checked to be finite. */
export function recordOf(result: RunResult, measures?: Measures): RunRecord {
  const { throughput, traffic, consistency, events, deliveries, fingerprint, timeline } = result;
  const sorted = [...traffic].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  const kept = { throughput, traffic: sorted, consistency, events, deliveries, fingerprint };
  const record = {
    ...kept,
    ...(timeline.length > 0 ? { timeline } : {}),
    ...(measures === undefined ? {} : { measures }),
  };
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
    compare(a.load_rps, b.load_rps) ||
    compare(a.case ?? '', b.case ?? '')
  );
}

/** Order of runs in every file. */
export function compareKeys(a: RunKey, b: RunKey): number {
  return comparePoints(a, b) || compare(a.replication, b.replication) || compare(a.seed, b.seed);
}

/** Text that is equal for equal coordinates. */
export function pointText({ strategy, balancer, nodes, load_rps, case: name }: Point): string {
  return `${strategy} ${balancer} ${nodes} ${load_rps}${name === undefined ? '' : ` ${name}`}`;
}

/** The coordinates of the point of a run. */
export function pointOf({ strategy, balancer, nodes, load_rps, case: name }: Point): Point {
  return { strategy, balancer, nodes, load_rps, ...(name === undefined ? {} : { case: name }) };
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
