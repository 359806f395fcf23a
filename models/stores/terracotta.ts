import { seconds } from '../../sim/time.ts';
import { eventKind } from '../events.ts';
import type { Scenario } from '../scenario/schema.ts';
import { sharesConnection } from './product.ts';
import { type FailoverCause, ReplicaGroups } from './replica-groups.ts';
import type { StoreCall } from './store-call.ts';
import type { StoreHost } from './store-servers.ts';

/** How long after its end a client still counts as known. @see source: Terracotta l2.l1reconnect.timeout 5000 ms. */
const KNOWN_NS = 5e9;
/** Worker threads of a server (assumed). */
const THREADS = 4;

/**
 * Terracotta Server Array: stripes, each with an active and its mirrors; the active answers a transaction when its
 * mirrors have it. While a stripe has no active, everything that is asked of it waits.
 *
 * ```
 *   active gone -(silence: health check)-> election 5 s -> new active -> waits for all clients it knew, 120 s at most -> goes on
 * ```
 * @see source: Terracotta documentation 3.7 and 4.1 (server array, HealthChecker, client-reconnect-window).
 */
export class TerracottaServers extends ReplicaGroups {
  private readonly options: Scenario['stores']['terracotta'];
  private readonly diedNs: Float64Array;
  /** Per stripe: until when it answers nobody [ns]. */
  private readonly closedUntilNs: Float64Array;
  private readonly parked: StoreCall[][];
  private readonly mirrorNs: number;

  constructor(host: StoreHost, scenario: Scenario) {
    const { terracotta } = scenario.stores;
    const { terracottaOperationUs, storeNsPerByte } = scenario.calibration;
    super(host, {
      servers: terracotta.stripes * (1 + terracotta.mirrors),
      threads: THREADS,
      operationNs: terracottaOperationUs * 1000,
      nsPerByte: storeNsPerByte,
      isShared: sharesConnection(scenario.replication.strategy),
      groups: terracotta.stripes,
      followers: terracotta.mirrors,
      replicationLagNs: 0,
    });
    this.options = terracotta;
    this.diedNs = new Float64Array(host.nodes.count).fill(Number.NEGATIVE_INFINITY);
    this.closedUntilNs = new Float64Array(terracotta.stripes);
    this.parked = Array.from({ length: terracotta.stripes }, () => []);
    this.mirrorNs = terracotta.mirrors > 0 ? Math.round(terracottaOperationUs * 1000) : 0;
  }

  /** A transaction is answered after a round trip to the mirrors. */
  protected override holdNs(call: StoreCall): number {
    const isAlone = this.members === 1 || call.version < 0;
    return isAlone ? 0 : 2 * this.host.cards.latencyNs + this.host.cards.copyNs(call.batch.bytes) + this.mirrorNs;
  }

  protected override failoverNs(_group: number, cause: FailoverCause): number {
    if (this.members === 1) return Number.POSITIVE_INFINITY;
    const { electionS, healthCheck } = this.options;
    const { pingIdleTimeMs, pingIntervalMs, pingProbes, socketConnectTimeout, socketConnectCount } = healthCheck;
    const network = pingIdleTimeMs + socketConnectTimeout * pingIntervalMs;
    const frozen = pingIdleTimeMs + (socketConnectCount + 1) * pingProbes * pingIntervalMs;
    const isCut = this.cuts.hasServer(this.serverOf(_group, this.master[_group]));
    const isFrozen = cause === 'silence' && !isCut && this.isUp[this.serverOf(_group, this.master[_group])] === 1;
    const noticedMs = cause === 'crash' ? 0 : isFrozen ? frozen : network;
    return seconds(electionS + noticedMs / 1000);
  }

  override nodeDied(node: number): void {
    super.nodeDied(node);
    this.diedNs[node] = this.host.sim.nowNs;
  }

  /** The new active goes on when every client that it knows is back, or the window is over. */
  protected override promoted(group: number): void {
    const { nodes, sim } = this.host;
    const lost = this.failovers[this.failovers.length - 1];
    let isOneMissing = false;
    for (let node = 0; node < nodes.count; node += 1) {
      const isKnown = nodes.isUp(node) || this.diedNs[node] > lost.fromNs - KNOWN_NS;
      if (isKnown && (!nodes.isUp(node) || !this.cuts.reaches(node, this.serverOf(group, this.master[group]))))
        isOneMissing = true;
    }
    const waitNs = isOneMissing ? seconds(this.options.clientReconnectWindowS) : 2 * this.host.cards.latencyNs;
    this.closedUntilNs[group] = sim.nowNs + waitNs;
    sim.scheduleAt(this.closedUntilNs[group], eventKind.STORE_WAKE, group);
  }

  /** Whether a stripe has an active that a node reaches and that works. */
  isOpenFor(node: number, group: number): boolean {
    const server = this.masterFor(node, group);
    const isClosed =
      this.closedUntilNs[group] > this.host.sim.nowNs && server === this.serverOf(group, this.master[group]);
    return this.answers(node, server) && !isClosed;
  }

  /** Without an active that answers, a call waits for one. */
  protected override redirect(call: StoreCall): void {
    const group = call.server % this.groups;
    call.server = this.isOpenFor(call.node, group) ? this.masterFor(call.node, group) : -1 - group;
  }

  protected override giveUp(id: number, call: StoreCall, isSilent: boolean): void {
    const group = call.server < 0 ? -1 - call.server : call.server % this.groups;
    call.server = group;
    call.isTaken = false;
    if (call.timeoutNs > 0 && Number.isFinite(call.timeoutNs)) {
      super.giveUp(id, call, isSilent);
      return;
    }
    this.parked[group].push(call);
    this.host.sessions.pin(call.session);
    this.release(id);
  }

  /** Everything that waits for a stripe is asked again. */
  wake(group: number): void {
    const waiting = this.parked[group];
    this.parked[group] = [];
    const { nodes, sim } = this.host;
    for (const call of waiting) {
      this.host.sessions.unpin(call.session);
      if (nodes.isUp(call.node)) this.post(call, sim.nowNs + this.host.cards.latencyNs);
    }
  }

  protected override freeze(server: number, untilNs: number): void {
    if (this.isUp[server] === 0) return;
    super.freeze(server, untilNs);
    const isHit = (call: StoreCall): boolean =>
      call.server === server && call.isTaken && call.doneNs > this.host.sim.nowNs;
    this.interrupt(isHit, (id, call) => this.giveUp(id, call, true));
  }

  protected override thaw(server: number): void {
    super.thaw(server);
    this.wake(server % this.groups);
  }

  override restart(server: number): void {
    if (this.isUp[server] === 1) return;
    if (!this.options.restartable) this.forget(server % this.groups, Math.floor(server / this.groups));
    super.restart(server);
    this.wake(server % this.groups);
  }

  override cut(name: number, servers: readonly number[], nodes: readonly number[], isCut: boolean): void {
    super.cut(name, servers, nodes, isCut);
    if (!isCut) for (let group = 0; group < this.groups; group += 1) this.wake(group);
  }
}
