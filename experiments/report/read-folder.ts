import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Estimate, EstimateMethod } from '../lib/estimate.ts';
import { InputError } from '../lib/input-error.ts';
import { comparePoints } from '../lib/run-record.ts';
import type { PointSummary } from '../lib/summarise.ts';
import { eachRow, numberOf, numberOrNull, readTable, type TableRow, textOf, type Wanted } from './read-table.ts';

/** What a report reads of `manifest.json`: nothing that depends on the machine or the hour. */
export interface Origin {
  readonly experiment?: string;
  readonly version?: string;
  readonly source_sha256?: string;
  readonly scenario_sha256?: string;
  readonly command?: readonly string[];
  readonly scenario?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, { readonly sha256?: string }>>;
}

/** A results folder. */
export interface Folder {
  readonly path: string;
  /** Name of the folder: that of the experiment unless it was renamed. */
  readonly name: string;
  readonly origin: Origin;
  has(file: string): boolean;
  /** Names of the results folders inside it. */
  resultsBelow(): string[];
  /** @throws InputError - the file is absent or is no such table. */
  read(file: string, wanted: Wanted): Promise<TableRow[]>;
  /** The same row by row. */
  each(file: string, wanted: Wanted, take: (row: TableRow) => void): Promise<void>;
}

/** A JSON file of a results folder; an empty object where it is absent. */
function readJson(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new InputError(`${file}: no JSON object`);
}

/** The experiment of tables that stand beside the folders of their runs, which have the manifests. */
function ownTables(folder: string): Origin {
  const { name } = readJson(join(folder, 'datapackage.json'));
  return typeof name === 'string' ? { experiment: name.replace(/^replisim-/, '') } : {};
}

function existing(folder: string, file: string): string {
  const path = join(folder, file);
  if (!existsSync(path)) throw new InputError(`${path}: no such file`);
  return path;
}

/**
 * Opens a results folder.
 *
 * @throws InputError - there is no such folder.
 */
export function openFolder(path: string): Folder {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new InputError(
      `${path}: no such folder; run an experiment first, for example replisim sweep (npx tsx experiments/scale-sweep.ts)`,
    );
  }
  return {
    path,
    name: basename(resolve(path)),
    origin: { ...ownTables(path), ...(readJson(join(path, 'manifest.json')) as Origin) },
    has: (file) => existsSync(join(path, file)),
    resultsBelow: () => readdirSync(path).filter((name) => existsSync(join(path, name, 'manifest.json'))),
    read: (file, wanted) => readTable(existing(path, file), wanted),
    each: (file, wanted, take) => eachRow(existing(path, file), wanted, take),
  };
}

/** The folder of another experiment beside a folder; undefined where there is none. */
export function siblingFolder(of: Folder, name: string): Folder | undefined {
  if (of.name === name || of.origin.experiment === name) return of;
  const path = join(dirname(resolve(of.path)), name);
  if (!existsSync(path) || !statSync(path).isDirectory()) return undefined;
  return { ...openFolder(path) };
}

/** Metrics of `summary.csv` that reports show, besides the bytes per request of each kind. */
const shown = new Set([
  'before_faults_bytes_per_request',
  'before_faults_bytes_per_s',
  'before_faults_capacity_rps',
  'offered_rps',
  'completed_rps',
  'failed_rps',
  'latency_ms_p50',
  'latency_ms_p95',
  'latency_ms_p99',
  'capacity_rps_estimate',
  'lost_sessions',
  'lost_updates',
  'stale_reads',
  'failed_requests',
  'traffic.all.bytes_per_request',
  'traffic.all.bytes_per_s',
  'traffic.all.bytes_per_s_per_node',
]);

const bytesOfKind = /^traffic\.[^.]+\.bytes_per_request$/;

const methods: readonly EstimateMethod[] = ['student-t', 'poisson', 'rule-of-three', 'none'];

function estimateOf(row: TableRow): Estimate {
  const method = methods.find((name) => name === row.method) ?? 'student-t';
  return {
    method,
    half_width: numberOrNull(row, 'half_width'),
    n: numberOf(row, 'n'),
    mean: numberOrNull(row, 'mean'),
    ci95_low: numberOrNull(row, 'ci95_low'),
    ci95_high: numberOrNull(row, 'ci95_high'),
    half_width_ratio: numberOrNull(row, 'half_width_ratio'),
  };
}

/** The points of `summary.csv` with the metrics that reports show, sorted; kinds of messages at the lowest load only. */
export async function readSummaries(folder: Folder): Promise<PointSummary[]> {
  const columns = [
    'strategy',
    'balancer',
    'nodes',
    'load_rps',
    'metric',
    'n',
    'mean',
    'ci95_low',
    'ci95_high',
    'half_width',
    'method',
  ];
  let metricAt = -1;
  const keep = (cells: readonly string[], header: readonly string[]): boolean => {
    if (metricAt < 0) metricAt = header.indexOf('metric');
    const metric = cells[metricAt];
    return shown.has(metric) || bytesOfKind.test(metric);
  };
  const points = new Map<string, { point: PointSummary['point']; metrics: Map<string, Estimate> }>();
  const lowest = new Map<string, number>();
  await folder.each('summary.csv', { columns, keep }, (row) => {
    const point = {
      strategy: textOf(row, 'strategy'),
      balancer: textOf(row, 'balancer'),
      nodes: numberOf(row, 'nodes'),
      load_rps: numberOf(row, 'load_rps'),
      ...(typeof row.case === 'string' ? { case: row.case } : {}),
    };
    const metric = textOf(row, 'metric');
    const cluster = `${point.strategy} ${point.balancer} ${point.nodes}`;
    const load = lowest.get(cluster) ?? point.load_rps;
    lowest.set(cluster, Math.min(load, point.load_rps));
    if (!shown.has(metric) && point.load_rps > load) return;
    const name = `${cluster} ${point.load_rps} ${point.case ?? ''}`;
    if (!points.has(name)) points.set(name, { point, metrics: new Map() });
    points.get(name)!.metrics.set(metric, estimateOf(row));
  });
  return [...points.values()].sort((a, b) => comparePoints(a.point, b.point));
}
