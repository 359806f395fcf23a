import { Piscina } from 'piscina';
import type { RunResult } from '../../models/results.ts';
import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { LimitError } from '../../sim/simulation.ts';
import type { MeasureName } from './measures.ts';
import { BudgetExceeded } from './run-failed.ts';
import type { RunRecord, Simulate } from './run-record.ts';
import { type OverLimit, type RunTask, recordRun } from './run-task.ts';
import { ThreadLines } from './thread-lines.ts';

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

/** Runs that may share something have this in common; undefined: no other run is like it. */
function groupOf({ scenario, replication, sharedNs }: RunTask): string | undefined {
  if (sharedNs === undefined) return undefined;
  const { replication: how, balancer, load } = scenario;
  return `${how.strategy} ${balancer.type} ${nodeCount(scenario)} ${load.requestsPerSecond} ${replication}`;
}

/** Runs in `jobs` worker threads, which leaves this one free for Ctrl-C and the progress bar. */
export function poolRunner(jobs: number, { seconds }: Pick<RunBudget, 'seconds'> = {}): Runner {
  const filename = new URL('./run-worker.mjs', import.meta.url).href;
  const threads = Array.from({ length: jobs }, () => {
    const thread = new Piscina<RunTask, unknown>({ filename, minThreads: 1, maxThreads: 1 });
    // A thread that dies fails its run, which is told there; with no run to fail there is nothing to tell.
    thread.on('error', () => {});
    return thread;
  });
  // The next run is there before the last one is back: no thread waits for this one. A clock runs only where a thread is free.
  const lines = new ThreadLines(jobs, seconds === undefined ? 2 : 1);
  const timed = async (task: RunTask, thread: Piscina<RunTask, unknown>): Promise<unknown> => {
    if (seconds === undefined) return thread.run(task);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), seconds * 1000);
    try {
      return await thread.run(task, { signal: late.signal });
    } catch (error) {
      throw late.signal.aborted ? new BudgetExceeded('time-exceeded', `longer than ${seconds} s`) : error;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    // Enough to find for each thread a run that shares something with those that it had.
    width: 8 * jobs,
    record: async (scenario, replication, measure, sharedNs) => {
      const task = { scenario, replication, measure, sharedNs, whole: false };
      const record = await lines.on(groupOf(task), (thread) => timed(task, threads[thread]));
      const known = record as RunRecord | OverLimit;
      if ('exceeded' in known) throw new BudgetExceeded('events-exceeded', known.exceeded);
      return known;
    },
    result: async (scenario, replication) =>
      (await lines.on(undefined, (thread) => threads[thread].run({ scenario, replication, whole: true }))) as RunResult,
    close: async () => {
      await Promise.all(threads.map((thread) => thread.destroy()));
    },
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
