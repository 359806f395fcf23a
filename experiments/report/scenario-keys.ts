import { type JsonSchema, members } from '../../models/scenario/explain.ts';
import { rootSchema } from '../lib/vocabulary.ts';

/** One key of a scenario, with the value of this run. */
export interface ScenarioKey {
  readonly path: string;
  readonly value: string;
  readonly unit: string;
  readonly meaning: string;
  readonly isAssumed: boolean;
  /** The run states another value than the default. */
  readonly isStated: boolean;
}

type Tree = Readonly<Record<string, unknown>>;

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function meaningOf({ description = '' }: JsonSchema): string {
  return description
    .replace(/ Source: .*$/, '')
    .replace(/ \[[^\]]*\]\.?$/, '')
    .replace(/\.$/, '');
}

function keyOf(path: string, schema: JsonSchema, value: unknown): ScenarioKey {
  return {
    path,
    value: textOf(value),
    unit: schema.unit ?? '',
    meaning: meaningOf(schema),
    isAssumed: /^assumed/.test(schema.source ?? ''),
    isStated: 'default' in schema && JSON.stringify(schema.default) !== JSON.stringify(value),
  };
}

function keysBelow(path: string, schema: JsonSchema, value: unknown): ScenarioKey[] {
  const tree = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : undefined;
  const strategy = tree?.strategy;
  const fitting = members(schema).filter(
    ({ properties }) => properties !== undefined && (path !== 'replication' || properties.strategy?.const === strategy),
  );
  const [section] = fitting;
  if (tree === undefined || section === undefined) return [keyOf(path, schema, value)];
  return Object.entries(section.properties!).flatMap(([key, inner]) =>
    Object.hasOwn(tree, key) ? keysBelow(path === '' ? key : `${path}.${key}`, inner, tree[key]) : [],
  );
}

/** Every key of a scenario that was run, as the schema explains it. */
export function scenarioKeys(scenario: Tree): ScenarioKey[] {
  return keysBelow('', rootSchema(), scenario).filter(({ path }) => path !== 'faults');
}
