import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../lib/input-error.ts';
import { type MeasuredRow, numberIn, quantile } from '../validation/check.ts';
import { readMeasuredFile } from '../validation/read-measured.ts';
import { discardsOf } from './discarded-code.ts';

/** What comes with the project. */
const shipped = join(dirname(fileURLToPath(import.meta.url)), '..', 'calibrations');

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const rounded = (value: number): number => Number(value.toPrecision(3));

/** Eden, allocation and pauses from rows of `gc.csv`: one node alone, one that sends, one that receives. */
function collectorOf(rows: readonly MeasuredRow[]): Record<string, unknown> {
  const perRequest = (role: string, isAlone: boolean): number =>
    mean(
      rows
        .filter((row) => row.node === role && (numberIn(row, 'nodes') === 1) === isAlone)
        .map((row) => numberIn(row, 'allocated_kb_per_request')),
    );
  const requestKB = perRequest('serves', true);
  const keys = {
    edenMB: mean(rows.map((row) => numberIn(row, 'eden_kb'))) / 1024,
    requestKB,
    sendKB: Math.max(0, perRequest('serves', false) - requestKB),
    receiveKB: perRequest('receives', false),
    youngMs: mean(rows.map((row) => numberIn(row, 'pause_ms_p50'))),
  };
  const options = rows[0].jvm_options ?? '';
  const collector = /UseSerialGC/.test(options) ? 'serial' : /UseParallelGC/.test(options) ? 'parallel' : 'g1';
  const told = Object.entries(keys).filter(([, value]) => Number.isFinite(value));
  return { collector, ...Object.fromEntries(told.map(([key, value]) => [key, rounded(value)])) };
}

/** What compiling took by the time so many requests were served, from the rows of the fewest nodes in `compilers.csv`. */
function compilersOf(rows: readonly MeasuredRow[]): Record<string, unknown> {
  const fewest = Math.min(...rows.map((row) => numberIn(row, 'nodes')));
  const points = rows
    .filter((row) => numberIn(row, 'nodes') === fewest)
    .map((row) => [numberIn(row, 'requests'), numberIn(row, 'c1_ms') + numberIn(row, 'c2_ms')]);
  return { compilerMs: points };
}

/** Goes of the compilers count from here on, where the curve of what they have done is flat: a warm JVM. */
const WARM_REQUESTS = 32_000;
const SHARES = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

/** The law of a go of the compilers, from `compiler-goes.csv`. */
function goesOf(rows: readonly MeasuredRow[]): Record<string, unknown> {
  const goes = rows.filter((row) => numberIn(row, 'requests') >= WARM_REQUESTS).map((row) => numberIn(row, 'go_ms'));
  if (goes.length === 0) return {};
  return {
    compilerTaskMs: rounded(mean(goes)),
    compilerTaskMsQuantiles: SHARES.map((share) => [share, rounded(quantile(goes, share))]),
  };
}

const READERS: readonly (readonly [string, (rows: readonly MeasuredRow[]) => Record<string, unknown>])[] = [
  ['gc.csv', collectorOf],
  ['compilers.csv', compilersOf],
  ['compiler-goes.csv', goesOf],
  ['code.csv', discardsOf],
];

/**
 * `node.jvm` as `measure-tomcat.ts --only gc` has found it.
 * @param folder - with the files that it writes, or some of them.
 * @throws InputError - no such file.
 */
export function measuredJvm(folder: string, flag: string): Record<string, unknown> {
  const there = READERS.filter(([name]) => existsSync(join(folder, name)));
  if (there.length === 0) throw new InputError(`${flag}: none of ${READERS.map(([name]) => name).join(', ')} in it`);
  return Object.assign({}, ...there.map(([name, read]) => read(readMeasuredFile(join(folder, name), flag).rows)));
}

/** The JVM of the measured cluster: serial collector, heap of 128 MB, as measured on another machine of the same kind. */
export const shippedJvm = (): Record<string, unknown> => measuredJvm(join(shipped, 'jvm-serial-128m'), 'shipped');
