import { readFileSync } from 'node:fs';
import { allocations, type Pause, readGcLog } from '../import/gc-log.ts';
import { quantile } from '../validation/check.ts';
import { StateClient } from './http-client.ts';
import { JVM_OPTIONS, type Lab, nowMs, pause } from './lab.ts';
import { configsOf, type Measurement, withCluster } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** Clients that ask one request after the other; how long they warm up, and how long they are counted [ms]. */
const CLIENTS = 16;
const WARM_UP_MS = 15_000;
const COUNT_MS = 45_000;
/** Per request: a counter and a byte[1000] are set. */
const QUERY = 'c&p=1000';

/** Drives node 1. @returns when each request was answered [ms]. */
async function drive(untilMs: number, done: number[]): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, () => new StateClient());
  await Promise.all(
    clients.map(async (client) => {
      while (nowMs() < untilMs) {
        await client.ask(0, QUERY);
        done.push(nowMs());
      }
    }),
  );
  for (const client of clients) client.close();
}

/** Looks at the compilers' threads so often [ms]; less than this in between is no work of theirs [ms]. */
const LOOK_MS = 20;
const NOTHING_MS = 0.3;

/** Processor time of the compilers whenever the requests served have doubled, and of each go of theirs. */
async function watchCompilers(lab: Lab, untilMs: number, done: readonly number[]): Promise<[Row[], Row[]]> {
  const totals: Row[] = [];
  const goes: Row[] = [];
  let next = 500;
  let beforeMs = Number.NaN;
  let goMs = 0;
  for (; nowMs() < untilMs; await pause(LOOK_MS)) {
    const [c1, c2] = ['C1 Compiler', 'C2 Compiler'].map((name) => lab.threadsMs(0, name));
    const workMs = c1 + c2 - beforeMs;
    beforeMs = c1 + c2;
    if (workMs > NOTHING_MS) goMs += workMs;
    else if (goMs > 0) {
      goes.push({ requests: done.length, go_ms: goMs.toFixed(2) });
      goMs = 0;
    }
    if (done.length < next) continue;
    next = 2 ** Math.floor(Math.log2(done.length / 500) + 1) * 500;
    totals.push({ requests: done.length, c1_ms: c1.toFixed(0), c2_ms: c2.toFixed(0) });
  }
  return [totals, goes];
}

const mean = (values: readonly number[]): string =>
  (values.reduce((sum, one) => sum + one, 0) / values.length).toFixed(3);

/** What the log of a node says of the counted time. */
function rowOf(lab: Lab, node: number, fromMs: number, done: readonly number[]): Row | null {
  const { pauses } = readGcLog(readFileSync(lab.gcLogOf(node), 'utf8'), `node ${node + 1}`);
  const young = pauses.filter((one: Pause) => one.atMs >= fromMs && !one.isFull);
  if (young.length < 2) return null;
  const [first, last] = [young[0].atMs, young[young.length - 1].atMs];
  const requests = done.filter((atMs) => atMs > first && atMs <= last).length;
  const allocatedKB = allocations(young).reduce((sum, kB) => sum + kB, 0);
  const lengths = young.map(({ pauseMs }) => pauseMs);
  return {
    young_collections: young.length,
    full_collections: pauses.filter((one) => one.atMs >= fromMs && one.isFull).length,
    requests_per_s: ((requests * 1000) / (last - first)).toFixed(0),
    eden_kb: mean(allocations(young)),
    allocated_kb_per_request: (allocatedKB / requests).toFixed(3),
    promoted_kb: mean(young.map(({ promotedKB }) => promotedKB)),
    pause_ms_min: quantile(lengths, 0).toFixed(3),
    pause_ms_p50: quantile(lengths, 0.5).toFixed(3),
    pause_ms_p95: quantile(lengths, 0.95).toFixed(3),
    pause_ms_max: quantile(lengths, 1).toFixed(3),
  };
}

/** What a cluster of so many nodes shows: a row per node, and per look at the compilers of the one that serves. */
async function measureCluster(lab: Lab, config: ClusterConfig, count: number): Promise<[Row[], Row[], Row[]]> {
  const done: number[] = [];
  const about = {
    tomcat_version: lab.version,
    jvm_options: JVM_OPTIONS.join(' '),
    manager: config.manager,
    sendOptions: config.sendOptions,
    nodes: count,
    payload_bytes: 1000,
  };
  const rows: Row[] = [];
  let seen: [Row[], Row[]] = [[], []];
  await withCluster(
    lab,
    config,
    async () => {
      const fromMs = nowMs() + WARM_UP_MS;
      const untilMs = fromMs + COUNT_MS;
      [, seen] = await Promise.all([drive(untilMs, done), watchCompilers(lab, untilMs, done)]);
      for (let node = 0; node < Math.min(count, 2); node += 1) {
        const row = rowOf(lab, node, fromMs, done);
        if (row !== null) rows.push({ ...about, node: node === 0 ? 'serves' : 'receives', ...row });
      }
    },
    count,
  );
  const [totals, goes] = seen.map((list) => list.map((one) => ({ ...about, ...one })));
  return [rows, totals, goes];
}

/** What requests and messages allocate, what a collection of it takes, and what compiling takes meanwhile. */
export const garbage: Measurement = {
  name: 'gc',
  about: 'memory allocated per request and per message, pauses of the collector, processor time of the compilers',
  async measure({ lab, effort, tables, tell }) {
    for (const config of configsOf(effort)) {
      for (const count of [1, effort.nodes]) {
        tell(`gc: ${config.manager} ${config.sendOptions}, ${count} nodes`);
        const [nodes, compilers, goes] = await measureCluster(lab, config, count);
        tables.add('gc', ...nodes);
        tables.add('compilers', ...compilers);
        tables.add('compiler-goes', ...goes);
      }
    }
  },
};
