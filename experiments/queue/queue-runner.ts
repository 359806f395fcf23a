import { readFileSync } from 'node:fs';
import { type Job, Queue, QueueEvents } from 'bullmq';
import { sha256 } from '../lib/canonical-json.ts';
import { InputError } from '../lib/input-error.ts';
import { BudgetExceeded } from '../lib/run-failed.ts';
import type { RunBudget, Runner } from '../lib/run-pool.ts';
import type { RunRecord } from '../lib/run-record.ts';
import {
  type ChunkAnswer,
  Chunker,
  type ChunkJob,
  type ChunkTask,
  chunkFile,
  chunkId,
  type Outcome,
  pack,
  queueName,
  unpack,
} from './chunk.ts';
import { checkRedis, connectionTo } from './connection.ts';

/** Runs that are under way at once, at most. */
const WIDTH = 2000;
/** A chunk that is not full goes out when no run was added for this long [ms]. */
const IDLE_MS = 50;
/** How often every chunk is asked after, in case that a message of Redis got lost [ms]. */
const POLL_MS = 2000;
/** A finished chunk that nobody fetched stays in Redis for this long [s]. */
const KEPT_S = 86_400;
/** How long nobody may take a chunk before it is said [ms]. */
const NOBODY_MS = 10_000;

/** Where the chunks go. */
export interface QueueOptions {
  readonly redis: string;
  /** Folder that all workers reach, for the outcomes; undefined: they come back through Redis. */
  readonly shared: string | undefined;
  readonly budget: RunBudget;
  /** Seconds of work in a chunk, about. */
  readonly chunkS: number;
  say(text: string): void;
}

interface Waiting {
  readonly task: ChunkTask;
  resolve(record: RunRecord): void;
  reject(error: Error): void;
}

interface Chunk {
  readonly id: string;
  readonly job: ChunkJob;
  readonly waiting: readonly Waiting[];
}

/**
 * Runs in the workers of a BullMQ queue. Chunks are named by what they ask for: one that was enqueued twice, or taken
 * twice because its worker died, gives the same outcomes, and the first ones that arrive are kept.
 */
class QueueRunner implements Runner {
  readonly width = WIDTH;
  private readonly options: QueueOptions;
  private readonly queue: Queue;
  private readonly events: QueueEvents;
  private readonly tasks = new Map<number, Waiting>();
  private readonly chunks = new Map<string, Chunk>();
  private readonly chunker: Chunker;
  private readonly poll: NodeJS.Timeout;
  private idle: NodeJS.Timeout | undefined;
  private count = 0;
  private isClosed = false;
  private takenAt = Date.now();
  private isTold = false;
  private isPolling = false;

  constructor(options: QueueOptions) {
    this.options = options;
    this.chunker = new Chunker(options.chunkS, (numbers) => this.enqueue(numbers));
    const connection = connectionTo(options.redis);
    this.queue = new Queue(queueName(), { connection });
    this.events = new QueueEvents(queueName(), { connection });
    // A Redis that is away comes back, or the user ends us: both see to it themselves.
    this.queue.on('error', () => {});
    this.events.on('error', () => {});
    this.events.on('active', () => {
      this.takenAt = Date.now();
    });
    this.events.on('completed', ({ jobId }) => void this.look(jobId));
    this.events.on('failed', ({ jobId }) => void this.look(jobId));
    this.events.on('stalled', ({ jobId }) => {
      if (this.chunks.has(jobId)) options.say(`${jobId}: its worker is gone; another takes it\n`);
    });
    this.poll = setInterval(() => void this.lookAtAll(), POLL_MS);
  }

  record(
    scenario: ChunkTask['scenario'],
    replication: number,
    measure?: ChunkTask['measure'],
    sharedNs?: number,
  ): Promise<RunRecord> {
    return new Promise((resolve, reject) => {
      const number = this.count;
      this.count += 1;
      this.tasks.set(number, { task: { scenario, replication, measure, sharedNs }, resolve, reject });
      this.chunker.add(number, scenario);
      clearTimeout(this.idle);
      this.idle = setTimeout(() => this.chunker.flush(), IDLE_MS);
    });
  }

  result(): never {
    throw new InputError('--engine bullmq: only sweeps go through a queue');
  }

  private enqueue(numbers: readonly number[]): void {
    const waiting = numbers.map((number) => this.tasks.get(number)!);
    for (const number of numbers) this.tasks.delete(number);
    const tasks = waiting.map(({ task }) => task);
    const { budget, shared } = this.options;
    const chunk = {
      id: chunkId(tasks, budget),
      job: { packed: pack(tasks), budget, isShared: shared !== undefined },
      waiting,
    };
    this.chunks.set(chunk.id, chunk);
    void this.add(chunk);
  }

  /** Puts a chunk into the queue; one that is there already, or is done, stays as it is. */
  private async add({ id, job }: Chunk): Promise<void> {
    try {
      const known: Job | undefined = await this.queue.getJob(id);
      if (known && (await known.isFailed())) await known.remove();
      const attempts = { attempts: 5, backoff: { type: 'fixed' as const, delay: 200 } };
      await this.queue.add('chunk', job, {
        jobId: id,
        ...attempts,
        removeOnComplete: { age: KEPT_S },
        removeOnFail: { age: KEPT_S },
      });
    } catch {
      // Redis is away: the next look finds the chunk missing and adds it again.
    }
  }

  private async lookAtAll(): Promise<void> {
    if (this.isPolling) return;
    this.isPolling = true;
    try {
      for (const id of [...this.chunks.keys()]) await this.look(id);
    } finally {
      this.isPolling = false;
    }
    if (this.chunks.size === 0 || this.isTold || Date.now() - this.takenAt < NOBODY_MS) return;
    this.isTold = true;
    const { redis, say } = this.options;
    say(`nobody takes the chunks; start replisim worker --redis ${redis}\n`);
  }

  /** Looks at a chunk: is it done, has it failed, is it gone? */
  private async look(id: string): Promise<void> {
    const chunk = this.chunks.get(id);
    if (chunk === undefined || this.isClosed) return;
    try {
      const job: Job | undefined = await this.queue.getJob(id);
      if (this.isClosed || !this.chunks.has(id)) return;
      if (job === undefined) {
        await this.add(chunk);
        return;
      }
      const state = await job.getState();
      if (state === 'completed') await this.completed(chunk, job);
      else if (state === 'failed') this.failed(chunk, job.failedReason ?? 'failed');
    } catch {
      // Redis is away; the next look finds out.
    }
  }

  private async completed(chunk: Chunk, job: Job): Promise<void> {
    const outcomes = this.outcomesOf(chunk, job.returnvalue as ChunkAnswer);
    if (outcomes === undefined) {
      await job.remove();
      await this.add(chunk);
      return;
    }
    if (!this.chunks.delete(chunk.id)) return;
    chunk.waiting.forEach(({ resolve, reject }, at) => {
      const outcome = outcomes[at];
      if ('record' in outcome) resolve(outcome.record);
      else reject(new BudgetExceeded(outcome.exceeded, outcome.reason));
    });
    await job.remove();
  }

  /** The outcomes of a chunk; undefined when their file is missing or damaged. */
  private outcomesOf({ id, waiting }: Chunk, answer: ChunkAnswer): Outcome[] | undefined {
    if ('packed' in answer) return unpack<Outcome[]>(answer.packed);
    try {
      const text = readFileSync(chunkFile(this.options.shared!, id), 'utf8');
      const outcomes = sha256(text) === answer.sha256 ? (JSON.parse(text) as Outcome[]) : undefined;
      return outcomes?.length === waiting.length ? outcomes : undefined;
    } catch {
      return undefined;
    }
  }

  private failed(chunk: Chunk, reason: string): void {
    this.chunks.delete(chunk.id);
    const [, at, message] = /^run (\d+): ([\s\S]*)$/.exec(reason) ?? [];
    const error = new Error(message ?? reason);
    const guilty = chunk.waiting[Number(at ?? 0)];
    guilty.reject(error);
    for (const one of chunk.waiting)
      if (one !== guilty) one.reject(new Error(`given up with its chunk: ${error.message}`));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.poll);
    clearTimeout(this.idle);
    // Chunks that nobody waits for are taken back, unless Redis is away.
    const gone = new Promise<void>((resolve) => setTimeout(resolve, 2000).unref());
    const takeBack = [...this.chunks.keys()].map((id) => this.queue.remove(id).catch(() => 0));
    await Promise.race([Promise.all(takeBack), gone]);
    await Promise.race([Promise.allSettled([this.queue.close(), this.events.close()]), gone]);
  }
}

/** A runner over a queue. @throws InputError - no Redis answers. */
export async function queueRunner(options: QueueOptions): Promise<Runner> {
  await checkRedis(options.redis);
  return new QueueRunner(options);
}
