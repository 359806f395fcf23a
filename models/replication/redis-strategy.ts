import { LazyColumn } from '../../sim/lazy-column.ts';
import { eventKind } from '../events.ts';
import { requestDoes } from '../requests.ts';
import type { RedisServers } from '../stores/redis.ts';
import type { Batch } from '../stores/store-batch.ts';
import type { StoreCall } from '../stores/store-call.ts';
import { BatchCache } from './redis-sizes.ts';
import { StoreStrategy } from './store-strategy.ts';
import { lookup, type StrategyHost } from './strategy.ts';

/** What a call to Redis is for. */
export const redisDoes = { READ: 0, WRITE: 1, KEEP: 2, END: 3 } as const;

/** How a client of Redis deals with an answer that does not come. */
export interface Patience {
  readonly timeoutNs: number;
  /** More tries, and the pause before each. */
  readonly retries: number;
  readonly pauseNs: number;
}

/**
 * What the strategies that keep sessions in Redis share: a request reads its session there when its thread begins, and
 * writes it before it responds; a command that fails is tried again as often as the client does, and then the request
 * ends with an error.
 *
 * ```
 *   begin: READ -> found | absent | error        finish: WRITE (a version) or KEEP (times only) -> respond | error
 * ```
 */
export abstract class RedisStrategy extends StoreStrategy {
  protected readonly redis: RedisServers;
  protected readonly batches = new BatchCache();
  private readonly patience: Patience;
  /** Per session: its shard. */
  private readonly shards: LazyColumn;
  /** Per request slot: tries left, and the call to try again. */
  private readonly triesLeft: number[] = [];
  private readonly toRetry: (StoreCall | undefined)[] = [];

  constructor(host: StrategyHost, patience: Patience) {
    super(host, host.stores.redis);
    this.redis = host.stores.redis;
    this.patience = patience;
    this.shards = new LazyColumn(host.sessions, new Int16Array(0), 0);
    this.redis.rowGroup = (row) => this.shards.get(row);
    host.sim.on(eventKind.STORE_RETRY, 'redis command again', (slot, generation) => this.tryAgain(slot, generation));
  }

  override adopt(session: number, node: number): void {
    super.adopt(session, node);
    this.place(session, 0);
  }

  /** A session begins in the shard of its key. */
  protected place(session: number, version: number): void {
    const { sessions } = this.host;
    this.shards.set(session, this.redis.groupOf(sessions.client.get(session)));
    this.redis.reserve(sessions.capacity);
    this.redis.begin(session, version);
  }

  protected shardOf(session: number): number {
    return this.shards.get(session);
  }

  /** Operations before the servlet; null: the request does not ask for its session. */
  protected abstract readBatch(slot: number): Batch | null;
  /** Operations after it, before the response; null: none. */
  protected abstract writeBatch(slot: number): Batch | null;
  /** Version that the operations after the servlet store, -1 none. */
  protected abstract versionToWrite(slot: number): number;
  /** Whether an object changed in place is stored too. */
  protected abstract get keepsMutations(): boolean;

  override begin(slot: number): number {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.triesLeft[slot] = this.patience.retries;
    if (requests.creates[slot] === 1) {
      sessions.route.set(session, node);
      requests.read[slot] = 0;
      this.place(session, -1);
      return lookup.FOUND;
    }
    const batch = this.readBatch(slot);
    if (batch === null) {
      requests.read[slot] = sessions.acknowledged.get(session);
      return lookup.FOUND;
    }
    this.ask(slot, batch, redisDoes.READ, -1);
    return lookup.OPEN;
  }

  protected ask(slot: number, batch: Batch, does: number, version: number): void {
    const { requests } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const server = this.redis.masterFor(node, this.shards.get(session));
    this.call({ slot, session, node, server, batch, does, version, timeoutNs: this.patience.timeoutNs });
  }

  storeApplied(call: StoreCall): void {
    const { session } = call;
    const found = this.redis.versionAt(session, call.server);
    if (call.does === redisDoes.READ) call.version = found;
    else if (call.does === redisDoes.WRITE) this.stored(call, found);
    else if (call.does === redisDoes.END) this.redis.write(call, session, -1);
  }

  /** The server has a new version. @param _found - the one that it had before. */
  protected stored(call: StoreCall, _found: number): void {
    const { sessions } = this.host;
    this.redis.write(call, call.session, call.version);
    if (this.keepsMutations)
      sessions.mutationsKept.set(call.session, Math.max(call.mutations, sessions.mutationsKept.get(call.session)));
  }

  storeAnswered(call: StoreCall, isAnswered: boolean): void {
    if (!this.isCurrent(call)) return;
    const { slot, does } = call;
    if (!isAnswered) this.failed(call);
    else if (does === redisDoes.WRITE && call.version < 0) this.host.error(slot);
    else if (does !== redisDoes.READ) this.answered(slot);
    else if (call.version < 0) this.host.absent(slot);
    else this.host.found(slot, call.version);
  }

  private failed(call: StoreCall): void {
    const { slot } = call;
    if (this.triesLeft[slot] <= 0) {
      this.host.error(slot);
      return;
    }
    this.triesLeft[slot] -= 1;
    this.toRetry[slot] = call;
    this.host.sim.schedule(this.patience.pauseNs, eventKind.STORE_RETRY, slot, call.generation);
  }

  private tryAgain(slot: number, generation: number): void {
    const call = this.toRetry[slot];
    if (!call || this.host.requests.generation[slot] !== generation) return;
    this.ask(slot, call.batch, call.does, call.does === redisDoes.READ ? -1 : call.version);
  }

  override cpuNs(slot: number): number {
    const read = this.host.requests.creates[slot] === 1 ? null : this.readBatch(slot);
    const commands = (read?.commands ?? 0) + this.commandsAfter(slot);
    return commands * this.clientNs + this.serialiseNs(slot);
  }

  /** Operations after the servlet, for their processor time. */
  protected commandsAfter(slot: number): number {
    return this.writeBatch(slot)?.commands ?? 0;
  }

  /** Processor time to serialise what is stored [ns]. */
  protected serialiseNs(_slot: number): number {
    return 0;
  }

  override finish(slot: number): void {
    const { requests } = this.host;
    const batch = this.writeBatch(slot);
    if (batch === null) return;
    const version = this.versionToWrite(slot);
    requests.awaited[slot] += 1;
    this.triesLeft[slot] = this.patience.retries;
    this.ask(slot, batch, version >= 0 ? redisDoes.WRITE : redisDoes.KEEP, version);
  }

  protected writes(slot: number): boolean {
    return this.host.requests.does[slot] === requestDoes.WRITE;
  }

  /** A stateless node has no copy of its own. */
  override versionAt(_node: number, _session: number): number {
    return -1;
  }

  override survivors(session: number, into: Set<number>): void {
    const version = this.redis.survivor(session, this.shards.get(session));
    if (version >= 0) into.add(version);
  }

  protected abstract endBatch(idLength: number): Batch;

  override end(session: number, node: number): void {
    const { nodes } = this.host;
    if (!nodes.isUp(node)) return;
    const server = this.redis.masterFor(node, this.shards.get(session));
    const batch = this.endBatch(this.host.idLength(node));
    this.call({ slot: -1, session, node, server, batch, does: redisDoes.END, version: -1, timeoutNs: 0 });
  }

  override memoryBytes(_node: number): number {
    return 0;
  }
}
