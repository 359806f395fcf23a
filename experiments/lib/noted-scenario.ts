import type { Scenario } from '../../models/scenario/schema.ts';

type Section = Readonly<Record<string, unknown>>;

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy of a scenario that notes which of its values are read, and the notes: their paths, lists as a whole. */
export interface NotedScenario {
  readonly scenario: Scenario;
  readonly read: ReadonlySet<string>;
}

/** Makes such a copy; its values cannot be set. */
export function noted(scenario: Scenario): NotedScenario {
  const read = new Set<string>();
  const copyOf = (section: Section, path: string): Section => {
    const copy: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(section)) {
      if (isSection(value)) {
        copy[key] = copyOf(value, `${path}${key}.`);
        continue;
      }
      let isRead = false;
      const get = (): unknown => {
        if (!isRead) {
          isRead = true;
          read.add(`${path}${key}`);
        }
        return value;
      };
      Object.defineProperty(copy, key, { get, enumerable: true });
    }
    return copy;
  };
  return { scenario: copyOf(scenario, '') as unknown as Scenario, read };
}

/**
 * Whether a run that has read only these values of one scenario would have been the same with another: both have the
 * same keys, and what was read is equal. A run is a function of what it reads.
 */
export function readsAlike(one: unknown, other: unknown, read: ReadonlySet<string>, path = ''): boolean {
  if (!isSection(one) || !isSection(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => {
    const [value, theirs] = [one[key], other[key]];
    if (value === theirs) return Object.hasOwn(other, key);
    if (isSection(value)) return readsAlike(value, theirs, read, `${path}${key}.`);
    if (!Object.hasOwn(other, key) || isSection(theirs)) return false;
    return !read.has(`${path}${key}`) || (Array.isArray(value) && JSON.stringify(value) === JSON.stringify(theirs));
  });
}
