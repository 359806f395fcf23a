import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { InputError } from './input-error.ts';

/** Deepest nesting of a scenario file; a scenario needs 6. */
const deepest = 64;
/** Most nodes of one file after its aliases are resolved. */
const mostAliases = 100;

/** A scenario as it was written, with the lines of its keys. */
export interface ScenarioText {
  readonly file: string;
  readonly value: unknown;
  /** Line of a dotted path, or of the nearest key above it. */
  lineOf(path: string): number;
}

function messageOf(message: string): string {
  if (message.includes('call stack')) return `nested more than ${deepest} deep`;
  return message.split('\n')[0].replace(/; please use .*$/, '; one is expected');
}

/** Refuses what the YAML reader lets pass: numbers that are not finite, nesting without end, keys that are no text. */
function checkNodes(contents: Node | null, refuse: (position: number, problem: string) => InputError): void {
  if (contents === null) return;
  visit(contents, {
    Node(_key, node, path) {
      const position = node.range?.[0] ?? 0;
      if (path.filter(isNode).length > deepest) throw refuse(position, `nested more than ${deepest} deep`);
      if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value)) {
        throw refuse(position, `${node.source ?? node.value}: a finite number is expected`);
      }
      if (isScalar(node) && typeof node.value === 'bigint') throw refuse(position, `${node.value}: too large a number`);
    },
    Pair(_key, pair) {
      if (isScalar(pair.key)) return;
      const position = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
      throw refuse(position, 'a key that is a list or a mapping; keys are words');
    },
  });
}

function lineFinder(contents: Node | null, counter: LineCounter): (path: string) => number {
  return (path) => {
    let node: unknown = contents;
    let position = 0;
    for (const key of path === '' ? [] : path.split('.')) {
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
        if (isPair(pair) && isScalar(pair.key)) position = pair.key.range?.[0] ?? position;
        next = pair?.value;
      } else if (isSeq(node)) {
        next = node.items[Number(key)];
        if (isNode(next)) position = next.range?.[0] ?? position;
      }
      if (next === undefined) break;
      node = next;
    }
    return counter.linePos(position).line;
  };
}

/**
 * Reads YAML or (by the name of the file) JSON; warnings are errors.
 *
 * @param text - content of the file.
 * @param file - its name, for the messages.
 * @throws InputError - `FILE:LINE: cause`.
 */
export function parseScenarioText(text: string, file: string): ScenarioText {
  const counter = new LineCounter();
  const refuse = (position: number, problem: string): InputError =>
    new InputError(`${file}:${counter.linePos(position).line}: ${problem}`);
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    schema: 'core',
    merge: false,
    strict: true,
    uniqueKeys: true,
    logLevel: 'error',
  });
  if (/\.json$/i.test(file)) strictJson(text, refuse);
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong) throw refuse(wrong.pos[0], messageOf(wrong.message));
  checkNodes(document.contents, refuse);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    throw refuse(0, messageOf((error as Error).message));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(0, 'a scenario is a mapping of keys such as nodes, load and replication');
  }
  // JSON has no comment in which an editor could be told of the schema.
  if ('$schema' in value && typeof value.$schema === 'string') delete value.$schema;
  return { file, value, lineOf: lineFinder(document.contents, counter) };
}

/** Where the JSON reader stopped: it says a position, or quotes ten characters on either side. */
function jsonPosition(text: string, message: string): number {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Math.min(Number(position), text.length);
  const excerpt = /, (?:\.\.\.)?"([\s\S]*)"(?:\.\.\.)? is not valid JSON$/.exec(message)?.[1] ?? '';
  return Math.max(0, text.indexOf(excerpt) + (message.includes('..."') ? 10 : 0));
}

function strictJson(text: string, refuse: (position: number, problem: string) => InputError): void {
  try {
    JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const cause = message.replace(/ in JSON at position[\s\S]*$|, (\.\.\.)?"[\s\S]*$/, '');
    throw refuse(jsonPosition(text, message), `not JSON: ${cause}`);
  }
}
