// What a worker thread runs. It is imported by run-worker.mjs, which teaches the thread to read TypeScript first.
import { simulate } from '../../models/cluster.ts';
import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { LimitError } from '../../sim/simulation.ts';
import { type MeasureName, measures } from './measures.ts';
import { type RunRecord, recordOf, type Simulate } from './run-record.ts';

/** One run, what is measured of it, and whether all of its result or only what a sweep keeps comes back. */
export interface RunTask {
  readonly scenario: Scenario;
  readonly replication: number;
  readonly measure?: MeasureName | undefined;
  readonly whole: boolean;
}

/** A run that passed a limit of its scenario. */
export interface OverLimit {
  readonly exceeded: string;
}

/** The record of one run. */
export function recordRun({ scenario, replication, measure }: Omit<RunTask, 'whole'>, by: Simulate): RunRecord {
  const result = by(scenario, replication);
  return recordOf(result, measure && measures[measure](scenario, result));
}

/** Runs one task. */
export function runTask(task: RunTask): RunResult | RunRecord | OverLimit {
  try {
    if (!task.whole) return recordRun(task, simulate);
    const result = simulate(task.scenario, task.replication);
    recordOf(result);
    return result;
  } catch (error) {
    // A class does not survive the way between threads; this does.
    if (error instanceof LimitError && !task.whole) return { exceeded: error.message };
    throw error;
  }
}
