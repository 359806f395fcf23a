import { mkdirSync } from 'node:fs';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { writeAtomically } from '../lib/atomic-write.ts';
import { sha256 } from '../lib/canonical-json.ts';
import { BudgetExceeded } from '../lib/run-failed.ts';
import { machineRunner, type RunBudget, type Runner } from '../lib/run-pool.ts';
import {
  type ChunkAnswer,
  type ChunkJob,
  type ChunkTask,
  chunkFile,
  type Outcome,
  pack,
  queueName,
  unpack,
} from './chunk.ts';
import { connectionTo } from './connection.ts';

/** How a worker works. */
export interface WorkerOptions {
  readonly redis: string;
  /** Chunks at once, each in a thread of its own. */
  readonly jobs: number;
  readonly shared: string | undefined;
  /** A worker that was silent for this long has lost its chunk [s]. */
  readonly lockS: number;
  /** Whether it ends when there is nothing to do. */
  readonly isOnce: boolean;
  say(text: string): void;
}

async function outcomeOf(task: ChunkTask, at: number, runner: Runner): Promise<Outcome> {
  try {
    return { record: await runner.record(task.scenario, task.replication, task.measure, task.sharedNs) };
  } catch (error) {
    if (error instanceof BudgetExceeded) return { exceeded: error.status, reason: error.message };
    // A run is a function of its scenario: it would fail again.
    throw new UnrecoverableError(`run ${at}: ${(error as Error).message}`);
  }
}

/** The threads of a worker: one for each chunk, so that the main thread stays free to renew the locks. */
class Threads {
  private readonly jobs: number;
  private readonly runners = new Map<string, Runner>();

  constructor(jobs: number) {
    this.jobs = jobs;
  }

  /** Threads whose runs have a budget. */
  async with(budget: RunBudget): Promise<Runner> {
    const name = JSON.stringify(budget);
    const runner = this.runners.get(name) ?? (await machineRunner(this.jobs, budget));
    this.runners.set(name, runner);
    return runner;
  }

  async close(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.close()));
  }
}

async function work(job: Job<ChunkJob, ChunkAnswer>, options: WorkerOptions, threads: Threads): Promise<ChunkAnswer> {
  const { packed, budget, isShared } = job.data;
  if (isShared && options.shared === undefined) {
    throw new Error('the sweep wants its results in a folder, and this worker has no --shared');
  }
  const tasks = unpack<ChunkTask[]>(packed);
  const outcomes: Outcome[] = [];
  for (const [at, task] of tasks.entries()) {
    outcomes.push(await outcomeOf(task, at, await threads.with(budget)));
    await job.updateProgress({ done: at + 1, of: tasks.length });
  }
  if (!isShared) return { packed: pack(outcomes) };
  const text = JSON.stringify(outcomes);
  mkdirSync(options.shared!, { recursive: true });
  writeAtomically(chunkFile(options.shared!, job.id!), [text]);
  return { file: `${job.id}.json`, sha256: sha256(text) };
}

/** Takes chunks until it is told to stop or, where that is asked for, until there are none. */
export async function takeChunks(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { redis, jobs, lockS, say } = options;
  const threads = new Threads(jobs);
  const worker = new Worker<ChunkJob, ChunkAnswer>(queueName(), (job) => work(job, options, threads), {
    connection: connectionTo(redis),
    concurrency: jobs,
    lockDuration: lockS * 1000,
    stalledInterval: lockS * 500,
    maxStalledCount: 1_000_000,
  });
  worker.on('error', () => {});
  worker.on('completed', (job) => say(`${job.id} done\n`));
  worker.on('failed', (job, error) => say(`${job?.id ?? 'a chunk'} failed: ${error.message}\n`));
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    if (options.isOnce) worker.on('drained', () => resolve());
  });
  await worker.close(signal.aborted);
  await threads.close();
}
