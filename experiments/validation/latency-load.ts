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
/** Windows that are simulated, and where their median misses: the next one lies within the range of 39 with 95 %. */
const FEW = 3;
const MANY = 39;

/** How long the measured window was, by what it completed [s]; undefined where the file does not tell. */
function windowS(row: MeasuredRow): number | undefined {
  const seconds = numberIn(row, 'n') / numberIn(row, 'completed_rps');
  return Number.isFinite(seconds) ? Number(seconds.toPrecision(2)) : undefined;
}

function checkRow(row: MeasuredRow, file: string, most: number): Check[] {
  const fraction = numberIn(row, 'load_fraction');
  if (!(fraction >= FROM - 1e-9 && fraction <= TO + 1e-9)) return [];
  const names = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'op', 'sticky', 'quota_cores', 'load_fraction'];
  const place: Place = { file, configuration: columnsOf(row, names) };
  const perS = fraction * simulatedCapacity(completed(row));
  const windows: LoadOutcome[] = [];
  const check = (quantity: string, column: string, of: (window: LoadOutcome) => number): Check =>
    oneDraw(place, { quantity, measured: numberIn(row, column), n: numberIn(row, 'n') }, windows.map(of), FACTOR);
  let checks: Check[] = [];
  for (const count of [FEW, most]) {
    while (windows.length < count) {
      windows.push(runAt(row, perS, windows.length + 1, { jvm: discardingJvm, windowS: windowS(row) }));
    }
    checks = [
      check('latency p50, ms', 'p50_ms', ({ latencyMsP50 }) => latencyMsP50),
      check('latency p95, ms', 'p95_ms', ({ latencyMsP95 }) => latencyMsP95),
    ];
    if (checks.every(({ ok, isByRange }) => ok && !isByRange)) break;
  }
  return checks;
}

/** Latency by fraction of the capacity, judged by at most so many simulated windows per row. */
export function latencyBy(most: number): Validator {
  return {
    prefix: 'latency-load',
    check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name, most)),
  };
}

/**
 * Latency by fraction of the capacity, each of its own: p50 and p95 within a factor of 1.5 between 50 and 85 %. A row is
 * one window of some seconds, and what a JVM does for itself meets some windows and not others.
 */
export const latencyLoad = latencyBy(MANY);
