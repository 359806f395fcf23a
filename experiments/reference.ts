// Writes the small reference results of results/reference/ again: what examples, the notebook and tests start from.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand, helpText, parseArguments } from './lib/arguments.ts';
import { writeAtomically } from './lib/atomic-write.ts';
import { path } from './lib/flag-kinds.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { projectFolder } from './lib/provenance.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { main as scaleSweep } from './scale-sweep.ts';

const command = defineCommand({
  name: 'tsx experiments/reference.ts',
  question: 'Writes the small reference results again; done when results change, and committed.',
  flags: { out: path('DIR', 'folder for the results (default: results/reference of the project)') },
  examples: [['after a change of results', '']],
});

/** A sweep that is small enough to be kept in the repository, and shows a knee and a crash all the same. */
const sweep = [
  ...['--strategies', 'backup,delta,none', '--nodes', '2,4,8', '--load', '500,3000'],
  ...['--replications', '3', '--duration', '4', '--warm-up', '1'],
];

/** What a manifest says of the machine and the hour; two people who make the same results would differ in it. */
const ofThisMachine = [
  'commit',
  'dirty',
  'node',
  'v8',
  'platform',
  'host',
  'started_at',
  'finished_at',
  'wall_s',
  'jobs',
];

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const out = join(values.out ?? join(projectFolder, 'results', 'reference'), 'scale-sweep');
    rmSync(out, { recursive: true, force: true });
    const code = await scaleSweep([...sweep, '--out', out, '--quiet'], io);
    if (code !== exitCodes.done) return code;
    rmSync(join(out, 'journal.jsonl'));
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    for (const name of ofThisMachine) delete manifest[name];
    manifest.command = sweep;
    writeAtomically(join(out, 'manifest.json'), [`${JSON.stringify(manifest, null, 2)}\n`]);
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
