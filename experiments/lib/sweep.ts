import { accessSync, constants, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { InputError } from './input-error.ts';
import type { Io } from './io.ts';
import { hasJournal, Journal, type JournalHead, readJournal } from './journal.ts';
import { noProgress, progressBar } from './progress.ts';
import { failedRunFile, runAll } from './run-all.ts';
import { Interrupted, RunFailed } from './run-failed.ts';
import type { Runner } from './run-pool.ts';
import { compareKeys, type FinishedRun, keyText, type RunKey } from './run-record.ts';
import type { SweepPlan } from './sweep-plan.ts';

/** How a sweep is carried out; none of it changes a byte of the results. */
export interface SweepOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly quiet: boolean;
}

/** The finished runs of a sweep, sorted, while its folder is still locked. */
export interface Swept {
  readonly runs: readonly FinishedRun[];
  readonly resumed: number;
  /** Gives the folder free. */
  release(): void;
}

/** Makes the folder of the results, or says why it cannot be. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (!statSync(folder).isDirectory()) throw new Error('not a folder');
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const cause =
      code === 'EEXIST' || code === 'ENOTDIR' || code === undefined
        ? 'a file stands there'
        : `cannot be written (${code})`;
    throw new InputError(`--out ${folder}: ${cause}; a folder is expected`);
  }
}

/** Rough work of a run: requests, dearer in a large cluster. Only the order of runs and the time left hang on it. */
function costOf({ nodes, load_rps }: RunKey): number {
  return load_rps * (1 + nodes / 64) + 50;
}

/** True when a journal holds runs that no manifest is younger than. */
function isUnfinished(journal: string, manifest: string): boolean {
  const timeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return hasJournal(journal) && timeOf(manifest) < timeOf(journal);
}

/** The runs that a journal already holds, or none. */
function resumedRuns(
  file: string,
  head: JournalHead,
  { out, resume, quiet }: SweepOptions,
  io: Io,
): Map<string, FinishedRun> | undefined {
  if (resume) {
    const runs = readJournal(file, head);
    if (runs === undefined && !quiet) io.err(`${out} holds nothing to resume; starting from the first run\n`);
    return runs;
  }
  if (!quiet && isUnfinished(file, join(out, 'manifest.json'))) {
    io.err(`${out} holds an interrupted sweep; starting over (--resume would continue it)\n`);
  }
  return undefined;
}

/**
 * Runs every point of a plan and keeps a journal in the folder, so that an interrupted sweep can be resumed exactly.
 *
 * @returns the runs, sorted by key, whatever the order in which they ended.
 * @throws Interrupted | RunFailed | InputError - the journal keeps what was finished.
 */
export async function sweep(plan: SweepPlan, options: SweepOptions, runner: Runner, io: Io): Promise<Swept> {
  const file = join(options.out, 'journal.jsonl');
  const head = plan.head;
  if (options.resume) readJournal(file, head);
  prepareFolder(options.out);
  const release = lockFolder(options.out);
  let journal: Journal | undefined;
  try {
    const earlier = resumedRuns(file, head, options, io);
    journal = new Journal(file, head, earlier === undefined);
    const finished = new Map<string, FinishedRun>();
    for (const key of plan.runs) {
      const run = earlier?.get(keyText(key));
      if (run) finished.set(keyText(key), run);
    }
    const resumed = finished.size;
    const todo = plan.runs.filter((key) => !finished.has(keyText(key))).sort((a, b) => costOf(b) - costOf(a));
    announce(plan.runs.length, resumed, options, io);
    const bar = io.progress && !options.quiet && todo.length > 0;
    const progress = bar
      ? progressBar(
          todo.length,
          todo.reduce((sum, key) => sum + costOf(key), 0),
        )
      : noProgress;
    const done = (run: FinishedRun): void => {
      journal!.append(run);
      finished.set(keyText(run.key), run);
      progress.done(costOf(run.key));
    };
    try {
      await runAll({ todo, plan, out: options.out, done }, runner, io.signal);
      rmSync(join(options.out, failedRunFile), { force: true });
    } finally {
      progress.stop();
    }
    if (io.signal.aborted) {
      throw new Interrupted(
        `interrupted after ${finished.size} of ${plan.runs.length} runs; the same command with --resume continues`,
      );
    }
    const runs = [...finished.values()].sort((a, b) => compareKeys(a.key, b.key));
    return { runs, resumed, release };
  } catch (error) {
    release();
    throw asRunFailed(error, options.out);
  } finally {
    journal?.close();
  }
}

function announce(runs: number, resumed: number, { out, quiet }: SweepOptions, io: Io): void {
  if (quiet) return;
  const earlier = resumed > 0 ? `, ${resumed} of them done before` : '';
  io.err(`${runs} runs${earlier}; results go to ${out}\n`);
}

/** A full disk or a folder that vanished is no bug: one line says what happened. */
export function asRunFailed(error: unknown, out: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (!(error instanceof Error) || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error;
  return new RunFailed(`${out}: cannot be written (${code}); --resume continues once it can`);
}
