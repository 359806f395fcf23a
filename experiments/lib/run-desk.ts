import { join } from 'node:path';
import type { Scenario } from '../../models/scenario/schema.ts';
import { writeAtomically } from './atomic-write.ts';
import type { Journal, RunStore } from './journal.ts';
import type { MeasureName } from './measures.ts';
import { BudgetExceeded, RunFailed } from './run-failed.ts';
import type { Runner } from './run-pool.ts';
import type { DoneRun, RunKey, RunRecord } from './run-record.ts';

/** Scenario of the run that failed, in the folder of the results. */
export const failedRunFile = 'failed-run.json';

/** What somebody waits for who has been told to stop. */
export class Stopped extends Error {
  override name = 'Stopped';
}

/** What the desk needs. */
export interface DeskParts {
  readonly runner: Runner;
  readonly signal: AbortSignal;
  readonly store: RunStore;
  readonly journal: Journal;
  /** Number of the journal in the store. */
  readonly file: number;
  /** Folder that gets the scenario of a run that fails. */
  readonly out: string;
  done(run: DoneRun): void;
}

/** Keeps the scenario of a run that failed, so that one command repeats it. */
function failure({ message }: Error, scenario: Scenario, { replication }: RunKey, out: string): RunFailed {
  const file = join(out, failedRunFile);
  writeAtomically(file, [`${JSON.stringify(scenario, null, 2)}\n`]);
  const command = `replisim simulate --scenario ${file} --replication ${replication}`;
  return new RunFailed(`${message}; to repeat: ${command}`);
}

/**
 * Where runs are asked for: what the journal holds comes from there, everything else is run once and written down
 * before anybody sees it. At most as many runs as the runner likes are under way.
 */
export class RunDesk {
  private readonly parts: DeskParts;
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];
  /** What ends the waiting for the runs under way. */
  private readonly stops = new Set<(error: Error) => void>();
  private fault: Error | undefined;

  constructor(parts: DeskParts) {
    this.parts = parts;
    parts.signal.addEventListener('abort', () => this.stop(new Stopped('stopped')), { once: true });
  }

  /** Nobody gets a run from now on. */
  stop(error: Error): void {
    this.fault ??= error;
    for (const reject of this.stops) reject(error);
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Runs that are worth asking for at once. */
  get width(): number {
    return this.parts.runner.width;
  }

  private check(): void {
    if (this.fault) throw this.fault;
    if (this.parts.signal.aborted) throw new Stopped('stopped');
  }

  /**
   * The run with a key.
   *
   * @param sharedNs - up to this moment other runs are the same [ns], see `sharedMoments`.
   * @throws RunFailed - this run failed, or another did before.
   * @throws Stopped - the signal was given.
   */
  async ask(key: RunKey, scenario: Scenario, measure?: MeasureName, sharedNs?: number): Promise<DoneRun> {
    this.check();
    const known = this.parts.store.get(key);
    if (known) return known;
    while (this.underWay >= this.width) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      this.check();
    }
    this.underWay += 1;
    try {
      const run = await this.run(
        key,
        () => this.parts.runner.record(scenario, key.replication, measure, sharedNs),
        scenario,
      );
      this.check();
      this.keep(run);
      return run;
    } finally {
      this.underWay -= 1;
      this.waiting.shift()?.();
    }
  }

  private keep(run: DoneRun): void {
    const { store, journal, file, done } = this.parts;
    try {
      store.note(run.key, { file, offset: journal.append(run) });
    } catch (error) {
      this.stop(error as Error);
      throw error;
    }
    done(run);
  }

  private async run(key: RunKey, start: () => Promise<RunRecord>, scenario: Scenario): Promise<DoneRun> {
    const { out } = this.parts;
    const { warmUpS } = scenario.run;
    let stop: (error: Error) => void = () => {};
    try {
      const record = await new Promise<RunRecord>((resolve, reject) => {
        stop = reject;
        this.stops.add(reject);
        start().then(resolve, reject);
      });
      return { key, status: 'ok', record, warmUpS };
    } catch (error) {
      this.check();
      if (error instanceof BudgetExceeded) return { key, status: error.status, record: null, warmUpS };
      const failed = failure(error as Error, scenario, key, out);
      this.stop(failed);
      throw failed;
    } finally {
      this.stops.delete(stop);
    }
  }
}
