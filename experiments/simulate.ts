// What does one scenario do? Every metric of it, as the mean over independent replications.
import { defineCommand, helpText, parseArguments, type Values } from './lib/arguments.ts';
import { commonFlags, defaultJobs } from './lib/common-flags.ts';
import { number } from './lib/flag-kinds.ts';
import type { Grid } from './lib/grid.ts';
import { InputError } from './lib/input-error.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { type LoadedScenario, loadScenario } from './lib/load-scenario.ts';
import { resultsOf, saveResults } from './lib/results-of.ts';
import { poolRunner, type Runner } from './lib/run-pool.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { simulateJson, simulateReport } from './lib/simulate-report.ts';
import { planSweep } from './lib/sweep-plan.ts';

const { resume: _resume, ...flags } = commonFlags;

const command = defineCommand({
  name: 'tsx experiments/simulate.ts',
  question: 'What does one scenario do? Every metric of it, as the mean over independent replications.',
  flags: {
    ...flags,
    replication: number('N', { min: 1, max: 100000, whole: true }, 'only this replication, from 1'),
  },
  examples: [
    ['a cluster of four nodes with DeltaManager', ''],
    ['a scenario of your own', '--scenario experiments/scenarios/crash-delta-async.yaml'],
    ['replay one replication, for a program', '--scenario experiments/scenarios/partition.yaml --replication 3 --json'],
    ['another send option', '--set channel.sendOptions=6 --set session.writeRatio=1'],
  ],
});

type Flags = Values<typeof command.flags>;

function onlyOne<T>(values: readonly T[] | undefined, flag: string): T | undefined {
  if (values !== undefined && values.length > 1) {
    throw new InputError(`--${flag} ${values.join(',')}: one value is expected; scale-sweep.ts takes several`);
  }
  return values?.[0];
}

/** The one point that the flags and the scenario name. */
function gridOf(values: Flags, { scenario }: LoadedScenario): Grid {
  const { replication, balancer, nodes, load, run } = scenario;
  return {
    strategies: [onlyOne(values.strategies, 'strategies') ?? replication.strategy],
    balancers: [onlyOne(values.balancers, 'balancers') ?? balancer.type],
    nodes: [onlyOne(values.nodes, 'nodes') ?? (typeof nodes === 'number' ? nodes : nodes.length)],
    loads: [onlyOne(values.load, 'load') ?? load.requestsPerSecond],
    replications: Math.max(run.replications, values.replication ?? 1),
  };
}

/** @param given - where the runs happen; worker threads unless a test brings its own. */
export function main(argv: readonly string[], io: Io, given?: Runner): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const startedAt = new Date();
    const files = await fileLayers(values);
    const loaded = loadScenario([...files.layers, runLayer(values)], values.set ?? []);
    const plan = planSweep(loaded, gridOf(values, loaded), 100_000);
    if (!values.quiet) for (const line of [...files.account, ...loaded.notes()]) io.err(`${line}\n`);
    const runs = plan.runs().filter(({ replication }) => replication === (values.replication ?? replication));
    const jobs = Math.min(runs.length, values.jobs ?? defaultJobs());
    const results = await resultsOf({ plan, runs, quiet: values.quiet === true }, given ?? poolRunner(jobs), io);
    if (values.out !== undefined) {
      const { question } = command;
      saveResults(values.out, results, { experiment: 'simulate', question, command: argv, plan, jobs, startedAt });
    }
    const scenario = plan.scenarioOf(runs[0]);
    io.out(values.json ? simulateJson(runs[0], results) : simulateReport(scenario, runs[0], results, io.colours));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
