// What does each event in the life of a cluster cost, failures and maintenance alike, and for how long does it hurt?
// Every strategy meets every case; the timeline of each run is kept.
import { failoverCaseNames, withCaseEvents } from './failover/cases.ts';
import { failoverJson, failoverReport, failoverRows, failoverTimelineRows } from './failover/failover-report.ts';
import { failoverTable, failoverTimelineTable } from './failover/failover-tables.ts';
import { defineCommand } from './lib/arguments.ts';
import { number, words } from './lib/flag-kinds.ts';
import { gridFrom } from './lib/grid-from.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import type { Io } from './lib/io.ts';
import { loadScenario, statedLayer } from './lib/load-scenario.ts';
import type { Runner } from './lib/run-pool.ts';
import { runScript } from './lib/run-script.ts';
import { runStudy, type Study } from './lib/study.ts';
import { defaultMaxPoints, sweepFlags } from './lib/sweep-flags.ts';
import { planSweep } from './lib/sweep-plan.ts';
import { strategyNames } from './lib/vocabulary.ts';

const defaults = {
  nodes: [4],
  loads: [200],
  run: { warmUpS: 10, durationS: 120, replications: 3, timelineS: 1 },
  warMb: 50,
};

const flags = {
  ...sweepFlags,
  cases: words('LIST', failoverCaseNames, `what happens, out of ${failoverCaseNames.join(', ')}`),
  'war-mb': number('MB', { min: 0.01, max: 10000 }, `size of the deployed application (default ${defaults.warMb})`),
};

const command = defineCommand({
  name: 'tsx experiments/failover.ts',
  question:
    'What does each event in the life of a cluster cost, and for how long does it hurt: crash, freeze, partition, stop, rolling restart, deployment, join, autoscaling?',
  flags,
  examples: [
    ['every strategy, every case', ''],
    ['a rolling restart of eight nodes', '--cases rolling-restart --nodes 8 --strategies delta,backup'],
    ['a large application by FarmWarDeployer', '--cases farm-deployment,rolling-deployment --war-mb 200'],
  ],
});

const MB = 1e6;

export const study: Study<typeof flags> = {
  name: 'failover',
  command,
  out: 'results/failover',
  async plan(values, io, rulesOf) {
    const { layers, account } = await fileLayers(values);
    const own = statedLayer({ name: 'failover', run: defaults.run }, 'defaults of failover');
    const loaded = loadScenario([own, ...layers, runLayer(values)], values.set ?? []);
    const warBytes = (values['war-mb'] ?? defaults.warMb) * MB;
    const cases = new Map((values.cases ?? failoverCaseNames).map((name) => [name, loaded]));
    const grid = gridFrom(values, loaded, { ...defaults, strategies: strategyNames() });
    const plan = planSweep(cases, grid, values['max-points'] ?? defaultMaxPoints, {
      rules: rulesOf(loaded.scenario),
      measure: 'recovery',
      perRun: { key: { warBytes }, apply: (scenario, { case: name }) => withCaseEvents(scenario, name!, warBytes) },
    });
    if (!values.quiet) for (const line of [...account, ...loaded.notes()]) io.err(`${line}\n`);
    return plan;
  },
  own: (findings, values) => [
    { table: failoverTable, rows: failoverRows(findings, (values['war-mb'] ?? defaults.warMb) * MB) },
    { table: failoverTimelineTable, rows: failoverTimelineRows(findings) },
  ],
  report: (findings, values, io) => (values.json ? failoverJson(findings) : failoverReport(findings, io.colours)),
};

/** @param runner - worker threads unless a test brings its own. */
export const main = (argv: readonly string[], io: Io, runner?: Runner): Promise<number> =>
  runStudy(study, argv, io, { runner });

await runScript(import.meta.url, main);
