// What does a real cluster of Tomcats on this machine do? Measured in namespaces of its own, for validate.ts --measured.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { writeAtomically } from './lib/atomic-write.ts';
import { number, numbers, path, words } from './lib/flag-kinds.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { Interrupted } from './lib/run-failed.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { measurements } from './measure/index.ts';
import { endWithOutside, folderInside, missingHere, runInside } from './measure/isolation.ts';
import { Lab } from './measure/lab.ts';
import { type Effort, type MeasuredTable, nodeEvents } from './measure/measurement.ts';

const names = measurements.map(({ name }) => name);
/** What is measured unless told otherwise: what takes a few minutes. */
const usual = ['heartbeat', 'traffic', 'failure-detection', 'staleness'];
const allCells = 'create,create+1000,counter,pay1000,pay10000,counter+1000,readonly,mutate_noset'.split(',');
const cells = [...allCells, 'nosession_cookie', 'nosession_nocookie', 'rr_counter', 'rr_pay1000', 'rr_readonly'];
const quickCells = ['create', 'counter', 'pay1000', 'readonly', 'rr_counter'];

const command = defineCommand({
  name: 'tsx experiments/measure-tomcat.ts',
  question:
    'What does a real cluster of Tomcats do? Starts one in network namespaces of its own (Debian, root, package tomcat10), ' +
    'drives it with a small load, captures what the nodes send each other, and writes CSVs for validate.ts --measured.',
  flags: {
    nodes: number('N', { min: 2, max: 8, whole: true }, 'Tomcats (default: 3)'),
    out: path('DIR', 'folder for the CSVs (default: results/measured)'),
    only: words('LIST', names, `only these, out of ${names.join(', ')} (default: ${usual.join(', ')})`),
    managers: words('LIST', ['delta', 'backup'], 'session managers (default: delta)'),
    'send-options': numbers('LIST', { min: 2, max: 14, whole: true }, 'send options (default: 8)'),
    frequency: number('MS', { min: 50, max: 10_000, whole: true }, 'heartbeat period (default: 500)'),
    'drop-time': number('MS', { min: 200, max: 60_000, whole: true }, 'dropTime (default: 3000)'),
    trials: number('N', { min: 1, max: 100, whole: true }, 'trials of everything that is done to a node (default: 10)'),
    requests: number('N', { min: 100, max: 20_000, whole: true }, 'requests per gap of the staleness (default: 2000)'),
    sessions: numbers(
      'LIST',
      { min: 10, max: 20_000, whole: true },
      'sessions before the joins; the first also of a creation race (default: 1000)',
    ),
    searches: number('N', { min: 1, max: 20, whole: true }, 'searches for the capacity per cluster (default: 1)'),
    'warm-up': number('N', { min: 0, max: 10_000_000, whole: true }, 'requests per node before them (default: 75000)'),
    events: words(
      'LIST',
      nodeEvents,
      'what is done to a node, to the veth of its host: failure-detection kills unless told otherwise, hang does freeze and linkdown',
    ),
    loaded: toggle('failure-detection: all nodes are written to, 20 requests/s in all'),
    outages: numbers(
      'LIST',
      { min: 1, max: 600 },
      'seconds for which hang and heal freeze or cut off a node (default: 15)',
    ),
    windows: number(
      'N',
      { min: 1, max: 10_000, whole: true },
      'responses after which crash-window stops a node (default: 400)',
    ),
    'no-jvm-route': toggle('no jvmRoute'),
    quick: toggle('a minute or two: five kinds of requests, one gap, two kills'),
  },
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

async function measureAll(
  effort: Effort,
  only: readonly string[],
  keep: (table: MeasuredTable) => void,
  io: Io,
): Promise<void> {
  const release = endWithOutside();
  const lab = new Lab(folderInside()!, effort.nodes);
  try {
    for (const { name, about, measure } of measurements) {
      if (!only.includes(name)) continue;
      io.err(`${name}: ${about}\n`);
      const tell = (text: string): void => {
        if (io.signal.aborted) throw new Interrupted('interrupted; what was finished is kept');
        io.err(`  ${text}\n`);
      };
      tell(`Tomcat ${lab.version}, ${effort.nodes} nodes`);
      for (const table of await measure(lab, effort, tell)) keep(table);
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
    const { quick = false } = values;
    const effort: Effort = {
      nodes: values.nodes ?? 3,
      managers: values.managers ?? ['delta'],
      sendOptions: values['send-options'] ?? [8],
      jvmRoute: values['no-jvm-route'] !== true,
      frequencyMs: values.frequency ?? 500,
      dropTimeMs: values['drop-time'] ?? 3000,
      events: values.events ?? null,
      isLoaded: values.loaded === true,
      outagesS: values.outages ?? [15],
      windows: values.windows ?? 400,
      requests: values.requests ?? (quick ? 300 : 2000),
      trials: values.trials ?? (quick ? 2 : 10),
      sessions: values.sessions ?? [1000],
      searches: values.searches ?? 1,
      warmUp: values['warm-up'] ?? 75_000,
      cells: quick ? quickCells : cells,
      gapsMs: quick ? [2] : [0, 2, 10, 50],
    };
    const only = values.only ?? usual;
    const out = values.out ?? join('results', 'measured');
    mkdirSync(out, { recursive: true });
    const keep = ({ name, rows }: MeasuredTable): void => {
      const file = join(out, `${name}.csv`);
      writeAtomically(file, [stringify([...rows], { header: true, record_delimiter: 'windows' })]);
      io.out(`${file}: ${rows.length} rows\n`);
    };
    await measureAll(effort, only, keep, io);
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
