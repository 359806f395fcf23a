import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
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
  return names.sort().map((name) => ({ name, rows: rowsOf(join(folder, name), readFileSync(join(folder, name))) }));
}

function rowsOf(file: string, text: Buffer): MeasuredRow[] {
  try {
    return parse(text, { columns: true, skip_empty_lines: true, bom: true, trim: true }) as MeasuredRow[];
  } catch (error) {
    throw new InputError(`${quoted(file)}: not a CSV: ${(error as Error).message}`);
  }
}

/**
 * Reads one CSV.
 * @param flag - that named it, for messages.
 * @throws InputError - it cannot be read, is no CSV, or has no row.
 */
export function readMeasuredFile(file: string, flag: string): MeasuredFile {
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    throw new InputError(`${flag} ${quoted(file)}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`);
  }
  const rows = rowsOf(file, text);
  if (rows.length === 0) throw new InputError(`${flag} ${quoted(file)}: a CSV with at least one row is expected`);
  return { name: basename(file), rows };
}
