import { type JsonSchema, members } from '../../models/scenario/explain.ts';
import { rootSchema, strategyOptions } from '../lib/vocabulary.ts';

/** An assumed default and a value that it might have instead. */
export interface Change {
  /** Path of the key in a scenario. */
  readonly parameter: string;
  readonly direction: 'down' | 'up' | 'other';
  readonly usual: string;
  readonly value: string;
}

/** Keys that are no assumption about a system: how long a run lasts, what an experiment varies itself. */
const notAsked = /^(run\.|load\.(requestsPerSecond|profile)|balancer\.(type|over)$)/;
/** Where the default is 0, half and double of it say nothing: what is tried instead, by unit. */
const FROM_ZERO: Readonly<Record<string, number>> = { ms: 5, us: 20, s: 1 };
const RATIO_FROM_ZERO = 0.1;
/** Stores and their calibration matter to their own strategies only. */
const STORES: readonly (readonly [RegExp, RegExp])[] = [
  [/^stores\.memcached|^calibration\.storeOperationUs/, /^memcached/],
  [/^stores\.redis|^calibration\.redisCommandUs/, /^(redisson|redis-manager|spring-session)$/],
  [/^stores\.terracotta|^calibration\.terracottaOperationUs/, /^terracotta$/],
  [/^calibration\.store/, /^(memcached|redisson|redis-manager|spring-session|terracotta)/],
];

function numberChanges(parameter: string, schema: JsonSchema): Change[] {
  const usual = Number(schema.default);
  const { minimum = 0, maximum = Number.POSITIVE_INFINITY, type, unit = '' } = schema;
  const bounded = (value: number): number => {
    const within = Math.min(maximum, Math.max(minimum, value));
    return type === 'integer' ? Math.round(within) : within;
  };
  const up = usual > 0 ? usual * 2 : maximum <= 1 ? RATIO_FROM_ZERO : FROM_ZERO[unit];
  const wanted: [Change['direction'], number | undefined][] = [
    ['down', usual > 0 ? usual / 2 : undefined],
    ['up', up],
  ];
  return wanted.flatMap(([direction, value]) => {
    if (value === undefined || bounded(value) === usual) return [];
    return [{ parameter, direction, usual: String(usual), value: String(bounded(value)) }];
  });
}

function changesOf(parameter: string, schema: JsonSchema): Change[] {
  if (typeof schema.default === 'number') return numberChanges(parameter, schema);
  if (typeof schema.default !== 'string') return [];
  return (schema.enum ?? [])
    .filter((word) => word !== schema.default)
    .map((word) => ({ parameter, direction: 'other', usual: String(schema.default), value: String(word) }));
}

function walk(path: string, schema: JsonSchema, found: Map<string, Change[]>): void {
  if (path === 'faults') return;
  for (const { properties } of members(schema)) {
    for (const [key, inner] of Object.entries(properties ?? {})) walk(path ? `${path}.${key}` : key, inner, found);
  }
  if (/^assumed/.test(schema.source ?? '') && !notAsked.test(path)) found.set(path, changesOf(path, schema));
}

/** Every assumed default of the schema that can matter to one of these strategies, moved down and up. */
export function assumptions(strategies: readonly string[]): Change[] {
  const found = new Map<string, Change[]>();
  walk('', rootSchema(), found);
  const matters = (path: string): boolean => {
    if (path.startsWith('replication.')) {
      return strategies.some((strategy) => strategyOptions(strategy).includes(path.split('.')[1]));
    }
    const store = STORES.find(([paths]) => paths.test(path));
    return store === undefined || strategies.some((strategy) => store[1].test(strategy));
  };
  return [...found].filter(([path]) => matters(path)).flatMap(([, changes]) => changes);
}

/** Name of a change in the tables. */
export function changeName({ parameter, direction, value }: Change): string {
  return `${parameter}-${direction}-${value}`;
}

/** The case in which every default is what it is. */
export const usualCase = 'default';
