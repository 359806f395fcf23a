import type { Simulation } from '../sim/simulation.ts';
import { milliseconds, seconds } from '../sim/time.ts';
import type { Channel } from './channel.ts';
import { eventKind } from './events.ts';
import type { FaultTarget } from './fault-plan.ts';
import type { Membership } from './membership/membership.ts';
import type { Misdirection } from './misdirection.ts';
import type { Answer } from './outgoing.ts';
import type { PacketLoss } from './packet-loss.ts';
import type { DeliveryPlane } from './replication/delivery-plane.ts';
import type { Strategy } from './replication/strategy.ts';
import type { RequestFlow } from './request-flow.ts';
import type { Scenario } from './scenario/schema.ts';
import { StalledConnections } from './stalled-connections.ts';
import type { StoreServers } from './stores/store-servers.ts';
import { nodeState, type TomcatNodes } from './tomcat-nodes.ts';
import type { Unicasts } from './unicasts.ts';

/** Joining the group takes four heartbeat periods. @see source: Tribes McastServiceImpl.start, called for two levels. */
const JOIN_PERIODS = 4;
/** First look for expired sessions after the start. @see source: Tomcat ManagerBase, 10 s x 6. */
const FIRST_EXPIRY_NS = 60e9;
/**
 * A stopping application looks so often whether its requests are done, and so many times. @see source: Tomcat
 * StandardWrapper.unload, unloadDelay 2000 ms; measured: goodbye 2.14 to 2.21 s after SIGTERM under long requests, 10.1.60.
 */
const UNLOAD_LOOK_NS = 100e6;
const UNLOAD_LOOKS = 21;

/** What has to be told when a node lives or dies. */
export interface LifeHost {
  readonly scenario: Scenario;
  readonly sim: Simulation;
  readonly nodes: TomcatNodes;
  readonly plane: DeliveryPlane;
  readonly loss: PacketLoss;
  readonly channel: Channel;
  readonly unicasts: Unicasts;
  readonly membership: Membership;
  readonly misdirection: Misdirection;
  readonly store: StoreServers;
  readonly strategy: Strategy;
  readonly flow: RequestFlow;
  catchUp(node: number): void;
}

/**
 * Life, death and reach of the nodes: what each fault does to whom, and how a node comes back.
 *
 * ```
 *   DOWN --restart--> STARTING --startUpS, JOIN--> JOINING --4 x frequency, STATE--> transfer --OPEN--> SERVING
 *   SERVING --stop--> STOPPING --requests done, at most 2.1 s--> DOWN
 * ```
 */
export class NodeLife implements FaultTarget {
  private readonly host: LifeHost;
  /** Pairs that are cut, and by how many partitions. */
  private readonly cutPairs = new Map<number, number>();
  /** Since when the link of each host is up [ns]; Infinity while it is down, for one partition or for several. */
  private readonly linksUpNs: Float64Array;
  private readonly linkCuts: Int32Array;
  readonly stalled: StalledConnections;
  /** Until when a stopping node waits [ns]. */
  private readonly stopsNs: Float64Array;
  private readonly ackTimeoutNs: number;
  private readonly everybody: readonly number[];
  /** Nodes that are down or stand still, ascending; or did, and nobody has looked since. */
  private ailing: number[] = [];

  constructor(host: LifeHost) {
    this.host = host;
    this.stalled = new StalledConnections(host.nodes.count);
    this.linksUpNs = new Float64Array(host.nodes.count);
    this.linkCuts = new Int32Array(host.nodes.count);
    this.stopsNs = new Float64Array(host.nodes.count);
    this.everybody = Array.from({ length: host.nodes.count }, (_, node) => node);
    this.ackTimeoutNs = milliseconds(host.scenario.channel.sender.ackTimeoutMs);
    host.sim.on(eventKind.JOIN, 'join', (node, start) => this.join(node, start));
    host.sim.on(eventKind.STATE, 'ask for state', (node, start) => this.askForState(node, start));
    host.sim.on(eventKind.STOPPING, 'stopping', (node, start) => this.look(node, start));
    host.sim.on(eventKind.OPEN, 'open', (node, start) => this.open(node, start));
  }

  get sim(): Simulation {
    return this.host.sim;
  }

  get store(): StoreServers {
    return this.host.store;
  }

  isCut(from: number, to: number): boolean {
    return this.cutPairs.size > 0 && this.cutPairs.has(from * this.host.nodes.count + to);
  }

  linkUpNs(node: number): number {
    return this.linksUpNs[node];
  }

  connect(from: number, to: number): Answer {
    const way = this.host.misdirection.way(from, to);
    if (way !== 'plain') return way === 'self' ? 'yes' : way;
    if (this.isCut(from, to) || this.host.nodes.isSilent[to] === 1) return 'silent';
    return this.host.nodes.isUp(to) ? 'yes' : 'refused';
  }

  answer(from: number, to: number): Answer {
    return this.standsStillTooLong(to) ? 'silent' : this.connect(from, to);
  }

  /** The nodes that may not answer everybody, ascending. */
  doubtful(): readonly number[] {
    return this.cutPairs.size > 0 || !this.host.misdirection.isNone ? this.everybody : this.ailing;
  }

  private ails(node: number): void {
    if (!this.ailing.includes(node)) this.ailing = [...this.ailing, node].sort((one, other) => one - other);
  }

  private mends(node: number): void {
    const { nodes } = this.host;
    if (nodes.isUp(node) && !nodes.isFrozen(node, this.sim.nowNs))
      this.ailing = this.ailing.filter((one) => one !== node);
  }

  /** Whether who waits for a node's acknowledgement gives up before it runs again: a short pause only delays its answer. */
  private standsStillTooLong(node: number): boolean {
    return this.host.nodes.frozenUntilNs[node] - this.sim.nowNs > this.ackTimeoutNs;
  }

  crash(node: number, isSilent: boolean): void {
    this.ails(node);
    if (!this.host.nodes.isUp(node)) {
      // A host that has vanished does not come back because of that.
      this.host.nodes.die(node, this.sim.nowNs, isSilent || this.host.nodes.isSilent[node] === 1);
      return;
    }
    const { nowNs } = this.sim;
    for (let other = 0; other < this.host.nodes.count; other += 1) this.host.catchUp(other);
    this.host.nodes.die(node, nowNs, isSilent);
    this.stalled.reset(node);
    this.host.plane.senderDied(node, nowNs, isSilent);
    this.host.plane.stop(node);
    const answer: Answer = isSilent ? 'silent' : 'refused';
    this.host.channel.nodeDown(node, answer);
    this.host.unicasts.nodeDown(node, !isSilent);
    this.host.store.nodeDied(node);
    this.host.membership.died(node);
    this.host.channel.setView(node, this.host.membership.view(node));
    this.host.strategy.nodeDied(node);
    this.host.flow.nodeDied(node, isSilent);
  }

  /**
   * A graceful stop: no new requests, those in execution may end, then the session manager stops, and the goodbye leaves.
   *
   * Model: who connects meanwhile is refused at once (a paused connector lets them wait and resets them at the end); a
   * process that stands still stops when it runs again.
   */
  stop(node: number): void {
    const { nodes } = this.host;
    if (nodes.state[node] === nodeState.STOPPING) return;
    if (nodes.isServing(node) && (nodes.threadsBusy[node] > 0 || nodes.isFrozen(node, this.sim.nowNs))) {
      nodes.state[node] = nodeState.STOPPING;
      this.stopsNs[node] = this.sim.nowNs + UNLOAD_LOOKS * UNLOAD_LOOK_NS;
      this.sim.schedule(UNLOAD_LOOK_NS, eventKind.STOPPING, node, nodes.start[node]);
      return;
    }
    this.leave(node, nodes.isServing(node));
  }

  /** STOPPING: the last request is done, or the time is up. */
  private look(node: number, start: number): void {
    const { nodes } = this.host;
    if (nodes.start[node] !== start || nodes.state[node] !== nodeState.STOPPING) return;
    const isOver = nodes.threadsBusy[node] === 0 || this.sim.nowNs >= this.stopsNs[node];
    if (isOver && !nodes.isFrozen(node, this.sim.nowNs)) this.leave(node, true);
    else this.sim.schedule(UNLOAD_LOOK_NS, eventKind.STOPPING, node, start);
  }

  private leave(node: number, hasManager: boolean): void {
    if (hasManager) this.host.strategy.stopping?.(node);
    this.host.membership.saidGoodbye(node);
    this.crash(node, false);
  }

  restart(node: number): void {
    if (this.host.nodes.isUp(node)) this.crash(node, false);
    const { nodes, sim } = this.host;
    nodes.isSilent[node] = 0;
    nodes.state[node] = nodeState.STARTING;
    sim.schedule(seconds(nodes.options[node].startUpS), eventKind.JOIN, node, nodes.start[node]);
  }

  private join(node: number, start: number): void {
    const { nodes, sim } = this.host;
    if (nodes.start[node] !== start || nodes.state[node] !== nodeState.STARTING) return;
    nodes.state[node] = nodeState.JOINING;
    this.mends(node);
    this.host.plane.listen(node);
    this.host.membership.joined(node);
    this.host.channel.setView(node, this.host.membership.view(node));
    const joinMs = JOIN_PERIODS * this.host.scenario.membership.mcastFrequencyMs;
    sim.schedule(milliseconds(joinMs), eventKind.STATE, node, start);
  }

  private askForState(node: number, start: number): void {
    if (this.host.nodes.start[node] !== start || this.host.nodes.state[node] !== nodeState.JOINING) return;
    const openNs = this.host.strategy.transferState(node);
    if (Number.isFinite(openNs)) this.mayOpen(node, openNs);
  }

  /** A joining node opens then, unless it has opened before. */
  mayOpen(node: number, atNs: number): void {
    this.sim.scheduleAt(Math.max(this.sim.nowNs, atNs), eventKind.OPEN, node, this.host.nodes.start[node]);
  }

  private open(node: number, start: number): void {
    if (this.host.nodes.start[node] !== start || this.host.nodes.state[node] !== nodeState.JOINING) return;
    this.host.nodes.state[node] = nodeState.SERVING;
    this.host.strategy.opened(node);
    this.sim.schedule(FIRST_EXPIRY_NS, eventKind.EXPIRE_SESSIONS, node, start);
  }

  /** A pause that begins in another one makes it longer, or nothing. */
  freeze(node: number, untilNs: number): void {
    const { nodes, membership } = this.host;
    if (!nodes.isUp(node)) return;
    this.ails(node);
    const isFrozen = nodes.isFrozen(node, this.sim.nowNs);
    const fromNs = isFrozen ? nodes.frozenUntilNs[node] : this.sim.nowNs;
    if (untilNs > fromNs || !isFrozen) this.standStill(node, fromNs, untilNs);
    if (!isFrozen) membership.paused(node, true);
  }

  private standStill(node: number, fromNs: number, untilNs: number): void {
    this.host.catchUp(node);
    this.host.nodes.cpus[node].standStill(fromNs, untilNs);
    this.host.plane.freeze(node, fromNs, untilNs);
    this.host.nodes.frozenUntilNs[node] = untilNs;
    this.host.flow.nodeFrozen(node, untilNs - fromNs);
    if (this.standsStillTooLong(node)) this.host.channel.acknowledged.peerSilent((_sender, peer) => peer === node);
  }

  thaw(node: number): void {
    const { nodes, membership } = this.host;
    // The process that stood still may be gone, or another pause keeps it.
    if (nodes.frozenUntilNs[node] === 0 || nodes.isFrozen(node, this.sim.nowNs)) return;
    nodes.frozenUntilNs[node] = 0;
    this.mends(node);
    membership.paused(node, false);
  }

  cut(groups: readonly [readonly number[], readonly number[]], isCut: boolean, untilNs: number): void {
    const pairs = groups[0].flatMap((left) => groups[1].map((right) => [left, right] as const));
    for (const node of groups.flat()) if (this.host.nodes.isUp(node)) this.host.catchUp(node);
    if (groups[0].length === 1) this.cutLink(groups[0][0], isCut);
    const changed = pairs.filter(([left, right]) => this.cutPair(left, right, isCut));
    for (const [left, right] of isCut ? pairs : []) {
      this.stalled.cut(left, right, untilNs);
      this.stalled.cut(right, left, untilNs);
    }
    for (const [left, right] of changed) {
      if (isCut) this.host.channel.acknowledged.peerSilent((sender, node) => this.isCut(sender, node));
      this.host.membership.cut(left, right, isCut);
    }
  }

  /** A node that is cut off alone has lost its link; where there are more on both sides the network between them is broken. */
  private cutLink(node: number, isCut: boolean): void {
    this.linkCuts[node] += isCut ? 1 : -1;
    this.linksUpNs[node] = this.linkCuts[node] > 0 ? Number.POSITIVE_INFINITY : this.sim.nowNs;
  }

  /** One partition more, or one less, between two nodes. @returns whether that makes a difference. */
  private cutPair(left: number, right: number, isCut: boolean): boolean {
    const { cutPairs } = this;
    const { count } = this.host.nodes;
    const before = cutPairs.get(left * count + right) ?? 0;
    const now = before + (isCut ? 1 : -1);
    for (const pair of [left * count + right, right * count + left]) {
      if (now > 0) cutPairs.set(pair, now);
      else cutPairs.delete(pair);
    }
    return before === 0 || now === 0;
  }

  setLoss(ratio: number): void {
    const { loss, membership, plane } = this.host;
    loss.set(ratio);
    membership.setLoss(loss.nodes);
    plane.setLoss(loss.nodes);
  }
}
