import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { InputError, quoted } from '../lib/input-error.ts';
import type { ReplayedRow } from './replay-rows.ts';

/** One request of the file: its cells by column. */
export type KeyRow = Readonly<Record<string, string>>;

/** The requests to replay. */
export interface Keys {
  readonly file: string;
  /** Columns as they are printed again, without `chosen`. */
  readonly columns: readonly string[];
  readonly rows: readonly KeyRow[];
  /** Line of the file that each row begins at. */
  readonly lines: readonly number[];
}

/** Largest file [byte]; all of it is held in memory. */
const fileBytesMax = 256 * 1024 * 1024;

interface ParsedRow {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/**
 * Reads the requests. A column `chosen` comes out as `expected`.
 *
 * @param filterColumn - column that, if there, must hold `name`.
 * @throws InputError - missing or not a CSV with a heading, or none of its rows is of `name`.
 */
export function readKeys(file: string, filterColumn: string, name: string): Keys {
  const parsed = parseFile(file, readText(file));
  const first = parsed[0]?.record;
  if (first === undefined) throw new InputError(`${file}:1: no row below the heading; one request per row is expected`);
  const own = first[filterColumn] === undefined ? parsed : parsed.filter((row) => isOf(row, filterColumn, name));
  if (own.length === 0) throw new InputError(`${file}:1: no row has ${filterColumn} ${quoted(name)}`);
  const hasChoice = first.chosen !== undefined && first.expected === undefined;
  const columns = Object.keys(first)
    .filter((column) => column !== 'chosen' || hasChoice)
    .map((column) => (column === 'chosen' ? 'expected' : column));
  return {
    file,
    columns,
    rows: own.map(({ record }) => (hasChoice ? { ...record, expected: record.chosen } : record)),
    lines: own.map(({ info }) => info.lines),
  };
}

/** The rows again with the column `chosen`, as CSV or JSON. */
export function writeChoices(replayed: readonly ReplayedRow[], columns: readonly string[], isJson: boolean): string {
  const cells = replayed.map(({ row, chosen }) => [...columns.map((column) => row[column]), chosen]);
  const header = [...columns, 'chosen'];
  if (!isJson) return stringify([header, ...cells]);
  const objects = cells.map((values) => Object.fromEntries(values.map((value, index) => [header[index], value])));
  return `${JSON.stringify(objects, null, 1)}\n`;
}

function isOf({ record }: ParsedRow, column: string, name: string): boolean {
  const value = record[column];
  return column === 'upstream' ? value === name : bareName(value) === bareName(name);
}

function bareName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^balancer:\/\//, '')
    .replace(/\/.*$/, '');
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > fileBytesMax) throw new InputError(`${file}: more than ${fileBytesMax} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Readonly<Record<string, string>> = { ENOENT: 'no such file', EISDIR: 'a folder, not a file' };
    const reason = error instanceof TypeError ? 'not UTF-8' : (reasons[code ?? ''] ?? `cannot be read (${code})`);
    throw new InputError(`${file}:1: ${reason}`);
  }
}

function parseFile(file: string, text: string): ParsedRow[] {
  try {
    const options = { bom: true, columns: true, info: true, skip_empty_lines: true } as const;
    return parse(text, options) as unknown as ParsedRow[];
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number };
    throw new InputError(`${file}:${lines ?? 1}: not a CSV file (${message})`);
  }
}
