import { seconds } from '../../sim/time.ts';
import { kindCode } from '../messages.ts';
import type { Scenario } from '../scenario/schema.ts';
import { sharesConnection } from './product.ts';
import { type FailoverCause, ReplicaGroups } from './replica-groups.ts';
import type { StoreCall } from './store-call.ts';
import type { StoreHost } from './store-servers.ts';

/** Timers of Sentinel. @see source: redis sentinel.c, SENTINEL_PING_PERIOD, SENTINEL_ASK_PERIOD, SENTINEL_MAX_DESYNC, hz 10. */
const PING_S = 1;
const ASK_S = 1;
const DESYNC_S = 1;
const TICK_S = 0.1;
/** Period at which the promoted replica is asked for its role. @see source: redis sentinel.c, INFO while failing over. */
const INFO_S = 1;
/** Timers of Cluster. @see source: redis cluster_legacy.c, clusterCron and clusterHandleSlaveFailover. */
const CLUSTER_PING_S = 1;
const GOSSIP_S = 0.5;
const RANK_DELAY_S = 0.5;
const RANK_DELAY_MOST_S = 0.5;
/** What appendfsync everysec has not on the disk, at most 1 s, when the power fails. */
const FSYNC_S = 1;
/** Time to write a message to one subscriber (assumed). */
const PUBLISH_NS = 1000;
/** Writes of the last second that are kept before older ones are sorted out. */
const UNSYNCED_MOST = 65536;

/**
 * Redis: shards of one thread each, with asynchronous replication to their replicas, and Sentinel or Cluster to make
 * a replica master when the master is gone.
 *
 * ```
 *   Sentinel: first ping unanswered -down-after-> SDOWN at each sentinel -ask-> ODOWN (quorum) -desync, votes-> promoted -INFO-> clients told
 *   Cluster:  first ping unanswered -node-timeout-> PFAIL -gossip-> FAIL -500 ms + random-> votes -> promoted
 * ```
 * @see source: redis unstable 4f8cdc2, sentinel.c and cluster_legacy.c.
 */
export class RedisServers extends ReplicaGroups {
  private readonly failover: 'none' | 'sentinel' | 'cluster';
  private readonly options: Scenario['stores']['redis'];
  /** Per group: from when a master that is cut off takes no writes [ns]. */
  private readonly refusesFromNs: Float64Array;
  /** Replicas that a master must hear to take writes; 0: it takes them in any case. */
  private readonly replicasNeeded: number;
  /** Per server: until when the master counts it among its replicas [ns]. */
  private readonly heardUntilNs: Float64Array;
  private unsynced: {
    readonly server: number;
    readonly row: number;
    readonly before: number;
    readonly doneNs: number;
  }[] = [];
  private draws = 0;
  /** Clients that hear every PUBLISH. */
  subscribers = 0;
  readonly publishKind = kindCode['store-publish'];

  constructor(host: StoreHost, scenario: Scenario) {
    const { redis } = scenario.stores;
    super(host, {
      servers: redis.shards * (1 + redis.replicas),
      threads: 1,
      operationNs: scenario.calibration.redisCommandUs * 1000,
      nsPerByte: scenario.calibration.storeNsPerByte,
      isShared: sharesConnection(scenario.replication.strategy),
      groups: redis.shards,
      followers: redis.replicas,
      replicationLagNs: Math.max(1, Math.round(redis.replicationLagMs * 1e6)),
    });
    this.options = redis;
    this.failover = redis.failover;
    this.refusesFromNs = new Float64Array(redis.shards).fill(Number.POSITIVE_INFINITY);
    this.replicasNeeded = redis.minReplicasMaxLagS > 0 ? redis.minReplicasToWrite : 0;
    this.heardUntilNs = new Float64Array(this.count).fill(Number.POSITIVE_INFINITY);
  }

  /** One PUBLISH is written to every subscriber. */
  protected override extraNs(call: StoreCall): number {
    if (this.subscribers === 0) return 0;
    const { cards, traffic } = this.host;
    let workNs = 0;
    for (const { kind, messages, bytes } of call.batch.sums) {
      if (kind !== this.publishKind) continue;
      const copies = messages * this.subscribers;
      workNs += copies * PUBLISH_NS;
      this.outFreeNs[call.server] =
        Math.max(this.outFreeNs[call.server], this.host.sim.nowNs) + this.subscribers * cards.copyNs(bytes);
      this.outBusyNs[call.server] += this.subscribers * cards.copyNs(bytes);
      traffic.sent(kind, -1, -1, copies, this.subscribers * bytes);
    }
    return workNs;
  }

  /** Moment at which every client has subscribed again after the last change of master [ns]. */
  resubscribedNs(pauseNs: number): number {
    return this.failovers.length === 0 ? 0 : this.failovers[this.failovers.length - 1].untilNs + pauseNs;
  }

  private draw(): number {
    this.draws += 1;
    return this.host.uniform('redis failover', this.draws, 0);
  }

  protected override failoverNs(group: number, cause: FailoverCause): number {
    const { nodeTimeoutMs, minReplicasMaxLagS } = this.options;
    const isCut = cause === 'silence' && this.cuts.hasServer(this.serverOf(group, this.master[group]));
    if (isCut) {
      const stops = [
        this.failover === 'cluster' ? nodeTimeoutMs / 1000 : Number.POSITIVE_INFINITY,
        this.replicasNeeded > 0 ? minReplicasMaxLagS : Number.POSITIVE_INFINITY,
      ];
      this.refusesFromNs[group] = this.host.sim.nowNs + Math.min(...stops) * 1e9;
    }
    if (this.failover === 'none' || this.members === 1) return Number.POSITIVE_INFINITY;
    return seconds(this.failover === 'sentinel' ? this.sentinelS() : this.clusterS());
  }

  /** From the loss of the master to the new one under Sentinel [s]. */
  private sentinelS(): number {
    const { sentinels, quorum, downAfterMs } = this.options;
    const downS = Array.from(
      { length: sentinels },
      () => PING_S * this.draw() + downAfterMs / 1000 + TICK_S * this.draw(),
    ).sort((a, b) => a - b);
    const agreedS = downS[Math.min(quorum, sentinels) - 1];
    const askedS = Math.min(...downS.filter((each) => each <= agreedS).map(() => ASK_S * this.draw()));
    const votedS = DESYNC_S * this.draw() + TICK_S * this.draw();
    return agreedS + askedS + votedS + INFO_S * this.draw();
  }

  /** From the loss of the master to the new one under Cluster [s]. */
  private clusterS(): number {
    const failS = CLUSTER_PING_S * this.draw() + this.options.nodeTimeoutMs / 1000 + GOSSIP_S * this.draw();
    return failS + RANK_DELAY_S + RANK_DELAY_MOST_S * this.draw() + TICK_S * this.draw();
  }

  /** A master in a minority refuses what it is asked for (CLUSTERDOWN), and one that misses its replicas (NOREPLICAS). */
  protected override accepts(call: StoreCall): boolean {
    const { nowNs } = this.host.sim;
    if (this.cuts.hasServer(call.server)) return nowNs < this.refusesFromNs[call.server % this.groups];
    if (this.replicasNeeded === 0) return true;
    let heard = 0;
    for (let other = call.server % this.groups; other < this.count; other += this.groups) {
      if (other !== call.server && nowNs < this.heardUntilNs[other]) heard += 1;
    }
    return heard >= this.replicasNeeded;
  }

  /**
   * The master misses a replica: at once if its connection is closed, else when it has been silent for long enough.
   * @see source: redis replication.c, refreshGoodSlavesCount; server.c, NOREPLICAS.
   */
  private missed(server: number, isSilent: boolean): void {
    const patienceNs = isSilent ? seconds(this.options.minReplicasMaxLagS) : 0;
    this.heardUntilNs[server] = Math.min(this.heardUntilNs[server], this.host.sim.nowNs + patienceNs);
  }

  protected override cutOff(server: number, isMissed: boolean): void {
    super.cutOff(server, isMissed);
    this.missed(server, true);
  }

  protected override freeze(server: number, untilNs: number): void {
    super.freeze(server, untilNs);
    if (this.isUp[server] === 1) this.missed(server, true);
  }

  protected override comeBack(server: number): void {
    super.comeBack(server);
    this.heardUntilNs[server] = Number.POSITIVE_INFINITY;
  }

  /** Who was master is no replica of the new one until it is back. */
  protected override promoted(group: number, old: number): void {
    super.promoted(group, old);
    this.missed(old, false);
  }

  override crash(server: number, isSilent: boolean): void {
    if (this.isUp[server] === 0) return;
    const member = Math.floor(server / this.groups);
    const group = server % this.groups;
    super.crash(server, isSilent);
    this.missed(server, isSilent);
    if (this.options.persistence === 'off') this.forget(group, member);
    else if (isSilent) this.losePage(group, member);
  }

  /** Everything written since the last fsync is gone with the host. */
  private losePage(group: number, member: number): void {
    const fromNs = this.host.sim.nowNs - FSYNC_S * 1e9 * this.draw();
    for (const { server, row, before, doneNs } of this.unsynced.reverse()) {
      if (doneNs > fromNs && server === this.serverOf(group, member)) this.put(row, server, before);
    }
    this.unsynced = [];
  }

  override write(call: StoreCall, row: number, version: number): void {
    if (this.options.persistence === 'everysec') {
      const { server, doneNs } = call;
      this.unsynced.push({ server, row, before: this.versionAt(row, server), doneNs });
      if (this.unsynced.length > UNSYNCED_MOST) {
        const fromNs = this.host.sim.nowNs - FSYNC_S * 1e9;
        this.unsynced = this.unsynced.filter((page) => page.doneNs > fromNs);
      }
    }
    super.write(call, row, version);
  }

  override survivor(row: number, group: number): number {
    const version = super.survivor(row, group);
    if (version >= 0 || this.options.persistence === 'off') return version;
    return this.versionAt(row, this.serverOf(group, this.master[group]));
  }
}
