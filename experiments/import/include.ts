import { readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { insideFolder, type Place } from './source.ts';

/**
 * Where packages install these files. An absolute include below one of them is looked for below the folder of the
 * file instead: a configuration copied out of such a folder, with its parts, still reads, and nothing else is opened.
 */
const installFolders = [
  '/etc/nginx/',
  '/usr/share/nginx/',
  '/usr/local/nginx/conf/',
  '/usr/local/etc/nginx/',
  '/opt/nginx/conf/',
  '/nginx/conf/',
  '/etc/httpd/conf/',
  '/etc/httpd/',
  '/etc/apache2/',
  '/usr/local/apache2/conf/',
  '/usr/local/apache2/',
];

function localPath(path: string): string {
  if (!isAbsolute(path)) return path;
  const folder = installFolders.find((prefix) => path.startsWith(prefix));
  return folder === undefined ? path : path.slice(folder.length);
}

function wildcard(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  return new RegExp(`^${source}$`);
}

/** Names below `root/folder` that match one path part; a wildcard never matches a dot file, as in the shell. */
function matches(root: string, folder: string, part: string, from: Place): string[] {
  if (!/[*?]/.test(part)) return [join(folder, part)];
  const real = folder === '' || folder === '.' ? root : insideFolder(root, folder, from);
  if (real === undefined) return [];
  const pattern = wildcard(part);
  let names: string[];
  try {
    names = readdirSync(real);
  } catch {
    return [];
  }
  return names
    .filter((name) => !name.startsWith('.') && pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * The files an include directive names, in the order of their names.
 *
 * @param root - real folder that must not be left.
 * @param path - argument of the directive; `*` and `?` are wildcards within one path part.
 * @returns real paths; empty when there is no such file.
 * @throws InputError - the path leaves the folder.
 */
export function includedFiles(root: string, path: string, from: Place): string[] {
  const local = localPath(path);
  if (isAbsolute(local)) {
    const real = insideFolder(root, local, from);
    return real === undefined ? [] : [real];
  }
  insideFolder(root, local.replace(/[*?]/g, 'x'), from);
  let found = [''];
  for (const part of local.split('/').filter((piece) => piece !== '' && piece !== '.')) {
    found = found.flatMap((folder) => matches(root, folder, part, from));
    if (found.length > 1000) found.length = 1000;
  }
  return found.map((name) => insideFolder(root, name, from)).filter((real) => real !== undefined);
}

/** The name an included file is reported under: as the operator would write it, beside the file that includes it. */
export function includedName(main: string, root: string, real: string): string {
  return join(dirname(main), relative(root, real));
}
