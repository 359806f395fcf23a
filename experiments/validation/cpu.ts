import { requestDoes } from '../../models/requests.ts';
import { completed } from './capacity.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  type Validator,
  within,
} from './check.ts';
import { type LoadDrive, loadRun } from './load-run.ts';
import { loadScenario } from './load-scenario.ts';
import { scripted } from './measured-scenario.ts';

/** Runs of the same configuration differ by so much (README of the measurements). */
const RUN_TO_RUN = 0.25;
const REQUESTS = 1000;

const doesOf = (row: MeasuredRow): number => (/^(ro|readonly)$/.test(row.op) ? requestDoes.READ : requestDoes.WRITE);

/** One request after the other at one node, without a CPU limit: its time per request, and that of another per message. */
function sequential(row: MeasuredRow): { served: number; received: number } {
  const { cluster, script } = scripted(loadScenario({ ...row, quota_cores: '' }, {}), 0);
  const gapNs = Math.round(1e9 / numberIn(row, 'actual_rate_per_s'));
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

function checkSequential(row: MeasuredRow, file: string): Check[] {
  const names = ['tomcat_version', 'block', 'manager', 'sendOptions', 'nodes', 'op', 'payload_bytes', 'rate_per_s'];
  const place = { file, configuration: columnsOf(row, names) };
  const idleUs = ((numberIn(row, 'idle_cpu_ms_per_s_node1') || 0) * 1000) / numberIn(row, 'actual_rate_per_s');
  const { served, received } = sequential(row);
  const given = (column: string) => ({
    measured: numberIn(row, `${column}_median`) - idleUs,
    spread: [numberIn(row, `${column}_min`) - idleUs, numberIn(row, `${column}_median`) - idleUs] as const,
  });
  const checks = [
    within(
      place,
      { quantity: 'CPU per request served, us', ...given('serving_cpu_us_per_request'), simulated: served },
      RUN_TO_RUN,
    ),
  ];
  if (!Number.isNaN(numberIn(row, 'receiver_cpu_us_per_message_median'))) {
    checks.push(
      within(
        place,
        { quantity: 'CPU per message received, us', ...given('receiver_cpu_us_per_message'), simulated: received },
        RUN_TO_RUN,
      ),
    );
  }
  return checks;
}

/** A row of cpu-demand: a whole cluster under its CPU limit, or one node that serves while the others receive. */
function checkDemand(given: MeasuredRow, file: string): Check[] {
  const row = completed(given);
  const nodes = numberIn(row, 'nodes');
  const rate = numberIn(row, 'rate_per_node_s');
  const isSolo = /^solo/.test(row.what);
  const drive: LoadDrive = {
    rates: Array.from({ length: nodes }, (_, node) => (isSolo && node > 0 ? 0 : rate)),
    does: doesOf(row),
    isSticky: !/round robin/.test(row.what),
    seed: 1,
  };
  const { cores, completedPerS } = loadRun(loadScenario(row, {}), drive);
  const all = cores.reduce((sum, one) => sum + one, 0);
  const part = /pure receiver/.test(row.what) ? cores[nodes - 1] : isSolo ? cores[0] : all;
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
  const check = { measured: numberIn(row, 'us'), simulated: (part / completedPerS) * 1e6 };
  const quantity = /pure receiver/.test(row.what) ? 'CPU per message received, us' : 'CPU per request, us';
  return [within(place, { quantity, ...check }, RUN_TO_RUN)];
}

/** Processor time per request and per message, alone and under load: it falls with the rate. */
export const cpu: Validator = {
  prefix: 'cpu',
  check: ({ name, rows }: MeasuredFile) =>
    rows.flatMap((row) => ('what' in row ? checkDemand(row, name) : checkSequential(row, name))),
};
