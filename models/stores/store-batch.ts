import { kindCode } from '../messages.ts';

/** Operations of the stores under the names of their protocols, in the order of the operations table. */
export const storeOperations = [
  'ping',
  'get',
  'get validity',
  'get bak',
  'get bak validity',
  'set',
  'set validity',
  'set bak',
  'set bak validity',
  'add ping',
  'add bak ping',
  'add lock',
  'delete',
  'delete lock',
  'GET',
  'SET',
  'SETNX',
  'EXPIRE',
  'HGET',
  'HMGET',
  'HGETALL',
  'HSET',
  'HMSET',
  'EXISTS',
  'PEXPIRE',
  'PEXPIREAT',
  'PUBLISH',
  'DEL',
  'lock',
  'recall',
  'fault',
  'transaction',
] as const;

/** Name of an operation of a store. */
export type StoreOperation = (typeof storeOperations)[number];

/** Code of each operation: its place in `storeOperations`. */
export const operationCode = Object.fromEntries(storeOperations.map((name, code) => [name, code])) as Record<
  StoreOperation,
  number
>;

function trafficKind(name: StoreOperation): number {
  if (name === 'ping') return kindCode['store-ping'];
  if (/^(add|lock|recall)/.test(name)) return kindCode['store-lock'];
  if (/^(delete|DEL)/.test(name)) return kindCode['store-delete'];
  if (name === 'PUBLISH') return kindCode['store-publish'];
  if (/EXPIRE/.test(name)) return kindCode['store-expire'];
  return /^(set|SET|HSET|HMSET|transaction)/.test(name) ? kindCode['store-set'] : kindCode['store-get'];
}

const kindOfOperation = storeOperations.map(trafficKind);

/** One operation: its name, the bytes of request and answer. */
export type Step = readonly [name: StoreOperation, bytes: number, answerBytes: number];

/** What all steps of one kind of traffic add up to. */
interface KindSum {
  readonly kind: number;
  messages: number;
  bytes: number;
  answerBytes: number;
}

/**
 * Operations that a client sends one after the other without deciding anything in between. Made once and sent by the
 * million, so all sums are ready.
 */
export class Batch {
  readonly operations: readonly number[];
  readonly commands: number;
  readonly bytes: number;
  readonly answerBytes: number;
  readonly sums: readonly KindSum[];
  /** Sizes of what is sent in one go, and of its answers [bytes]: step by step, or all together. */
  readonly messageBytes: readonly number[];
  readonly answers: readonly number[];
  /** Whether each step waits for the answer to the one before; else all leave together. */
  readonly isSequential: boolean;

  constructor(steps: readonly Step[], isSequential = true) {
    this.operations = steps.map(([name]) => operationCode[name]);
    this.commands = steps.length;
    this.isSequential = isSequential;
    this.bytes = steps.reduce((sum, [, bytes]) => sum + bytes, 0);
    this.answerBytes = steps.reduce((sum, [, , bytes]) => sum + bytes, 0);
    this.messageBytes = isSequential ? steps.map(([, bytes]) => bytes) : [this.bytes];
    this.answers = isSequential ? steps.map(([, , bytes]) => bytes) : [this.answerBytes];
    const sums = new Map<number, KindSum>();
    for (const [name, bytes, answerBytes] of steps) {
      const kind = kindOfOperation[operationCode[name]];
      const sum = sums.get(kind) ?? { kind, messages: 0, bytes: 0, answerBytes: 0 };
      sum.messages += 1;
      sum.bytes += bytes;
      sum.answerBytes += answerBytes;
      sums.set(kind, sum);
    }
    this.sums = [...sums.values()];
  }
}
