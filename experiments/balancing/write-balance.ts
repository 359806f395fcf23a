import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeAtomically } from '../lib/atomic-write.ts';
import type { Table } from '../lib/columns.ts';
import { csvHeader, csvLines, type Row } from '../lib/csv.ts';
import { datapackage } from '../lib/datapackage.ts';
import { asRunFailed } from '../lib/sweep.ts';
import { balanceTable, timelineTable } from './balance-tables.ts';

function written(folder: string, table: Table, groups: readonly (readonly Row[])[]): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  let bytes = 0;
  const parts = function* (): Iterable<string> {
    for (const part of [csvHeader(table), ...groups.map((rows) => csvLines(table, rows))]) {
      hash.update(part, 'utf8');
      bytes += Buffer.byteLength(part, 'utf8');
      yield part;
    }
  };
  writeAtomically(join(folder, table.file), parts());
  return { bytes, sha256: hash.digest('hex') };
}

/** Writes `balance.csv`, `timeline.csv` and their `datapackage.json`. */
export function writeBalance(
  folder: string,
  question: string,
  balance: readonly Row[],
  timelines: readonly (readonly Row[])[],
): void {
  try {
    const files = new Map([
      [balanceTable.file, written(folder, balanceTable, [balance])],
      [timelineTable.file, written(folder, timelineTable, timelines)],
    ]);
    const text = datapackage('balancing-sweep', question, [balanceTable, timelineTable], files);
    writeAtomically(join(folder, 'datapackage.json'), [text]);
  } catch (error) {
    throw asRunFailed(error, folder);
  }
}
