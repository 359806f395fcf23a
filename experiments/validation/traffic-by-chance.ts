import { between, type Check, type MeasuredRow, numberIn, type Place, quantile } from './check.ts';
import { withPings } from './map-beats.ts';
import { type Block, type Cell, columns, driveCell, typesOf } from './traffic-blocks.ts';

/**
 * Simulated measurements of a cell, and Student's quantile for so many, two-sided with 99.9 %: a file has some thirty such
 * checks, and all of them should hold.
 */
const MEASUREMENTS = 40;
const STUDENT = 3.558;
/** What came so seldom in all trials together counts as independent events. */
const SELDOM = 12;
/** A type's rate per request is not known better: where the turns of the nodes stand, and where a block begins in them. */
const TURNS = 0.1;

/** Range of the measurement's trials, where it is known. */
type Range = readonly [number, number];

/** Whether a measurement is one that the simulation could have given: within the prediction interval of one more. */
function predicted(place: Place, quantity: string, range: Range, values: readonly number[], atLeast: number): Check {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (values.length - 1));
  const measured = (range[0] + range[1]) / 2;
  const half = Math.max(STUDENT * deviation * Math.sqrt(1 + 1 / values.length), 0.02 * measured, atLeast);
  const given = { quantity, measured, spread: range, simulated: mean, interval: [mean - half, mean + half] as const };
  return between(place, given, [range[0] - half, range[1] + half], '99.9 % of such measurements');
}

/**
 * Checks a cell as `checkRuns` does. Whether its session still has the attributes it was made with, or has lost them before the
 * first block, is not known: what agrees better counts.
 */
export function checkByChance(row: MeasuredRow, place: Place, cell: Cell): Check[] {
  const missed = (checks: readonly Check[]): number => checks.filter(({ ok }) => !ok).length;
  const [whole, replaced] = [false, true].map((isReplaced) => checkRuns(row, place, { ...cell, isReplaced }));
  return missed(replaced) < missed(whole) ? replaced : whole;
}

/**
 * Checks a cell in which chance decides how many messages a request costs: types as the mean over all blocks, messages and
 * Ethernet bytes as blocks with their map pings.
 */
function checkRuns(row: MeasuredRow, place: Place, cell: Cell): Check[] {
  const runs = Array.from({ length: MEASUREMENTS }, (_, start) => driveCell(row, cell, start, withPings(row, start)));
  const mean = (blocks: readonly Block[], of: (block: Block) => number): number =>
    blocks.reduce((sum, block) => sum + of(block), 0) / blocks.length;
  const requests = (numberIn(row, 'requests_per_trial') || 20) * (numberIn(row, 'trials') || 3);
  const types = typesOf(row).map(({ name, measured, of }) => {
    const values = runs.map((blocks) => mean(blocks, of));
    const isSeldom = measured * requests <= SELDOM;
    const atLeast = Math.max(TURNS, isSeldom ? STUDENT * Math.sqrt(measured / requests) : 0);
    return predicted(place, name, [measured, measured], values, atLeast);
  });
  const ranges = { messages_per_request: 'messages', eth_bytes_per_request: 'eth_bytes' };
  const totals = Object.entries(ranges).map(([column, name]) => {
    const range = [numberIn(row, `${name}_min`), numberIn(row, `${name}_max`)] as const;
    const quantity = columns.find((one) => one.column === column)!;
    const values = runs.map((blocks) => quantile(blocks.map(quantity.of), 0.5));
    return predicted(place, quantity.name, range, values, 0);
  });
  const acks = columns.find(({ column }) => column === 'ack_frames_per_request')!;
  const sent = runs.map((blocks) => mean(blocks, acks.of));
  return [
    ...types,
    ...totals,
    predicted(place, acks.name, [numberIn(row, acks.column), numberIn(row, acks.column)], sent, 0),
  ].filter(({ spread }) => spread !== null && !Number.isNaN(spread[0]));
}
