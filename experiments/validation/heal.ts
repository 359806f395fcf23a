import {
  between,
  type Check,
  columnsOf,
  groupsBy,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  numberOr,
  quantile,
  type Validator,
  within,
} from './check.ts';
import { counter, measuredScenario, scripted } from './measured-scenario.ts';
import { Writer } from './writer.ts';

const CONFIGURATION = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'frequency_ms', 'dropTime_ms', 'outage_s'];
const GAP_NS = 100e6;
const EVENT_S = 3;
const RUNS = 20;
/** A write that waits for the node that is cut off may count as made or not. */
const UNDER_WAY = 1;
/** How often the victim's copy is looked at. */
const LOOK_NS = 20e6;

interface Outcome {
  readonly behind: number;
  readonly firstS: number;
  readonly caughtUpS: number;
}

function outcomeOf(row: MeasuredRow, seed: number): Outcome {
  const forS = neededIn(row, 'outage_s');
  const atS = EVENT_S + ((seed * 37) % 100) / 200;
  const nodes = numberOr(row, 'nodes', 3);
  const victim = nodes - 1;
  const names = Array.from({ length: nodes }, (_, node) => `node-${node + 1}`);
  const fault = { atS, partition: [[names[victim]], names.slice(0, -1)], forS };
  const scenario = measuredScenario(row, { faults: [fault], seed: seed + 1, nodes, writes: [counter] });
  const { cluster, script } = scripted(scenario, 0);
  const writer = new Writer(cluster, script, 0, GAP_NS);
  const endNs = Math.round((atS + forS) * 1e9);
  cluster.sim.runUntil(endNs);
  const stuckAt = writer.versionAt(victim);
  const behind = writer.newest - stuckAt;
  let firstS = Number.NaN;
  let caughtUpS = Number.NaN;
  while (Number.isNaN(caughtUpS + firstS) && cluster.sim.nowNs < endNs + 3 * forS * 1e9) {
    cluster.sim.runUntil(cluster.sim.nowNs + LOOK_NS);
    const sinceS = (cluster.sim.nowNs - endNs) / 1e9;
    const version = writer.versionAt(victim);
    if (Number.isNaN(firstS) && version > stuckAt) firstS = sinceS;
    if (Number.isNaN(caughtUpS) && version >= writer.newest - 1) caughtUpS = sinceS;
  }
  return { behind, firstS, caughtUpS };
}

function checkRows(rows: readonly MeasuredRow[], file: string): Check[] {
  const [row] = rows;
  const place = { file, configuration: columnsOf(row, CONFIGURATION) };
  const outcomes = Array.from({ length: RUNS }, (_, run) => outcomeOf(row, run));
  const given = (quantity: string, column: string, pick: (outcome: Outcome) => number) => {
    const values = rows.map((one) => numberIn(one, column)).filter((value) => !Number.isNaN(value));
    const simulated = outcomes.map(pick);
    return {
      quantity,
      measured: quantile(values, 0.5),
      n: values.length,
      spread: [Math.min(...values), Math.max(...values)] as const,
      simulated: quantile(simulated, 0.5),
      interval: [Math.min(...simulated), Math.max(...simulated)] as const,
    };
  };
  const outage = numberIn(row, 'outage_s');
  const behind = given('updates behind when healed', 'updates_behind_at_first_read', (one) => one.behind);
  const first = given('first update there after, s', 'first_progress_after_s', ({ firstS }) => firstS);
  const caught = given('caught up after, s', 'caught_up_after_s', ({ caughtUpS }) => caughtUpS);
  // The moment of the retransmission counts from the first segment lost: 5 % of that.
  const slack = (value: number): number => 0.05 * (outage + value);
  const checks = [within(place, behind, 0.05, UNDER_WAY)];
  if (first.n > 0) checks.push(within(place, first, 0, Number(slack(first.measured).toFixed(2))));
  // Who lacks nothing but a write that is under way has nothing to catch up with.
  if (caught.n === 0 || behind.measured <= UNDER_WAY) return checks;
  const limits = [caught.spread[0] - slack(caught.spread[0]), caught.spread[1] + slack(caught.spread[1])] as const;
  return [...checks, between(place, caught, limits, 'trials, 5 % of the retransmission')];
}

/** After a cut: when replication reaches the node again. */
export const heal: Validator = {
  prefix: 'heal-',
  configuration: CONFIGURATION,
  check: ({ name, rows }: MeasuredFile) => groupsBy(rows, CONFIGURATION).flatMap((group) => checkRows(group, name)),
};
