import { createReadStream, statSync } from 'node:fs';
import { parse } from 'csv-parse';
import { InputError, quoted } from '../lib/input-error.ts';

/** A cell as the files have it: text, a number, or null where it is empty. */
export type TableCell = string | number | null;
/** A row by column name. */
export type TableRow = Readonly<Record<string, TableCell>>;

/** What of a file is wanted. */
export interface Wanted {
  /** Columns that must be there. */
  readonly columns: readonly string[];
  /** Columns that are text whatever stands in them. */
  readonly text?: readonly string[];
  /** Rows for which this is false are not kept; cells come as text, in the order of `header`. */
  readonly keep?: (cells: readonly string[], header: readonly string[]) => boolean;
}

const numberText = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Columns that are names in every file. */
const names = ['strategy', 'balancer', 'case', 'kind', 'metric', 'method', 'clients', 'than_strategy', 'than_balancer'];

/** Only files of strangers and of validate.ts have quotes, and none of them is larger than this. */
const SMALL_BYTES = 20_000_000;

function cellOf(text: string, isText: boolean): TableCell {
  if (text === '') return null;
  return !isText && numberText.test(text) ? Number(text) : text;
}

function checkHeader(file: string, header: readonly string[], { columns }: Wanted): void {
  const missing = columns.find((name) => !header.includes(name));
  if (missing !== undefined) throw new InputError(`${file}:1: no column ${missing}; a file of this simulator has it`);
}

/** Rows of a file without quotes, many at a time; undefined for a file that has some. */
async function* plainRows(file: string): AsyncGenerator<string[][] | undefined> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const text = rest + (chunk as string);
    if (text.includes('"')) {
      yield undefined;
      return;
    }
    const end = text.lastIndexOf('\n');
    rest = text.slice(end + 1);
    if (end >= 0) yield text.slice(0, end).split('\n').map(cellsOf);
  }
  if (rest !== '') yield [cellsOf(rest)];
}

function cellsOf(line: string): string[] {
  return (line.endsWith('\r') ? line.slice(0, -1) : line).split(',');
}

/** Rows of any CSV. */
async function* quotedRows(file: string): AsyncGenerator<string[][]> {
  const parser = createReadStream(file).pipe(parse({ bom: true, relax_column_count: true }));
  for await (const cells of parser as AsyncIterable<string[]>) yield [cells];
}

/** Every row, the header first, many at a time. What the simulator writes has no quotes and is read ten times faster. */
async function* rowsOf(file: string): AsyncGenerator<string[][]> {
  for await (const rows of plainRows(file)) {
    if (rows === undefined) throw new InputError(`${file}: a cell with quotes; the simulator writes none`);
    yield rows;
  }
}

async function hasQuotes(file: string): Promise<boolean> {
  for await (const rows of plainRows(file)) if (rows === undefined) return true;
  return false;
}

/**
 * Reads a CSV row by row, so that a large file never stands in memory, and hands over what is wanted.
 *
 * @throws InputError - with file and line: a column is missing, a row has too many or too few cells.
 */
export async function eachRow(file: string, wanted: Wanted, take: (row: TableRow) => void): Promise<void> {
  const text = new Set([...names, ...(wanted.text ?? [])]);
  const isSmall = statSync(file).size < SMALL_BYTES;
  const source = isSmall && (await hasQuotes(file)) ? quotedRows(file) : rowsOf(file);
  let header: string[] | undefined;
  let line = 0;
  try {
    for await (const rows of source) {
      for (const cells of rows) {
        line += 1;
        if (header === undefined) {
          header = [cells[0].replace(/^\ufeff/, ''), ...cells.slice(1)];
          checkHeader(file, header, wanted);
          continue;
        }
        if (cells.length !== header.length) {
          throw new InputError(`${file}:${line}: ${cells.length} cells; ${header.length} are expected`);
        }
        if (wanted.keep && !wanted.keep(cells, header)) continue;
        const row: Record<string, TableCell> = Object.create(null);
        for (const [at, name] of header.entries()) row[name] = cellOf(cells[at], text.has(name));
        take(row);
      }
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { message, lines } = error as Error & { readonly lines?: number };
    if (lines === undefined) throw new InputError(`${file}:${line + 1}: ${quoted(message)}`);
    throw new InputError(`${file}:${lines}: a stray quote; a cell that has quotes begins and ends with one`);
  }
  if (header === undefined) throw new InputError(`${file}: empty; a header row is expected`);
}

/** As `eachRow`, all rows at once. */
export async function readTable(file: string, wanted: Wanted): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  await eachRow(file, wanted, (row) => rows.push(row));
  return rows;
}

/** A cell that must be a number. */
export function numberOf(row: TableRow, name: string): number {
  const value = row[name];
  if (typeof value === 'number') return value;
  throw new InputError(`column ${name}: ${quoted(String(value))} where a number is expected`);
}

/** A cell that is a number or empty. */
export function numberOrNull(row: TableRow, name: string): number | null {
  return row[name] === null || row[name] === undefined ? null : numberOf(row, name);
}

/** A cell as text; empty where it is empty. */
export function textOf(row: TableRow, name: string): string {
  const value = row[name];
  return value === null || value === undefined ? '' : String(value);
}
