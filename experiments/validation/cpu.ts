import { requestDoes } from '../../models/requests.ts';
import { completed, doesOf } from './capacity.ts';
import {
  between,
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  type Validator,
  within,
  wordsIn,
} from './check.ts';
import { type LoadDrive, loadRun } from './load-run.ts';
import { loadScenario } from './load-scenario.ts';
import { scripted } from './measured-scenario.ts';

/** Runs of the same configuration differ by so much (README of the measurements). */
const RUN_TO_RUN = 0.25;
const REQUESTS = 1000;

/** One request after the other at one node, without a CPU limit: its time per request, and that of another per message. */
function sequential(row: MeasuredRow): { served: number; received: number } {
  const { cluster, script } = scripted(loadScenario({ ...row, quota_cores: '' }, {}), 0);
  const gapNs = Math.round(1e9 / rateOf(row));
  const busyNs = (node: number): number => {
    cluster.catchUp(node);
    return cluster.nodes.cpus[node].busyNsUntil(cluster.sim.nowNs);
  };
  let session = script.client();
  script.ask(session, 0, requestDoes.WRITE, (answer) => {
    session = answer.session;
  });
  cluster.sim.runUntil(1e9);
  const nodes = cluster.nodes.count;
  const before = Array.from({ length: nodes }, (_, node) => busyNs(node));
  for (let sent = 0; sent < REQUESTS; sent += 1) {
    script.after(1 + sent * gapNs, () => script.ask(session, 0, doesOf(row), () => {}));
  }
  cluster.sim.runUntil(cluster.sim.nowNs + REQUESTS * gapNs + 1e9);
  const [served, ...others] = before.map((earlierNs, node) => (busyNs(node) - earlierNs) / REQUESTS / 1000);
  // Of a replicated map one node has the backup and gets all messages.
  return { served, received: Math.max(0, ...others) };
}

/** Requests per second of one node alone. */
function rateOf(row: MeasuredRow): number {
  const actual = numberIn(row, 'actual_rate_per_s');
  return Number.isNaN(actual) ? neededIn(row, 'rate_per_s') : actual;
}

const ALONE = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'op', 'payload_bytes', 'rate_per_s'];

/** What a node to which nothing comes spends meanwhile, where the file says so [us per request]. */
function idleUs(row: MeasuredRow, perS: number): number {
  const msPerS = numberIn(row, 'idle_cpu_ms_per_s_node1') || numberIn(row, 'idle_cpu_ms_per_s') || 0;
  return (msPerS * 1000) / perS;
}

/** Measured in several runs, idle threads taken off [us]. */
function measuredIn(rows: readonly MeasuredRow[], column: string) {
  const values = rows
    .map((row) => numberIn(row, `${column}_median`) - idleUs(row, rateOf(row)))
    .filter(Number.isFinite);
  const measured = values.reduce((sum, one) => sum + one, 0) / values.length;
  return { measured, n: values.length, spread: [Math.min(...values), Math.max(...values)] as const };
}

/** The runs of one configuration, which differ among themselves: their mean is judged. */
function checkSequential(rows: readonly MeasuredRow[], file: string): Check[] {
  const place = { file, configuration: columnsOf(rows[0], ALONE) };
  const { served, received } = sequential(rows[0]);
  const check = (quantity: string, column: string, simulated: number): Check[] => {
    const given = { quantity, ...measuredIn(rows, column), simulated };
    if (given.n === 0) return [];
    const limits = [given.measured * (1 - RUN_TO_RUN), given.measured * (1 + RUN_TO_RUN)] as const;
    return [between(place, given, limits, `${RUN_TO_RUN * 100} % of the mean of the runs`)];
  };
  return [
    ...check('CPU per request served, us', 'serving_cpu_us_per_request', served),
    ...check('CPU per message received, us', 'receiver_cpu_us_per_message', received),
  ];
}

/** Rows by what was measured: `block` names a run of the measurements. */
function runsOf(rows: readonly MeasuredRow[]): MeasuredRow[][] {
  const runs = new Map<string, MeasuredRow[]>();
  for (const row of rows) {
    const key = ALONE.map((name) => (/^-?[\d.]+$/.test(row[name] ?? '') ? Number(row[name]) : row[name])).join(' ');
    runs.set(key, [...(runs.get(key) ?? []), row]);
  }
  return [...runs.values()];
}

/** A row of cpu-demand: a whole cluster under its CPU limit, or one node that serves while the others receive. */
function checkDemand(given: MeasuredRow, file: string): Check[] {
  const row = completed(given);
  const nodes = neededIn(row, 'nodes');
  const rate = neededIn(row, 'rate_per_node_s');
  const what = wordsIn(row, 'what', /^(solo|cluster)/);
  const isSolo = what.startsWith('solo');
  const drive: LoadDrive = {
    rates: Array.from({ length: nodes }, (_, node) => (isSolo && node > 0 ? 0 : rate)),
    does: doesOf(row),
    isSticky: !/round robin/.test(what),
    seed: 1,
  };
  const { cores, completedPerS } = loadRun(loadScenario(row, {}), drive);
  const all = cores.reduce((sum, one) => sum + one, 0);
  const part = /pure receiver/.test(what) ? cores[nodes - 1] : isSolo ? cores[0] : all;
  const place = {
    file,
    configuration: columnsOf(given, [
      'tomcat_version',
      'manager',
      'sendOptions',
      'nodes',
      'what',
      'op',
      'rate_per_node_s',
      'kind',
    ]),
  };
  const check = { measured: numberIn(row, 'us') - idleUs(row, rate), simulated: (part / completedPerS) * 1e6 };
  const quantity = /pure receiver/.test(what) ? 'CPU per message received, us' : 'CPU per request, us';
  return [within(place, { quantity, ...check }, RUN_TO_RUN)];
}

/** Processor time per request and per message, alone and under load: it falls with the rate. */
export const cpu: Validator = {
  prefix: 'cpu',
  check: ({ name, rows }: MeasuredFile) => [
    ...rows.filter((row) => 'what' in row).flatMap((row) => checkDemand(row, name)),
    ...runsOf(rows.filter((row) => !('what' in row))).flatMap((runs) => checkSequential(runs, name)),
  ],
};
