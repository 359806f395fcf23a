import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { canonicalJson, sha256 } from '../lib/canonical-json.ts';
import type { MeasureName } from '../lib/measures.ts';
import { sourceHash } from '../lib/provenance.ts';
import type { RunBudget } from '../lib/run-pool.ts';
import type { RunRecord, RunStatus } from '../lib/run-record.ts';

/** One run of a chunk. */
export interface ChunkTask {
  readonly scenario: Scenario;
  readonly replication: number;
  readonly measure?: MeasureName | undefined;
  readonly sharedNs?: number | undefined;
}

/** What a chunk asks for, as it lies in Redis: packed, since scenarios of one sweep are much alike. */
export interface ChunkJob {
  readonly packed: string;
  readonly budget: RunBudget;
  /** Whether the outcomes go to the folder that everybody reaches. */
  readonly isShared: boolean;
}

/** What became of one run: its record, or the budget that it went over. */
export type Outcome =
  | { readonly record: RunRecord }
  | { readonly exceeded: Exclude<RunStatus, 'ok'>; readonly reason: string };

/** What comes back: the outcomes themselves, packed, or the digest of their file. */
export type ChunkAnswer = { readonly packed: string } | { readonly file: string; readonly sha256: string };

/** Name of the queue. Workers with other sources listen to another: their results are never mixed. */
export function queueName(): string {
  return `replisim-${sourceHash().slice(0, 16)}`;
}

export function pack(value: unknown): string {
  return gzipSync(JSON.stringify(value), { level: 6 }).toString('base64');
}

export function unpack<T>(text: string): T {
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString('utf8')) as T;
}

/** Identity of a chunk: equal work has an equal name, so that a queue takes it once. */
export function chunkId(tasks: readonly ChunkTask[], budget: RunBudget): string {
  return `chunk-${sha256(canonicalJson({ tasks, budget })).slice(0, 32)}`;
}

/** File of the outcomes of a chunk in the folder that everybody reaches. */
export function chunkFile(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

/** Requests that a core simulates in a second, about; only the size of chunks hangs on it. */
const REQUESTS_PER_S = 40_000;

/** Seconds that a run takes, about. */
export function secondsOf({ run, load }: Scenario, nodes: number): number {
  return 0.02 + ((run.warmUpS + run.durationS) * load.requestsPerSecond * (1 + nodes / 64)) / REQUESTS_PER_S;
}

/** Seconds of work in a chunk, about: long enough to hide the way through Redis, short enough to be lost. */
export const defaultChunkS = 8;

/** Gathers runs into chunks, in the order in which they come. */
export class Chunker {
  private readonly emit: (tasks: readonly number[]) => void;
  private gathered: number[] = [];
  private seconds = 0;
  private readonly fullS: number;

  /** @param emit - gets the numbers of the runs of a full chunk. */
  constructor(fullS: number, emit: (tasks: readonly number[]) => void) {
    this.fullS = fullS;
    this.emit = emit;
  }

  add(task: number, scenario: Scenario): void {
    this.gathered.push(task);
    this.seconds += secondsOf(scenario, nodeCount(scenario));
    if (this.seconds >= this.fullS) this.flush();
  }

  flush(): void {
    const tasks = this.gathered;
    this.gathered = [];
    this.seconds = 0;
    if (tasks.length > 0) this.emit(tasks);
  }
}
