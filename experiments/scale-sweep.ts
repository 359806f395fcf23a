// How much load do N nodes carry under each replication strategy, at what traffic, and what does a crash cost?
// Every cluster size meets every load under every strategy; in each run one node dies in the middle of the window.
import { defineCommand, helpText, parseArguments, type Values } from './lib/arguments.ts';
import { commonFlags, defaultJobs } from './lib/common-flags.ts';
import { describeFaults } from './lib/describe-faults.ts';
import { number } from './lib/flag-kinds.ts';
import { gridFrom } from './lib/grid-from.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { type Layer, type LoadedScenario, loadScenario, statedLayer } from './lib/load-scenario.ts';
import { runExperiment } from './lib/run-experiment.ts';
import { poolRunner, type Runner } from './lib/run-pool.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { scaleAnswers } from './lib/scale-answer.ts';
import { scaleJson, scaleReport } from './lib/scale-report.ts';
import { planSweep, type SweepPlan } from './lib/sweep-plan.ts';

const defaults = {
  nodes: [2, 4, 8, 16, 32, 64],
  loads: [500, 3000, 12000],
  strategies: ['all-to-all', 'backup', 'delta', 'memcached-sticky', 'none'],
  run: { warmUpS: 2, durationS: 8, replications: 5 },
  out: 'results/scale-sweep',
  maxPoints: 100_000,
};

const command = defineCommand({
  name: 'tsx experiments/scale-sweep.ts',
  question:
    'How much load do N nodes carry under each replication strategy, at what traffic, and what does a crash cost?',
  flags: {
    ...commonFlags,
    'max-points': number(
      'N',
      { min: 1, max: 1e7, whole: true },
      `most runs of one sweep (default ${defaults.maxPoints})`,
    ),
  },
  examples: [
    ['the default sweep: 450 runs', ''],
    [
      'two strategies on a real cluster, with its files',
      '--server-xml server.xml --nginx-conf nginx.conf --load 200,400',
    ],
    [
      'synchronous delta against the backup manager',
      '--strategies delta,backup --set channel.sendOptions=6 --out results/sync',
    ],
    ['continue after Ctrl-C', '--resume'],
  ],
});

type Flags = Values<typeof command.flags>;

/** The cluster of the sweep; unless a file or flag says what goes wrong, node-1 dies in the middle of the window. */
function loadCluster(values: Flags, files: readonly Layer[]): LoadedScenario {
  const place = 'defaults of scale-sweep';
  const own = statedLayer({ name: 'scale-sweep', run: defaults.run }, place);
  const sets = values.set ?? [];
  const setsOfRun = sets.filter(({ path }) => /^run(\.|$)/.test(path));
  const { run } = loadScenario([own, ...files, runLayer(values)], setsOfRun).scenario;
  const crash = statedLayer({ faults: [{ atS: run.warmUpS + run.durationS / 2, crash: 'node-1' }] }, place);
  return loadScenario([own, crash, ...files, runLayer(values)], sets);
}

/** The runs that these arguments ask for. */
export async function planScaleSweep(values: Flags, io: Io): Promise<SweepPlan> {
  const { layers, account } = await fileLayers(values);
  const loaded = loadCluster(values, layers);
  const plan = planSweep(loaded, gridFrom(values, loaded, defaults), values['max-points'] ?? defaults.maxPoints);
  if (!values.quiet) for (const line of [...account, ...loaded.notes()]) io.err(`${line}\n`);
  return plan;
}

/** @param runner - where the runs happen; worker threads unless a test brings its own. */
export function main(argv: readonly string[], io: Io, runner?: Runner): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const plan = await planScaleSweep(values, io);
    const { jobs = defaultJobs(), out = defaults.out, resume = false, quiet = false } = values;
    const experiment = {
      name: 'scale-sweep',
      question: command.question,
      command: argv,
      plan,
      jobs,
      out,
      resume,
      quiet,
    };
    const { summaries } = await runExperiment(experiment, runner ?? poolRunner(jobs), io);
    const answers = scaleAnswers(summaries);
    const facts = {
      faults: describeFaults(plan.base.faults),
      colours: io.colours,
      replications: plan.grid.replications,
    };
    io.out(values.json ? scaleJson(answers, facts) : scaleReport(answers, facts));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
