import { accessSync, constants, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { indexOfPoint } from './grid.ts';
import { InputError } from './input-error.ts';
import type { Io } from './io.ts';
import { checkJournal, hasJournal, Journal, RunStore } from './journal.ts';
import { noProgress, type Progress, progressBar } from './progress.ts';
import { failedRunFile, RunDesk, Stopped } from './run-desk.ts';
import { Interrupted, RunFailed } from './run-failed.ts';
import type { Runner } from './run-pool.ts';
import { keyText, type RunKey } from './run-record.ts';
import { mostReplications } from './statistics-rules.ts';
import type { SweepPlan } from './sweep-plan.ts';

/** How a sweep is carried out; none of it changes a byte of the results. */
export interface SweepOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly quiet: boolean;
}

/** What asks for runs at a desk, and what is known of its work beforehand. */
export interface Driver {
  /** Runs at least, and their cost in the unit of `costOf`. */
  readonly runs: number;
  readonly cost: number;
  /** Keys that it will surely ask for, to count what is done before; none where it does not know. */
  readonly surely: Iterable<RunKey>;
  costOf(key: RunKey): number;
  drive(desk: RunDesk): Promise<void>;
}

/** The finished runs of a sweep, while its folder is still locked. */
export interface Swept {
  readonly store: RunStore;
  readonly resumed: number;
  /** Gives the folder free. */
  release(): void;
}

/** Folder by folder: a file system that denies that a parent is there (/proc) keeps the recursive call of Node busy for ever. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another part of the sweep may have made it in this moment.
    if (!existsSync(folder)) throw error;
  }
}

/** Makes the folder of the results, or says why it cannot be. */
export function prepareFolder(folder: string): void {
  try {
    makeFolder(folder);
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

/** True when a journal holds runs that no manifest is younger than. */
function isUnfinished(journal: string, manifest: string): boolean {
  const timeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return hasJournal(journal) && timeOf(manifest) < timeOf(journal);
}

/** Names a run in little memory: the place of its point and its replication, or a text for a point off the grid. */
export function nameIn(plan: SweepPlan): (key: RunKey) => string | number {
  const most = mostReplications(plan.rules) + 1;
  return (key) => {
    const index = indexOfPoint(plan.grid, key);
    return index < 0 || key.replication >= most ? keyText(key) : index * most + key.replication;
  };
}

/** Whether the journal is to be continued; says so where it cannot be or should be. */
function isContinued(file: string, plan: SweepPlan, { out, resume, quiet }: SweepOptions, io: Io): boolean {
  if (resume) {
    const isThere = checkJournal(file, plan.head);
    if (!isThere && !quiet) io.err(`${out} holds nothing to resume; starting from the first run\n`);
    return isThere;
  }
  if (!quiet && isUnfinished(file, join(out, 'manifest.json'))) {
    io.err(`${out} holds an interrupted sweep; starting over (--resume would continue it)\n`);
  }
  return false;
}

function openJournal(
  file: string,
  plan: SweepPlan,
  isOld: boolean,
): { journal: Journal; store: RunStore; number: number } {
  const store = new RunStore(nameIn(plan));
  const journal = new Journal(file, plan.head, isOld ? statSync(file).size : 0);
  return { journal, store, number: store.add(file) };
}

/**
 * Carries out the runs that a driver asks for and keeps a journal in the folder, so that an interrupted sweep can be
 * resumed exactly.
 *
 * @throws Interrupted | RunFailed | InputError - the journal keeps what was finished.
 */
export async function sweep(
  plan: SweepPlan,
  driver: Driver,
  options: SweepOptions,
  runner: Runner,
  io: Io,
): Promise<Swept> {
  const { out, quiet } = options;
  const file = join(out, 'journal.jsonl');
  if (options.resume) checkJournal(file, plan.head);
  prepareFolder(out);
  const release = lockFolder(out);
  let journal: Journal | undefined;
  try {
    const opened = openJournal(file, plan, isContinued(file, plan, options, io));
    const { store, number } = opened;
    journal = opened.journal;
    let resumed = 0;
    let doneCost = 0;
    if (store.size > 0) {
      for (const key of driver.surely) {
        if (!store.has(key)) continue;
        resumed += 1;
        doneCost += driver.costOf(key);
      }
    }
    announce(driver.runs, resumed, options, io);
    const hasBar = io.progress && !quiet && resumed < driver.runs;
    const progress = hasBar ? progressBar(driver.runs - resumed, driver.cost - doneCost) : noProgress;
    const done = ({ key }: { key: RunKey }): void => progress.done(driver.costOf(key));
    const desk = new RunDesk({ runner, signal: io.signal, store, journal, file: number, out, done });
    await driveTo(desk, driver, progress, io, store);
    rmSync(join(out, failedRunFile), { force: true });
    return { store, resumed, release };
  } catch (error) {
    release();
    throw asRunFailed(error, out);
  } finally {
    journal?.close();
  }
}

async function driveTo(desk: RunDesk, driver: Driver, progress: Progress, io: Io, store: RunStore): Promise<void> {
  try {
    await driver.drive(desk);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const done = [...driver.surely].filter((key) => store.has(key)).length;
    throw new Interrupted(`interrupted after ${done} of ${driver.runs} runs; the same command with --resume continues`);
  } finally {
    progress.stop();
    store.close();
  }
  if (io.signal.aborted) throw new Interrupted('interrupted; the same command with --resume continues');
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
