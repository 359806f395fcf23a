import { requestDoes } from '../../models/requests.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  quantile,
  type Validator,
  within,
} from './check.ts';
import { measuredScenario, payload, scripted } from './measured-scenario.ts';

/** So many times the measurement is repeated, with as many trials each. */
const BATCHES = 12;
/** Load: requests per second in all, one session per node. */
const LOAD_GAP_NS = 50e6;
const EVENT_NS = 3e9;

interface Trial {
  /** From the event until each survivor's view has lost the victim [ms]. */
  readonly survivors: number[];
  /** Until the victim's view has lost each survivor [ms]. */
  readonly victim: number[];
}

type Fault = Scenario['faults'][number];

/** What was done to the victim, by the name of the case. */
function faultOf(name: string, victim: number, nodes: number, atS: number): Fault {
  const node = `node-${victim + 1}`;
  const others = Array.from({ length: nodes }, (_, at) => `node-${at + 1}`).filter((other) => other !== node);
  if (/kill|crash/.test(name)) return { atS, crash: node };
  if (/stop|term|graceful|shutdown/.test(name)) return { atS, stop: node };
  if (/freeze|hang/.test(name)) return { atS, freeze: node, forS: 60 };
  return { atS, partition: [[node], others], forS: 60 };
}

function trialOf(row: MeasuredRow, seed: number): Trial {
  const nodes = numberIn(row, 'nodes') || 3;
  const victim = seed % nodes;
  const atS = EVENT_NS / 1e9 + keyedUniform(7, seed, 1) * (numberIn(row, 'frequency_ms') / 1000);
  const fault = faultOf(row.case, victim, nodes, Math.round(atS * 1e6) / 1e6);
  const scenario = measuredScenario(row, {
    faults: [fault],
    seed: seed + 1,
    nodes,
    writes: [payload(100)],
    jvmRoute: true,
  });
  const { cluster, script } = scripted(scenario, 0);
  if (row.load !== 'idle') {
    const sessions = Array.from({ length: nodes }, () => script.client());
    const ask = (turn: number): void => {
      const node = turn % nodes;
      const isGone = cluster.sim.nowNs >= fault.atS * 1e9 && node === victim;
      if (!isGone) script.ask(sessions[node], node, requestDoes.WRITE, () => {});
      script.after(LOAD_GAP_NS, () => ask(turn + 1));
    };
    ask(seed % nodes);
  }
  const watchedMs = numberIn(row, 'dropTime_ms') + 1000 * (nodes + 2);
  cluster.sim.runUntil(Math.round(fault.atS * 1e9) + Math.round(1e6 * watchedMs));
  const gone = cluster.membership.detections.filter(({ event, at_s }) => event === 'disappeared' && at_s >= fault.atS);
  const name = `node-${victim + 1}`;
  const delay = ({ at_s }: { at_s: number }): number => (at_s - fault.atS) * 1000;
  return {
    survivors: gone.filter(({ member }) => member === name).map(delay),
    victim: gone.filter(({ observer }) => observer === name).map(delay),
  };
}

interface Group {
  readonly row: MeasuredRow;
  readonly trials: number;
  /** Measured minimum, median and 95th percentile by quantity. */
  readonly measured: Record<'survivors' | 'victim', readonly [number, number, number]>;
}

const statistics = ['minimum', 'median', '95th percentile'] as const;

function summary(values: readonly number[]): [number, number, number] {
  return [quantile(values, 0), quantile(values, 0.5), quantile(values, 0.95)];
}

/** A file has one row per case, or one per trial and observer. */
function groupsOf(rows: readonly MeasuredRow[]): Group[] {
  if (rows.length > 0 && rows[0].trial === undefined) {
    const of = (row: MeasuredRow, what: string): [number, number, number] => [
      numberIn(row, `${what}_min_ms`),
      numberIn(row, `${what}_p50_ms`),
      numberIn(row, `${what}_p95_ms`),
    ];
    return rows.map((row) => ({
      row,
      trials: numberIn(row, 'trials'),
      measured: { survivors: of(row, 'detect_after_event'), victim: of(row, 'victim_detects_observer') },
    }));
  }
  const byCase = new Map<string, MeasuredRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(configurationOf(row));
    byCase.set(key, [...(byCase.get(key) ?? []), row]);
  }
  return [...byCase.values()].map((group) => {
    const values = (column: string): number[] =>
      group.map((row) => numberIn(row, column)).filter((v) => !Number.isNaN(v));
    return {
      row: group[0],
      trials: new Set(group.map(({ trial }) => trial)).size,
      measured: {
        survivors: summary(values('detect_after_event_ms')),
        victim: summary(values('victim_detects_observer_ms')),
      },
    };
  });
}

function configurationOf(row: MeasuredRow): Record<string, string> {
  return columnsOf(row, ['tomcat_version', 'case', 'frequency_ms', 'dropTime_ms', 'load', 'sendOptions', 'nodes']);
}

function checkGroup({ row, trials, measured }: Group, file: string): Check[] {
  const place = { file, configuration: configurationOf(row) };
  const batches = Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: trials }, (_, trial) => trialOf(row, batch * trials + trial)),
  );
  const checks: Check[] = [];
  for (const who of ['survivors', 'victim'] as const) {
    statistics.forEach((statistic, at) => {
      if (Number.isNaN(measured[who][at])) return;
      const values = batches.map((batch) => summary(batch.flatMap((trial) => trial[who]))[at]);
      const given = {
        quantity: `${who === 'survivors' ? 'detection' : 'detection by the victim'}, ${statistic}, ms`,
        measured: measured[who][at],
        simulated: quantile(values, 0.5),
        n: trials,
        interval: [quantile(values, 0.05), quantile(values, 0.95)] as const,
      };
      checks.push(within(place, given, 0.05, 50));
    });
  }
  return checks;
}

/** From a node's death, cut or farewell until the others' views have lost it. */
export const failureDetection: Validator = {
  prefix: 'failure-detection',
  check: ({ name, rows }: MeasuredFile) => groupsOf(rows).flatMap((group) => checkGroup(group, name)),
};
