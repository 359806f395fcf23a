import type { Scenario } from '../../models/scenario/schema.ts';
import type { TimelineRow } from '../../models/timeline.ts';
import type { Row } from '../lib/csv.ts';
import type { FinishedRun } from '../lib/run-record.ts';

/** What goes wrong in every run of the sweep, and when. */
export interface Interruption {
  /** Index of the node that dies. */
  readonly node: number;
  readonly failsS: number;
  readonly restartsS: number;
}

/** The interruption in a list of faults: the first node that dies, and its restart; null without one. */
export function interruptionOf(faults: readonly Readonly<Record<string, unknown>>[]): Interruption | null {
  const death = faults.find((fault) => 'crash' in fault || 'powerOff' in fault || 'stop' in fault);
  if (death === undefined) return null;
  const name = String(death.crash ?? death.powerOff ?? death.stop);
  const restart = faults.find((fault) => fault.restart === name);
  return {
    node: Number(name.slice('node-'.length)) - 1,
    failsS: Number(death.atS),
    restartsS: restart === undefined ? Number.POSITIVE_INFINITY : Number(restart.atS),
  };
}

/** Whether nearly every session of the dead node asks again before it is back: three mean think times leave one in twenty. */
export function settlesWithin(interruption: Interruption | null, { session }: Scenario): boolean {
  return interruption !== null && interruption.restartsS - interruption.failsS >= 3 * session.thinkTimeSMean;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Busiest node over the mean, and coefficient of variation; null where nobody answered. */
function balanceOf(rows: readonly TimelineRow[]): { ratio: number | null; cv: number | null } {
  const nodes = rows[0]?.node_requests.length ?? 0;
  const requests = Array.from({ length: nodes }, (_, node) => sum(rows.map((row) => row.node_requests[node])));
  const mean = sum(requests) / nodes;
  if (!(mean > 0)) return { ratio: null, cv: null };
  const variance = sum(requests.map((count) => (count - mean) ** 2)) / nodes;
  return { ratio: Math.max(...requests) / mean, cv: Math.sqrt(variance) / mean };
}

/** Seconds from the restart of a node until it answers at least half of its even share again; null: never. */
function returnAfter(rows: readonly TimelineRow[], { node, restartsS }: Interruption): number | null {
  const back = rows.find(
    ({ at_s, completed, node_requests: all }) =>
      at_s >= restartsS && all[node] > 0 && all[node] >= completed / all.length / 2,
  );
  return back === undefined ? null : back.at_s - restartsS;
}

/**
 * Row of `balance.csv`.
 *
 * @param intervalS - length of the intervals of the timeline [s].
 */
export function balanceRow(
  clients: string,
  { key, record }: FinishedRun,
  { interruption, intervalS }: { interruption: Interruption | null; intervalS: number },
): Row {
  const { throughput, consistency, timeline = [] } = record;
  const failsS = interruption?.failsS ?? Number.POSITIVE_INFINITY;
  const restartsS = interruption?.restartsS ?? Number.POSITIVE_INFINITY;
  const before = timeline.filter(({ at_s }) => at_s + intervalS <= failsS);
  const { ratio, cv } = balanceOf(before);
  const usual = before.length > 0 ? sum(before.map((row) => row.moved)) / (before.length * intervalS) : null;
  const extra = (from: number, to: number): number | null => {
    const rows = timeline.filter(({ at_s }) => at_s >= from && at_s < to);
    if (rows.length === 0 || usual === null) return null;
    return sum(rows.map((row) => row.moved)) - usual * rows.length * intervalS;
  };
  return {
    clients,
    ...key,
    node_requests_max_ratio: ratio,
    node_requests_cv: cv,
    latency_ms_mean: throughput.latency_ms_mean,
    latency_ms_p95: throughput.latency_ms_p95,
    latency_ms_p99: throughput.latency_ms_p99,
    requests: consistency.requests,
    failed_requests: consistency.failed_requests,
    lost_sessions: consistency.lost_sessions,
    lost_updates: consistency.lost_updates,
    stale_reads: consistency.stale_reads,
    executed_twice: consistency.executed_twice,
    moved_per_s_before: usual,
    extra_moves_after_failure: extra(failsS, restartsS),
    extra_moves_after_restart: extra(restartsS, Number.POSITIVE_INFINITY),
    return_s: interruption !== null && Number.isFinite(restartsS) ? returnAfter(timeline, interruption) : null,
  };
}

/** Rows of `timeline.csv` of one run. */
export function timelineRows(clients: string, { key, record }: FinishedRun, interruption: Interruption | null): Row[] {
  const node = interruption?.node ?? 0;
  return (record.timeline ?? []).map(({ node_requests, ...row }) => ({
    clients,
    ...key,
    ...row,
    dying_node_requests: node_requests[node],
  }));
}
