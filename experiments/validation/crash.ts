import { requestDoes } from '../../models/requests.ts';
import type { ScriptedAnswer } from '../../models/scripted-clients.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import {
  between,
  type Check,
  columnsOf,
  groupsBy,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  numberOr,
  quantile,
  type Validator,
  within,
} from './check.ts';
import { counter, measuredScenario, payload, scripted } from './measured-scenario.ts';

const CONFIGURATION = [
  ...['tomcat_version', 'manager', 'sendOptions', 'nodes', 'jvmRoute', 'frequency_ms', 'dropTime_ms'],
  ...['payload_bytes', 'rate_per_s', 'sessions'],
];
const RUNS = 8;
const BEFORE_NS = 5e9;
const AFTER_NS = 6e9;
/** The sessions are made within so much of the time before the kill. */
const CREATION_NS = 2e9;

interface Outcome {
  lost: number;
  stale: number;
  failed: number;
  failovers: number;
  /** Sessions that every survivor has in their newest state at the end. */
  swept: number;
  detectedMs: number[];
}

function outcomeOf(row: MeasuredRow, seed: number): Outcome {
  const bytes = numberOr(row, 'payload_bytes', 1000);
  const nodes = numberOr(row, 'nodes', 3);
  const scenario = measuredScenario(row, {
    seed: seed + 1,
    nodes,
    writes: [counter, payload(bytes)],
    sessionBytes: bytes + 100,
    jvmRoute: true,
  });
  const { cluster, script } = scripted(scenario, 0);
  const victim = nodes - 1;
  const count = numberOr(row, 'sessions', 200);
  const gapNs = 1e9 / numberOr(row, 'rate_per_s', 300);
  const createNs = Math.min(gapNs, CREATION_NS / count);
  const outcome: Outcome = { lost: 0, stale: 0, failed: 0, failovers: 0, swept: 0, detectedMs: [] };
  const sessions: number[] = [];
  const home: number[] = [];
  const isBusy: boolean[] = [];
  const judge = (at: number, answer: ScriptedAnswer): void => {
    isBusy[at] = false;
    sessions[at] = answer.session;
    if (answer.isNew) outcome.lost += 1;
    else if (answer.read !== answer.acknowledgedBefore) outcome.stale += 1;
  };
  const ask = (at: number): void => {
    if (isBusy[at]) return;
    isBusy[at] = true;
    script.ask(sessions[at], home[at], requestDoes.WRITE, (answer) => {
      if (!answer.isFailed) return judge(at, answer);
      outcome.failovers += 1;
      home[at] = at % victim;
      script.ask(answer.session, home[at], requestDoes.WRITE, (second) => {
        if (second.isFailed) outcome.failed += 1;
        judge(at, second);
      });
    });
  };
  for (let at = 0; at < count; at += 1) {
    sessions.push(script.client());
    home.push(at % nodes);
    isBusy.push(false);
    script.after(Math.round(at * createNs), () => ask(at));
  }
  const killNs = Math.round(BEFORE_NS + keyedUniform(11, seed, 0) * 500e6);
  for (let turn = 1; count * createNs + turn * gapNs < killNs + AFTER_NS; turn += 1) {
    const at = Math.floor(keyedUniform(13, seed, turn) * count);
    script.after(Math.round(count * createNs + turn * gapNs), () => ask(at));
  }
  script.after(killNs, () => cluster.life.crash(victim, false));
  cluster.sim.runUntil(killNs + AFTER_NS + 2e9);
  for (let at = 0; at < count; at += 1) {
    const node = home[at] === victim ? 0 : home[at];
    cluster.catchUp(node);
    const newest = cluster.strategy.versionAt(node, sessions[at]);
    if (newest === cluster.sessions.latest.get(sessions[at])) outcome.swept += 1;
  }
  for (const { event, member, at_s } of cluster.membership.detections) {
    if (event === 'disappeared' && member === `node-${nodes}`) outcome.detectedMs.push(at_s * 1000 - killNs / 1e6);
  }
  return outcome;
}

function checkRows(rows: readonly MeasuredRow[], file: string): Check[] {
  const [row] = rows;
  const place = {
    file,
    configuration: columnsOf(row, CONFIGURATION),
  };
  const outcomes = Array.from({ length: RUNS }, (_, run) => outcomeOf(row, run));
  const sum = (...columns: string[]): number =>
    rows.reduce((total, one) => total + columns.reduce((part, column) => part + (numberIn(one, column) || 0), 0), 0);
  const of = (quantity: string, measured: number, pick: (outcome: Outcome) => number): Check => {
    const simulated = outcomes.reduce((total, outcome) => total + pick(outcome), 0) / outcomes.length;
    return within(
      place,
      { quantity, measured: measured / rows.length, n: rows.length, simulated },
      0,
      measured === 0 ? 0 : 2,
    );
  };
  const detected = rows
    .flatMap((one) =>
      Object.keys(one)
        .filter((column) => /^detect_n\d+_ms$/.test(column))
        .map((column) => numberIn(one, column)),
    )
    .filter((ms) => !Number.isNaN(ms));
  const simulated = outcomes.flatMap(({ detectedMs }) => detectedMs);
  const delays = {
    quantity: 'detection, median, ms',
    measured: quantile(detected, 0.5),
    n: detected.length,
    simulated: quantile(simulated, 0.5),
    interval: [Math.min(...simulated), Math.max(...simulated)] as const,
  };
  const slack = Math.max(50, 0.05 * delays.measured);
  return [
    of('sessions lost', sum('failover_lost', 'lost_before', 'lost_after', 'sweep_lost'), ({ lost }) => lost),
    of('stale reads', sum('failover_stale', 'stale_before', 'stale_after'), ({ stale }) => stale),
    of('requests failed after a retry', sum('failed_requests_no_retry_success'), ({ failed }) => failed),
    of('sessions current at the end', sum('sweep_ok'), ({ swept }) => swept),
    between(
      place,
      delays,
      [Math.min(...detected) - slack, Math.max(...detected) + slack],
      'trials, 5 %, at least 50 ms',
    ),
  ];
}

/** One of the nodes killed under load, with retries on another one. */
export const crash: Validator = {
  prefix: 'crash-',
  configuration: CONFIGURATION,
  check: ({ name, rows }: MeasuredFile) => groupsBy(rows, CONFIGURATION).flatMap((group) => checkRows(group, name)),
};
