// What does a real cluster of Tomcats on this machine do? Measured in namespaces of its own, for validate.ts --measured.
import { join } from 'node:path';
import { defineCommand, helpText, parseArguments } from './lib/arguments.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { Interrupted } from './lib/run-failed.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { effortOf, measureFlags, usual } from './measure/flags.ts';
import { measurements } from './measure/index.ts';
import { endWithOutside, folderInside, missingHere, runInside } from './measure/isolation.ts';
import { Lab } from './measure/lab.ts';
import type { Effort } from './measure/measurement.ts';
import { Tables } from './measure/tables.ts';

const command = defineCommand({
  name: 'tsx experiments/measure-tomcat.ts',
  question:
    'What does a real cluster of Tomcats do? Starts one in network namespaces of its own (Debian, root, package tomcat10), ' +
    'drives it with a small load, captures what the nodes send each other, and writes CSVs for validate.ts --measured.',
  flags: measureFlags,
  examples: [
    ['what takes a few minutes, three nodes', '--nodes 3 --out measured-here'],
    [
      'what it carries with 0.15 core per node',
      '--nodes 2 --only capacity --managers backup --send-options 6 --no-jvm-route',
    ],
    ['a minute, for CI', '--nodes 2 --quick --out measured-here'],
    ['compare with it', '--out measured-here && tsx experiments/validate.ts --measured measured-here'],
  ],
});

async function measureAll(effort: Effort, only: readonly string[], tables: Tables, io: Io): Promise<void> {
  const release = endWithOutside();
  const lab = new Lab(folderInside()!, effort.nodes);
  const tell = (text: string): void => {
    if (io.signal.aborted) throw new Interrupted('interrupted; what was finished is kept');
    io.err(`  ${text}\n`);
  };
  try {
    for (const { name, about, measure } of measurements) {
      if (!only.includes(name)) continue;
      io.err(`${name}: ${about}\n`);
      tell(`Tomcat ${lab.version}, ${effort.nodes} nodes`);
      await measure({ lab, effort, tables, tell });
    }
  } finally {
    await lab.close();
    release();
  }
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    if (folderInside() === undefined) {
      const missing = missingHere();
      if (missing === null) return await runInside(argv);
      io.out(`SKIPPED: a real cluster cannot be measured here: ${missing}.\n`);
      return exitCodes.done;
    }
    const effort = effortOf(values);
    const only = values.only ?? usual;
    const tables = new Tables(values.out ?? join('results', 'measured'));
    try {
      await measureAll(effort, only, tables, io);
    } finally {
      io.out(tables.written());
    }
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
