// How much load does each cluster carry within an objective, how many nodes does a given load need, and at which size
// does one node more stop paying? Bisection for every replication, with common random numbers.
import { capacityReport } from './capacity/capacity-report.ts';
import { capacityRows, cheapest, searchRows, uslRows } from './capacity/capacity-rows.ts';
import { capacityTable, searchesTable, uslTable } from './capacity/capacity-tables.ts';
import { type Objective, parseObjective } from './capacity/objective.ts';
import { CapacitySearch, type Carried, idealLoad } from './capacity/search.ts';
import { defineCommand, type Flag } from './lib/arguments.ts';
import type { Findings } from './lib/findings.ts';
import { number, numbers } from './lib/flag-kinds.ts';
import { gridFrom } from './lib/grid-from.ts';
import { InputError } from './lib/input-error.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import type { Io } from './lib/io.ts';
import { loadScenario, statedLayer } from './lib/load-scenario.ts';
import type { Runner } from './lib/run-pool.ts';
import { runScript } from './lib/run-script.ts';
import { runStudy, type Study } from './lib/study.ts';
import { defaultMaxPoints, sweepFlags } from './lib/sweep-flags.ts';
import { planSweep } from './lib/sweep-plan.ts';

const defaults = {
  nodes: [2, 4, 8, 16],
  strategies: ['all-to-all', 'backup', 'delta', 'memcached-sticky', 'none'],
  run: { warmUpS: 3, durationS: 20, replications: 3 },
  slo: 'p95<200ms,failed<0.1%',
  tolerance: 0.005,
};

const slo: Flag<Objective> = {
  placeholder: 'CONDITIONS',
  help: `what the cluster must keep, for example p99<1s,completed>99% (default ${defaults.slo})`,
  parse: parseObjective,
};

const { load: _load, ...others } = sweepFlags;
const flags = {
  ...others,
  load: numbers('LIST', { min: 0.001, max: 1e7 }, 'loads whose cheapest cluster is asked for'),
  slo,
  tolerance: number('RATIO', { min: 0.0005, max: 0.2 }, 'how exactly a search ends (default 0.005)'),
};

const command = defineCommand({
  name: 'tsx experiments/capacity-search.ts',
  question:
    'How much load does each cluster carry within an objective, how many nodes does a load need, and where does one node more stop paying?',
  flags,
  examples: [
    ['five strategies, 2 to 16 nodes', ''],
    ['the cheapest cluster for two loads', '--nodes 2,3,4,6,8 --load 1000,3000 --slo p95<100ms,failed<0.1%'],
    ['a cluster of your own', '--scenario shop.yaml --strategies delta,backup --slo p99<1s'],
  ],
});

const objectiveOf = (values: { slo: Objective | undefined }): Objective => values.slo ?? parseObjective(defaults.slo);
const carriedIn = (findings: Findings): readonly Carried[] => (findings as Findings & { carried: Carried[] }).carried;

export const study: Study<typeof flags> = {
  name: 'capacity-search',
  command,
  out: 'results/capacity-search',
  async plan(values, io, rulesOf) {
    const { layers, account } = await fileLayers(values);
    const own = statedLayer({ name: 'capacity-search', run: defaults.run }, 'defaults of capacity-search');
    const loaded = loadScenario([own, ...layers, runLayer(values)], values.set ?? []);
    const rules = rulesOf(loaded.scenario);
    if (rules.warmUp === 'mser5') throw new InputError('--warm-up mser5: a search compares loads; state a length');
    const grid = gridFrom({ ...values, load: undefined }, loaded, { ...defaults, loads: [1] });
    // The loads are what is looked for; this one stands for them in a dry run.
    const typical = idealLoad(loaded.variant({ strategy: 'none', balancer: grid.balancers[0], nodes: grid.nodes[0] }));
    if (!values.quiet) for (const line of [...account, ...loaded.notes()]) io.err(`${line}\n`);
    const objective = objectiveOf(values);
    const key = { objective: objective.text, tolerance: values.tolerance ?? defaults.tolerance };
    const wanted = { ...grid, loads: [typical] };
    const perRun = { key, apply: <S>(scenario: S): S => scenario };
    return planSweep(loaded, wanted, values['max-points'] ?? defaultMaxPoints, { rules, perRun });
  },
  search: (plan, values) => new CapacitySearch(plan, objectiveOf(values), values.tolerance ?? defaults.tolerance),
  own(findings) {
    const { plan } = findings;
    const carried = carriedIn(findings);
    return [
      { table: capacityTable, rows: capacityRows(carried, plan) },
      { table: searchesTable, rows: searchRows(carried, plan.base.run.seed) },
      { table: uslTable, rows: uslRows(carried, plan) },
    ];
  },
  report(findings, values, io) {
    const carried = carriedIn(findings);
    const [capacity, usl] = [capacityRows(carried, findings.plan), uslRows(carried, findings.plan)];
    const targets = values.load ?? [];
    const objective = objectiveOf(values).text;
    if (!values.json) return capacityReport({ objective, carried, capacity, usl, targets }, io.colours);
    const cheap = targets.map((load_rps) => ({ load_rps, clusters: cheapest(capacity, load_rps) }));
    return `${JSON.stringify({ objective, capacity, usl, cheapest: cheap }, null, 2)}\n`;
  },
};

/** @param runner - worker threads unless a test brings its own. */
export const main = (argv: readonly string[], io: Io, runner?: Runner): Promise<number> =>
  runStudy(study, argv, io, { runner });

await runScript(import.meta.url, main);
