import { nearest } from '../../models/scenario/nearest.ts';
import type { Flag } from './arguments.ts';

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

function allowed({ min, max, whole }: Range): string {
  return `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`;
}

function parseNumber(text: string, range: Range): number {
  const value = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
  const fits = value >= range.min && value <= range.max && (!range.whole || Number.isSafeInteger(value));
  if (!fits) throw new Error(`${allowed(range)} is expected`);
  return value;
}

function parts(text: string, of: string): string[] {
  const list = text.split(',').map((part) => part.trim());
  if (list.includes('')) throw new Error(`an empty entry; ${of}, separated by commas, is expected`);
  return list;
}

function distinct<T>(values: readonly T[]): T[] {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new Error(`${String(twice)} stands there twice; list each value once`);
  return [...values];
}

/** A number in a range. */
export function number(placeholder: string, range: Range, help: string): Flag<number> {
  return { placeholder, help, parse: (text) => parseNumber(text, range) };
}

/** Numbers in a range, separated by commas, each once, in ascending order. */
export function numbers(placeholder: string, range: Range, help: string): Flag<number[]> {
  const parse = (text: string): number[] =>
    distinct(parts(text, allowed(range)).map((part) => parseNumber(part, range))).sort((a, b) => a - b);
  return { placeholder, help, parse };
}

/** Words out of a list, separated by commas, each once, sorted. */
export function words<W extends string>(placeholder: string, known: readonly W[], help: string): Flag<W[]> {
  const parse = (text: string): W[] => {
    for (const part of parts(text, 'a name')) {
      if (known.includes(part as W)) continue;
      const meant = nearest(part, known);
      throw new Error(`${part}: unknown; ${meant ? `did you mean ${meant}? ` : ''}one of ${known.join(', ')}`);
    }
    return distinct(parts(text, 'a name') as W[]).sort();
  };
  return { placeholder, help, parse };
}

/** As `words`; `all` stands for all of them. */
export function wordsOrAll<W extends string>(placeholder: string, known: readonly W[], help: string): Flag<W[]> {
  const flag = words(placeholder, known, `${help}; or all`);
  return { ...flag, parse: (text) => (text.trim() === 'all' ? [...known].sort() : flag.parse(text)) };
}

/** A file or folder name. */
export function path(placeholder: string, help: string): Flag<string> {
  return { placeholder, help, parse: parsePath };
}

/** File names, one per flag. */
export function paths(placeholder: string, help: string): Flag<string[]> {
  return { placeholder, help, repeatable: true, parse: (text) => [parsePath(text)] };
}

function parsePath(text: string): string {
  if (/\p{Cc}/u.test(text)) throw new Error('control characters; a file name is expected');
  return text;
}

/** `path=value`, any number of times. */
export function assignments(help: string): Flag<{ path: string; text: string }[]> {
  const parse = (given: string): { path: string; text: string }[] => {
    const at = given.indexOf('=');
    if (at < 1) throw new Error('path=value is expected, for example channel.sendOptions=6');
    return [{ path: given.slice(0, at).trim(), text: given.slice(at + 1) }];
  };
  return { placeholder: 'PATH=VALUE', help, repeatable: true, parse };
}
