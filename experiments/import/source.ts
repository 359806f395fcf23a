import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { InputError, quoted } from '../lib/input-error.ts';

/** Where a value stands. Lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Caps on what a stranger's configuration may ask of the reader. */
export const limits = {
  /** Largest configuration file [bytes]. */
  fileBytes: 1024 * 1024,
  /** All files of one tree together [bytes]. */
  treeBytes: 8 * 1024 * 1024,
  /** Files read for one tree, includes and all. */
  files: 64,
  /** Includes inside includes. */
  includeDepth: 8,
  /** Blocks or elements inside each other. */
  depth: 64,
  /** Directives, elements or properties of one tree. */
  items: 20_000,
  /** Attributes of one element, arguments of one directive. */
  attributes: 1000,
} as const;

/** A refusal at a place. */
export function refuse(place: Place, problem: string): InputError {
  return new InputError(`${place.file}:${place.line}: ${problem}`);
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code === 'EISDIR') return 'a folder, not a file';
  return `cannot be read (${code ?? 'unknown reason'})`;
}

function badByteLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const next = bytes.indexOf(10, start);
    const end = next < 0 ? bytes.length : next + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    line += 1;
    start = end;
  }
  return 1;
}

/** A folder, device or pipe is refused before a byte is read: a pipe would wait for ever. */
function readBytes(file: string, fileBytes: number): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw refuse({ file, line: 1 }, reason(error));
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw refuse({ file, line: 1 }, 'not a regular file; a configuration file is expected');
    if (stat.size > fileBytes) {
      throw refuse({ file, line: 1 }, `${stat.size} bytes; at most ${fileBytes} are read of a configuration file`);
    }
    const bytes = Buffer.alloc(fileBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    if (length > fileBytes) throw refuse({ file, line: 1 }, `grew while it was read; at most ${fileBytes} bytes`);
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The text of one configuration file.
 *
 * @throws InputError - missing, too large, not a regular file, not UTF-8, or holding NUL bytes.
 */
export function readText(file: string): string {
  return decoded(readBytes(file, limits.fileBytes), file, 'utf-8');
}

/** Bytes that stand in no text, whatever its encoding. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const notText = /[\x00-\x08\x0e-\x1a\x1c-\x1f]/;

/**
 * The text of a file whose reader (nginx, httpd, mod_jk, Java's Properties) does not ask for an encoding: UTF-8 where it
 * is that, else ISO 8859-1, in which comments with accents are often written.
 *
 * @throws InputError - as `readText`, but for the encoding; or bytes that stand in no text.
 */
export function readPlainText(file: string): string {
  const bytes = readBytes(file, limits.fileBytes);
  try {
    return decoded(bytes, file, 'utf-8');
  } catch (error) {
    const text = Buffer.from(bytes).toString('latin1');
    if (notText.test(text)) throw error;
    return text;
  }
}

/**
 * The text of one XML file, in the encoding that its declaration or its byte order mark names; UTF-8 otherwise.
 *
 * @throws InputError - as `readText`, or an encoding that is not known.
 */
export function readXmlText(file: string): string {
  const bytes = readBytes(file, limits.fileBytes);
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decoded(bytes, file, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decoded(bytes, file, 'utf-16be');
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  return decoded(bytes, file, /^[^<]*<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1] ?? 'utf-8');
}

function decoded(bytes: Uint8Array, file: string, encoding: string): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    throw refuse({ file, line: 1 }, `encoding="${quoted(encoding)}" is not known; save the file as UTF-8`);
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    if (decoder.encoding !== 'utf-8')
      throw refuse({ file, line: 1 }, `not ${decoder.encoding}; save the file as UTF-8`);
    throw refuse({ file, line: badByteLine(bytes) }, 'not UTF-8; save the file as UTF-8');
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) throw refuse({ file, line: lineAt(text, nul) }, 'a NUL byte; a text file is expected');
  return text;
}

/** Line of a position in a text, from 1. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Counts what a tree has used of the caps; one per tree. */
export class Budget {
  #files = 0;
  #bytes = 0;
  #items = 0;

  /** Reads one more file of the tree. @param read - how; `readText` of its name. */
  read(read: () => string, from: Place): string {
    this.#files += 1;
    if (this.#files > limits.files)
      throw refuse(from, `more than ${limits.files} files are included; ${limits.files} at most`);
    const text = read();
    this.#bytes += text.length;
    if (this.#bytes > limits.treeBytes)
      throw refuse(from, `the included files exceed ${limits.treeBytes} bytes in all`);
    return text;
  }

  /** Counts one more directive, element or property. */
  item(place: Place): void {
    this.#items += 1;
    if (this.#items > limits.items) throw refuse(place, `more than ${limits.items} entries; ${limits.items} at most`);
  }
}

/** Refuses blocks nested too deeply. */
export function checkDepth(depth: number, place: Place): void {
  if (depth > limits.depth) throw refuse(place, `nested ${depth} deep; ${limits.depth} at most`);
}

/** The folder of a file with every symbolic link resolved: the only folder its includes may read. */
export function folderOf(file: string): string {
  return realpathSync(dirname(resolve(file)));
}

/**
 * The real path of an included file if it lies below `root`.
 *
 * @returns undefined when there is no such file.
 * @throws InputError - the path leaves the folder, by `..`, an absolute path or a symbolic link.
 */
export function insideFolder(root: string, path: string, from: Place): string | undefined {
  const refusal = (): InputError =>
    refuse(from, `include of ${quoted(path)} leaves the folder of the file; only files below it are read`);
  const target = resolve(root, path);
  if (!isBelow(root, target)) throw refusal();
  let real: string;
  try {
    real = realpathSync(target);
  } catch {
    return undefined;
  }
  if (!isBelow(root, real)) throw refusal();
  return real;
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}
