import { quoted } from '../lib/input-error.ts';
import { includedFiles, includedName } from './include.ts';
import type { NginxDirective } from './nginx-conf.ts';
import { Budget, checkDepth, folderOf, limits, type Place, readPlainText, refuse } from './source.ts';

/** One directive or section of httpd.conf: a section `<Proxy balancer://x>` has its content in `block`. */
export type HttpdDirective = NginxDirective;

/** A whole configuration, the included files in place of their `Include`. An `Include` that is left named no file. */
export interface HttpdTree {
  readonly directives: HttpdDirective[];
}

/** httpd ignores the case of names; these come out in the spelling of its manual, whatever the file wrote. */
const spellings = new Map(
  [
    ...['Proxy', 'ProxyMatch', 'ProxyPass', 'ProxyPassMatch', 'ProxyPassReverse', 'ProxySet', 'BalancerMember'],
    ...['ProxyTimeout', 'ProxyRequests', 'ProxyPreserveHost', 'ProxyPassReverseCookiePath', 'Timeout', 'ServerRoot'],
    ...[
      'VirtualHost',
      'Location',
      'LocationMatch',
      'Directory',
      'Files',
      'If',
      'ElseIf',
      'Else',
      'IfModule',
      'IfDefine',
    ],
    ...[
      'IfVersion',
      'Include',
      'IncludeOptional',
      'LoadModule',
      'KeepAlive',
      'KeepAliveTimeout',
      'MaxKeepAliveRequests',
    ],
    ...['MaxRequestWorkers', 'MaxClients', 'ThreadsPerChild', 'ServerLimit', 'Header', 'RequestHeader', 'RewriteRule'],
    ...['RewriteEngine', 'RewriteCond', 'JkMount', 'JkMountFile', 'JkUnMount', 'JkWorkersFile', 'JkWorkerProperty'],
    ...['ServerName', 'ServerAlias', 'Listen', 'DocumentRoot', 'ErrorLog', 'CustomLog', 'LogFormat', 'Macro', 'Use'],
    ...[
      'RemoteIPHeader',
      'RemoteIPInternalProxy',
      'Define',
      'SSLEngine',
      'LogLevel',
      'BalancerPersist',
      'BalancerGrowth',
    ],
  ].map((name) => [name.toLowerCase(), name]),
);

const longestLine = 8192;

interface Line extends Place {
  readonly text: string;
}

/** Logical lines: a backslash at the end joins the next one; `#` makes a comment only at the start of a line. */
function logicalLines(text: string, file: string): Line[] {
  const lines: Line[] = [];
  let joined = '';
  let first = 0;
  const physical = text.split(/\r\n|\n|\r/);
  for (const [index, raw] of physical.entries()) {
    if (joined === '') first = index + 1;
    const continues = raw.endsWith('\\') && index < physical.length - 1;
    joined += continues ? raw.slice(0, -1) : raw;
    if (joined.length > longestLine) {
      throw refuse({ file, line: first }, `a line of more than ${longestLine} characters; ${longestLine} at most`);
    }
    if (continues) {
      if (joined === '') joined = ' ';
      continue;
    }
    const content = joined.replace(/^\uFEFF/, '').trim();
    if (content !== '' && !content.startsWith('#')) lines.push({ text: content, file, line: first });
    joined = '';
  }
  return lines;
}

/** Splits as ap_getword_conf does: double or single quotes, a backslash protects the quote and itself. */
function splitWords({ text, ...place }: Line): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at])) {
      at += 1;
      continue;
    }
    const quote = text[at] === '"' || text[at] === "'" ? text[at] : undefined;
    if (quote) at += 1;
    let word = '';
    let closed = false;
    for (; at < text.length && !closed; at += 1) {
      if (text[at] === '\\' && (text[at + 1] === quote || text[at + 1] === '\\') && quote) {
        at += 1;
        word += text[at];
      } else if (quote ? text[at] === quote : /\s/.test(text[at])) closed = true;
      else word += text[at];
    }
    if (quote && !closed) throw refuse(place, `the quoted text (${quoted(word)}) is never closed with ${quote}`);
    words.push(word);
    if (words.length > limits.attributes)
      throw refuse(place, `more than ${limits.attributes} arguments in one directive`);
  }
  return words;
}

interface Reading {
  readonly main: string;
  readonly root: string;
  readonly budget: Budget;
}

interface Open {
  readonly section: HttpdDirective | undefined;
  readonly into: HttpdDirective[];
}

function spelling(name: string): string {
  return spellings.get(name.toLowerCase()) ?? name;
}

function include(directive: HttpdDirective, reading: Reading, depth: number, includes: number): HttpdDirective[] {
  if (directive.args.length !== 1)
    throw refuse(directive, `${directive.name} takes one file, not ${directive.args.length}`);
  if (includes >= limits.includeDepth) {
    throw refuse(
      directive,
      `includes nested ${includes + 1} deep (does one include itself?); ${limits.includeDepth} at most`,
    );
  }
  const path = directive.args[0];
  let files = includedFiles(reading.root, path, directive);
  if (files.length === 0 && path.startsWith('conf/')) files = includedFiles(reading.root, path.slice(5), directive);
  if (files.length === 0) return [directive];
  return files.flatMap((real) => {
    const file = includedName(reading.main, reading.root, real);
    return readLines(
      reading.budget.read(() => readPlainText(file), directive),
      file,
      reading,
      { depth, includes: includes + 1 },
    );
  });
}

function openSection(line: Line, depth: number): HttpdDirective {
  if (!line.text.endsWith('>')) throw refuse(line, `the section (${quoted(line.text)}) lacks its ">"`);
  const [name, ...args] = splitWords({ ...line, text: line.text.slice(1, -1) });
  if (name === undefined || !/^[A-Za-z]/.test(name)) {
    throw refuse(line, `a section without a name (${quoted(line.text)}); "<Name ...>" is expected`);
  }
  checkDepth(depth, line);
  return { name: spelling(name), args, block: [], file: line.file, line: line.line };
}

function closeSection(line: Line, stack: Open[]): void {
  const name = spelling(line.text.replace(/^<\/\s*|\s*>$/g, ''));
  const open = stack.at(-1)?.section;
  if (!open) throw refuse(line, `</${quoted(name)}> closes nothing; no section is open here`);
  if (open.name.toLowerCase() !== name.toLowerCase()) {
    throw refuse(
      line,
      `</${quoted(name)}> while <${quoted(open.name)}> of line ${open.line} is open; </${quoted(open.name)}> is expected`,
    );
  }
  stack.pop();
}

function readLines(
  text: string,
  file: string,
  reading: Reading,
  level: { depth: number; includes: number },
): HttpdDirective[] {
  const stack: Open[] = [{ section: undefined, into: [] }];
  const result = stack[0].into;
  for (const line of logicalLines(text, file)) {
    const { into } = stack[stack.length - 1];
    reading.budget.item(line);
    if (line.text.startsWith('</')) {
      closeSection(line, stack);
    } else if (line.text.startsWith('<')) {
      const section = openSection(line, level.depth + stack.length);
      into.push(section);
      stack.push({ section, into: section.block! });
    } else {
      const [name, ...args] = splitWords(line);
      const directive = { name: spelling(name), args, block: null, file, line: line.line };
      const isInclude = directive.name === 'Include' || directive.name === 'IncludeOptional';
      const found = isInclude
        ? include(directive, reading, level.depth + stack.length - 1, level.includes)
        : [directive];
      for (const one of found) into.push(one);
    }
  }
  const open = stack.at(-1)?.section;
  if (open) throw refuse(open, `<${quoted(open.name)}> is never closed; </${quoted(open.name)}> is expected`);
  return result;
}

/**
 * Reads httpd.conf or one of its parts (virtual hosts, mod_proxy, mod_jk) with its includes.
 *
 * Includes are resolved below the folder of the file only. Variables (`${NAME}`) and macros are not expanded; `If...`
 * sections keep their content.
 * @throws InputError - one line with file, line and cause.
 */
export function readHttpdConf(file: string): HttpdTree {
  const budget = new Budget();
  const text = budget.read(() => readPlainText(file), { file, line: 1 });
  return { directives: readLines(text, file, { main: file, root: folderOf(file), budget }, { depth: 0, includes: 0 }) };
}
