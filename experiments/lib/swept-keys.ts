import { InputError } from './input-error.ts';
import type { LoadedScenario } from './load-scenario.ts';
import type { Assignment } from './set-path.ts';

/** Scenario keys whose values an experiment lists itself, each with the flag that lists others. */
export type SweptKeys = Readonly<Record<string, string>>;

/**
 * A key that is swept has no single value: a row would be named after one and run with another.
 *
 * @throws InputError - a `--set` of a swept key, or of something above it.
 */
export function refuseSets(sets: readonly Assignment[] | undefined, keys: SweptKeys): void {
  for (const { path, text } of sets ?? []) {
    const key = Object.keys(keys).find((one) => one === path || one.startsWith(`${path}.`));
    if (key) throw new InputError(`--set ${path}=${text}: ${key} is swept here; list its values with ${keys[key]}`);
  }
}

/** The values to sweep: those of a flag; else the defaults, to which files add their own. */
export function sweptValues(
  given: readonly number[] | undefined,
  defaults: readonly number[],
  { loaded, path }: { loaded: LoadedScenario; path: string },
): number[] {
  if (given !== undefined) return [...given];
  const own = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], loaded.scenario);
  return withOwn(defaults, loaded.isStated(path) ? (own as number) : undefined);
}

/** Ascending, with one more value where there is one. */
export function withOwn(values: readonly number[], own: number | undefined): number[] {
  return [...new Set(own === undefined ? values : [...values, own])].sort((a, b) => a - b);
}
