import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { InputError, quoted } from '../lib/input-error.ts';
import type { Profile } from './profile.ts';

const shipped = join(dirname(fileURLToPath(import.meta.url)), '..', 'calibrations');

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A profile as `calibrate.ts` writes it; of a file with the keys of `calibration` alone those. */
function contentOf(name: string, folder: string): unknown {
  const own = resolve(folder, name);
  const file = [join(shipped, `${name}.json`), own].find((one) => existsSync(one));
  if (file === undefined || name === '') {
    throw new InputError(
      `calibration: ${quoted(name)}: neither a shipped profile (measured-2core) nor a file (${own})`,
    );
  }
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'neither JSON nor YAML';
    throw new InputError(`calibration: ${quoted(name)}: ${reason}; a file that calibrate.ts writes is expected`);
  }
}

/**
 * Reads a calibration profile: one that is shipped, by its name, or a file of JSON or YAML as `calibrate.ts` writes it,
 * or with the keys of `calibration` alone.
 *
 * @param folder - what the name of a file is relative to.
 * @throws InputError - no such profile, or no such keys in it.
 */
export function loadProfile(name: string, folder: string): Tree {
  const content = contentOf(name, folder);
  const keys = isTree(content) && 'calibration' in content ? content.calibration : content;
  if (!isTree(keys)) throw new InputError(`calibration: ${quoted(name)}: keys of calibration are expected in it`);
  return keys;
}

/** The same, with how each parameter was determined. */
export function readProfile(name: string, folder: string): Pick<Profile, 'calibration' | 'determined'> {
  const content = contentOf(name, folder);
  const determined = isTree(content) && isTree(content.determined) ? content.determined : {};
  return { calibration: loadProfile(name, folder), determined } as Pick<Profile, 'calibration' | 'determined'>;
}

/** Puts the keys of a profile in the place of its name. */
export function withProfile(scenario: unknown, folder: string): unknown {
  if (!isTree(scenario) || typeof scenario.calibration !== 'string') return scenario;
  return { ...scenario, calibration: loadProfile(scenario.calibration, folder) };
}
