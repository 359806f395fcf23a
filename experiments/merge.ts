// Puts the parts of a sweep that ran apart (--shard i/n) together: the same files, to the byte, as one run of it all.
import { dirname } from 'node:path';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { path } from './lib/flag-kinds.ts';
import { InputError } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { checkShards, readShard, shardFoldersIn } from './lib/shards.ts';
import { studies } from './lib/studies.ts';
import { runStudy } from './lib/study.ts';

const command = defineCommand({
  name: 'tsx experiments/merge.ts',
  question: 'Puts the parts of a sweep that ran with --shard i/n together and writes the tables of the whole.',
  flags: {
    out: path('DIR', 'folder for the results (default: the folder that holds the parts)'),
    json: toggle('print the results as JSON'),
    quiet: toggle('print no log'),
  },
  examples: [
    ['all parts below one folder', 'results/scale-sweep'],
    ['parts of several machines', 'a/shard-1-of-2 b/shard-2-of-2 --out results/merged'],
  ],
});

/** Arguments of the sweep without what concerns its carrying out. */
function sweepArguments(argv: readonly string[]): string[] {
  const withValue = /^--(shard|out|jobs|engine|redis|shared|chunk-seconds|max-run-seconds|max-run-memory)$/;
  return argv.filter((text, at) => {
    if (/^--(resume|quiet|json|dry-run)$/.test(text)) return false;
    return !withValue.test(text.split('=')[0]) && !(at > 0 && withValue.test(argv[at - 1]));
  });
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const isFolder = argv.map((text, at) => !text.startsWith('-') && argv[at - 1] !== '--out');
    const given = argv.filter((_, at) => isFolder[at]);
    const values = parseArguments(
      command,
      argv.filter((_, at) => !isFolder[at]),
    );
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    if (given.length === 0) throw new InputError('the folders of the parts are expected, see --help');
    const folders = shardFoldersIn(given);
    const shards = folders.map((folder) => ({ folder, facts: readShard(folder) }));
    checkShards(shards);
    const { experiment, command: words } = shards[0].facts;
    const load = Object.hasOwn(studies, experiment) ? studies[experiment as keyof typeof studies] : undefined;
    if (load === undefined) throw new InputError(`${folders[0]}: ${experiment} is no experiment that can be merged`);
    const out = values.out ?? dirname(folders[0]);
    const how = [...(values.quiet ? ['--quiet'] : []), ...(values.json ? ['--json'] : []), '--out', out];
    return await runStudy(await load(), [...sweepArguments(words), ...how], io, { shards: folders });
  }, io);
}

await runScript(import.meta.url, main);
