import { Piscina } from 'piscina';
import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { type RunRecord, recordOf, type Simulate } from './run-record.ts';
import type { RunTask } from './run-task.ts';

/** Runs scenarios somewhere: in worker threads, or in this one. */
export interface Runner {
  /** Runs that are worth having under way at once. */
  readonly width: number;
  record(scenario: Scenario, replication: number): Promise<RunRecord>;
  result(scenario: Scenario, replication: number): Promise<RunResult>;
  /** Stops at once; what is under way is given up. */
  close(): Promise<void>;
}

/** Runs in `jobs` worker threads, which leaves this one free for Ctrl-C and the progress bar. */
export function poolRunner(jobs: number): Runner {
  const pool = new Piscina<RunTask, unknown>({
    filename: new URL('./run-worker.mjs', import.meta.url).href,
    minThreads: jobs,
    maxThreads: jobs,
  });
  // A thread that dies fails its run, which is told there; with no run to fail there is nothing to tell.
  pool.on('error', () => {});
  return {
    // The next run is queued before the last one is back: no thread waits for this one.
    width: 2 * jobs,
    record: async (scenario, replication) => (await pool.run({ scenario, replication, whole: false })) as RunRecord,
    result: async (scenario, replication) => (await pool.run({ scenario, replication, whole: true })) as RunResult,
    close: () => pool.destroy(),
  };
}

/** Runs in this thread; for tests and for callers that bring their own simulator. */
export function localRunner(simulate: Simulate): Runner {
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    width: 1,
    record: async (scenario, replication) => {
      await later();
      return recordOf(simulate(scenario, replication));
    },
    result: async (scenario, replication) => {
      await later();
      return simulate(scenario, replication);
    },
    close: async () => {},
  };
}
