import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { InputError, quoted } from '../lib/input-error.ts';

const shipped = join(dirname(fileURLToPath(import.meta.url)), '..', 'calibrations');

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a calibration profile: one that is shipped, by its name, or a file of JSON or YAML as `calibrate.ts` writes it,
 * or with the keys of `calibration` alone.
 *
 * @param folder - what the name of a file is relative to.
 * @throws InputError - no such profile, or no such keys in it.
 */
export function loadProfile(name: string, folder: string): Tree {
  const own = resolve(folder, name);
  const file = [join(shipped, `${name}.json`), own].find((one) => existsSync(one));
  if (file === undefined || name === '') {
    throw new InputError(
      `calibration: ${quoted(name)}: neither a shipped profile (measured-2core) nor a file (${own})`,
    );
  }
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'neither JSON nor YAML';
    throw new InputError(`calibration: ${quoted(name)}: ${reason}; a file that calibrate.ts writes is expected`);
  }
  const keys = isTree(content) && 'calibration' in content ? content.calibration : content;
  if (!isTree(keys)) throw new InputError(`calibration: ${quoted(name)}: keys of calibration are expected in it`);
  return keys;
}

/** Puts the keys of a profile in the place of its name. */
export function withProfile(scenario: unknown, folder: string): unknown {
  if (!isTree(scenario) || typeof scenario.calibration !== 'string') return scenario;
  return { ...scenario, calibration: loadProfile(scenario.calibration, folder) };
}
