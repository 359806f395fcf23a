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

/** A stretch between two quantiles that is so many times as steep as both its neighbours is a gap between two branches. */
const GAP = 2;
/** Points between the last two quantiles below the largest value, on a straight line of the logarithm. */
const TAIL_POINTS = 3;

/** A share and the lag that it does not exceed [us]. */
type Point = [number, number];

/** What lags on the wire say. */
export interface WireLags {
  /** Quantiles [share, us] of the hand-over to a dispatcher thread. */
  readonly dispatchLagUs: Point[];
  /** Between the copies for two destinations, mean [us]. */
  readonly messageWriteUs: number;
  /** From the end of the servlet to the response, median [us]. */
  readonly responseUs: number;
  /** From the request's arrival to the response, median [us]; NaN where no row says so. */
  readonly serviceUs: number;
  readonly trials: number;
  /** Between two requests [ms]. */
  readonly gapMs: number;
  /** Measured quantiles [share, us] of the lag, from 0.95 on. */
  readonly tail: Point[];
}

function find(rows: readonly MeasuredRow[], metric: RegExp): MeasuredRow | undefined {
  return rows.find((row) => metric.test(row.metric ?? ''));
}

const isDispatched = ({ sendOptions }: MeasuredRow): boolean => (Number(sendOptions) & 8) !== 0;

const steepness = ([fromShare, fromUs]: Point, [toShare, toUs]: Point): number =>
  (toUs - fromUs) / (toShare - fromShare);

/**
 * The law between measured quantiles: straight, but for two places. Where the quantiles leap between two branches (a dispatcher
 * thread runs at once, or after the thread that woke it) the step is put in the middle of the stretch in which it lies, each branch goes
 * on as next to it; and the tail is geometric.
 */
export function lawBetween(points: readonly Point[]): Point[] {
  const law: Point[] = [points[0]];
  for (let at = 1; at < points.length; at += 1) {
    const [from, to] = [points[at - 1], points[at]];
    const isInside = at >= 2 && at <= points.length - 3;
    const before = isInside ? steepness(points[at - 2], from) : 0;
    const after = isInside ? steepness(to, points[at + 1]) : 0;
    if (isInside && steepness(from, to) > GAP * Math.max(before, after)) {
      const half = (to[0] - from[0]) / 2;
      const middle = from[0] + half;
      law.push([middle, Math.round(from[1] + half * before)], [middle, Math.round(to[1] - half * after)]);
    }
    if (at === points.length - 2 && from[1] > 0) {
      for (let place = 1; place <= TAIL_POINTS; place += 1) {
        const part = place / (TAIL_POINTS + 1);
        const share = from[0] + part * (to[0] - from[0]);
        law.push([Number(share.toFixed(6)), Math.round(from[1] * (to[1] / from[1]) ** part)]);
      }
    }
    law.push(to);
  }
  return law;
}

/** Mean of a distribution that is straight between its quantiles [ms]. */
function meanMs(row: MeasuredRow): number {
  return QUANTILES.slice(1).reduce((sum, [column, share], place) => {
    const [before, from] = QUANTILES[place];
    return sum + ((share - from) * (numberIn(row, column) + numberIn(row, before))) / 2;
  }, 0);
}

/**
 * Lags of `lag-wire-*.csv`, which count from the response. A synchronous send is over before it, so the acknowledgement
 * frame there tells how long the response itself takes; an asynchronous one tells the dispatcher's lag.
 *
 * @param ackUs - processor time of the sender's thread between the acknowledgement and the end of the servlet [us].
 * @throws InputError - a file without these columns, or none with an asynchronous option.
 */
export function wireLags(files: readonly MeasuredFile[], ackUs: number): WireLags {
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
  const dispatched = rows.filter(isDispatched);
  const ack = find(
    rows.filter((row) => !isDispatched(row)),
    /response to ack/,
  );
  const first = find(dispatched, /first peer/);
  const last = find(dispatched, /last peer/);
  if (!first)
    throw new InputError(
      '--lag: no file with asynchronous sendOptions and a row "response to delta complete, first peer"',
    );
  const service = find(dispatched, /^service time/);
  const responseUs = ack ? Math.max(0, -numberIn(ack, 'p50_ms') * 1000 - ackUs) : 0;
  const lags = QUANTILES.map(
    ([column, share]): Point => [share, Math.max(0, Math.round(numberIn(first, column) * 1000 + responseUs))],
  );
  const gaps = Math.max(1, numberIn(first, 'nodes') - 2);
  const apartUs = last ? ((meanMs(last) - meanMs(first)) * 1000) / gaps : 0;
  return {
    dispatchLagUs: lawBetween(lags),
    messageWriteUs: Math.round(Math.max(0, apartUs)),
    responseUs: Math.round(responseUs),
    serviceUs: service ? Math.round(numberIn(service, 'p50_ms') * 1000) : Number.NaN,
    trials: numberIn(first, 'trials'),
    gapMs: numberIn(first, 'gap_ms'),
    tail: lags.filter(([share]) => share >= 0.95),
  };
}
