import { completed, discardingJvm, runAt, simulatedCapacity } from './capacity.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  oneDraw,
  type Place,
  type Validator,
} from './check.ts';
import type { LoadOutcome } from './load-run.ts';

/** Fractions of the capacity between which latencies are judged, and the factor within which they must lie. */
const FROM = 0.5;
const TO = 0.85;
const FACTOR = 1.5;
/** Windows that are simulated, whatever the first ones say: the next one lies within the range of 39 with 95 %. */
const WINDOWS = 39;

/** How long the measured window was, by what it completed [s]; undefined where the file does not tell. */
function windowS(row: MeasuredRow): number | undefined {
  const seconds = numberIn(row, 'n') / numberIn(row, 'completed_rps');
  return Number.isFinite(seconds) ? Number(seconds.toPrecision(2)) : undefined;
}

function checkRow(row: MeasuredRow, file: string, count: number): Check[] {
  const fraction = numberIn(row, 'load_fraction');
  if (!(fraction >= FROM - 1e-9 && fraction <= TO + 1e-9)) return [];
  const names = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'op', 'sticky', 'quota_cores', 'load_fraction'];
  const place: Place = { file, configuration: columnsOf(row, names) };
  const perS = fraction * simulatedCapacity(completed(row));
  const windows: LoadOutcome[] = [];
  const check = (quantity: string, column: string, of: (window: LoadOutcome) => number): Check =>
    oneDraw(place, { quantity, measured: numberIn(row, column), n: numberIn(row, 'n') }, windows.map(of), FACTOR);
  for (let seed = 1; seed <= count; seed += 1) {
    windows.push(runAt(row, perS, seed, { jvm: discardingJvm, windowS: windowS(row) }));
  }
  return [
    check('latency p50, ms', 'p50_ms', ({ latencyMsP50 }) => latencyMsP50),
    check('latency p95, ms', 'p95_ms', ({ latencyMsP95 }) => latencyMsP95),
  ];
}

/** Latency by fraction of the capacity, judged by so many simulated windows per row. */
export function latencyBy(count: number): Validator {
  return {
    prefix: 'latency-load',
    configuration: [],
    check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name, count)),
  };
}

/**
 * Latency by fraction of the capacity, each of its own: p50 and p95 within a factor of 1.5 between 50 and 85 %. A row is
 * one window of some seconds, and what a JVM does for itself meets some windows and not others.
 */
export const latencyLoad = latencyBy(WINDOWS);
