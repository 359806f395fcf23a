import { quoted } from '../lib/input-error.ts';
import { type Place, refuse } from './source.ts';

const longest = 1e15;

/** What stands in for ever: 104 days, the longest time that is an exact number of nanoseconds, less a little. */
export const NEVER_S = 9_000_000;

/** A value that Tomcat, nginx or httpd takes from the environment: `${name}`. What it is cannot be read from the file. */
export function isPlaceholder(value: string): boolean {
  return /\$\{[^}]*\}/.test(value);
}

/** A whole number as Java reads it. */
export function wholeNumber(value: string, place: Place, name: string): number {
  const text = value.trim();
  if (!/^[+-]?\d{1,15}$/.test(text)) throw refuse(place, `${name} (${quoted(value)}) is not a whole number`);
  return Number(text);
}

/** A switch as Java reads it: anything but `true` is false. */
export function isTrue(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === 'true';
}

const nginxUnitMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
  ['M', 2_592_000_000],
  ['y', 31_536_000_000],
]);

/** A time of nginx, such as `30`, `10s`, `500ms` or `1h30m` [ms]. */
export function nginxTimeMs(value: string, place: Place, name: string): number {
  const problem = (): Error => refuse(place, `${name} (${quoted(value)}) is not a time; 30, 10s, 500ms or 1h30m are`);
  const text = value.replace(/\s+/g, '');
  if (text === '' || text.length > 60 || !/^(?:\d{1,15}[a-zA-Z]{1,2})*(?:\d{1,15})?$/.test(text)) throw problem();
  let sum = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)([a-zA-Z]{0,2})/g)) {
    const unitMs = nginxUnitMs.get(unit);
    if (unitMs === undefined) throw problem();
    sum += Number(digits) * unitMs;
  }
  if (sum > longest) throw problem();
  return sum;
}

const httpdUnitMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['mi', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
]);

/** A time of httpd's proxy parameters, such as `5`, `5s` or `500ms` [ms]; a bare number counts seconds. */
export function httpdTimeMs(value: string, place: Place, name: string): number {
  const match = /^(\d{1,12})([a-z]{0,3})$/.exec(value.trim());
  const unitMs = match && (match[2] === '' ? 1000 : httpdUnitMs.get(match[2]));
  if (!match || !unitMs) throw refuse(place, `${name} (${quoted(value)}) is not a time; 5, 5s or 500ms are`);
  return Number(match[1]) * unitMs;
}

const javaUnitMs: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/**
 * A duration of Spring Boot, such as `30m`, `2000ms`, `PT30M` or a bare number [ms].
 *
 * @param bareMs - what a bare number counts [ms].
 */
export function springTimeMs(value: string, bareMs: number, place: Place): number {
  const text = value.trim();
  const simple = /^(\d{1,12})(ns|us|ms|s|m|h|d)?$/i.exec(text);
  if (simple) return Number(simple[1]) * (simple[2] ? javaUnitMs.get(simple[2].toLowerCase())! : bareMs);
  const iso = /^P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/i.exec(text);
  if (!iso || !/\d/.test(text)) throw refuse(place, `${quoted(value)} is not a duration; 30m, 2000ms or PT30M are`);
  const [days, hours, minutes, seconds] = iso.slice(1, 5).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
