import { confidenceInterval } from '../../sim/statistics.ts';
import type { Folder } from './read-folder.ts';
import { numberOf, numberOrNull, type TableRow, textOf } from './read-table.ts';

/** What is compared of two runs. */
export const comparedMetrics = [
  { name: 'capacity', label: 'Capacity', unit: 'requests/s', isCount: false },
  { name: 'latency_ms_p95', label: '95th percentile', unit: 'ms', isCount: false },
  { name: 'bytes_per_request', label: 'Traffic', unit: 'bytes per request', isCount: false },
  { name: 'lost_sessions', label: 'Lost sessions', unit: 'per run', isCount: true },
  { name: 'lost_updates', label: 'Lost updates', unit: 'per run', isCount: true },
  { name: 'stale_reads', label: 'Stale reads', unit: 'per run', isCount: true },
  { name: 'failed_requests', label: 'Failed requests', unit: 'per run', isCount: true },
] as const;

export type ComparedMetric = (typeof comparedMetrics)[number]['name'];

/** The metrics of one run; null where one does not apply. */
type RunMetrics = Map<ComparedMetric, number | null>;

/** A point that both folders have: how the second differs from the first. */
export interface Difference {
  readonly strategy: string;
  readonly balancer: string;
  readonly nodes: number;
  readonly load: number;
  readonly metric: ComparedMetric;
  readonly n: number;
  readonly first: number;
  readonly second: number;
  /** Mean of second less first over the pairs, and its 95 % interval; null below two pairs. */
  readonly difference: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Two folders, point by point. */
export interface Pairing {
  readonly differences: readonly Difference[];
  /** Points that only one of the folders has. */
  readonly unmatched: number;
  /** Both were run with the same seed: the same clients in both. */
  readonly isSameSeed: boolean;
}

interface Runs {
  readonly byRun: ReadonlyMap<string, RunMetrics>;
  readonly points: ReadonlyMap<string, { strategy: string; balancer: string; nodes: number; load: number }>;
  readonly seeds: ReadonlySet<number>;
}

const keys = ['strategy', 'balancer', 'nodes', 'load_rps', 'replication', 'seed'];

/** Where each side has one strategy and one balancer, these are what is compared, and do not tell points apart. */
function pointName(row: TableRow, isAlone: boolean): string {
  const place = `${numberOf(row, 'nodes')} ${numberOf(row, 'load_rps')}`;
  return isAlone ? place : `${textOf(row, 'strategy')} ${textOf(row, 'balancer')} ${place}`;
}

function seriesCount(rows: readonly TableRow[]): number {
  return new Set(rows.map((row) => `${textOf(row, 'strategy')} ${textOf(row, 'balancer')}`)).size;
}

async function runsOf(folder: Folder, throughput: readonly TableRow[], isAlone: boolean): Promise<Runs> {
  const byRun = new Map<string, RunMetrics>();
  const points = new Map<string, { strategy: string; balancer: string; nodes: number; load: number }>();
  const runName = (row: TableRow): string => `${pointName(row, isAlone)} ${numberOf(row, 'replication')}`;
  for (const row of throughput) {
    const before = numberOrNull(row, 'before_faults_utilisation_max');
    const fullest =
      before ?? Math.max(numberOf(row, 'cpu_utilisation_max'), numberOrNull(row, 'store_utilisation_max') ?? 0);
    points.set(pointName(row, isAlone), {
      strategy: textOf(row, 'strategy'),
      balancer: textOf(row, 'balancer'),
      nodes: numberOf(row, 'nodes'),
      load: numberOf(row, 'load_rps'),
    });
    byRun.set(
      runName(row),
      new Map<ComparedMetric, number | null>([
        [
          'capacity',
          fullest > 0
            ? numberOf(row, before === null ? 'completed_rps' : 'before_faults_completed_rps') / fullest
            : null,
        ],
        ['latency_ms_p95', numberOrNull(row, 'latency_ms_p95')],
        ['bytes_per_request', 0],
      ]),
    );
  }
  for (const row of await folder.read('traffic.csv', { columns: [...keys, 'bytes_per_request'] })) {
    const metrics = byRun.get(runName(row));
    const value = numberOrNull(row, 'bytes_per_request');
    const before = metrics?.get('bytes_per_request') ?? null;
    metrics?.set('bytes_per_request', value === null || before === null ? null : before + value);
  }
  const losses = ['lost_sessions', 'lost_updates', 'stale_reads', 'failed_requests'] as const;
  for (const row of await folder.read('consistency.csv', { columns: [...keys, ...losses] })) {
    for (const name of losses) byRun.get(runName(row))?.set(name, numberOf(row, name));
  }
  return { byRun, points, seeds: new Set(throughput.map((row) => numberOf(row, 'seed'))) };
}

function differenceOf(
  point: { strategy: string; balancer: string; nodes: number; load: number },
  metric: ComparedMetric,
  pairs: readonly (readonly [number, number])[],
): Difference {
  const mean = (at: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length;
  const [first, second] = [mean(0), mean(1)];
  const n = pairs.length;
  const base = { ...point, metric, n, first, second };
  if (n < 2) return { ...base, difference: second - first, low: null, high: null };
  const {
    mean: difference,
    low,
    high,
  } = confidenceInterval(
    pairs.map(([a, b]) => b - a),
    0.95,
  );
  return { ...base, difference, low, high };
}

/**
 * Pairs the replications of two folders point by point: with the same seed both saw the same clients.
 *
 * @throws InputError - a folder lacks a table.
 */
export async function pairUp(first: Folder, second: Folder): Promise<Pairing> {
  const columns = [...keys, 'completed_rps', 'latency_ms_p95', 'cpu_utilisation_max'];
  const [a, b] = await Promise.all([first, second].map((folder) => folder.read('throughput.csv', { columns })));
  const isAlone = seriesCount(a) === 1 && seriesCount(b) === 1;
  const [one, two] = [await runsOf(first, a, isAlone), await runsOf(second, b, isAlone)];
  const shared = [...two.points].filter(([name]) => one.points.has(name));
  const differences = shared.flatMap(([name, point]) =>
    comparedMetrics.flatMap(({ name: metric }) => {
      const pairs: [number, number][] = [];
      for (let replication = 1; ; replication += 1) {
        const [x, y] = [one, two].map(({ byRun }) => byRun.get(`${name} ${replication}`));
        if (!x || !y) break;
        const [p, q] = [x.get(metric) ?? null, y.get(metric) ?? null];
        if (p !== null && q !== null) pairs.push([p, q]);
      }
      return pairs.length > 0 ? [differenceOf(point, metric, pairs)] : [];
    }),
  );
  const isSameSeed = [...one.seeds].every((seed) => two.seeds.has(seed)) && one.seeds.size === two.seeds.size;
  return { differences, unmatched: one.points.size + two.points.size - 2 * shared.length, isSameSeed };
}
