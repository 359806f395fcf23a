import type { Io } from './io.ts';
import type { Runner } from './run-pool.ts';
import type { FinishedRun } from './run-record.ts';
import { type PointSummary, summarise } from './summarise.ts';
import { asRunFailed, sweep } from './sweep.ts';
import type { SweepPlan } from './sweep-plan.ts';
import { writeResults } from './write-results.ts';

/** An experiment: what it is called, what it computes and where that goes. */
export interface Experiment {
  readonly name: string;
  readonly question: string;
  readonly command: readonly string[];
  readonly plan: SweepPlan;
  readonly out: string;
  readonly jobs: number;
  readonly resume: boolean;
  readonly quiet: boolean;
}

/** What an experiment found. */
export interface Findings {
  readonly runs: readonly FinishedRun[];
  readonly summaries: readonly PointSummary[];
}

/**
 * Runs a plan, writes the results folder and gives back what is in it.
 *
 * @throws Interrupted | RunFailed | InputError - nothing half-written is left.
 */
export async function runExperiment(experiment: Experiment, runner: Runner, io: Io): Promise<Findings> {
  const { name, question, command, plan, out, jobs, quiet } = experiment;
  const startedAt = new Date();
  const startedMs = performance.now();
  try {
    const { runs, resumed, release } = await sweep(plan, experiment, runner, io);
    try {
      const summaries = summarise(runs);
      const wallS = (performance.now() - startedMs) / 1000;
      const { head, base: scenario, grid } = plan;
      const facts = {
        experiment: name,
        command,
        head,
        scenario,
        grid,
        runs,
        jobs,
        runsResumed: resumed,
        startedAt,
        wallS,
      };
      writeResults(out, { ...facts, question, summaries });
      if (!quiet) io.err(`${runs.length - resumed} runs in ${wallS.toFixed(1)} s; results are in ${out}\n`);
      return { runs, summaries };
    } catch (error) {
      throw asRunFailed(error, out);
    } finally {
      release();
    }
  } finally {
    await runner.close();
  }
}
