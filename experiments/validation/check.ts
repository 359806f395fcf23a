/** Columns of one measured configuration, as text. */
export type MeasuredRow = Readonly<Record<string, string>>;

/** One CSV of measurements. */
export interface MeasuredFile {
  readonly name: string;
  readonly rows: readonly MeasuredRow[];
}

/** One quantity of one configuration, measured and simulated. */
export interface Check {
  readonly quantity: string;
  readonly file: string;
  /** Columns that make the configuration. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly measured: number;
  /** Trials behind the measured figure and their spread, where known. */
  readonly n: number | null;
  readonly spread: readonly [number, number] | null;
  readonly simulated: number;
  /** What the simulation's runs gave, lowest and highest, or its confidence interval. */
  readonly interval: readonly [number, number] | null;
  readonly bound: string;
  readonly ok: boolean;
  /** It is ok only because what was measured is one draw: outside the bound, but where single draws of the simulation lie. */
  readonly isByRange?: boolean;
}

/** Checks the files whose names begin with a prefix. */
export interface Validator {
  readonly prefix: string;
  /**
   * Rows that say the same in these columns are trials of one configuration, checked together. None: each row is one by itself.
   * Absent: all rows of a file belong together.
   */
  readonly configuration?: readonly string[];
  /** @param folder - all files that lie beside it: some files state their configuration in another one. */
  check(file: MeasuredFile, folder?: readonly MeasuredFile[]): Check[];
}

/** What makes a check, apart from the verdict. */
export interface Comparison {
  readonly quantity: string;
  readonly measured: number;
  readonly simulated: number;
  readonly n?: number | null;
  readonly spread?: readonly [number, number] | null;
  readonly interval?: readonly [number, number] | null;
}

/** The place of a comparison: file and configuration. */
export interface Place {
  readonly file: string;
  readonly configuration: Readonly<Record<string, string>>;
}

function checkOf(place: Place, given: Comparison, bound: string, ok: boolean): Check {
  const { quantity, measured, simulated, n = null, spread = null, interval = null } = given;
  return { quantity, ...place, measured, n, spread, simulated, interval, bound, ok };
}

/** Within a share of the measured value, or of the range of its trials; `atLeast` is allowed in any case. */
export function within(place: Place, given: Comparison, ratio: number, atLeast = 0): Check {
  const [low, high] = (given.spread ?? []).map((end) => (Number.isNaN(end) ? given.measured : end));
  const allowed = Math.max(atLeast, Math.abs(given.measured) * ratio);
  const { measured, simulated } = given;
  const ok = simulated >= (low ?? measured) - allowed - 1e-9 && simulated <= (high ?? measured) + allowed + 1e-9;
  const least = atLeast > 0 ? `, at least ${atLeast}` : '';
  return checkOf(place, given, ratio === 0 ? `exact${least}` : `${round(ratio * 100)} %${least}`, ok);
}

/** Between two limits that follow from the measurement. */
export function between(place: Place, given: Comparison, limits: readonly [number, number], why: string): Check {
  const ok = given.simulated >= limits[0] && given.simulated <= limits[1];
  return checkOf(place, given, `${round(limits[0])}..${round(limits[1])} (${why})`, ok);
}

/** What was measured lies between the simulation's lowest and highest value; `why` says what was varied. */
export function covered(place: Place, given: Comparison, range: readonly [number, number], why: string): Check {
  const [low, high] = range;
  const ok = given.measured >= low && given.measured <= high;
  return checkOf(place, { ...given, interval: range }, `measured in ${round(low)}..${round(high)} (${why})`, ok);
}

/**
 * What was measured is one draw of something that scatters. The bound is a factor around the middle of the simulation's
 * draws; where it is missed, the draw must lie within their range, outside of which the next draw of n lies with a probability of 2/(n+1).
 */
export function oneDraw(
  place: Place,
  given: Omit<Comparison, 'simulated'>,
  draws: readonly number[],
  factor: number,
): Check {
  const { measured } = given;
  const simulated = quantile(draws, 0.5);
  const range = [Math.min(...draws), Math.max(...draws)] as const;
  const limits = [measured / factor, measured * factor] as const;
  const isNear = simulated >= limits[0] && simulated <= limits[1];
  const isByRange = !isNear && measured >= range[0] && measured <= range[1];
  const others = isNear ? '' : `; one of ${draws.length} draws: ${round(range[0])}..${round(range[1])}`;
  const bound = `${round(limits[0])}..${round(limits[1])} (factor ${factor})${others}`;
  return { ...checkOf(place, { ...given, simulated, interval: range }, bound, isNear || isByRange), isByRange };
}

/** Draws of which more than so many leave a bound do so by chance alone. */
const BY_CHANCE = 0.1;

/**
 * As `within` around the middle of the simulation's draws. Where these scatter so widely that they miss the bound among themselves,
 * a measurement, which is one draw as well, must lie within their range.
 */
export function withinDraws(
  place: Place,
  given: Omit<Comparison, 'simulated' | 'interval'>,
  draws: readonly number[],
  ratio: number,
  atLeast: number,
): Check {
  const { measured } = given;
  const simulated = quantile(draws, 0.5);
  const interval = [quantile(draws, 0.05), quantile(draws, 0.95)] as const;
  const strict = within(place, { ...given, simulated, interval }, ratio, atLeast);
  const allowed = Math.max(atLeast, ratio * simulated);
  const outside = draws.filter((draw) => Math.abs(draw - simulated) > allowed).length / draws.length;
  if (strict.ok || outside <= BY_CHANCE) return strict;
  const range = [Math.min(...draws), Math.max(...draws)] as const;
  const ok = measured >= range[0] && measured <= range[1];
  const bound = `${strict.bound}; one of ${draws.length} draws: ${round(range[0])}..${round(range[1])}`;
  return { ...strict, bound, ok, isByRange: ok };
}

/** Four significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** What stands in a column cannot be read. */
export class CellError extends Error {}

/** What programs write where they have no number. */
const NOTHING = /^\s*(|-|nan|none|null|n\/?a)\s*$/i;

/**
 * A column as a number; NaN where it is empty or absent.
 * @throws CellError - it is something else.
 */
export function numberIn(row: MeasuredRow, column: string): number {
  const text = row[column];
  if (text === undefined || NOTHING.test(text)) return Number.NaN;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new CellError(`${column}: a number is expected, not ${JSON.stringify(text)}`);
  return value;
}

/**
 * A column that the configuration hangs on.
 * @throws CellError - it is no number, empty or absent.
 */
export function neededIn(row: MeasuredRow, column: string): number {
  const value = numberIn(row, column);
  if (Number.isNaN(value)) throw new CellError(`${column}: missing, and the configuration hangs on it`);
  return value;
}

/**
 * A column that says in words what was done.
 * @param known - what is understood.
 * @throws CellError - it says something else, or nothing.
 */
export function wordsIn(row: MeasuredRow, column: string, known: RegExp): string {
  const text = (row[column] ?? '').trim();
  if (known.test(text)) return text;
  throw new CellError(`${column}: ${text === '' ? 'missing' : JSON.stringify(text)}, which is no known kind`);
}

/**
 * How often something was done.
 * @throws CellError - less than once.
 */
export function countIn(row: MeasuredRow, column: string): number {
  const count = neededIn(row, column);
  if (count < 1) throw new CellError(`${column}: ${count}, so nothing was measured`);
  return count;
}

/** A column as a number, or what holds where it is empty or absent. */
export function numberOr(row: MeasuredRow, column: string, otherwise: number): number {
  const value = numberIn(row, column);
  return Number.isNaN(value) ? otherwise : value;
}

/** Rows that say the same in some columns, in the order of the first of them. */
export function groupsBy(rows: readonly MeasuredRow[], columns: readonly string[]): MeasuredRow[][] {
  const groups = new Map<string, MeasuredRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(columns.map((column) => row[column] ?? ''));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

/**
 * Whether a column says yes.
 * @throws CellError - it says neither yes nor no.
 */
export function isTrue(text: string): boolean {
  if (/^(1|true|yes)$/i.test(text)) return true;
  if (/^(0|false|no|)$/i.test(text)) return false;
  throw new CellError(`0 or 1 is expected, not ${JSON.stringify(text)}`);
}

/** The columns that are there, with their values. */
export function columnsOf(row: MeasuredRow, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.filter((name) => row[name]).map((name) => [name, row[name]]));
}

/** Quantile by linear interpolation of values in any order. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * p;
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Score interval of Wilson for a share, with 95 % confidence. */
export function wilson(hits: number, trials: number): readonly [number, number] {
  const z = 1.96;
  const share = hits / trials;
  const middle = (share + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half =
    (z / (1 + (z * z) / trials)) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
