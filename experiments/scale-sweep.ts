// How much load do N nodes carry under each replication strategy, at what traffic, and what does a crash cost?
// Every cluster size meets every load under every strategy; in each run one node dies in the middle of the window.
import { defineCommand } from './lib/arguments.ts';
import { describeFaults } from './lib/describe-faults.ts';
import { gridFrom } from './lib/grid-from.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import type { Io } from './lib/io.ts';
import { type Layer, type LoadedScenario, loadScenario, statedLayer } from './lib/load-scenario.ts';
import type { Runner } from './lib/run-pool.ts';
import { runScript } from './lib/run-script.ts';
import { scaleAnswers } from './lib/scale-answer.ts';
import { comparisons, scaleJson, scaleReport } from './lib/scale-report.ts';
import { runStudy, type Study, type StudyValues } from './lib/study.ts';
import { defaultMaxPoints, sweepFlags } from './lib/sweep-flags.ts';
import { planSweep } from './lib/sweep-plan.ts';
import { strategyNames } from './lib/vocabulary.ts';

const defaults = {
  nodes: [2, 4, 8, 16, 32, 64],
  loads: [500, 2000, 8000],
  strategies: strategyNames(),
  run: { warmUpS: 2, durationS: 8, replications: 5 },
};

const command = defineCommand({
  name: 'tsx experiments/scale-sweep.ts',
  question:
    'How much load do N nodes carry under each replication strategy, at what traffic, and what does a crash cost?',
  flags: sweepFlags,
  examples: [
    ['the default sweep: all strategies, 900 runs', ''],
    [
      'two strategies on a real cluster, with its files',
      '--server-xml server.xml --nginx-conf nginx.conf --load 200,400',
    ],
    [
      'synchronous delta against the backup manager',
      '--strategies delta,backup --set channel.sendOptions=6 --out results/sync',
    ],
    ['replications until the 95 % intervals of latency are within 5 %', '--precision 0.05 --warm-up mser5'],
    ['continue after Ctrl-C', '--resume'],
  ],
});

type Flags = StudyValues<typeof sweepFlags>;

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

/** How much load N nodes carry. */
export const study: Study<typeof sweepFlags> = {
  name: 'scale-sweep',
  command,
  out: 'results/scale-sweep',
  async plan(values, io, rulesOf) {
    const { layers, account } = await fileLayers(values);
    const loaded = loadCluster(values, layers);
    const rules = rulesOf(loaded.scenario);
    const plan = planSweep(loaded, gridFrom(values, loaded, defaults), values['max-points'] ?? defaultMaxPoints, {
      rules,
    });
    if (!values.quiet) for (const line of [...account, ...loaded.notes()]) io.err(`${line}\n`);
    return plan;
  },
  report(findings, values, io) {
    const { plan, summaries } = findings;
    const answers = scaleAnswers(summaries);
    const facts = {
      ...{ faults: describeFaults(plan.base.faults), colours: io.colours, rules: plan.rules },
      ...{ comparisons: comparisons(findings), nodes: Math.max(...plan.grid.nodes) },
    };
    return values.json ? scaleJson(answers, facts) : scaleReport(answers, facts);
  },
};

/** @param runner - where the runs happen; worker threads unless a test brings its own. */
export function main(argv: readonly string[], io: Io, runner?: Runner): Promise<number> {
  return runStudy(study, argv, io, { runner });
}

await runScript(import.meta.url, main);
