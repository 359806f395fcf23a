import type { RunResult } from '../../models/results.ts';
import { memoryFindings } from './findings.ts';
import { lockFolder } from './folder-lock.ts';
import type { Io } from './io.ts';
import type { ManifestFacts } from './manifest.ts';
import { noProgress, progressBar } from './progress.ts';
import { Interrupted, RunFailed } from './run-failed.ts';
import type { Runner } from './run-pool.ts';
import { type RunKey, recordOf } from './run-record.ts';
import { asRunFailed, prepareFolder } from './sweep.ts';
import type { SweepPlan } from './sweep-plan.ts';
import { writeResults } from './write-results.ts';

/** One run with everything it says. */
export interface WholeRun {
  readonly key: RunKey;
  readonly result: RunResult;
}

/** Some runs of a plan. */
interface Wanted {
  readonly plan: SweepPlan;
  readonly runs: readonly RunKey[];
  readonly quiet: boolean;
}

/**
 * Runs a few runs and keeps everything they say, in the order of the keys.
 *
 * @throws Interrupted | RunFailed
 */
export async function resultsOf({ plan, runs, quiet }: Wanted, runner: Runner, io: Io): Promise<WholeRun[]> {
  const progress = io.progress && !quiet ? progressBar(runs.length, runs.length) : noProgress;
  const stopped = new Promise<never>((_, reject) => {
    io.signal.addEventListener('abort', () => reject(new Interrupted('interrupted')), { once: true });
  });
  const one = async (key: RunKey): Promise<WholeRun> => {
    try {
      const result = await runner.result(plan.scenarioOf(key), key.replication);
      progress.done(1);
      return { key, result };
    } catch (error) {
      throw new RunFailed(
        `${(error as Error).message}; to repeat: the same command with --replication ${key.replication}`,
      );
    }
  };
  try {
    return await Promise.race([Promise.all(runs.map(one)), stopped]);
  } finally {
    progress.stop();
    await runner.close();
  }
}

/** Writes the results folder of these runs. */
export function saveResults(
  out: string,
  whole: readonly WholeRun[],
  facts: Pick<ManifestFacts, 'experiment' | 'command' | 'jobs'> & {
    question: string;
    plan: SweepPlan;
    startedAt: Date;
  },
): void {
  const { plan, startedAt } = facts;
  const runs = whole.map(({ key, result }) => ({ key, record: recordOf(result) }));
  prepareFolder(out);
  const release = lockFolder(out);
  try {
    const wallS = (Date.now() - startedAt.getTime()) / 1000;
    const { head, base: scenario, grid } = plan;
    const findings = memoryFindings(plan, runs);
    writeResults(out, { ...facts, head, scenario, grid, findings, runsResumed: 0, wallS });
  } catch (error) {
    throw asRunFailed(error, out);
  } finally {
    release();
  }
}
