import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './atomic-write.ts';
import { lockFolder } from './folder-lock.ts';
import type { Shard } from './grid-driver.ts';
import { InputError } from './input-error.ts';
import { checkJournal, type JournalHead, RunStore } from './journal.ts';
import { nameIn, prepareFolder } from './sweep.ts';
import type { SweepPlan } from './sweep-plan.ts';

/** Name of the folder of a shard below that of the results. */
export function shardFolder({ index, count }: Shard): string {
  const digits = String(count).length;
  return `shard-${String(index).padStart(digits, '0')}-of-${count}`;
}

/** File that says that a shard is complete, and of what it is one. */
const shardFile = 'shard.json';

/** What a shard says of itself. */
export interface ShardFacts {
  readonly experiment: string;
  readonly command: readonly string[];
  readonly head: JournalHead;
  readonly shard: Shard;
  readonly runs: number;
}

/** Marks a shard as complete. */
export function writeShard(
  folder: string,
  given: { name: string; command: readonly string[]; plan: SweepPlan; shard: Shard; runs: number; startedAt: Date },
): void {
  const { name, command, plan, shard, runs, startedAt } = given;
  const facts: ShardFacts = { experiment: name, command, head: plan.head, shard, runs };
  const times = { started_at: startedAt.toISOString(), finished_at: new Date().toISOString() };
  writeAtomically(join(folder, shardFile), [`${JSON.stringify({ ...facts, ...times }, null, 2)}\n`]);
}

/** @throws InputError - the folder holds no complete shard. */
export function readShard(folder: string): ShardFacts {
  const file = join(folder, shardFile);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ShardFacts;
  } catch {
    throw new InputError(`${file}: no complete part of a sweep; run it again with --resume`);
  }
}

/** The folders of shards that some folders are, or hold. */
export function shardFoldersIn(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new InputError(`${folder}: no such folder`);
    const inner = readdirSync(folder)
      .filter((name) => /^shard-\d+-of-\d+$/.test(name))
      .sort()
      .map((name) => join(folder, name));
    if (inner.length > 0) return inner;
    if (
      /^shard-\d+-of-\d+\/*$/.test(folder.split('/').filter(Boolean).at(-1) ?? '') ||
      existsSync(join(folder, shardFile))
    ) {
      return [folder];
    }
    throw new InputError(`${folder}: holds no part of a sweep (shard-1-of-3, ...)`);
  });
}

/** @throws InputError - parts are missing, or belong to different sweeps. */
export function checkShards(shards: readonly { folder: string; facts: ShardFacts }[]): void {
  const [first] = shards;
  const { count } = first.facts.shard;
  for (const { folder, facts } of shards) {
    if (facts.shard.count !== count) {
      throw new InputError(`${folder}: a part of ${facts.shard.count}, the others are parts of ${count}`);
    }
  }
  const have = new Set(shards.map(({ facts }) => facts.shard.index));
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !have.has(index));
  if (missing.length > 0) {
    throw new InputError(
      `part${missing.length > 1 ? 's' : ''} ${missing.join(', ')} of ${count} missing; nothing was merged`,
    );
  }
}

/** The runs of all shards, while the folder of the results is locked. */
export function mergedStore(
  { plan, out }: { plan: SweepPlan; out: string },
  folders: readonly string[],
): { store: RunStore; release(): void } {
  const store = new RunStore(nameIn(plan));
  for (const folder of folders) {
    const file = join(folder, 'journal.jsonl');
    if (!checkJournal(file, plan.head)) throw new InputError(`${file}: no journal`);
    store.add(file);
  }
  prepareFolder(out);
  return { store, release: lockFolder(out) };
}
