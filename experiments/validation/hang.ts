import {
  between,
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  numberOr,
  type Place,
  quantile,
  type Validator,
  within,
  wordsIn,
} from './check.ts';
import { counter, measuredScenario, scripted } from './measured-scenario.ts';
import { Writer } from './writer.ts';

const CONFIGURATION = [
  ...['tomcat_version', 'manager', 'mode', 'sendOptions', 'nodes', 'frequency_ms', 'dropTime_ms', 'outage_s'],
];
const GAP_NS = 100e6;
/** Written so long before the outage and after it: the measured counters say 10 s for both together. */
const AROUND_S = 5;
/** How the two share these 10 s is not in the file, so what was missed counts within that share. */
const SHARE = 0.15;
const AFTER_NS = 6e9;
const RUNS = 20;

interface Outcome {
  readonly requests: number;
  readonly stalled: number;
  readonly stalledS: number;
  readonly latencyMaxMs: number;
  /** From the event until the writing node has lost the victim [s]; NaN: it never did. */
  readonly goneS: number;
  /** What the victim lacks when the writes end, and when all that was written may have come. */
  readonly behind: readonly [number, number];
}

function outcomeOf(row: MeasuredRow, seed: number): Outcome {
  const forS = neededIn(row, 'outage_s');
  const nodes = numberOr(row, 'nodes', 3);
  const names = Array.from({ length: nodes }, (_, node) => `node-${node + 1}`);
  const victim = names[nodes - 1];
  const atS = AROUND_S + ((seed * 37) % 100) / 200;
  const fault = /freeze|stop|pause/.test(wordsIn(row, 'mode', /\w/))
    ? { atS, freeze: victim, forS }
    : { atS, partition: [[victim], names.slice(0, -1)], forS };
  const scenario = measuredScenario(row, { faults: [fault], seed: seed + 1, nodes, writes: [counter] });
  const { cluster, script } = scripted(scenario, 0);
  const writer = new Writer(cluster, script, 0, GAP_NS);
  const endNs = Math.round((atS + forS) * 1e9);
  const lack = (): number => writer.newest - writer.versionAt(nodes - 1);
  cluster.sim.runUntil(endNs + AROUND_S * 1e9);
  writer.stop();
  const early = lack();
  cluster.sim.runUntil(cluster.sim.nowNs + forS * 1e9 + AFTER_NS);
  const during = writer.answers.filter(({ sentNs }) => sentNs >= atS * 1e9 && sentNs < endNs);
  const latencies = during.map(({ answer }) => answer.latencyNs / 1e6);
  const slow = latencies.filter((latency) => latency > 1000);
  const gone = cluster.membership.detections.find(
    ({ event, observer, member }) => event === 'disappeared' && observer === 'node-1' && member === victim,
  );
  return {
    requests: during.length,
    stalled: slow.length,
    stalledS: slow.reduce((sum, latency) => sum + latency, 0) / 1000,
    latencyMaxMs: Math.max(...latencies),
    goneS: gone ? gone.at_s - atS : Number.NaN,
    behind: [early, lack()],
  };
}

function checkRow(row: MeasuredRow, outcomes: readonly Outcome[], file: string): Check[] {
  const place = { file, configuration: columnsOf(row, [...CONFIGURATION, 'trial']) };
  const of = (pick: (outcome: Outcome) => number): { simulated: number; interval: readonly [number, number] } => {
    const values = outcomes.map(pick);
    return { simulated: quantile(values, 0.5), interval: [Math.min(...values), Math.max(...values)] };
  };
  const number = (column: string): number => numberIn(row, column);
  const checks = [
    within(place, { quantity: 'requests during', measured: number('requests_during'), ...of((o) => o.requests) }, 0.05),
    within(place, { quantity: 'requests over 1 s', measured: number('requests_over_1s'), ...of((o) => o.stalled) }, 0),
    within(
      place,
      { quantity: 'stalled, s', measured: number('stalled_total_s'), ...of((o) => o.stalledS) },
      0.05,
      0.05,
    ),
  ];
  const slowest = {
    quantity: 'slowest request, ms',
    measured: number('latency_during_max_ms'),
    ...of((o) => o.latencyMaxMs),
  };
  if (number('requests_over_1s') > 0) checks.push(within(place, slowest, 0.05));
  const gone = number('declared_gone_after_s');
  const isGone = outcomes.filter(({ goneS }) => !Number.isNaN(goneS));
  checks.push(
    within(
      place,
      {
        quantity: 'share of runs in which the peer is removed',
        measured: Number.isNaN(gone) ? 0 : 1,
        simulated: isGone.length / outcomes.length,
      },
      0,
    ),
  );
  if (!Number.isNaN(gone) && isGone.length > 0) {
    const delays = isGone.map(({ goneS }) => goneS);
    const given = {
      quantity: 'removed after, s',
      measured: gone,
      simulated: quantile(delays, 0.5),
      interval: [Math.min(...delays), Math.max(...delays)] as const,
    };
    // One trial at a random phase: it must lie where the simulated ones do.
    checks.push(
      between(
        place,
        given,
        [gone - (given.interval[1] - given.simulated) - 0.05, gone + (given.simulated - given.interval[0]) + 0.05],
        'one trial',
      ),
    );
  }
  checks.push(missedUpdates(place, number('counter_at_node1') - number('counter_at_victim_after'), outcomes));
  return checks;
}

/** What the victim lacks; the file does not say when it was asked: when the writes ended, or when all had come. */
function missedUpdates(place: Place, measured: number, outcomes: readonly Outcome[]): Check {
  const at = (moment: 0 | 1): number =>
    quantile(
      outcomes.map(({ behind }) => behind[moment]),
      0.5,
    );
  const isLate = Math.abs(measured - at(1)) < Math.abs(measured - at(0));
  const given = { quantity: 'updates missing afterwards', measured, simulated: at(isLate ? 1 : 0) };
  return within(place, given, measured === 0 ? 0 : SHARE);
}

/** A frozen or cut-off peer while another node is written to. */
export const hang: Validator = {
  prefix: 'hang-',
  configuration: CONFIGURATION,
  check: ({ name, rows }: MeasuredFile) => {
    const known = new Map<string, Outcome[]>();
    return rows.flatMap((row) => {
      const key = JSON.stringify(columnsOf(row, CONFIGURATION));
      const outcomes = known.get(key) ?? Array.from({ length: RUNS }, (_, run) => outcomeOf(row, run));
      known.set(key, outcomes);
      return checkRow(row, outcomes, name);
    });
  },
};
