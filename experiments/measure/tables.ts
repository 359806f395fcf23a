import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { writeAtomically } from '../lib/atomic-write.ts';

/** One row of a CSV. */
export type Row = Readonly<Record<string, string | number>>;

/** CSVs of one folder that grow while they are measured: after each row its file is whole, however the measurement ends. */
export class Tables {
  private readonly rows = new Map<string, readonly Row[]>();
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** @param name - file name without `.csv`; what follows the prefix is for people. */
  add(name: string, ...rows: readonly Row[]): void {
    this.replace(name, [...(this.rows.get(name) ?? []), ...rows]);
  }

  /** For what sums up all that was measured so far. */
  replace(name: string, rows: readonly Row[]): void {
    if (rows.length === 0) return;
    this.rows.set(name, rows);
    // A later row may have columns that the first has not.
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    writeAtomically(this.fileOf(name), [stringify([...rows], { header: true, columns, record_delimiter: 'windows' })]);
  }

  private fileOf(name: string): string {
    return join(this.folder, `${name}.csv`);
  }

  /** A line per file. */
  written(): string {
    return [...this.rows].map(([name, rows]) => `${this.fileOf(name)}: ${rows.length} rows\n`).join('');
  }
}
