import { oneLine } from '../lib/input-error.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';
import type { Setting } from './settings-file.ts';
import { isPlaceholder } from './units.ts';

const secret = /pass(word|wd|phrase)?|secret|token|credential|username|key$/i;

/** A setting as it is shown: never with a password, be it in a value of its own or in an address. */
export function shown({ key, value }: Setting): string {
  const last = key.slice(key.lastIndexOf('.') + 1);
  const text = secret.test(last) ? '***' : value.replace(/\/\/[^/@\s]*@/g, '//***@');
  return oneLine(`${key}=${text}`, 120);
}

/** The value of `${NAME:default}` is its default, where the environment does not say otherwise. */
function written(value: string): string {
  return /^\$\{[^:}]+:([^}]*)\}$/.exec(value.trim())?.[1] ?? value.trim();
}

/** One setting and the key of the scenario that it decides. */
interface Decision {
  readonly path: string;
  readonly setting: Setting | undefined;
  /** The value of the scenario; undefined: not one that the product knows. */
  readonly read: (text: string, setting: Setting) => unknown;
}

/** Sets a key from a setting; one that comes from the environment, or is not known, becomes a note. */
export function decide(builder: ScenarioBuilder, { path, setting, read }: Decision): void {
  if (!setting) return;
  const text = written(setting.value);
  if (isPlaceholder(text)) {
    builder.note(setting, `${shown(setting)}: set from outside the file; the default stands in`);
    return;
  }
  const value = read(text, setting);
  if (value === undefined) builder.note(setting, `${shown(setting)}: not known; the default stands in`);
  else builder.set(path, value, setting, shown(setting));
}

/** Reads a word of a list, whatever its case and whether it is written with dashes, underscores or neither. */
export function wordOf(words: readonly string[]): (text: string) => string | undefined {
  const bare = (text: string): string => text.toLowerCase().replace(/[-_]/g, '');
  return (text) => words.find((word) => bare(word) === bare(text));
}
