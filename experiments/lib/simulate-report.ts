import type { Scenario } from '../../models/scenario/schema.ts';
import { wrap } from './arguments.ts';
import { consistencyNames, throughputNames, trafficNames } from './columns.ts';
import { describeFaults } from './describe-faults.ts';
import type { Estimate } from './estimate.ts';
import { estimateText } from './estimate-text.ts';
import type { WholeRun } from './results-of.ts';
import { type Point, recordOf } from './run-record.ts';
import { summarisePoint } from './summarise.ts';
import { readable, terminalColumns, textTable } from './text-table.ts';

type Metrics = ReadonlyMap<string, Estimate>;

function metricsOf(point: Point, runs: readonly WholeRun[]): Metrics {
  return summarisePoint(
    point,
    runs.map(({ result }) => recordOf(result)),
  ).metrics;
}

function kindsOf(runs: readonly WholeRun[]): string[] {
  return [...new Set(runs.flatMap(({ result }) => result.traffic.map(({ kind }) => kind)))].sort();
}

function means(metrics: Metrics, names: readonly string[], prefix = ''): Record<string, number | null> {
  return Object.fromEntries(names.map((name) => [name, metrics.get(`${prefix}${name}`)?.mean ?? null]));
}

/**
 * The result of a scenario for programs: the columns of the CSVs, as means over the replications.
 * A change of a view is told for every replication by itself.
 */
export function simulateJson(point: Point, runs: readonly WholeRun[]): string {
  const metrics = metricsOf(point, runs);
  const { strategy, balancer, nodes, load_rps } = point;
  const content = {
    throughput: means(metrics, throughputNames),
    traffic: kindsOf(runs).map((kind) => ({ kind, ...means(metrics, trafficNames, `traffic.${kind}.`) })),
    consistency: means(metrics, consistencyNames),
    detection: runs.flatMap(({ key, result }) =>
      result.detection.map((change) => ({ replication: key.replication, ...change })),
    ),
    point: { strategy, balancer, nodes, load_rps },
    runs: runs.map(({ key, result }) => ({
      replication: key.replication,
      seed: key.seed,
      fingerprint: result.fingerprint,
      events: result.events,
      deliveries: result.deliveries,
      node_requests: result.nodeRequests,
    })),
    intervals: Object.fromEntries(metrics),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function metricTable(metrics: Metrics, names: readonly string[], head: string, colours: boolean): string {
  const rows = names.map((name) => [name, estimateText(metrics.get(name)!)]);
  return textTable(
    [
      { head, align: 'left' },
      { head: 'mean', align: 'right' },
    ],
    rows,
    colours,
  );
}

function trafficTable(metrics: Metrics, kinds: readonly string[], colours: boolean): string {
  const names = ['messages', 'bytes', 'bytes_per_request', 'bytes_per_s'];
  const rows = [...kinds, 'all'].map((kind) => [
    kind,
    ...names.map((name) => estimateText(metrics.get(`traffic.${kind}.${name}`)!)),
  ]);
  const columns = [{ head: 'traffic', align: 'left' } as const];
  return textTable([...columns, ...names.map((head) => ({ head, align: 'right' }) as const)], rows, colours);
}

/** Longest list of changes of a view on a terminal. */
const mostChanges = 20;

function detectionTable(runs: readonly WholeRun[], colours: boolean): string {
  const changes = runs.flatMap(({ key, result }) => result.detection.map((change) => ({ key, change })));
  if (changes.length === 0) return 'No node changed its view of the membership.\n';
  const rows = changes
    .slice(0, mostChanges)
    .map(({ key, change }) => [
      `${key.replication}`,
      change.at_s.toFixed(3),
      change.observer,
      change.event,
      change.member,
      change.after_ms === null ? 'a mistake' : readable(change.after_ms),
    ]);
  const heads = ['replication', 'at s', 'observer', 'event', 'member', 'after ms'];
  const columns = heads.map(
    (head) => ({ head, align: /^[aor]/.test(head) && head !== 'observer' ? 'right' : 'left' }) as const,
  );
  const more = changes.length - rows.length;
  return `${textTable(columns, rows, colours)}${more > 0 ? `and ${more} more changes, see --json\n` : ''}`;
}

/** The result of a scenario as a reader sees it on a terminal. */
export function simulateReport(scenario: Scenario, point: Point, runs: readonly WholeRun[], colours: boolean): string {
  const metrics = metricsOf(point, runs);
  const { name, run, faults } = scenario;
  const { strategy, balancer, nodes, load_rps } = point;
  const count = runs.length === 1 ? `replication ${runs[0].key.replication}` : `${runs.length} replications`;
  const head =
    `${name}: ${nodes} nodes, ${strategy} behind ${balancer}, ${readable(load_rps)} requests/s, ` +
    `${run.durationS} s after ${run.warmUpS} s of warm-up, ${describeFaults(faults)}; ${count} of seed ${run.seed}` +
    `${runs.length > 1 ? ', +- is half the 95 % interval' : ''}`;
  return [
    `${wrap(head, terminalColumns).join('\n')}\n`,
    metricTable(
      metrics,
      [...throughputNames, 'capacity_rps_estimate', 'before_faults_capacity_rps'],
      'throughput',
      colours,
    ),
    trafficTable(metrics, kindsOf(runs), colours),
    metricTable(metrics, consistencyNames, 'consistency', colours),
    detectionTable(runs, colours),
  ].join('\n');
}
