import { requestDoes } from '../../models/requests.ts';
import {
  between,
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  quantile,
  type Validator,
  within,
} from './check.ts';
import { OpenLoop } from './load-run.ts';
import { loadScenario, quotaOf } from './load-scenario.ts';

/** Three nodes, counter and byte[1000]; the third serves nothing and is the one that is slowed down. */
const NODES = 3;
const SLOW = 2;
const COLUMNS = ['tomcat_version', 'manager', 'sendOptions', 'fast_quota', 'slow_quota', 'phase'];
/** Latencies and amounts are judged by a factor, processor time by how runs differ. */
const FACTOR = 1.5;
const RUN_TO_RUN = 0.25;

interface Outcome {
  readonly offeredPerS: number;
  readonly completedPerS: number;
  readonly errors: number;
  readonly latencyMsP50: number;
  /** Of the slow node [cores]. */
  readonly cores: number;
  /** Work that waits at the slow node at the end [s of its own processor time]. */
  readonly waitingS: number;
}

function outcomeOf(row: MeasuredRow, slowCores: number, perS: number, windowS: number): Outcome {
  const fast = { cpuQuota: quotaOf(numberIn(row, 'fast_quota')) };
  const scenario = loadScenario(
    { ...row, op: 'inc', payload_bytes: '1000' },
    { nodes: NODES, more: { nodes: [fast, fast, { cpuQuota: quotaOf(slowCores) }] } },
  );
  const rates = [perS / 2, perS / 2, 0];
  const loop = new OpenLoop(scenario, { rates, does: requestDoes.WRITE, isSticky: true, seed: 1 });
  const { sim, nodes } = loop.cluster;
  const before = loop.busyNs()[SLOW];
  loop.isCounting = true;
  sim.runUntil(sim.nowNs + windowS * 1e9);
  const busyNs = loop.busyNs()[SLOW] - before;
  return {
    offeredPerS: loop.offered / windowS,
    completedPerS: loop.completed / windowS,
    errors: loop.errors,
    latencyMsP50: quantile(loop.latenciesMs, 0.5),
    cores: busyNs / (windowS * 1e9),
    waitingS: nodes.cpus[SLOW].backlogNs(sim.nowNs) / 1e9,
  };
}

const median = (rows: readonly MeasuredRow[], column: string): number =>
  quantile(
    rows.map((row) => numberIn(row, column)),
    0.5,
  );

function checkPhase(rows: readonly MeasuredRow[], file: string): Check[] {
  const [first] = rows;
  const isSlow = /slow/.test(first.phase);
  const place = { file, configuration: columnsOf(first, COLUMNS) };
  const offered = median(rows, 'offered_rps');
  const windowS = isSlow ? Math.max(...rows.map((row) => numberIn(row, 't_since_slow_s'))) : 10;
  const slowCores = numberIn(first, isSlow ? 'slow_quota' : 'fast_quota');
  const found = outcomeOf(first, slowCores, offered, windowS);
  const p50 = median(rows, 'p50_ms');
  const checks = [
    within(
      place,
      {
        quantity: 'share of requests completed',
        measured: median(rows, 'completed_rps') / offered,
        simulated: found.completedPerS / found.offeredPerS,
      },
      0.03,
    ),
    within(place, { quantity: 'errors', measured: median(rows, 'errors'), simulated: found.errors }, 0),
    between(
      place,
      { quantity: 'latency p50 of the senders, ms', measured: p50, simulated: found.latencyMsP50 },
      [p50 / FACTOR, p50 * FACTOR],
      `factor ${FACTOR}`,
    ),
    within(
      place,
      { quantity: 'CPU of the receiver, cores', measured: median(rows, 'cpu_node3'), simulated: found.cores },
      RUN_TO_RUN,
    ),
  ];
  if (!isSlow) return checks;
  const full = rows.filter((row) => numberIn(row, 't_since_slow_s') > windowS / 2);
  const queued = full.map((row) =>
    ['sock_sendq_node1_bytes', 'sock_sendq_node2_bytes', 'sock_recvq_node3_bytes'].reduce(
      (sum, column) => sum + numberIn(row, column),
      0,
    ),
  );
  const perS = median(full, 'rx_node3_bytes_per_s');
  const lagS = quantile(queued, 0.5) / perS;
  const given = { quantity: 'lag of the slow receiver, s', measured: lagS, simulated: found.waitingS / slowCores };
  return [...checks, between(place, given, [lagS / FACTOR, lagS * FACTOR], `factor ${FACTOR}`)];
}

/** One receiver slowed down while the others write: who notices, and how far it falls behind. */
export const overload: Validator = {
  prefix: 'overload-',
  check: ({ name, rows }: MeasuredFile) => {
    const phases = [...new Set(rows.map(({ phase }) => phase))].filter((phase) => phase !== undefined);
    return phases.flatMap((phase) =>
      checkPhase(
        rows.filter((row) => row.phase === phase),
        name,
      ),
    );
  },
};
