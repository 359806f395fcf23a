import { completed, runAt, simulatedCapacity } from './capacity.ts';
import {
  between,
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  type Validator,
} from './check.ts';

/** Fractions of the capacity between which latencies are judged, and the factor within which they must lie. */
const FROM = 0.5;
const TO = 0.85;
const FACTOR = 1.5;
/** Runs whose medians are taken. */
const RUNS = 3;

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const fraction = numberIn(row, 'load_fraction');
  if (!(fraction >= FROM - 1e-9 && fraction <= TO + 1e-9)) return [];
  const names = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'op', 'sticky', 'quota_cores', 'load_fraction'];
  const place = { file, configuration: columnsOf(row, names) };
  const perS = fraction * simulatedCapacity(completed(row));
  const outcomes = Array.from({ length: RUNS }, (_, run) => runAt(row, perS, run + 1));
  const check = (quantity: string, column: string, values: readonly number[]): Check => {
    const measured = numberIn(row, column);
    const given = {
      quantity,
      measured,
      n: numberIn(row, 'n'),
      simulated: middle(values),
      interval: [Math.min(...values), Math.max(...values)] as const,
    };
    return between(place, given, [measured / FACTOR, measured * FACTOR], `factor ${FACTOR}`);
  };
  return [
    check(
      'latency p50, ms',
      'p50_ms',
      outcomes.map(({ latencyMsP50 }) => latencyMsP50),
    ),
    check(
      'latency p95, ms',
      'p95_ms',
      outcomes.map(({ latencyMsP95 }) => latencyMsP95),
    ),
  ];
}

/** Latency by fraction of the capacity, each of its own: p50 and p95 within a factor of 1.5 between 50 and 85 %. */
export const latencyLoad: Validator = {
  prefix: 'latency-load',
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
