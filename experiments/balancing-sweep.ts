// How evenly does each balancer spread the clients that really exist, and what does the failure and the return of a
// server cost behind it? Every balancer meets every client population; in each run node-1 dies and comes back.
import { join } from 'node:path';
import { balanceAnswers, balanceJson, balanceReport } from './balancing/balance-report.ts';
import { balanceRow, interruptionOf, settlesWithin, timelineRows } from './balancing/balance-rows.ts';
import { ownPopulation, populationNames, populations } from './balancing/populations.ts';
import { writeBalance } from './balancing/write-balance.ts';
import { defineCommand, helpText, parseArguments, type Values } from './lib/arguments.ts';
import { commonFlags, defaultJobs } from './lib/common-flags.ts';
import type { Row } from './lib/csv.ts';
import { describeFaults } from './lib/describe-faults.ts';
import { words } from './lib/flag-kinds.ts';
import { gridFrom } from './lib/grid-from.ts';
import { type FileLayers, fileLayers, runLayer } from './lib/input-layers.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { type LoadedScenario, loadScenario, statedLayer } from './lib/load-scenario.ts';
import { runExperiment } from './lib/run-experiment.ts';
import { type Runner, withRunner } from './lib/run-pool.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { planSweep, type SweepPlan } from './lib/sweep-plan.ts';
import { balancerNames } from './lib/vocabulary.ts';

const defaults = {
  nodes: [2, 4, 8],
  loads: [100],
  // Without replication every session that is sent elsewhere is lost: what the balancer alone costs.
  strategies: ['delta', 'none'],
  run: { warmUpS: 10, durationS: 150, replications: 3 },
  /** Intervals of a run: six until node-1 dies, four until it is back. */
  intervals: 30,
  out: 'results/balancing-sweep',
  maxPoints: 100_000,
};

const command = defineCommand({
  name: 'tsx experiments/balancing-sweep.ts',
  question:
    'How evenly does each balancer spread the clients that really exist, and what do the failure and the return of a server cost behind it?',
  flags: {
    ...commonFlags,
    clients: words('LIST', populationNames, `client populations out of ${populationNames.join(', ')}`),
  },
  examples: [
    ['every balancer, client population and cluster size: 1,260 runs', ''],
    ['sessions that bounce twice', '--balancers consistent-hash,sticky-route --clients no-route --nodes 4'],
    ['a black-holed server', '--scenario experiments/scenarios/black-hole.yaml --balancers round-robin'],
    ['another way to hold sessions', '--strategies backup --out results/balancing-backup'],
  ],
});

type Flags = Values<typeof command.flags>;

/** The cluster in front of one population; unless a file says what goes wrong, node-1 dies and comes back. */
function loadCluster(values: Flags, { layers }: FileLayers, population: string): LoadedScenario {
  const place = 'defaults of balancing-sweep';
  const { networks, jvmRoute } = populations[population] ?? {};
  const clients = networks ? { load: { clients: { networks } } } : {};
  const route = statedLayer(jvmRoute === false ? { balancer: { jvmRoute } } : {}, place);
  const own = statedLayer({ name: 'balancing-sweep', run: defaults.run, ...clients }, place);
  const sets = values.set ?? [];
  const setsOfRun = sets.filter(({ path }) => /^run(\.|$)/.test(path));
  const { warmUpS, durationS } = loadScenario([own, ...layers, runLayer(values)], setsOfRun).scenario.run;
  const run = { timelineS: durationS / defaults.intervals };
  const faults = [
    { atS: warmUpS + durationS / 5, crash: 'node-1' },
    { atS: warmUpS + durationS / 3, restart: 'node-1' },
  ];
  return loadScenario([own, statedLayer({ run, faults }, place), ...layers, route, runLayer(values)], sets);
}

/** The runs of each population. */
async function planBalancingSweep(values: Flags, io: Io): Promise<Map<string, SweepPlan>> {
  const files = await fileLayers(values);
  const isStated = loadScenario(files.layers, values.set ?? []).isStated('load.clients.networks');
  const names = isStated ? [ownPopulation] : (values.clients ?? populationNames);
  const said = new Set<string>(files.account);
  const plans = new Map<string, SweepPlan>();
  for (const name of names) {
    const loaded = loadCluster(values, files, name);
    const grid = gridFrom({ ...values, balancers: values.balancers ?? balancerNames() }, loaded, defaults);
    plans.set(name, planSweep(loaded, grid, defaults.maxPoints));
    for (const line of loaded.notes()) said.add(line);
  }
  if (!values.quiet) for (const line of said) io.err(`${line}\n`);
  return plans;
}

/** @param given - where the runs happen; worker threads unless a test brings its own. */
export function main(argv: readonly string[], io: Io, given?: Runner): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const { question } = command;
    const { jobs = defaultJobs(), out = defaults.out, resume = false, quiet = false } = values;
    const plans = await planBalancingSweep(values, io);
    const balance: Row[] = [];
    const timelines: Row[][] = [];
    let facts = { faults: '', settles: false };
    const about = { name: 'balancing-sweep', question, command: argv, jobs, resume, quiet };
    await withRunner(given, jobs, async (runner) => {
      for (const [clients, plan] of plans) {
        const { runs } = await runExperiment({ ...about, plan, out: join(out, clients) }, runner, io);
        const interruption = interruptionOf(plan.base.faults);
        const intervalS = plan.base.run.timelineS;
        for (const run of runs) {
          balance.push(balanceRow(clients, run, { interruption, intervalS }));
          timelines.push(timelineRows(clients, run, interruption));
        }
        facts = { faults: describeFaults(plan.base.faults), settles: settlesWithin(interruption, plan.base) };
      }
    });
    writeBalance(out, question, balance, timelines);
    const answers = balanceAnswers(balance);
    io.out(values.json ? balanceJson(answers, facts) : balanceReport(answers, { ...facts, colours: io.colours }));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
