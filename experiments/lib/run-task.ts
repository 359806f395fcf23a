// What a worker thread runs. It is imported by run-worker.mjs, which teaches the thread to read TypeScript first.
import { simulate } from '../../models/cluster.ts';
import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { type RunRecord, recordOf } from './run-record.ts';

/** One run, and whether all of its result or only what a sweep keeps comes back. */
export interface RunTask {
  readonly scenario: Scenario;
  readonly replication: number;
  readonly whole: boolean;
}

/** Runs one task. */
export function runTask({ scenario, replication, whole }: RunTask): RunResult | RunRecord {
  const result = simulate(scenario, replication);
  const record = recordOf(result);
  return whole ? result : record;
}
