import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  quantile,
  type Validator,
  withinDraws,
} from './check.ts';
import { BATCHES, trialOf } from './failure-trials.ts';

interface Group {
  readonly row: MeasuredRow;
  readonly nodes: number;
  readonly trials: number;
  /** From the victim's last heartbeat to the event, by trial [ms]; empty where it is not known. */
  readonly phasesMs: readonly number[];
  /** Measured minimum, median and 95th percentile by quantity. */
  readonly measured: Record<'survivors' | 'victim', readonly [number, number, number]>;
}

const statistics = ['minimum', 'median', '95th percentile'] as const;

function summary(values: readonly number[]): [number, number, number] {
  return [quantile(values, 0), quantile(values, 0.5), quantile(values, 0.95)];
}

/** A row of all trials of a case. */
function groupOf(row: MeasuredRow): Group {
  const of = (what: string): [number, number, number] => [
    numberIn(row, `${what}_min_ms`),
    numberIn(row, `${what}_p50_ms`),
    numberIn(row, `${what}_p95_ms`),
  ];
  return {
    row,
    nodes: numberIn(row, 'nodes') || 3,
    trials: numberIn(row, 'trials'),
    phasesMs: [],
    measured: { survivors: of('detect_after_event'), victim: of('victim_detects_observer') },
  };
}

/** The moment of the event is what was done, not what came of it: trials are repeated at the phases that they had. */
function phaseOf(row: MeasuredRow): number {
  const phaseMs = numberIn(row, 'detect_after_last_heartbeat_ms') - numberIn(row, 'detect_after_event_ms');
  return phaseMs >= 0 && phaseMs <= 1.1 * numberIn(row, 'frequency_ms') ? phaseMs : Number.NaN;
}

/** A file has one row per case, or one per trial and observer. */
function groupsOf(rows: readonly MeasuredRow[]): Group[] {
  if (rows.length > 0 && rows[0].trial === undefined) return rows.map(groupOf);
  const byCase = new Map<string, MeasuredRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(configurationOf(row));
    byCase.set(key, [...(byCase.get(key) ?? []), row]);
  }
  return [...byCase.values()].map((group) => {
    const values = (column: string): number[] =>
      group.map((row) => numberIn(row, column)).filter((v) => !Number.isNaN(v));
    const trials = new Map(group.map((row) => [row.trial, row]));
    return {
      row: group[0],
      nodes: numberIn(group[0], 'nodes') || Math.max(3, ...values('victim'), ...values('observer')),
      trials: trials.size,
      phasesMs: [...trials.values()].map(phaseOf),
      measured: {
        survivors: summary(values('detect_after_event_ms')),
        victim: summary(values('victim_detects_observer_ms')),
      },
    };
  });
}

/** The phases of the trials behind a row of all trials, where these lie beside it: they have the same minimum, median and so on. */
function withPhases(group: Group, folder: readonly MeasuredFile[]): Group {
  if (group.phasesMs.length > 0) return group;
  const isSame = (other: Group): boolean =>
    other.row.case === group.row.case &&
    other.trials === group.trials &&
    other.measured.survivors.every((ms, at) => Math.abs(ms - group.measured.survivors[at]) < 1);
  const trials = folder
    .filter(({ name }) => name.startsWith(failureDetection.prefix))
    .flatMap(({ rows }) => groupsOf(rows));
  const found = trials.find((other) => other.phasesMs.length > 0 && isSame(other));
  return { ...group, phasesMs: found?.phasesMs ?? [] };
}

function configurationOf(row: MeasuredRow): Record<string, string> {
  return columnsOf(row, ['tomcat_version', 'case', 'frequency_ms', 'dropTime_ms', 'load', 'sendOptions', 'nodes']);
}

function checkGroup({ row, nodes, trials, phasesMs, measured }: Group, file: string): Check[] {
  const place = { file, configuration: configurationOf(row) };
  const batches = Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: trials }, (_, trial) =>
      trialOf(row, { nodes, batch, trial, phaseMs: phasesMs[trial] ?? Number.NaN }),
    ),
  );
  const checks: Check[] = [];
  for (const who of ['survivors', 'victim'] as const) {
    statistics.forEach((statistic, at) => {
      if (Number.isNaN(measured[who][at])) return;
      const values = batches.map((batch) => summary(batch.flatMap((trial) => trial[who]))[at]);
      const quantity = `${who === 'survivors' ? 'detection' : 'detection by the victim'}, ${statistic}, ms`;
      const given = { quantity, measured: measured[who][at], n: trials };
      checks.push(withinDraws(place, given, values, 0.05, 50));
    });
  }
  return checks;
}

/** From a node's death, cut or farewell until the others' views have lost it. */
export const failureDetection: Validator = {
  prefix: 'failure-detection',
  check: ({ name, rows }: MeasuredFile, folder = []) =>
    groupsOf(rows).flatMap((group) => checkGroup(withPhases(group, folder), name)),
};
