import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { captured } from './capture.ts';
import { CpuLimit, processorS, quotaMissingHere } from './cpu-limit.ts';
import { framesIn } from './frames.ts';
import { folderInside } from './isolation.ts';
import { addressOf, type Lab, nowMs, pause } from './lab.ts';
import { PAYLOAD_BYTES } from './loaded-cluster.ts';
import { configsOf, type Effort, type Measurement, withCluster } from './measurement.ts';
import { OpenLoad } from './open-load.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** Load of node 1 [requests/s], and the share of a core that each node has; infinite: no limit. */
const STEPS = [
  { cores: Number.POSITIVE_INFINITY, rates: [250, 1000, 2000] },
  { cores: 0.15, rates: [250, 500, 900, 1350] },
];
/** Quota per period [us]: the shortest that the kernel allows. */
const QUOTA_US = 1000;
const SESSIONS = 60;
const WARM_UNDER_WAY = 16;
/** A step lasts so long before it counts, then so long while it does, and so long while packets are captured [ms]. */
const SETTLE_MS = 700;
const WINDOW_MS = 4000;
const CAPTURE_MS = 1500;
const LOST_MS = 10_000;
/** Without load [ms]. */
const IDLE_MS = 3000;

/** What the threads of one kind have done so far: processor time [us], and how often they went to sleep. */
interface Use {
  readonly us: number;
  readonly sleeps: number;
}

/** Threads by the beginning of their names, as the kernel has them. @see source: NioReceiver, ReceiverBase, HotSpot. */
const kinds = { selector: 'NioReceiver', workers: 'Tribes-Task-Rec', c1: 'C1 Compiler', c2: 'C2 Compiler' } as const;
type Kind = keyof typeof kinds;

function useOf(pid: number, name: string): Use {
  const tasks = `/proc/${pid}/task`;
  let us = 0;
  let sleeps = 0;
  for (const task of readdirSync(tasks)) {
    const read = (file: string): string => readFileSync(join(tasks, task, file), 'utf8');
    if (!read('comm').startsWith(name)) continue;
    us += Number(read('schedstat').split(' ')[0]) / 1000;
    sleeps += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(read('status'))?.[1] ?? 0);
  }
  return { us, sleeps };
}

interface Look {
  readonly atMs: number;
  readonly busyS: readonly number[];
  readonly threads: readonly Readonly<Record<Kind, Use>>[];
}

function lookAt(pids: readonly number[]): Look {
  const threads = pids.map((pid) => {
    const of = (kind: Kind): Use => useOf(pid, kinds[kind]);
    return { selector: of('selector'), workers: of('workers'), c1: of('c1'), c2: of('c2') };
  });
  return { atMs: nowMs(), busyS: pids.map(processorS), threads };
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** How the messages for one receiver come: share of them that follow the one before within so many microseconds. */
async function gapsTo(lab: Lab, load: OpenLoad, rate: number): Promise<Row> {
  const frames = framesIn(await captured(lab, async () => void (await load.run(rate, 0, CAPTURE_MS, () => {})))).filter(
    ({ isAck, type, to }) => !isAck && type === 'SESSION-DELTA' && to === lab.count - 1,
  );
  const times = frames.map(({ atMs }) => atMs).sort((one, other) => one - other);
  const gaps = times.slice(1).map((atMs, place) => 1000 * (atMs - times[place]));
  const within = (us: number): string => (gaps.filter((gap) => gap < us).length / Math.max(1, gaps.length)).toFixed(3);
  return {
    messages_captured: frames.length,
    ...Object.fromEntries([50, 100, 150, 200, 300, 500, 1000].map((us) => [`gap_below_${us}_us`, within(us)])),
  };
}

/** What the one that serves has spent on a request, and the others on a message. */
function rowsOf(before: Look, after: Look, about: Row, completed: number, gaps: Row): Row[] {
  const tookS = (after.atMs - before.atMs) / 1000;
  const receivers = before.busyS.map((_, node) => node).slice(1);
  return [
    { what: 'solo: serving node (sends to N-1)', nodes: [0] },
    { what: 'solo: per message at pure receiver', nodes: receivers },
  ].map(({ what, nodes }) => {
    const per = (of: (look: Look, node: number) => number): number =>
      mean(nodes.map((node) => (of(after, node) - of(before, node)) / completed));
    const us = per(({ busyS }, node) => busyS[node] * 1e6);
    return {
      ...about,
      what,
      op: 'inc',
      rate_per_node_s: (completed / tookS).toFixed(1),
      kind: 'solo',
      us: us.toFixed(1),
      cores: ((us * completed) / tookS / 1e6).toFixed(4),
      compilers_us: per(({ threads }, node) => threads[node].c1.us + threads[node].c2.us).toFixed(2),
      selector_us: per(({ threads }, node) => threads[node].selector.us).toFixed(2),
      workers_us: per(({ threads }, node) => threads[node].workers.us).toFixed(2),
      selector_sleeps: per(({ threads }, node) => threads[node].selector.sleeps).toFixed(3),
      workers_sleeps: per(({ threads }, node) => threads[node].workers.sleeps).toFixed(3),
      ...gaps,
    };
  });
}

/** Processor time of a node to which nothing comes but heartbeats [ms/s]. */
async function idleMsPerS(pids: readonly number[]): Promise<string> {
  const before = lookAt(pids);
  await pause(IDLE_MS);
  const after = lookAt(pids);
  const busyS = mean(after.busyS.map((one, node) => one - before.busyS[node]));
  return ((1e6 * busyS) / (after.atMs - before.atMs)).toFixed(2);
}

async function measureCluster(
  lab: Lab,
  config: ClusterConfig,
  effort: Effort,
  tell: (text: string) => void,
  keep: (rows: readonly Row[]) => void,
): Promise<void> {
  const pids = Array.from({ length: lab.count }, (_, node) => lab.pidOf(node));
  const limits = pids.map((pid, node) => new CpuLimit(folderInside()!, `node${node + 1}`, pid));
  const load = new OpenLoad([{ host: addressOf(0), port: 8080 }], `c&p=${PAYLOAD_BYTES}`);
  try {
    await load.createSessions(SESSIONS);
    await load.saturate(WARM_UNDER_WAY, effort.warmUp);
    await load.drain(LOST_MS);
    for (const { cores, rates } of STEPS) {
      for (const limit of limits) {
        if (cores === Number.POSITIVE_INFINITY) limit.lift();
        else limit.set(QUOTA_US, Math.round(QUOTA_US / cores));
      }
      const about = {
        ...{ tomcat_version: lab.version, manager: config.manager, sendOptions: config.sendOptions, nodes: lab.count },
        ...{ payload_bytes: PAYLOAD_BYTES, jvmRoute: config.jvmRoute ? 1 : 0 },
        quota_cores: Number.isFinite(cores) ? cores : 'none',
        idle_cpu_ms_per_s: await idleMsPerS(pids),
      };
      for (const rate of rates) {
        let before = lookAt(pids);
        const counts = await load.run(rate, SETTLE_MS, WINDOW_MS, () => {
          before = lookAt(pids);
        });
        const after = lookAt(pids);
        tell(`${rate} requests/s, ${cores} cores: ${counts.completed} in ${WINDOW_MS} ms`);
        await load.drain(LOST_MS);
        const gaps = await gapsTo(lab, load, rate);
        await load.drain(LOST_MS);
        keep(rowsOf(before, after, { ...about, offered_rps: rate }, counts.completed, gaps));
      }
    }
  } finally {
    load.close();
  }
}

/** Processor time of nodes that only receive, by the rate at which the one that serves is asked. */
export const receivers: Measurement = {
  name: 'receivers',
  about: 'processor time and waking of threads per message at nodes that only receive',
  async measure({ lab, effort, tables, tell }) {
    const missing = quotaMissingHere();
    if (missing !== null) return tell(`skipped: ${missing}`);
    for (const config of configsOf(effort)) {
      const name = `cpu-receivers-${config.manager}-${config.sendOptions}-${lab.count}`;
      tell(name);
      const keep = (rows: readonly Row[]): void => tables.add(name, ...rows);
      await withCluster(lab, config, () => measureCluster(lab, config, effort, tell, keep));
    }
  },
};
