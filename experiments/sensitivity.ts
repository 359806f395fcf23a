// Which of the assumed defaults change the answer? Every one is moved down and up, alone, with the same random numbers;
// the tornado table says what to measure first.
import { defineCommand } from './lib/arguments.ts';
import { gridFrom } from './lib/grid-from.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import type { Io } from './lib/io.ts';
import { type LoadedScenario, loadScenario, statedLayer } from './lib/load-scenario.ts';
import type { Runner } from './lib/run-pool.ts';
import { runScript } from './lib/run-script.ts';
import { runStudy, type Study } from './lib/study.ts';
import { defaultMaxPoints, sweepFlags } from './lib/sweep-flags.ts';
import { planSweep } from './lib/sweep-plan.ts';
import { assumptions, type Change, changeName, usualCase } from './sensitivity/assumptions.ts';
import { sensitivityRows, sensitivityTable, tornadoReport } from './sensitivity/tornado.ts';

const defaults = {
  nodes: [8],
  loads: [1000],
  strategies: ['backup', 'delta', 'none'],
  run: { warmUpS: 2, durationS: 8, replications: 3 },
};

const command = defineCommand({
  name: 'tsx experiments/sensitivity.ts',
  question: 'Which of the assumed defaults change the answer, so that they should be measured first?',
  flags: sweepFlags,
  examples: [
    ['every assumed default, three strategies, a crash in the middle', ''],
    ['around your own cluster', '--scenario shop.yaml --strategies delta,backup'],
    ['at a load near the limit', '--load 4000 --replications 10'],
  ],
});

export const study: Study<typeof sweepFlags> = {
  name: 'sensitivity',
  command,
  out: 'results/sensitivity',
  async plan(values, io, rulesOf) {
    const { layers, account } = await fileLayers(values);
    const place = 'defaults of sensitivity';
    const own = statedLayer({ name: 'sensitivity', run: defaults.run }, place);
    const sets = values.set ?? [];
    const { run } = loadScenario([own, ...layers, runLayer(values)], []).scenario;
    const crash = statedLayer({ faults: [{ atS: run.warmUpS + run.durationS / 2, crash: 'node-1' }] }, place);
    const loadedWith = (more: readonly { path: string; text: string }[]): LoadedScenario =>
      loadScenario([own, crash, ...layers, runLayer(values)], [...sets, ...more]);
    const usual = loadedWith([]);
    const grid = gridFrom(values, usual, defaults);
    const isFree = ({ parameter }: Change): boolean => !usual.isStated(parameter);
    const cases = new Map([[usualCase, usual]]);
    for (const change of assumptions(grid.strategies).filter(isFree)) {
      cases.set(changeName(change), loadedWith([{ path: change.parameter, text: change.value }]));
    }
    if (!values.quiet) for (const line of [...account, ...usual.notes()]) io.err(`${line}\n`);
    const options = { rules: rulesOf(usual.scenario), baseCase: usualCase };
    return planSweep(cases, grid, values['max-points'] ?? defaultMaxPoints, options);
  },
  own: (findings) => [
    { table: sensitivityTable, rows: sensitivityRows(findings, assumptions(findings.plan.grid.strategies)) },
  ],
  report(findings, values, io) {
    const rows = sensitivityRows(findings, assumptions(findings.plan.grid.strategies));
    const changes = (findings.plan.grid.cases?.length ?? 1) - 1;
    return values.json ? `${JSON.stringify(rows, null, 2)}\n` : tornadoReport(rows, changes, io.colours);
  },
};

/** @param runner - worker threads unless a test brings its own. */
export const main = (argv: readonly string[], io: Io, runner?: Runner): Promise<number> =>
  runStudy(study, argv, io, { runner });

await runScript(import.meta.url, main);
