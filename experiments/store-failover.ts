// What is lost, and for how long does it hurt, when a Tomcat or the store behind it dies, stands still or is cut off?
// Every strategy meets every fault; a strategy without a store shows what the fault of a store does to it: nothing.
import { defineCommand, helpText, parseArguments, type Values } from './lib/arguments.ts';
import { commonFlags, defaultJobs } from './lib/common-flags.ts';
import { gridFrom } from './lib/grid-from.ts';
import { type FileLayers, fileLayers, runLayer } from './lib/input-layers.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { type Layer, loadScenario, statedLayer } from './lib/load-scenario.ts';
import { runExperiment } from './lib/run-experiment.ts';
import { type Runner, withRunner } from './lib/run-pool.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { type CaseAnswer, failoverJson, failoverReport } from './lib/store-failover-report.ts';
import { planSweep, type SweepPlan } from './lib/sweep-plan.ts';
import { strategyNames } from './lib/vocabulary.ts';

const defaults = {
  nodes: [4],
  loads: [100],
  run: { warmUpS: 5, durationS: 160, replications: 3 },
  out: 'results/store-failover',
  maxPoints: 100_000,
};

/** Share of the window before the fault, and how much of it a freeze or a cut takes. */
const FAULT_AT = 1 / 16;
const FAULT_FOR = 1 / 4;

/** The faults by name, each at a moment and, where it ends, for a time [s]. */
export const faultCases: Readonly<Record<string, (atS: number, forS: number) => Readonly<Record<string, unknown>>[]>> =
  {
    'tomcat-dies': (atS) => [{ atS, crash: 'node-1' }],
    'store-dies': (atS) => [{ atS, crashStore: 'n1' }],
    'both-die': (atS) => [{ atS, crashTogether: ['node-1', 'n1'] }],
    'store-freezes': (atS, forS) => [{ atS, freezeStore: 'n1', forS }],
    partition: (atS, forS) => [{ atS, partitionStore: ['n1', 'node-1'], forS }],
  };

const command = defineCommand({
  name: 'tsx experiments/store-failover.ts',
  question:
    'Who loses what when a Tomcat dies, its store dies, both die, the store stands still, or it is cut off with one Tomcat?',
  flags: commonFlags,
  examples: [
    ['every strategy and fault: one folder of CSVs per fault', ''],
    [
      'Redis Cluster against Sentinel',
      '--strategies redis-manager --set stores.redis.failover=cluster --out results/cluster',
    ],
  ],
});

type Flags = Values<typeof commonFlags>;

/** The runs of one fault. */
function planStoreFailover(values: Flags, { layers }: FileLayers, fault: string): SweepPlan {
  const place = 'defaults of store-failover';
  const own = statedLayer({ name: 'store-failover', run: defaults.run }, place);
  const sets = values.set ?? [];
  const setsOfRun = sets.filter(({ path }) => /^run(\.|$)/.test(path));
  const base: Layer[] = [own, ...layers, runLayer(values)];
  const { run } = loadScenario(base, setsOfRun).scenario;
  const atS = run.warmUpS + run.durationS * FAULT_AT;
  const faults = statedLayer({ faults: faultCases[fault](atS, run.durationS * FAULT_FOR) }, place);
  const loaded = loadScenario([...base, faults], sets);
  const grid = gridFrom(values, loaded, { ...defaults, strategies: strategyNames() });
  return planSweep(loaded, grid, defaults.maxPoints);
}

/** @param given - where the runs happen; worker threads unless a test brings its own. */
export function main(argv: readonly string[], io: Io, given?: Runner): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const { jobs = defaultJobs(), out = defaults.out, resume = false, quiet = false } = values;
    const files = await fileLayers(values);
    if (!quiet) for (const line of files.account) io.err(`${line}\n`);
    const answers: CaseAnswer[] = [];
    const about = { name: 'store-failover', question: command.question, command: argv, jobs, resume, quiet };
    await withRunner(given, jobs, async (runner) => {
      for (const fault of Object.keys(faultCases)) {
        const plan = planStoreFailover(values, files, fault);
        const { summaries } = await runExperiment({ ...about, plan, out: `${out}/${fault}` }, runner, io);
        answers.push({ fault, summaries: [...summaries] });
      }
    });
    io.out(values.json ? failoverJson(answers) : failoverReport(answers, io.colours));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
