import { InputError, quoted } from '../lib/input-error.ts';
import { type MeasuredFile, type MeasuredRow, numberIn } from '../validation/check.ts';

const QUANTILES: readonly (readonly [string, number])[] = [
  ['min_ms', 0],
  ['p5_ms', 0.05],
  ['p25_ms', 0.25],
  ['p50_ms', 0.5],
  ['p75_ms', 0.75],
  ['p95_ms', 0.95],
  ['p99_ms', 0.99],
  ['p99.9_ms', 0.999],
  ['max_ms', 1],
];

/** What lags on the wire say. */
export interface WireLags {
  /** Quantiles [share, us] of the hand-over to a dispatcher thread. */
  readonly dispatchLagUs: [number, number][];
  /** Between the copies for two destinations [us]. */
  readonly messageWriteUs: number;
  /** From the end of the servlet to the response [us]. */
  readonly responseUs: number;
  readonly trials: number;
}

function find(rows: readonly MeasuredRow[], metric: RegExp): MeasuredRow | undefined {
  return rows.find((row) => metric.test(row.metric ?? ''));
}

const isDispatched = ({ sendOptions }: MeasuredRow): boolean => (Number(sendOptions) & 8) !== 0;

/**
 * Lags of `lag-wire-*.csv`, which count from the response. A synchronous send is over before it, so the acknowledgement
 * frame there tells how long the response itself takes; an asynchronous one tells the dispatcher's lag.
 *
 * @throws InputError - a file without these columns, or none with an asynchronous option.
 */
export function wireLags(files: readonly MeasuredFile[]): WireLags {
  for (const { name, rows } of files) {
    const isFit = rows.every(
      (row) => 'metric' in row && 'sendOptions' in row && QUANTILES.every(([one]) => one in row),
    );
    if (!isFit || rows.length === 0) {
      throw new InputError(
        `--lag ${quoted(name)}: the columns of lag-wire-*.csv (sendOptions, metric, min_ms, ...) are expected`,
      );
    }
  }
  const rows = files.flatMap((file) => file.rows);
  const ack = find(
    rows.filter((row) => !isDispatched(row)),
    /response to ack/,
  );
  const first = find(rows.filter(isDispatched), /first peer/);
  const last = find(rows.filter(isDispatched), /last peer/);
  if (!first)
    throw new InputError(
      '--lag: no file with asynchronous sendOptions and a row "response to delta complete, first peer"',
    );
  const responseUs = ack ? Math.max(0, -numberIn(ack, 'p50_ms') * 1000) : 0;
  const lags = QUANTILES.map(([column, share]): [number, number] => [
    share,
    Math.max(0, Math.round(numberIn(first, column) * 1000 + responseUs)),
  ]);
  const gaps = Math.max(1, numberIn(first, 'nodes') - 2);
  const apartUs = last ? ((numberIn(last, 'p50_ms') - numberIn(first, 'p50_ms')) * 1000) / gaps : 0;
  return {
    dispatchLagUs: lags,
    messageWriteUs: Math.round(Math.max(0, apartUs)),
    responseUs: Math.round(responseUs),
    trials: numberIn(first, 'trials'),
  };
}
