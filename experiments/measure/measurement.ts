import { quantile } from '../validation/check.ts';
import { StateClient } from './http-client.ts';
import { addressOf, type Lab, pause } from './lab.ts';
import { OpenLoad } from './open-load.ts';
import type { Row, Tables } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** What is done to a node. */
export const nodeEvents = ['kill', 'sigterm', 'linkdown', 'freeze'] as const;
export type NodeEvent = (typeof nodeEvents)[number];

/** How much is measured. */
export interface Effort {
  readonly nodes: number;
  readonly managers: readonly ('delta' | 'backup')[];
  readonly sendOptions: readonly number[];
  readonly jvmRoute: boolean;
  readonly frequencyMs: number;
  readonly dropTimeMs: number;
  /** What is done to nodes; null: what a measurement does by itself. */
  readonly events: readonly NodeEvent[] | null;
  /** While their peers are watched, all nodes are written to. */
  readonly isLoaded: boolean;
  /** How long nodes are frozen or cut off [s]. */
  readonly outagesS: readonly number[];
  /** Requests per gap of the staleness, kills of the failure detection, joins of each state transfer and the sessions it is of. */
  readonly requests: number;
  readonly trials: number;
  /** Responses after which a node is stopped, and how long after them [ms]. */
  readonly windows: number;
  readonly delaysMs: readonly number[];
  /** Bytes that writes set; the first of them where only one is measured. */
  readonly payloads: readonly number[];
  /** Load of a crash [requests/s]. */
  readonly ratePerS: number;
  readonly sessions: readonly number[];
  /** Searches for the capacity of each cluster, and requests that each of its nodes serves before them. */
  readonly searches: number;
  readonly warmUp: number;
  /** Kinds of requests whose traffic is counted. */
  readonly cells: readonly string[];
  readonly gapsMs: readonly number[];
}

/** What a kind of measurement has. */
export interface Bench {
  readonly lab: Lab;
  readonly effort: Effort;
  readonly tables: Tables;
  /** @throws Interrupted */
  readonly tell: (text: string) => void;
}

/** One kind of measurement. */
export interface Measurement {
  readonly name: string;
  readonly about: string;
  /** Writes each row as soon as it is measured. */
  measure(bench: Bench): Promise<void>;
}

/** The clusters that an effort asks for. */
export function configsOf(effort: Effort): ClusterConfig[] {
  const { managers, sendOptions, jvmRoute, frequencyMs, dropTimeMs } = effort;
  return managers.flatMap((manager) =>
    sendOptions.map((options) => ({ manager, sendOptions: options, jvmRoute, frequencyMs, dropTimeMs })),
  );
}

/** The first cluster that an effort asks for. */
export function configOf(effort: Effort): ClusterConfig {
  return configsOf(effort)[0];
}

/** Requests that each node serves before single times count, so many at once at each: then C2 has compiled what is asked for most. */
const COMPILING = 10_000;
const COMPILING_UNDER_WAY = 16;
/** Until they are answered, or given up [ms]. */
const COMPILED_MS = 20_000;

/** Lets the compilers of the JVMs get done with what requests and messages need. */
async function compile(nodes: number, query: string): Promise<void> {
  const targets = Array.from({ length: nodes }, (_, node) => ({ host: addressOf(node), port: 8080 }));
  const load = new OpenLoad(targets, query);
  try {
    await load.createSessions(COMPILING_UNDER_WAY);
    await load.saturate(COMPILING_UNDER_WAY, COMPILING * nodes);
    await load.drain(COMPILED_MS);
  } finally {
    load.close();
  }
}

/** Opens every replication connection in every direction. */
export async function warmUp(nodes: number, query: string): Promise<void> {
  const client = new StateClient();
  for (let turn = 0; turn < 20 * nodes; turn += 1) {
    if (turn % 5 === 0) client.cookie = '';
    await client.ask(Math.floor(turn / 5) % nodes, query);
    await pause(10);
  }
  client.close();
  await pause(500);
}

/** Smallest, median, 95th percentile and largest of values, as columns. */
export function spreadOf(prefix: string, values: readonly number[]): Record<string, string> {
  const at = (share: number): string => (values.length === 0 ? '' : quantile(values, share).toFixed(2));
  return {
    [`${prefix}_min_ms`]: at(0),
    [`${prefix}_p50_ms`]: at(0.5),
    [`${prefix}_p95_ms`]: at(0.95),
    [`${prefix}_max_ms`]: at(1),
  };
}

/** Runs something with a started cluster, and stops it. */
export async function withCluster<T>(
  lab: Lab,
  config: ClusterConfig,
  body: () => Promise<T>,
  count = lab.count,
): Promise<T> {
  await lab.startAll(config, count);
  try {
    return await body();
  } finally {
    await lab.killAll();
  }
}

/** A measurement that gives one row per cluster and case. */
export interface CaseRows<C> {
  readonly cases: (effort: Effort) => readonly C[];
  /** Under jvmRoute whoever looks at a copy renames it: false measures without, whatever the effort asks for. */
  readonly mayBeRouted: boolean;
  /** Times of fractions of a millisecond decide, so that the JVMs must have compiled. */
  readonly isTimed?: boolean;
  /** File of a row, without `.csv`. */
  readonly table: (config: ClusterConfig, one: C) => string;
  /** What is told before a case, after the name of its file. */
  readonly label: (one: C) => string;
  readonly row: (bench: Bench, config: ClusterConfig, one: C) => Promise<Row>;
}

/** Goes through all cases with every cluster that an effort asks for, after a warm-up. */
export async function measureCases<C>(
  bench: Bench,
  { cases, mayBeRouted, isTimed = false, table, label, row }: CaseRows<C>,
): Promise<void> {
  const { lab, effort, tables, tell } = bench;
  for (const asked of configsOf(effort)) {
    const config = { ...asked, jvmRoute: asked.jvmRoute && mayBeRouted };
    await withCluster(lab, config, async () => {
      const query = `c&p=${effort.payloads[0]}`;
      if (isTimed) await compile(lab.count, query);
      await warmUp(lab.count, query);
      for (const one of cases(effort)) {
        tell(`${table(config, one)}: ${label(one)}`);
        tables.add(table(config, one), await row(bench, config, one));
      }
    });
  }
}
