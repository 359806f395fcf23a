import { createReadStream } from 'node:fs';
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

function cellOf(text: string, isText: boolean): TableCell {
  if (text === '') return null;
  return !isText && numberText.test(text) ? Number(text) : text;
}

function checkHeader(file: string, header: readonly string[], { columns }: Wanted): void {
  const missing = columns.find((name) => !header.includes(name));
  if (missing !== undefined) throw new InputError(`${file}:1: no column ${missing}; a file of this simulator has it`);
}

/**
 * Reads a CSV row by row, so that a large file never stands in memory, and keeps what is wanted.
 *
 * @throws InputError - with file and line: a column is missing, a row has too many or too few cells.
 */
export async function readTable(file: string, wanted: Wanted): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  const text = new Set([...names, ...(wanted.text ?? [])]);
  let header: string[] | undefined;
  const parser = createReadStream(file).pipe(parse({ bom: true, info: false }));
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (header === undefined) {
        header = cells;
        checkHeader(file, header, wanted);
      } else if (wanted.keep === undefined || wanted.keep(cells, header)) {
        const row: Record<string, TableCell> = Object.create(null);
        for (const [at, name] of header.entries()) row[name] = cellOf(cells[at], text.has(name));
        rows.push(row);
      }
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: ${quoted((error as Error).message)}`);
  }
  if (header === undefined) throw new InputError(`${file}: empty; a header row is expected`);
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
