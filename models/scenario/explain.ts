import type { z } from 'zod';
import { nearest } from './nearest.ts';

/** The part of a JSON Schema that messages and tables read. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly unit?: string;
  readonly source?: string;
}

/** A value as a message shows it: one line, at most 60 characters. */
export function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The members of a union, or the schema itself. */
export function members(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf)?.flatMap(members) ?? [schema];
}

/** Every schema that may stand at a path. */
function schemasAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  let found: JsonSchema[] = [root];
  for (const key of path) {
    found = found.flatMap(members).flatMap((schema) => {
      if (typeof key === 'number') return schema.items ? [schema.items] : [];
      const known = schema.properties && Object.hasOwn(schema.properties, key);
      return known ? [schema.properties![key as string]] : [];
    });
  }
  return found;
}

function span(least: number | undefined, most: number | undefined): string {
  const bound = (value: number | undefined): value is number => value !== undefined && Math.abs(value) < 9e15;
  if (bound(least) && bound(most)) return ` from ${least} to ${most}`;
  if (bound(least)) return ` of at least ${least}`;
  return bound(most) ? ` of at most ${most}` : '';
}

function numberSpan({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  return exclusiveMinimum === undefined
    ? span(minimum, maximum)
    : ` above ${exclusiveMinimum},${span(undefined, maximum).replace(' of', '')}`;
}

/** What may stand somewhere, in words. */
export function allowed(schema: JsonSchema): string {
  const parts = members(schema);
  const constants = parts.filter((part) => 'const' in part).map((part) => String(part.const));
  if (constants.length === parts.length)
    return constants.length === 1 ? constants[0] : `one of ${constants.join(', ')}`;
  if (parts.every((part) => part.type === 'object')) {
    const keys = new Set(parts.flatMap((part) => Object.keys(part.properties ?? {})));
    return `a mapping with keys out of ${[...keys].join(', ')}`;
  }
  if (parts.length > 1) return [...new Set(parts.map(allowed))].join(', or ');
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'integer') return `a whole number${numberSpan(schema)}`;
  if (schema.type === 'number') return `a number${numberSpan(schema)}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array')
    return `a list of${span(schema.minItems, schema.maxItems).replace(/^ (from|of)/, '')} entries`;
  return schema.maxLength ? `text of at most ${schema.maxLength} characters` : 'text';
}

function wordsOf(schema: JsonSchema): string[] {
  const words = members(schema).flatMap((part) => ('const' in part ? [part.const] : (part.enum ?? [])));
  return words.filter((word) => typeof word === 'string');
}

/** What may stand at a path, with the unit, for the value that does not fit. */
export function allowedAt(root: JsonSchema, issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_format') return `${issue.message} is expected`;
  const found = schemasAt(root, issue.path);
  if (found.length === 0) return issue.message;
  const schema = found.length === 1 ? found[0] : { anyOf: found };
  const meant = typeof value === 'string' ? nearest(value, wordsOf(schema)) : undefined;
  const unit = found[0].unit;
  return `${meant ? `did you mean ${meant}? ` : ''}${allowed(schema)}${unit ? ` [${unit}]` : ''} is expected`;
}

function leafPaths(schema: JsonSchema, path: string, leaf: string): string[] {
  return members(schema).flatMap((member) =>
    Object.entries(member.properties ?? {}).flatMap(([key, inner]) => {
      const here = path === '' ? key : `${path}.${key}`;
      return key === leaf ? [here] : leafPaths(inner, here, leaf);
    }),
  );
}

/** Names of the union members that do know a key, by the constant that tells them apart. */
function ownersOf(parts: readonly JsonSchema[], key: string): string {
  const owners = parts.filter((part) => part.properties && Object.hasOwn(part.properties, key));
  return owners
    .flatMap(({ properties }) => Object.values(properties!).map((inner) => inner.const ?? []))
    .flat()
    .join(', ');
}

/** Settings of the products that cannot have an effect here, and why: whoever writes one is told. */
const withoutEffect: ReadonlyMap<string, string> = new Map([
  [
    'balancer.sendTimeoutS',
    'not a key: a request has no body here, so nginx writes it in one go and proxy_send_timeout never begins',
  ],
]);

/** What an unknown key probably meant: a neighbour, the same name elsewhere, or the list of what there is. */
export function unknownKey(root: JsonSchema, path: readonly PropertyKey[], key: string): string {
  const reason = withoutEffect.get([...path, key].join('.'));
  if (reason !== undefined) return reason;
  const parts = schemasAt(root, path).flatMap(members);
  const siblings = [...new Set(parts.flatMap((part) => Object.keys(part.properties ?? {})))];
  if (siblings.includes(key)) return `unknown key here; it is an option of ${ownersOf(parts, key)}`;
  const meant = nearest(key, siblings);
  if (meant !== undefined) return `unknown key; did you mean ${meant}?`;
  const elsewhere = leafPaths(root, '', key);
  if (elsewhere.length > 0) return `unknown key here; did you mean ${elsewhere[0]}?`;
  return `unknown key; known here: ${siblings.join(', ')}`;
}
