import type { Origin } from './read-folder.ts';

/** Flags that say how a sweep is run, not what it computes; and whether they take a value. */
const runFlags: Readonly<Record<string, boolean>> = {
  '--jobs': true,
  '--out': true,
  '--resume': false,
  '--quiet': false,
  '--json': false,
  '--parquet': false,
  '--engine': true,
  '--redis': true,
  '--shard': true,
  '--shared': true,
  '--dry-run': false,
};

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The arguments that decide the results: the same for any number of workers and any folder. */
export function decisiveArguments(argv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const [name, inline] = argv[at].split('=', 2);
    if (!Object.hasOwn(runFlags, name)) kept.push(argv[at]);
    else if (runFlags[name] && inline === undefined) at += 1;
  }
  return kept;
}

/** The command that makes these results again; undefined when the folder does not say. */
export function reproduceCommand({ experiment, command }: Origin): string | undefined {
  if (typeof experiment !== 'string' || !Array.isArray(command)) return undefined;
  const name = experiment === 'scale-sweep' ? 'sweep' : experiment;
  return ['replisim', name, ...decisiveArguments(command.map(String)).map(quoted)].join(' ');
}
