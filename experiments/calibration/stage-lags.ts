import { InputError, quoted } from '../lib/input-error.ts';
import { type MeasuredFile, type MeasuredRow, numberIn } from '../validation/check.ts';
import { lawBetween } from './wire-lags.ts';

const COLUMNS = ['stage', 'drive', 'gap_ms', 'parallel_sessions', 'p5_us', 'p50_us', 'p99_us'];

/** A share, or an idle time [ms], and what belongs to it. */
type Point = [number, number];

/** What the stages of a message's way say. */
export interface StageLags {
  /** Quantiles [share, us] of the arrival until a receiver thread runs. */
  readonly receiveLagUs: Point[];
  /** Quantiles [share, us] of a message behind the one before it, where it waited for a dispatcher thread. */
  readonly dispatchFollowUs: Point[];
  /** Points [idle ms, factor] of the lag. */
  readonly lagByIdle: Point[];
  /** Response on the wire until the next request of a client that does not wait, median [us]; NaN where no row says so. */
  readonly clientUs: number;
  readonly trials: number;
}

/** What other files say of the machine on which the cluster was measured. */
export interface OfMachine {
  /** Processor time of a message that wakes its receiver, which is no lag [us]. */
  readonly receiveUs: number;
  /** Gap of the lags on the wire [ms]. */
  readonly gapMs: number;
  /** Quantiles [share, us] of a request's time on the wire, above its median. */
  readonly tail: readonly Point[];
}

const quantiles: readonly (readonly [string, number])[] = [
  ['p5_us', 0.05],
  ['p10_us', 0.1],
  ['p15_us', 0.15],
  ['p25_us', 0.25],
  ['p50_us', 0.5],
  ['p75_us', 0.75],
  ['p90_us', 0.9],
  ['p95_us', 0.95],
  ['p99_us', 0.99],
];

function rowOf(rows: readonly MeasuredRow[], stage: RegExp, where: Readonly<Record<string, string>>): MeasuredRow {
  const row = rows.find(
    (one) => stage.test(one.stage) && Object.entries(where).every(([name, value]) => one[name] === value),
  );
  if (row === undefined) throw new InputError(`--stages: no row "${stage.source}" with ${JSON.stringify(where)}`);
  return row;
}

/** Nobody measured what is rarer than the outermost quantiles: it is what they are. */
function lawOf(row: MeasuredRow, upTo = 1): Point[] {
  const law = quantiles
    .filter(([, share]) => share <= upTo)
    .map(([column, share]): Point => [share, numberIn(row, column)]);
  return [[0, law[0][1]], ...law, ...(upTo === 1 ? [[1, law[law.length - 1][1]] as Point] : [])];
}

/**
 * Lags of `lag-stages.csv`, which follows single messages. It was taken on a machine that did other work beside: up to three
 * quarters its quantiles are taken, beyond that those of a request's time on the wire on the quiet machine, whose threads wait
 * for a processor in the same way.
 *
 * @throws InputError - a file without these columns or rows.
 */
export function stageLags({ name, rows }: MeasuredFile, machine: OfMachine): StageLags {
  if (rows.length === 0 || !COLUMNS.every((column) => column in rows[0]))
    throw new InputError(
      `--stages ${quoted(name)}: the columns of lag-stages.csv (${COLUMNS.join(', ')}) are expected`,
    );
  const gap = { gap_ms: String(machine.gapMs), parallel_sessions: '1' };
  const applied = rowOf(rows, /wire to applied/, gap);
  const medianUs = numberIn(applied, 'p50_us');
  const lagUs = (us: number): number => Math.max(0, Math.round(us - machine.receiveUs));
  const body = lawOf(applied, 0.75);
  const tail = machine.tail.map(([share, us]): Point => [share, medianUs + us]);
  const asleep = rows.filter(({ stage }) => /sleeping reader/.test(stage));
  const restedUs = numberIn(rowOf(asleep, /./, { gap_ms: gap.gap_ms }), 'p50_us');
  const client = rows.find(({ drive }) => /sockets/.test(drive));
  return {
    receiveLagUs: lawBetween([...body, ...tail].map(([share, us]): Point => [share, lagUs(us)])),
    dispatchFollowUs: lawOf(rowOf(rows, /second waited/, { drive: 'all' })),
    lagByIdle: asleep.map((row): Point => {
      const factor = numberIn(row, 'p50_us') / restedUs;
      return [numberIn(row, 'gap_ms'), Number(factor.toFixed(2))];
    }),
    clientUs: client ? numberIn(client, 'p50_us') : Number.NaN,
    trials: numberIn(applied, 'trials'),
  };
}
