import { Piscina } from 'piscina';
import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { LimitError } from '../../sim/simulation.ts';
import type { MeasureName } from './measures.ts';
import { BudgetExceeded } from './run-failed.ts';
import type { RunRecord, Simulate } from './run-record.ts';
import { type OverLimit, type RunTask, recordRun } from './run-task.ts';

/** Runs scenarios somewhere: in worker threads, in this one, or on other machines. */
export interface Runner {
  /** Runs that are worth having under way at once. */
  readonly width: number;
  /**
   * @param sharedNs - up to this moment other runs that are asked for are the same [ns], see `sharedMoments`.
   * @throws BudgetExceeded - the run went over a budget.
   */
  record(scenario: Scenario, replication: number, measure?: MeasureName, sharedNs?: number): Promise<RunRecord>;
  result(scenario: Scenario, replication: number): Promise<RunResult>;
  /** Stops at once; what is under way is given up. */
  close(): Promise<void>;
}

/** What one run may use at most; the events of a run are limited by its scenario. */
export interface RunBudget {
  /** Memory of the process that it runs in [MB]. */
  readonly memoryMb?: number | undefined;
  /** Time [s]. */
  readonly seconds?: number | undefined;
}

/** Runs in `jobs` worker threads, which leaves this one free for Ctrl-C and the progress bar. */
export function poolRunner(jobs: number, { seconds }: Pick<RunBudget, 'seconds'> = {}): Runner {
  const pool = new Piscina<RunTask, unknown>({
    filename: new URL('./run-worker.mjs', import.meta.url).href,
    minThreads: jobs,
    maxThreads: jobs,
  });
  // A thread that dies fails its run, which is told there; with no run to fail there is nothing to tell.
  pool.on('error', () => {});
  const timed = async (task: RunTask): Promise<unknown> => {
    if (seconds === undefined) return pool.run(task);
    const late = new AbortController();
    // The clock runs from the moment at which a thread is free: no more runs than threads are handed over then.
    const timer = setTimeout(() => late.abort(), seconds * 1000);
    try {
      return await pool.run(task, { signal: late.signal });
    } catch (error) {
      throw late.signal.aborted ? new BudgetExceeded('time-exceeded', `longer than ${seconds} s`) : error;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    // The next run is queued before the last one is back: no thread waits for this one.
    width: seconds === undefined ? 2 * jobs : jobs,
    record: async (scenario, replication, measure, sharedNs) => {
      const task = { scenario, replication, measure, sharedNs, whole: false };
      const record = (await timed(task)) as RunRecord | OverLimit;
      if ('exceeded' in record) throw new BudgetExceeded('events-exceeded', record.exceeded);
      return record;
    },
    result: async (scenario, replication) => (await pool.run({ scenario, replication, whole: true })) as RunResult,
    close: () => pool.destroy(),
  };
}

/** Runs in this thread; for tests and for callers that bring their own simulator. */
export function localRunner(simulate: Simulate): Runner {
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    width: 1,
    record: async (scenario, replication, measure) => {
      await later();
      try {
        return recordRun({ scenario, replication, measure }, simulate);
      } catch (error) {
        if (error instanceof LimitError) throw new BudgetExceeded('events-exceeded', error.message);
        throw error;
      }
    },
    result: async (scenario, replication) => {
      await later();
      return simulate(scenario, replication);
    },
    close: async () => {},
  };
}

/** Does something with a runner: the given one, or threads that live as long as it takes. */
export async function withRunner<T>(
  given: Runner | undefined,
  jobs: number,
  use: (runner: Runner) => Promise<T>,
): Promise<T> {
  const runner = given ?? poolRunner(jobs);
  try {
    return await use(runner);
  } finally {
    await runner.close();
  }
}

/** The runner of this machine: threads, or processes where a run has a memory budget. */
export async function machineRunner(jobs: number, budget: RunBudget): Promise<Runner> {
  if (budget.memoryMb === undefined) return poolRunner(jobs, budget);
  const { processRunner } = await import('./process-runner.ts');
  return processRunner(jobs, budget);
}
