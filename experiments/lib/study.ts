import { join } from 'node:path';
import type { Scenario } from '../../models/scenario/schema.ts';
import { type Command, type Flags, helpText, parseArguments, type Values } from './arguments.ts';
import { defaultJobs } from './common-flags.ts';
import { dryRunText } from './dry-run.ts';
import { type Findings, storedFindings } from './findings.ts';
import type { Shard } from './grid-driver.ts';
import { InputError } from './input-error.ts';
import { exitCodes, type Io } from './io.ts';
import type { RunStore } from './journal.ts';
import { writeParquet } from './parquet.ts';
import { type Experiment, gridDriver, wholeSweep, writeFindings } from './run-experiment.ts';
import { machineRunner, type Runner } from './run-pool.ts';
import { guarded } from './run-script.ts';
import { mergedStore, shardFolder, writeShard } from './shards.ts';
import type { StatisticsRules } from './statistics-rules.ts';
import { asRunFailed, type Driver, sweep } from './sweep.ts';
import { rulesFrom, type SweepValues, shardFrom, statedValues, type sweepFlags } from './sweep-flags.ts';
import type { SweepPlan } from './sweep-plan.ts';
import type { OwnTable } from './write-results.ts';

/** The values that a study plans by: its flags, without what concerns the carrying out. */
export type StudyValues<F extends Flags> = Values<F> & ReturnType<typeof statedValues<SweepValues>>;

/** How runs are asked for, and how what was asked for is found again. */
export interface Search {
  driver(shard: Shard): Driver;
  findings(store: RunStore): Promise<Findings>;
}

/** A question that many runs answer: what it runs, what it writes and what it says. */
export interface Study<F extends typeof sweepFlags> {
  readonly name: string;
  readonly command: Command<F>;
  /** Folder of the results. */
  readonly out: string;
  /** @param rulesOf - the statistics that the flags ask for. */
  plan(values: StudyValues<F>, io: Io, rulesOf: (scenario: Scenario) => StatisticsRules): Promise<SweepPlan>;
  /** Asks for runs that depend on each other; absent: for every point of the grid. */
  search?(plan: SweepPlan, values: StudyValues<F>): Search;
  /** Tables besides those of every experiment. */
  own?(findings: Findings, values: StudyValues<F>): readonly OwnTable[];
  report(findings: Findings, values: StudyValues<F>, io: Io): string;
}

/** What a caller other than the command line brings. */
export interface StudyOptions {
  /** Where the runs happen; worker threads unless a test brings its own. */
  readonly runner?: Runner | undefined;
  /** Folders of shards to put together instead of running anything. */
  readonly shards?: readonly string[];
}

function gridSearch(plan: SweepPlan): Search {
  return {
    driver: (shard) => gridDriver(plan, shard),
    findings: async (store) => storedFindings(plan, store),
  };
}

async function runnerOf(values: SweepValues, jobs: number, io: Io): Promise<Runner> {
  const { engine = 'local', redis, shared } = values;
  const budget = { seconds: values['max-run-seconds'], memoryMb: values['max-run-memory'] };
  if (engine === 'local') {
    const alone = redis !== undefined ? '--redis' : shared !== undefined ? '--shared' : undefined;
    if (alone) throw new InputError(`${alone}: means nothing without --engine bullmq`);
    return machineRunner(jobs, budget);
  }
  const { queueRunner } = await import('../queue/queue-runner.ts');
  const { defaultChunkS } = await import('../queue/chunk.ts');
  const chunkS = values['chunk-seconds'] ?? defaultChunkS;
  const say = (text: string): void => (values.quiet ? undefined : io.err(text));
  return queueRunner({ redis: redis ?? 'redis://localhost:6379', shared, budget, chunkS, say });
}

/** Carries out a study: help, dry run, one shard, all of it, or the merging of its shards. */
export function runStudy<F extends typeof sweepFlags>(
  study: Study<F>,
  argv: readonly string[],
  io: Io,
  options: StudyOptions = {},
): Promise<number> {
  return guarded(async () => {
    const given = parseArguments(study.command, argv);
    if (given === undefined) {
      io.out(helpText(study.command));
      return exitCodes.done;
    }
    const values = statedValues(given as SweepValues) as StudyValues<F>;
    const plan = await study.plan(values, io, (scenario) => rulesFrom(given as SweepValues, scenario));
    const search = study.search?.(plan, values) ?? gridSearch(plan);
    const { jobs = defaultJobs(), out = study.out, resume = false, quiet = false } = values;
    const { name, command } = study;
    const experiment: Experiment = {
      ...{ name, question: command.question, command: argv, plan, jobs, out, resume, quiet },
      ...(study.own ? { own: (findings) => study.own!(findings, values) } : {}),
    };
    if (values['dry-run']) {
      io.out(dryRunText(plan, search.driver(wholeSweep), jobs));
      return exitCodes.done;
    }
    const answer = async (findings: Findings): Promise<number> => {
      if (values.parquet) await writeParquet(out);
      io.out(study.report(findings, values, io));
      return exitCodes.done;
    };
    if (options.shards) return answer(await merge(experiment, search, options.shards, io));
    const { shard, source } = shardFrom(values.shard, options.runner ? {} : process.env);
    const runner = options.runner ?? (await runnerOf(given as SweepValues, jobs, io));
    try {
      if (shard === undefined) return await answer(await carryOut(experiment, search, runner, io));
      if (!quiet && source !== '--shard') io.err(`part ${shard.index} of ${shard.count}, by ${source}\n`);
      await carryOutShard(experiment, search, shard, runner, io);
      return exitCodes.done;
    } finally {
      await runner.close();
    }
  }, io);
}

async function carryOut(experiment: Experiment, search: Search, runner: Runner, io: Io): Promise<Findings> {
  const startedAt = new Date();
  const { plan, out } = experiment;
  const { store, resumed, release } = await sweep(plan, search.driver(wholeSweep), experiment, runner, io);
  try {
    const findings = await search.findings(store);
    writeFindings(experiment, findings, { startedAt, resumed }, io);
    return findings;
  } catch (error) {
    throw asRunFailed(error, out);
  } finally {
    release();
  }
}

async function carryOutShard(
  experiment: Experiment,
  search: Search,
  shard: Shard,
  runner: Runner,
  io: Io,
): Promise<void> {
  const startedAt = new Date();
  const folder = join(experiment.out, shardFolder(shard));
  const { plan } = experiment;
  const { store, release } = await sweep(plan, search.driver(shard), { ...experiment, out: folder }, runner, io);
  try {
    writeShard(folder, { ...experiment, shard, runs: store.size, startedAt });
    if (!experiment.quiet) {
      io.err(`part ${shard.index} of ${shard.count} is done; replisim merge ${experiment.out} puts them together\n`);
    }
  } catch (error) {
    throw asRunFailed(error, folder);
  } finally {
    release();
  }
}

async function merge(experiment: Experiment, search: Search, folders: readonly string[], io: Io): Promise<Findings> {
  const startedAt = new Date();
  const { store, release } = mergedStore(experiment, folders);
  try {
    const findings = await search.findings(store);
    writeFindings(experiment, findings, { startedAt, resumed: store.size }, io);
    return findings;
  } catch (error) {
    throw asRunFailed(error, experiment.out);
  } finally {
    release();
  }
}
