import { quoted } from '../lib/input-error.ts';
import { includedFiles, includedName } from './include.ts';
import { Budget, checkDepth, folderOf, limits, type Place, readPlainText, refuse } from './source.ts';

/** One directive of nginx.conf or httpd.conf with the place it stands at. */
export interface NginxDirective {
  readonly name: string;
  readonly args: string[];
  /** Directives between the braces; null for a simple directive. */
  readonly block: NginxDirective[] | null;
  readonly file: string;
  readonly line: number;
}

/** A whole configuration, the included files in place of their `include`. An `include` that is left named no file. */
export interface NginxTree {
  readonly directives: NginxDirective[];
}

interface Token extends Place {
  readonly text: string;
  /** `word`, or one of the three punctuation marks. */
  readonly kind: 'word' | ';' | '{' | '}';
}

const longestWord = 4096;
const escapes: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };

/** Splits text as nginx does (ngx_conf_read_token): `#` starts a comment only where a word may start. */
class Tokens {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;

  constructor(text: string, file: string) {
    this.#text = text.replace(/^\uFEFF/, '');
    this.#file = file;
  }

  place(): Place {
    return { file: this.#file, line: this.#line };
  }

  next(): Token | undefined {
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (char === undefined) return undefined;
    if (char === ';' || char === '{' || char === '}') {
      this.#at += 1;
      return { kind: char, text: char, ...this.place() };
    }
    return char === '"' || char === "'" ? this.#quotedWord(char) : this.#bareWord();
  }

  /** Skips a Lua block, whose text is not nginx's: up to the brace that matches, strings and comments aside. */
  skipForeignBlock(start: Place): void {
    for (let depth = 1; depth > 0; ) {
      const char = this.#take();
      if (char === undefined) throw refuse(start, 'unexpected end of file; the block is never closed with "}"');
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
    }
  }

  #take(): string | undefined {
    const char = this.#text[this.#at];
    this.#at += 1;
    if (char === '\n') this.#line += 1;
    return char;
  }

  #skipSpace(): void {
    for (let char = this.#text[this.#at]; char !== undefined; char = this.#text[this.#at]) {
      if (char === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (char === ' ' || char === '\t' || char === '\r' || char === '\n') {
        this.#take();
      } else {
        return;
      }
    }
  }

  #escaped(): string {
    const char = this.#take() ?? '';
    return escapes[char] ?? `\\${char}`;
  }

  #quotedWord(quote: string): Token {
    const place = this.place();
    this.#take();
    let text = '';
    for (let char = this.#take(); char !== quote; char = this.#take()) {
      if (char === undefined) throw refuse(place, `the quoted text (${quoted(text)}) is never closed with ${quote}`);
      text += char === '\\' ? this.#escaped() : char;
      this.#checkLength(text, place);
    }
    const after = this.#text[this.#at];
    if (after !== undefined && !/[ \t\r\n;{)]/.test(after)) {
      throw refuse(this.place(), `unexpected "${quoted(after)}" after a quoted word; a space, ";" or "{" is expected`);
    }
    return { kind: 'word', text, ...place };
  }

  #bareWord(): Token {
    const place = this.place();
    let text = '';
    for (let char = this.#text[this.#at]; char !== undefined; char = this.#text[this.#at]) {
      if (/[ \t\r\n;]/.test(char) || (char === '{' && !text.endsWith('$'))) break;
      this.#take();
      text += char === '\\' ? this.#escaped() : char;
      this.#checkLength(text, place);
    }
    return { kind: 'word', text, ...place };
  }

  #checkLength(text: string, place: Place): void {
    if (text.length > longestWord)
      throw refuse(place, `a word of more than ${longestWord} characters; a quote missing?`);
  }
}

interface Reading {
  readonly budget: Budget;
  /** The files an include names, each read when its turn comes. */
  included(path: string, from: Place): readonly { readonly file: string; read(): string }[];
}

interface Level {
  readonly depth: number;
  readonly includes: number;
}

function include(directive: NginxDirective, reading: Reading, level: Level): NginxDirective[] {
  if (directive.args.length !== 1) throw refuse(directive, `include takes one file, not ${directive.args.length}`);
  if (level.includes >= limits.includeDepth) {
    throw refuse(
      directive,
      `includes nested ${level.includes + 1} deep (does one include itself?); ${limits.includeDepth} at most`,
    );
  }
  const files = reading.included(directive.args[0], directive);
  if (files.length === 0) return [directive];
  return files.flatMap(({ file, read }) => {
    const tokens = new Tokens(reading.budget.read(read, directive), file);
    return readBlock(tokens, reading, { depth: level.depth, includes: level.includes + 1 }, undefined);
  });
}

function readDirective(words: Token[], end: Token, tokens: Tokens, reading: Reading, level: Level): NginxDirective[] {
  const [{ text: name, file, line }, ...rest] = words;
  if (rest.length > limits.attributes) throw refuse(words[0], `${rest.length} arguments; ${limits.attributes} at most`);
  const head = { name, args: rest.map(({ text }) => text), file, line };
  reading.budget.item(head);
  if (end.kind === ';') {
    const directive = { ...head, block: null };
    return name === 'include' ? include(directive, reading, level) : [directive];
  }
  if (name.endsWith('_by_lua_block')) {
    tokens.skipForeignBlock(head);
    return [{ ...head, block: [] }];
  }
  const inner = { depth: level.depth + 1, includes: level.includes };
  checkDepth(inner.depth, head);
  return [{ ...head, block: readBlock(tokens, reading, inner, head) }];
}

/** Directives up to the closing brace, or to the end of the file when `opened` is undefined. */
function readBlock(
  tokens: Tokens,
  reading: Reading,
  level: Level,
  opened: NginxDirective | Omit<NginxDirective, 'block'> | undefined,
): NginxDirective[] {
  const directives: NginxDirective[] = [];
  let words: Token[] = [];
  for (let token = tokens.next(); ; token = tokens.next()) {
    if (token === undefined) {
      if (words.length > 0) throw refuse(words[0], `"${quoted(words[0].text)}" is not ended; ";" or "{" is expected`);
      if (opened) throw refuse(opened, `"${quoted(opened.name)} {" is never closed; "}" is expected`);
      return directives;
    }
    if (token.kind === 'word') {
      words.push(token);
      continue;
    }
    if (token.kind === '}') {
      if (words.length > 0)
        throw refuse(words[0], `"${quoted(words[0].text)}" is not ended before "}"; ";" is expected`);
      if (!opened) throw refuse(token, 'unexpected "}"; no block is open here');
      return directives;
    }
    if (words.length === 0) throw refuse(token, `unexpected "${token.text}"; a directive is expected`);
    for (const directive of readDirective(words, token, tokens, reading, level)) directives.push(directive);
    words = [];
  }
}

/**
 * Reads nginx.conf, or one upstream or server file of it, with its includes.
 *
 * Includes are resolved below the folder of the file only. Directives are not checked against nginx's own list: what
 * is not used is reported by the importer.
 * @throws InputError - one line with file, line and cause.
 * @see source: nginx src/core/ngx_conf_file.c, ngx_conf_read_token
 */
export function readNginxConf(file: string): NginxTree {
  const budget = new Budget();
  const text = budget.read(() => readPlainText(file), { file, line: 1 });
  const root = folderOf(file);
  const included: Reading['included'] = (path, from) =>
    includedFiles(root, path, from).map((real) => {
      const name = includedName(file, root, real);
      return { file: name, read: () => readPlainText(name) };
    });
  return { directives: readBlock(new Tokens(text, file), { budget, included }, { depth: 0, includes: 0 }, undefined) };
}

/**
 * Parses the text of an nginx.conf that is no file: every `include` is left as it stands.
 *
 * @throws InputError - one line with the given name, line and cause.
 */
export function parseNginxConf(text: string, file: string): NginxTree {
  const reading: Reading = { budget: new Budget(), included: () => [] };
  return { directives: readBlock(new Tokens(text, file), reading, { depth: 0, includes: 0 }, undefined) };
}

/** Every directive of a tree, outer ones first. */
export function* allDirectives(directives: readonly NginxDirective[]): Generator<NginxDirective> {
  for (const directive of directives) {
    yield directive;
    if (directive.block) yield* allDirectives(directive.block);
  }
}
