import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryIo } from '../../experiments/lib/io.ts';
import { localRunner, type Runner } from '../../experiments/lib/run-pool.ts';
import type { Main } from '../../experiments/lib/run-script.ts';
import type { RunResult } from '../../models/results.ts';
import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';

/** What a script did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type ScriptMain = (argv: readonly string[], io: Parameters<Main>[1], runner?: Runner) => Promise<number>;

/** Runs a script in this process with a simulator that costs nothing. */
export async function run(main: ScriptMain, argv: readonly string[], runner: Runner = fakeRunner()): Promise<Ran> {
  const io = memoryIo();
  const code = await main(argv, io, runner);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

/** An empty folder that is gone after `use`. */
export async function inFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'replisim-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a file into a folder. */
export function write(folder: string, name: string, text: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** The CSVs and the data package of a results folder by name. */
export function tablesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.csv') || name === 'datapackage.json');
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Rows of a CSV as arrays of cells, header first. */
export function cellsOf(text: string): string[][] {
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) => line.split(','));
}

/** A simulator that makes up plausible figures; a pure function of (scenario, replication), like the real one. */
export function fakeSimulate(scenario: Scenario, replication: number): RunResult {
  const nodes = nodeCount(scenario);
  const load = scenario.load.requestsPerSecond;
  const windowS = scenario.run.durationS;
  const noise = ((scenario.run.seed * 7919 + replication * 104729) % 1000) / 1000;
  const { strategy } = scenario.replication;
  const capacity = (nodes * 1000) / (1 + (strategy === 'delta' ? 0.02 * (nodes - 1) : 0.05));
  const completed = Math.min(load, capacity);
  const requests = Math.max(1, Math.round(completed * windowS));
  const kinds: [string, number][] = [['heartbeat', nodes * (nodes - 1)]];
  if (strategy === 'delta') kinds.push(['session-delta', requests * (nodes - 1)]);
  return {
    throughput: {
      offered_rps: load,
      completed_rps: completed * (1 + noise / 100),
      failed_rps: load / 1000,
      latency_ms_mean: 4 + noise,
      latency_ms_p50: 3,
      latency_ms_p95: completed < load ? 5000 : 20 + noise,
      latency_ms_p99: null,
      cpu_utilisation_mean: (0.9 * completed) / capacity,
      cpu_utilisation_max: completed / capacity,
      node_requests_max_ratio: 1.02,
      session_memory_bytes_max: 1000 * nodes,
      node_requests_cv: 0.01,
      store_utilisation_max: null,
      before_faults_s: windowS,
      before_faults_completed_rps: completed * (1 + noise / 100),
      before_faults_utilisation_max: completed / capacity,
      before_faults_bytes_per_request: 100,
      before_faults_bytes_per_s: 100 * completed,
      store_evictions: null,
      store_refused_items: null,
    },
    traffic: kinds.map(([kind, messages]) => ({
      kind,
      messages,
      bytes: 100 * messages,
      messages_per_request: messages / requests,
      bytes_per_request: (100 * messages) / requests,
      bytes_per_s: (100 * messages) / windowS,
      node_bytes_per_s_max: (200 * messages) / windowS / nodes,
    })),
    consistency: {
      requests,
      stale_reads: 0,
      lost_updates: Math.round(10 * noise),
      lost_sessions: strategy === 'none' ? Math.round((load / nodes) * (1 + noise)) : 0,
      failed_requests: Math.round((load * windowS) / 1000),
      diverged_sessions: 0,
      executed_twice: 0,
    },
    detection: [{ at_s: 1.5, observer: 'node-2', member: 'node-1', event: 'disappeared', after_ms: 100 * noise }],
    timeline: [],
    nodeRequests: Array.from({ length: nodes }, () => requests / nodes),
    events: 3 * requests,
    deliveries: requests,
    fingerprint: `${strategy}-${nodes}-${load}-${replication}`,
  };
}

/** Runs the made-up simulator in this thread. */
export function fakeRunner(): Runner {
  return localRunner(fakeSimulate);
}
