// What a worker thread runs. It is imported by run-worker.mjs, which teaches the thread to read TypeScript first.
import { simulate } from '../../models/cluster.ts';
import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { LimitError } from '../../sim/simulation.ts';
import { type MeasureName, measures } from './measures.ts';
import { type RunRecord, recordOf, type Simulate } from './run-record.ts';
import { SharedRuns } from './shared-runs.ts';

/** One run, what is measured of it, and whether all of its result or only what a sweep keeps comes back. */
export interface RunTask {
  readonly scenario: Scenario;
  readonly replication: number;
  readonly measure?: MeasureName | undefined;
  /** Up to this moment other runs of the sweep are the same [ns], see `sharedMoments`; undefined: none is like it. */
  readonly sharedNs?: number | undefined;
  readonly whole: boolean;
}

/** A run that passed a limit of its scenario. */
export interface OverLimit {
  readonly exceeded: string;
}

/** What the runs of this thread share. */
const shared = new SharedRuns();

/** The record of one run. */
export function recordRun({ scenario, replication, measure }: Omit<RunTask, 'whole'>, by: Simulate): RunRecord {
  const result = by(scenario, replication);
  return recordOf(result, measure && measures[measure](scenario, result));
}

function simulatorOf({ sharedNs }: RunTask): Simulate {
  if (sharedNs === undefined) return simulate;
  return (scenario, replication) => shared.simulate(scenario, replication, sharedNs);
}

/** Runs one task. */
export function runTask(task: RunTask): RunResult | RunRecord | OverLimit {
  try {
    if (!task.whole) return recordRun(task, simulatorOf(task));
    const result = simulate(task.scenario, task.replication);
    recordOf(result);
    return result;
  } catch (error) {
    // A class does not survive the way between threads; this does.
    if (error instanceof LimitError && !task.whole) return { exceeded: error.message };
    throw error;
  }
}
