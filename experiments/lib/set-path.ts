import { parseDocument } from 'yaml';
import { InputError, quoted } from './input-error.ts';

/** One `--set path=value`. */
export interface Assignment {
  readonly path: string;
  readonly text: string;
}

function isContainer(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null;
}

function fail({ path, text }: Assignment, problem: string): InputError {
  return new InputError(`--set ${quoted(path)}=${quoted(text)}: ${problem}`);
}

/** Reads the value as YAML: a word, a number, true, false, null, or a list or mapping in brackets. */
function readValue(assignment: Assignment): unknown {
  const document = parseDocument(assignment.text, { schema: 'core', merge: false, logLevel: 'silent' });
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong) throw fail(assignment, 'the value is not valid YAML; quote it or close its brackets');
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw fail(assignment, 'aliases are not allowed in a value');
  }
  if (value === null && assignment.text.trim() === '') throw fail(assignment, 'the value is empty');
  if (!isFiniteThroughout(value)) throw fail(assignment, 'a finite number is expected');
  return value;
}

function isFiniteThroughout(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return !isContainer(value) || Object.values(value).every(isFiniteThroughout);
}

/**
 * Sets one value of a complete scenario, in place.
 *
 * A key that the scenario does not know is left to the check of the scenario, which suggests the nearest.
 * @param scenario - plain objects and lists, nobody else's.
 * @throws InputError - the path leads nowhere.
 */
export function setPath(scenario: Record<string, unknown>, assignment: Assignment): void {
  const keys = assignment.path.split('.');
  if (keys.some((key) => key === '' || key === '__proto__' || key === 'constructor' || key === 'prototype')) {
    throw fail(assignment, 'a dotted path such as channel.sendOptions is expected');
  }
  const value = readValue(assignment);
  if (assignment.path === 'replication.strategy') {
    scenario.replication = { strategy: value };
    return;
  }
  let at: Record<string, unknown> | unknown[] = scenario;
  for (const [depth, key] of keys.entries()) {
    if (Array.isArray(at) && !(/^\d+$/.test(key) && Number(key) <= at.length)) {
      const length: number = at.length;
      throw fail(assignment, `${keys.slice(0, depth).join('.')} has ${length} entries, numbered from 0`);
    }
    const container = at as Record<string, unknown>;
    if (depth === keys.length - 1) {
      container[key] = value;
      return;
    }
    const inner: unknown = Object.hasOwn(container, key) ? container[key] : undefined;
    if (inner !== undefined && !isContainer(inner)) {
      throw fail(assignment, `${keys.slice(0, depth + 1).join('.')} is a single value, it has no ${keys[depth + 1]}`);
    }
    at = inner ?? {};
    container[key] = at;
  }
}
