import { parseLines } from 'dot-properties';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
} from 'yaml';
import { quoted } from '../lib/input-error.ts';
import { Budget, checkDepth, limits, lineAt, type Place, readPlainText, readText, refuse } from './source.ts';

/** One setting of a file of properties or YAML. */
export interface Setting extends Place {
  /** Dotted path as it is written; entries of a list are numbered from 0. */
  readonly key: string;
  readonly value: string;
  /** Part of the file, from 0: a document of YAML, or what stands between `#---` lines. */
  readonly part: number;
}

/** The settings of one file, in their order. */
export interface SettingsFile extends Place {
  readonly settings: readonly Setting[];
}

/** A line as the library gives it; its declaration leaves out what the kinds of lines have. */
interface PropertiesLine {
  readonly type: string;
  readonly range?: readonly number[];
  readonly key?: string;
  readonly value?: string;
  readonly comment?: string;
}

function fromProperties(file: string): Setting[] {
  const text = readPlainText(file);
  const budget = new Budget();
  const settings: Setting[] = [];
  let part = 0;
  for (const node of parseLines(text, true) as readonly PropertiesLine[]) {
    const place = { file, line: lineAt(text, node.range?.[0] ?? 0) };
    budget.item(place);
    if (node.type === 'COMMENT' && /^[#!]---\s*$/.test(node.comment ?? '')) part += 1;
    if (node.type === 'PAIR') settings.push({ key: node.key ?? '', value: node.value ?? '', part, ...place });
  }
  return settings;
}

interface YamlReading {
  readonly file: string;
  readonly part: number;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly budget: Budget;
}

/** A node of YAML as settings; an empty one has its tag as value, a class of Java (`!<org.redisson.codec.Kryo5Codec> {}`). */
function* flat(node: unknown, key: string, above: Place, depth: number, reading: YamlReading): Generator<Setting> {
  const { file, part, document, lines, budget } = reading;
  const offset = isNode(node) ? node.range?.[0] : undefined;
  const place = offset === undefined ? above : { file, line: lines.linePos(offset).line };
  checkDepth(depth, place);
  const isEmpty = isCollection(node) && node.items.length === 0;
  if (isEmpty && key !== '') yield { key, value: node.tag ?? '', part, ...above };
  else if (isAlias(node)) yield* flat(node.resolve(document), key, place, depth + 1, reading);
  else if (isMap(node)) {
    for (const { key: name, value } of node.items) {
      const word = isScalar(name) ? String(name.source ?? name.value) : '';
      const at = isNode(name) && name.range ? { file, line: lines.linePos(name.range[0]).line } : place;
      const isMerged = word === '<<' && isAlias(value);
      const inner = key === '' || isMerged ? (isMerged ? key : word) : `${key}.${word}`;
      yield* flat(value, inner, at, depth + 1, reading);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) yield* flat(item, `${key}.${index}`, place, depth + 1, reading);
  } else if (key !== '') {
    budget.item(above);
    const value = isScalar(node) && node.value !== null ? String(node.source ?? node.value) : '';
    yield { key, value, part, ...above };
  }
}

function fromYaml(file: string): Setting[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(readText(file), { lineCounter: lines, logLevel: 'silent' });
  const budget = new Budget();
  return [...documents].flatMap((document, part) => {
    const [problem] = document.errors;
    if (problem) {
      const [first] = problem.message.split('\n');
      throw refuse({ file, line: problem.linePos?.[0].line ?? 1 }, `not YAML: ${quoted(first)}`);
    }
    return [...flat(document.contents, '', { file, line: 1 }, 0, { file, part, document, lines, budget })];
  });
}

/**
 * Reads a file of properties (`name=value`) or of YAML, by its name.
 *
 * @throws InputError - not readable as that, or more of it than the caps allow.
 */
export function readSettings(file: string): SettingsFile {
  const settings = /\.properties$/i.test(file) ? fromProperties(file) : fromYaml(file);
  const wrong = settings.find(({ value }) => value.length > limits.attributes * 8);
  if (wrong) throw refuse(wrong, `a value of ${wrong.value.length} characters; ${limits.attributes * 8} at most`);
  return { file, line: 1, settings };
}
