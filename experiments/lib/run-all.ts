import { join } from 'node:path';
import type { Scenario } from '../../models/scenario/schema.ts';
import { writeAtomically } from './atomic-write.ts';
import { RunFailed } from './run-failed.ts';
import type { Runner } from './run-pool.ts';
import type { FinishedRun, RunKey } from './run-record.ts';
import type { SweepPlan } from './sweep-plan.ts';

/** Runs to do, and what to do with each. */
interface Work {
  readonly todo: readonly RunKey[];
  readonly plan: SweepPlan;
  /** Folder that gets the scenario of a run that fails. */
  readonly out: string;
  done(run: FinishedRun): void;
}

/** Scenario of the run that failed, in the folder of the results. */
export const failedRunFile = 'failed-run.json';

/** Keeps the scenario of a run that failed, so that one command repeats it. */
function failure({ message }: Error, scenario: Scenario, { replication }: RunKey, out: string): RunFailed {
  const file = join(out, failedRunFile);
  writeAtomically(file, [`${JSON.stringify(scenario, null, 2)}\n`]);
  const command = `tsx experiments/simulate.ts --scenario ${file} --replication ${replication}`;
  return new RunFailed(`${message}; to repeat: ${command}`);
}

/**
 * Runs everything that is to do, as many at once as the runner likes. Returns early, with runs under way, when the
 * signal is given.
 *
 * @throws RunFailed - the first run that failed; no other is begun.
 */
export async function runAll({ todo, plan, out, done }: Work, runner: Runner, signal: AbortSignal): Promise<void> {
  let next = 0;
  let hasFailed = false;
  const work = async (): Promise<void> => {
    while (next < todo.length && !signal.aborted && !hasFailed) {
      const key = todo[next];
      next += 1;
      const scenario = plan.scenarioOf(key);
      let record: FinishedRun['record'];
      try {
        record = await runner.record(scenario, key.replication);
      } catch (error) {
        if (signal.aborted || hasFailed) return;
        hasFailed = true;
        throw failure(error as Error, scenario, key, out);
      }
      if (!signal.aborted && !hasFailed) done({ key, record });
    }
  };
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([Promise.all(Array.from({ length: runner.width }, work)), stopped]);
}
