import { MultiServer } from '../../sim/servers.ts';
import { milliseconds } from '../../sim/time.ts';
import type { Replication } from '../scenario/schema.ts';
import type { MemcachedServers } from '../stores/memcached.ts';
import { Batch } from '../stores/store-batch.ts';
import type { StoreCall } from '../stores/store-call.ts';
import { MemcachedSizes, serialisers } from './memcached-sizes.ts';
import { BatchCache } from './redis-sizes.ts';
import { StoreStrategy } from './store-strategy.ts';
import type { StrategyHost } from './strategy.ts';

/** How long an answer about a server's health is believed. @see source: memcached-session-manager NodeAvailabilityCache. */
const AVAILABILITY_NS = 1e9;
/** What the id of a session has more when it names a memcached: `-n1`. */
const SUFFIX_LENGTH = 3;

/** Calls of memcached-session-manager; those of the two ways do not overlap. */
export const msmDoes = { PING: 0, LOAD: 1, STORE: 2, STORE_BAK: 3, DELETE: 4, LOCK: 5, REST: 6, UNLOCK: 7 } as const;

/** What a request that asked for a server's health does with the answer. */
export const msmNext = { ASSIGN: 0, USE: 1, LOAD: 2 } as const;

type MsmOptions = Extract<Replication, { strategy: 'memcached-sticky' | 'memcached-nonsticky' }>;

/**
 * What both ways of memcached-session-manager share: the memcached that an id names, whether it is believed to be up,
 * the choice of another one, serialisers, and the threads that store in the background.
 *
 * Model: each request that finds the belief (1 s) run out asks the server itself and waits for the answer.
 * @see source: memcached-session-manager 716e147, NodeIdService, NodeAvailabilityCache, MemcachedNodesManager.
 */
export abstract class MemcachedStrategy extends StoreStrategy {
  protected readonly memcached: MemcachedServers;
  protected readonly isAsync: boolean;
  protected readonly operationTimeoutNs: number;
  protected readonly backupTimeoutNs: number;
  protected readonly ignoreRatio: number;
  protected readonly batches = new BatchCache();
  protected readonly sizes: MemcachedSizes;
  protected readonly primaries: number[] = [];
  private readonly failovers: number[] = [];
  private readonly serialiseFactor: number;
  private readonly backupThreads: MultiServer[];
  private readonly pingBatch: Batch;
  /** Per node and server: until when it is believed to be up (> 0) or down (< 0) [ns]. */
  private readonly believedNs: Float64Array;
  /** Per request slot: what comes when the server that it asked has answered. */
  private readonly nextOf: number[] = [];

  constructor(host: StrategyHost, options: MsmOptions, failoverNodes: readonly string[]) {
    super(host, host.stores.memcached);
    this.memcached = host.stores.memcached;
    this.isAsync = options.sessionBackupAsync;
    this.operationTimeoutNs = milliseconds(options.operationTimeoutMs);
    this.backupTimeoutNs = milliseconds(options.sessionBackupTimeoutMs);
    this.ignoreRatio = options.requestUriIgnorePatternRatio;
    const { size, time } = serialisers[options.transcoderFactoryClass];
    this.sizes = new MemcachedSizes(Math.round(host.scenario.session.bytes * size));
    this.serialiseFactor = time;
    for (let server = 0; server < this.memcached.count; server += 1) {
      (failoverNodes.includes(`n${server + 1}`) ? this.failovers : this.primaries).push(server);
    }
    const threads = options.backupThreadCount;
    this.backupThreads = host.nodes.options.map(({ cores }) => new MultiServer(threads > 0 ? threads : cores));
    this.pingBatch = new Batch([this.sizes.ping()]);
    this.believedNs = new Float64Array(host.nodes.count * this.memcached.count);
  }

  /** Sessions that were left before the run take memory. @param copies - of each. */
  protected fillWithStrangers(copies: number): void {
    const { session, load } = this.host.scenario;
    const strangers =
      (load.requestsPerSecond / session.requestsMean) * session.idleTimeoutS * (1 - session.logoutRatio);
    for (let server = 0; server < this.memcached.count; server += 1) {
      this.memcached.items.addStrange(server, (copies * strangers) / this.memcached.count, this.valueBytes(0));
    }
  }

  /** Length of a key. */
  protected keyLength(node: number): number {
    return this.host.idLength(node) + SUFFIX_LENGTH;
  }

  protected valueBytes(node: number): number {
    return this.sizes.value(this.keyLength(node));
  }

  protected serialiseNs(node: number): number {
    return Math.round(this.host.sendCpuNs(this.valueBytes(node)) * this.serialiseFactor);
  }

  /** A server is known to be up (1) or down (-1), or must be asked (0). */
  protected belief(node: number, server: number): number {
    const believed = this.believedNs[node * this.memcached.count + server];
    if (Math.abs(believed) <= this.host.sim.nowNs) return 0;
    return believed > 0 ? 1 : -1;
  }

  protected believe(node: number, server: number, isUp: boolean): void {
    const untilNs = this.host.sim.nowNs + AVAILABILITY_NS;
    this.believedNs[node * this.memcached.count + server] = isUp ? untilNs : -untilNs;
  }

  /** Asks a server whether it is there; `checked` says it. */
  protected ping(slot: number, server: number, next: number): void {
    const { requests } = this.host;
    this.nextOf[slot] = next;
    this.call({
      slot,
      session: requests.session[slot],
      node: requests.node[slot],
      server,
      batch: this.pingBatch,
      does: msmDoes.PING,
      version: -1,
      timeoutNs: this.operationTimeoutNs,
    });
  }

  /** Asks a server whether it is there, for nobody's sake. */
  protected pingBeside(node: number, server: number): void {
    this.call({
      slot: -1,
      session: -1,
      node,
      server,
      batch: this.pingBatch,
      does: msmDoes.PING,
      version: -1,
      timeoutNs: this.operationTimeoutNs,
    });
  }

  /** A server has answered, or not; the request goes on. */
  protected pinged(call: StoreCall, isAnswered: boolean): void {
    this.believe(call.node, call.server, isAnswered);
    if (this.isCurrent(call)) this.checked(call.slot, this.nextOf[call.slot], isAnswered);
  }

  protected abstract checked(slot: number, next: number, isUp: boolean): void;

  /**
   * Names the memcached of a session: a random primary that is up, else a failover node.
   * @returns false when a server has been asked first; `checked` comes with `ASSIGN`.
   */
  protected assign(slot: number): boolean {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const draw = this.host.uniform('memcached', sessions.client.get(session), sessions.epoch.get(session));
    for (const servers of [this.primaries, this.failovers]) {
      const first = Math.floor(draw * servers.length);
      for (let step = 0; step < servers.length; step += 1) {
        const server = servers[(first + step) % servers.length];
        const belief = this.belief(node, server);
        if (belief === 0) {
          this.ping(slot, server, msmNext.ASSIGN);
          return false;
        }
        if (belief < 0) continue;
        sessions.second.set(session, server);
        return true;
      }
    }
    sessions.second.set(session, -1);
    return true;
  }

  /** The memcached of a session from before the run. */
  protected placeAdopted(session: number): number {
    const { sessions } = this.host;
    const draw = this.host.uniform('memcached', sessions.client.get(session), 0);
    const server = this.primaries[Math.floor(draw * this.primaries.length)];
    sessions.second.set(session, server);
    return server;
  }

  /**
   * Serialising in the background. A backup thread is held for its own processor time, as a receiver thread is: waiting
   * behind requests for a processor does not use up the pool.
   * @returns when it is done [ns].
   */
  protected inBackground(node: number): number {
    const { sim, nodes } = this.host;
    const cpu = nodes.cpus[node];
    const threads = this.backupThreads[node];
    const cpuNs = this.serialiseNs(node) + this.clientNs;
    this.host.catchUp(node);
    cpu.offer(sim.nowNs, cpuNs);
    threads.offer(sim.nowNs, cpuNs);
    return Math.max(cpu.lastDoneNs, threads.lastDoneNs);
  }

  override nodeDied(node: number): void {
    this.backupThreads[node].reset(this.host.sim.nowNs);
    for (let server = 0; server < this.memcached.count; server += 1) {
      this.believedNs[node * this.memcached.count + server] = 0;
    }
  }
}
