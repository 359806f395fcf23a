import { stringify } from 'csv-stringify/sync';
import { invariant } from '../../sim/invariant.ts';
import type { Column, Table } from './columns.ts';

/** A cell; null is an empty cell: not applicable. */
export type Cell = string | number | null;
/** A row by column name. */
export type Row = Readonly<Record<string, Cell>>;

/** Line end of every CSV, as RFC 4180 has it; pandas, R and DuckDB read it without arguments. */
export const lineEnd = '\r\n';

/** Text cells come from this alphabet, so that nothing is ever quoted and no spreadsheet sees a formula. */
const safeText = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A number as text: the shortest that reads back as the same number, never NaN and never -0. */
export function formatNumber(value: number): string {
  invariant(Number.isFinite(value), () => `${value} in a results table`);
  return value === 0 ? '0' : String(value);
}

function cellText(row: Row, { name, type, emptyWhen }: Column): string {
  const value = row[name];
  invariant(value !== undefined, () => `no value for column ${name}`);
  if (value === null) {
    invariant(emptyWhen !== undefined, () => `column ${name} is empty`);
    return '';
  }
  if (type === 'string') {
    invariant(typeof value === 'string' && safeText.test(value), () => `unsafe text in column ${name}: ${value}`);
    return value;
  }
  invariant(typeof value === 'number', () => `text in column ${name}: ${value}`);
  invariant(type !== 'integer' || Number.isSafeInteger(value), () => `a fraction in column ${name}: ${value}`);
  return formatNumber(value);
}

/** The lines of some rows, each with its line end. */
export function csvLines(table: Table, rows: readonly Row[]): string {
  const cells = rows.map((row) => table.columns.map((column) => cellText(row, column)));
  return stringify(cells, { record_delimiter: 'windows' });
}

/** The header line of a table. */
export function csvHeader(table: Table): string {
  return stringify([table.columns.map(({ name }) => name)], { record_delimiter: 'windows' });
}

/** A whole file: UTF-8, header, rows in the order given. */
export function csvText(table: Table, rows: readonly Row[]): string {
  return csvHeader(table) + csvLines(table, rows);
}
