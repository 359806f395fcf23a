// What do these results say? One page to read, print and pass on: the answer, figures, assumptions, limits, provenance.
import { join } from 'node:path';
import { defineCommand, helpText, parseCommand } from './lib/arguments.ts';
import { writeAtomically } from './lib/atomic-write.ts';
import { path } from './lib/flag-kinds.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { RunFailed } from './lib/run-failed.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { comparisonReport } from './report/comparison.ts';
import { openFolder } from './report/read-folder.ts';
import { singleReport } from './report/single.ts';

const command = defineCommand({
  name: 'tsx experiments/report.ts',
  question:
    'What do these results say? Writes report.html into the folder: the answer, figures, assumptions, limits and provenance, in one file without script or network. Two folders: what differs, second less first.',
  operands: { placeholder: 'DIR [DIR2]', help: 'folders that experiments wrote', least: 1, most: 2 },
  flags: {
    out: path('FILE', 'the page (default: report.html in the last folder; of two, comparison.html)'),
  },
  examples: [
    ['the default sweep', 'results/scale-sweep'],
    ['synchronous against asynchronous', 'results/scale-sweep results/sync --out sync.html'],
  ],
});

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const given = parseCommand(command, argv);
    if (given === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const folders = given.operands.map(openFolder);
    const [first, second] = folders;
    const out = given.values.out ?? join((second ?? first).path, second ? 'comparison.html' : 'report.html');
    const page = second ? await comparisonReport(first, second, out) : await singleReport(first, out);
    try {
      writeAtomically(out, [page]);
    } catch (error) {
      throw new RunFailed(`${out}: cannot be written (${(error as NodeJS.ErrnoException).code ?? error})`);
    }
    io.out(`${out}\n`);
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
