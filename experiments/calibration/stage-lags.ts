import { InputError, quoted } from '../lib/input-error.ts';
import { type MeasuredFile, type MeasuredRow, numberIn } from '../validation/check.ts';
import { lawBetween } from './wire-lags.ts';

/** Columns of a stage's quantiles, and their shares. */
const QUANTILES: readonly (readonly [string, number])[] = [
  ['min_us', 0],
  ['p5_us', 0.05],
  ['p10_us', 0.1],
  ['p15_us', 0.15],
  ['p25_us', 0.25],
  ['p50_us', 0.5],
  ['p75_us', 0.75],
  ['p90_us', 0.9],
  ['p95_us', 0.95],
  ['p97_us', 0.97],
  ['p98_us', 0.98],
  ['p99_us', 0.99],
  ['p99.9_us', 0.999],
  ['max_us', 1],
];

/** A share, and what belongs to it. */
type Point = [number, number];

/** What the stages of a message's way say. */
export interface StageLags {
  /** Quantiles [share, us] of a copy's way from the wire until the message is looked at, without its processor time. */
  readonly receiveLagUs: Point[];
  /** Quantiles [share, part] of the part of that which a later copy takes until it has passed the wire. */
  readonly laterCopyShare: Point[];
  /** Part by which the receiver's lag is longer after ten times the idle time; 0 where no row says so. */
  readonly lagPerIdleDecade: number;
  /** Response on the wire until the next request of a client that does not wait, median [us]; NaN where no row says so. */
  readonly clientUs: number;
  readonly trials: number;
}

/** What other files say of the machine on which the cluster was measured. */
export interface OfMachine {
  /** Processor time of a message that wakes its receiver, which is no lag [us]. */
  readonly receiveUs: number;
  /** Between two requests when the lags on the wire were taken [ms]. */
  readonly gapMs: number;
  /** Quantiles [share, us] of the dispatcher's lag there, from 0.95 on. */
  readonly tail: readonly Point[];
}

/**
 * How much longer a receiver's lag is after ten times the idle time: of the two messages of a request the first finds threads that have
 * rested since the request before, the second comes on its heels. Medians, of the run with one session.
 */
function perIdleDecade(file: MeasuredFile, receiveUs: number, gapMs: number): number {
  const median = (stage: string): number => {
    const row = file.rows.find(
      (one) =>
        one.stage === stage &&
        one.drive === 'round robin' &&
        Number(one.gap_ms) === gapMs &&
        Number(one.parallel_sessions) === 1,
    );
    return row ? numberIn(row, 'p50_us') : Number.NaN;
  };
  const [first, second] = ['first', 'second'].map(
    (which) => median(`first byte on the wire to applied, ${which} message of a request`) - receiveUs,
  );
  const decades = Math.log10((gapMs * 1000) / median('first message queued to second one queued'));
  const perDecade = (1 - second / first) / decades;
  return Number.isNaN(perDecade) ? 0 : Number(Math.max(0, perDecade).toFixed(3));
}

/** Mean quantiles of a stage over the runs with a gap between requests: one message each, or two. */
function meanLaw(file: MeasuredFile, stage: string, gapMs: number): { points: Point[]; trials: number } {
  const rows = file.rows.filter(
    (row: MeasuredRow) => row.stage === stage && row.drive === 'round robin' && Number(row.gap_ms) === gapMs,
  );
  if (rows.length === 0)
    throw new InputError(`--stages ${quoted(file.name)}: no row "${stage}" of round robin, ${gapMs} ms apart`);
  const points = QUANTILES.map(([column, share]): Point => {
    return [share, rows.reduce((sum, row) => sum + numberIn(row, column), 0) / rows.length];
  });
  return { points, trials: rows.reduce((sum, row) => sum + numberIn(row, 'trials'), 0) };
}

/**
 * Lags of `lag-stages.csv`, which follows single messages: the mean of its runs with one and with two messages per request.
 * Our machine stalls more often than that of the lags on the wire: from 0.95 on its quantiles are shortened as those
 * of the dispatcher's lag are there, whose threads are woken in the same way.
 * @throws InputError - a file without these columns or rows.
 */
export function stageLags(file: MeasuredFile, { receiveUs, gapMs, tail }: OfMachine): StageLags {
  const columns = ['stage', 'drive', 'gap_ms', 'trials', ...QUANTILES.map(([column]) => column)];
  if (file.rows.length === 0 || !columns.every((column) => column in file.rows[0]))
    throw new InputError(
      `--stages ${quoted(file.name)}: the columns of lag-stages.csv (${columns.join(', ')}) are expected`,
    );
  const lag = meanLaw(file, 'first byte on the wire to applied', gapMs);
  const share = meanLaw(file, 'share of a later copy until it is complete', gapMs);
  const dispatched = new Map(meanLaw(file, 'queued to first byte on the wire', gapMs).points);
  const applied = new Map(lag.points);
  let highestUs = applied.get(0.9) ?? 0;
  const beyond = tail.map(([at, us]): Point => {
    const ours = dispatched.get(at) ?? us;
    highestUs = Math.max(highestUs, (applied.get(at) ?? 0) * Math.min(1, us / ours));
    return [at, highestUs];
  });
  const client = file.rows.find(({ drive }) => /sockets/.test(drive));
  return {
    receiveLagUs: lawBetween(
      [...lag.points.filter(([at]) => at <= 0.9), ...beyond].map(([at, us]): Point => {
        return [at, Math.max(0, Math.round(us - receiveUs))];
      }),
    ),
    laterCopyShare: share.points.map(([at, part]): Point => [at, Number(part.toFixed(3))]),
    lagPerIdleDecade: perIdleDecade(file, receiveUs, gapMs),
    clientUs: client ? numberIn(client, 'p50_us') : Number.NaN,
    trials: lag.trials,
  };
}
