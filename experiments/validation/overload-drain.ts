import {
  type Check,
  columnsOf,
  covered,
  isTrue,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  quantile,
  type Validator,
  within,
} from './check.ts';
import { OverloadRun, phaseOf } from './overload-run.ts';

/**
 * What has gathered under overload is the small difference of what comes and what is done: it is judged by the range that
 * follows if a received message costs a quarter less or more than the calibration says (its standard error is a half).
 */
const COSTS = [0.75, 1, 1.25];
const WHY = 'a message costs 75 to 125 %';
/** By which processor time, and what follows from it, differs between runs. */
const RUN_TO_RUN = 0.25;
/** Less than this per second is heartbeats. */
const QUIET_BYTES_PER_S = 2000;

/** What came to a node after the load, second by second [Ethernet bytes]. */
interface Drain {
  readonly slow: readonly number[];
  readonly healthy: readonly number[];
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
/** When the last second that was not quiet was over. */
const lastBusyS = (values: readonly number[]): number => values.findLastIndex((value) => value > QUIET_BYTES_PER_S) + 1;

function simulated(row: MeasuredRow, seconds: number, overload: MeasuredFile | undefined): Drain[] {
  const slowRows = overload?.rows.filter(({ phase }) => /slow/.test(phase ?? '')) ?? [];
  const overloadRow = slowRows[0];
  if (overloadRow === undefined) return [];
  const offeredPerS = quantile(
    slowRows.map((one) => numberIn(one, 'offered_rps')),
    0.5,
  );
  const loadS = Math.max(...slowRows.map((one) => numberIn(one, 't_since_slow_s')));
  return COSTS.map((receiveFactor) => {
    const phase = phaseOf({ ...overloadRow, ...row }, offeredPerS, numberIn(overloadRow, 'slow_quota'));
    const run = new OverloadRun({ ...phase, receiveFactor });
    run.interval(loadS);
    run.loop.stop();
    const parts = Array.from({ length: seconds }, () => run.interval(1).cameBytes);
    return { slow: parts.map((came) => came[phase.slow]), healthy: parts.map((came) => came[phase.slow - 1]) };
  });
}

function checkDrain({ name, rows }: MeasuredFile, folder: readonly MeasuredFile[]): Check[] {
  const overload = folder.find((other) => other.name === name.replace('overload-drain-', 'overload-'));
  const kept = rows.filter((row) => !isTrue(row.slow_quota_restored ?? ''));
  const nodes = Object.keys(rows[0])
    .filter((column) => /^rx_node\d+_bytes_per_s$/.test(column))
    .sort();
  if (kept.length === 0 || nodes.length < 2) return [];
  const drains = simulated(kept[0], kept.length, overload);
  if (drains.length === 0) return [];
  const place = { file: name, configuration: columnsOf(rows[0], ['sendOptions', 'slow_quota_restored']) };
  const [healthyColumn, slowColumn] = nodes.slice(-2);
  const quantities = [
    ['after the load, to the slow node, bytes', slowColumn, ({ slow }: Drain) => slow, sum],
    ['after the load, to a healthy node, bytes', healthyColumn, ({ healthy }: Drain) => healthy, sum],
    ['after the load, until the slow node has all, s', slowColumn, ({ slow }: Drain) => slow, lastBusyS],
    ['after the load, until a healthy node has all, s', healthyColumn, ({ healthy }: Drain) => healthy, lastBusyS],
  ] as const;
  const amounts = quantities.map(([quantity, column, pick, of]) => {
    const values = drains.map((drain) => of(pick(drain)));
    const measured = of(kept.map((row) => numberIn(row, column)));
    const range = [Math.min(...values), Math.max(...values)] as const;
    return covered(place, { quantity, measured, simulated: values[1] }, range, WHY);
  });
  const [slow, healthy] = [slowColumn, healthyColumn].map((column) => kept.map((row) => numberIn(row, column)));
  const [, ofCalibration] = drains;
  if (lastBusyS(slow) < 2 || lastBusyS(ofCalibration.slow) < 2) return amounts;
  const rate = {
    quantity: 'first second after the load, to the slow node, bytes',
    measured: slow[0],
    simulated: ofCalibration.slow[0],
  };
  const together = {
    quantity: 'after the load, a healthy node has all before the slow one, s',
    measured: lastBusyS(slow) - lastBusyS(healthy),
    simulated: lastBusyS(ofCalibration.slow) - lastBusyS(ofCalibration.healthy),
  };
  return [...amounts, within(place, rate, RUN_TO_RUN), within(place, together, 0, 1)];
}

/** What is still under way when the load ends, and how long it takes; the load is that of the file without `drain-`. */
export const overloadDrain: Validator = {
  prefix: 'overload-drain-',
  check: (file: MeasuredFile, folder = []) => checkDrain(file, folder),
};
