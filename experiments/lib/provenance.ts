import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from './canonical-json.ts';

/** Folder of the project. */
export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Version of Replisim. */
export function projectVersion(): string {
  const text = readFileSync(join(projectFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** sha256 over the sources of the simulator: results of other sources are never mixed, released or not. */
export function sourceHash(): string {
  const files = ['sim', 'models'].flatMap((folder) =>
    readdirSync(join(projectFolder, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(projectFolder, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  );
  files.sort();
  return sha256(files.map((file) => `${file} ${sha256(readFileSync(join(projectFolder, file)))}\n`).join(''));
}

function git(...args: string[]): string | null {
  try {
    return execFileSync('git', ['-C', projectFolder, ...args], {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

/** Commit of the project and whether its sources differ from it; null where there is no git. */
export function commit(): { commit: string | null; dirty: boolean | null } {
  const head = git('rev-parse', 'HEAD');
  if (head === null) return { commit: null, dirty: null };
  const changes = git(
    'status',
    '--porcelain',
    '--',
    'sim',
    'models',
    'experiments',
    'package.json',
    'package-lock.json',
  );
  return { commit: head, dirty: changes === null ? null : changes !== '' };
}
