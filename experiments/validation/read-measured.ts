import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { InputError, quoted } from '../lib/input-error.ts';
import type { MeasuredFile, MeasuredRow } from './check.ts';

/**
 * Reads every CSV of a folder.
 * @throws InputError - no such folder, no CSV in it, or a file that is no CSV.
 */
export function readMeasured(folder: string): MeasuredFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.csv'));
  } catch (error) {
    throw new InputError(`--measured ${quoted(folder)}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`);
  }
  if (names.length === 0) throw new InputError(`--measured ${quoted(folder)}: no CSV in this folder`);
  return names.sort().map((name) => {
    try {
      const rows = parse(readFileSync(join(folder, name)), { columns: true, skip_empty_lines: true, bom: true });
      return { name, rows: rows as MeasuredRow[] };
    } catch (error) {
      throw new InputError(`${quoted(join(folder, name))}: not a CSV: ${(error as Error).message}`);
    }
  });
}
