import { quoted } from '../lib/input-error.ts';
import { Budget, type Place, readPlainText, refuse } from './source.ts';

/** One property with its place. */
export interface Property extends Place {
  readonly key: string;
  readonly value: string;
}

/** One worker of mod_jk with its properties, those of its `reference` included. */
export interface JkWorker extends Place {
  readonly name: string;
  readonly properties: ReadonlyMap<string, Property>;
}

/** workers.properties of mod_jk. Maps, never objects: a key such as `__proto__` is only a name. */
export interface WorkersProperties {
  readonly file: string;
  readonly properties: ReadonlyMap<string, Property>;
  readonly list: readonly string[];
  readonly workers: ReadonlyMap<string, JkWorker>;
}

const longestLine = 8192;

/** A value may refer to properties above it, `$(name)`; mod_jk expands them once, and so does this. */
function expand(value: string, known: ReadonlyMap<string, Property>, place: Place): string {
  const expanded = value.replace(/\$\(([^()]*)\)/g, (whole, name: string) => known.get(name.trim())?.value ?? whole);
  if (expanded.length > longestLine) throw refuse(place, `expands to more than ${longestLine} characters`);
  return expanded;
}

function readProperties(file: string): Map<string, Property> {
  const properties = new Map<string, Property>();
  const budget = new Budget();
  for (const [index, raw] of readPlainText(file)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue;
    const place = { file, line: index + 1 };
    if (line.length > longestLine) throw refuse(place, `a line of more than ${longestLine} characters`);
    const equals = line.indexOf('=');
    if (equals < 1) throw refuse(place, `"${quoted(line)}" is not a property; name=value is expected`);
    const key = line.slice(0, equals).trim();
    if (!/^[\w.$()/*-]+$/.test(key))
      throw refuse(place, `"${quoted(key)}" is not a property name; letters, digits, "." and "_" are`);
    budget.item(place);
    const value = expand(line.slice(equals + 1).trim(), properties, place);
    const before = properties.get(key);
    const isList = /^worker\.list$|\.(balance_workers|balanced_workers)$/.test(key);
    const merged = before && isList ? { ...before, value: `${before.value},${value}` } : { key, value, ...place };
    properties.set(key, merged);
  }
  return properties;
}

/** Names separated by commas or blanks. */
export function nameList(value: string | undefined): string[] {
  return (value ?? '').split(/[\s,]+/).filter((name) => name !== '');
}

type Grouped = Map<string, Map<string, Property>>;

/** `worker.NAME.KEY` by NAME, in one pass. */
function byWorker(properties: ReadonlyMap<string, Property>): Grouped {
  const grouped: Grouped = new Map();
  for (const [key, property] of properties) {
    const parts = /^worker\.([^.]+)\.(.+)$/.exec(key);
    if (!parts || parts[1] === 'list' || parts[1] === 'maintain') continue;
    const own = grouped.get(parts[1]) ?? new Map<string, Property>();
    own.set(parts[2], property);
    grouped.set(parts[1], own);
  }
  return grouped;
}

function withReference(name: string, grouped: Grouped, seen: readonly string[]): Map<string, Property> {
  const own = grouped.get(name) ?? new Map<string, Property>();
  const reference = own.get('reference');
  if (!reference) return own;
  const target = reference.value.replace(/^worker\./, '');
  if (seen.includes(target) || seen.length > 20) {
    throw refuse(
      reference,
      `reference ${quoted(reference.value)} leads back to itself; a worker with values of its own is expected`,
    );
  }
  return new Map([...withReference(target, grouped, [...seen, target]), ...own]);
}

/** Reads workers.properties. */
export function readWorkersProperties(file: string): WorkersProperties {
  const properties = readProperties(file);
  const grouped = byWorker(properties);
  const workers = new Map<string, JkWorker>();
  for (const [name, own] of grouped) {
    const { line } = [...own.values()][0];
    workers.set(name, { name, properties: withReference(name, grouped, [name]), file, line });
  }
  return { file, properties, list: nameList(properties.get('worker.list')?.value), workers };
}
