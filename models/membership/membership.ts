import { keyedUniform } from '../../sim/keyed-random.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { milliseconds, seconds } from '../../sim/time.ts';
import { eventKind } from '../events.ts';
import { kindCode, SHUTDOWN_BYTES } from '../messages.ts';
import type { Misdirection } from '../misdirection.ts';
import type { Detection } from '../results.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import { HeartbeatLoss } from './heartbeat-loss.ts';
import { HeartbeatMeter } from './heartbeat-meter.ts';
import { Heartbeats } from './heartbeats.ts';
import { LossWatch } from './loss-watch.ts';
import { Packets } from './packets.ts';
import { TcpFailureDetector } from './tcp-failure-detector.ts';
import { ViewChanges } from './view-changes.ts';

/** What the membership needs of the cluster. */
export interface MembershipHost {
  readonly sim: Simulation;
  readonly traffic: TrafficMeter;
  readonly misdirection: Misdirection;
  nodeName(node: number): string;
  /** Whether the node's process runs (a frozen one does). */
  isUp(node: number): boolean;
  /** How its host answers a TCP connection from another node now. */
  connect(from: number, to: number): 'yes' | 'refused' | 'silent';
  /** Whether it stands still now. */
  isFrozen(node: number): boolean;
  /** Since when the link of its host is up [ns]: 0 where it was never down, Infinity while it is. */
  linkUpNs(node: number): number;
  /** Whether heartbeats pass between two nodes. */
  isCut(from: number, to: number): boolean;
  /** The view of `observer` has changed. */
  viewChanged(observer: number, member: number, isMember: boolean): void;
}

/**
 * Multicast membership with verification by TCP, one view per node. No heartbeat is an event: from the phases follows
 * the next moment at which a view changes, and only that is scheduled.
 *
 * ```
 *   silence --dropTime, next check--> EXPIRE --TcpFailureDetector, one after the other--> VERIFIED --> out of the view
 *   first heartbeat heard --> HEARD --> into the view
 * ```
 * Model: a member expires when nothing was heard of it for more than dropTime, looked at whenever the observer sends or
 * receives any heartbeat, its own included, and at each receive timeout. A frozen process answers a connect, so it
 * stays a member unless performReadTest is set. A verification holds a lock: cut off from k members costs k timeouts.
 * @see source: Tribes McastServiceImpl, Membership.expire, TcpFailureDetector of Tomcat 10.1.
 */
export class Membership {
  private readonly host: MembershipHost;
  private readonly nodes: number;
  readonly beats: Heartbeats;
  private readonly latencyNs: number;
  private readonly dropNs: number;
  private readonly recheckNs: number;
  private readonly detector: TcpFailureDetector;
  private readonly lossSeed: number;
  /** `isMember[observer * nodes + member]`. */
  private readonly isMember: Uint8Array;
  /** Silent pairs (observer * nodes + member): since when they are overdue, when the observer looks next [ns]. */
  private readonly silent = new Map<number, { deadlineNs: number; checkNs: number; isSuspect: boolean }>();
  /** Pairs whose observer still lists an earlier start of the member. */
  private readonly outdated = new Set<number>();
  /** When the member's process began [ns]. */
  private readonly startedNs: Float64Array;
  readonly meter: HeartbeatMeter;
  private readonly changes = new ViewChanges();
  private readonly losses: HeartbeatLoss;
  private readonly packets: Packets;
  private readonly watch: LossWatch;
  /** What last happened to a member, for the delay of its detection [ns]; NaN nothing. */
  private readonly causeNs: Float64Array;

  constructor(host: MembershipHost, scenario: Scenario, nodes: number, seed: number) {
    const { membership, network, channel } = scenario;
    this.host = host;
    this.nodes = nodes;
    this.latencyNs = Math.round(network.latencyUs * 1000);
    this.dropNs = milliseconds(membership.memberDropTimeMs);
    this.recheckNs = milliseconds(channel.heartbeatSleepTimeMs);
    const periodNs = milliseconds(membership.mcastFrequencyMs) + Math.round(membership.heartbeatWorkUs * 1000);
    this.beats = new Heartbeats(nodes, periodNs, (node) => Math.floor(keyedUniform(seed, node, 1) * periodNs));
    this.detector = new TcpFailureDetector(host, scenario, nodes, this.latencyNs, seed);
    this.lossSeed = seed;
    this.isMember = new Uint8Array(nodes * nodes).fill(1);
    if (!host.misdirection.isNone) this.refuseMisdirected();
    this.causeNs = new Float64Array(nodes).fill(Number.NaN);
    this.startedNs = Float64Array.from({ length: nodes }, (_, node) => this.beats.nextAfter(node, -periodNs - 1));
    const { traffic, misdirection } = host;
    this.meter = new HeartbeatMeter({ nodes, beats: this.beats, traffic, misdirection });
    this.losses = new HeartbeatLoss(this.beats, seed, this.dropNs);
    const hears = (observer: number, member: number): boolean => this.hears(observer, member);
    this.packets = new Packets({
      nodes,
      latencyNs: this.latencyNs,
      soTimeoutNs: milliseconds(membership.soTimeoutMs > 0 ? membership.soTimeoutMs : membership.mcastFrequencyMs),
      beats: this.beats,
      hears,
      isLost: (observer, member, beatNs) => this.losses.isLost(observer, member, beatNs),
    });
    this.watch = new LossWatch(host.sim, this.beats, this.losses, this.packets, {
      nodes,
      latencyNs: this.latencyNs,
      dropNs: this.dropNs,
      endNs: seconds(scenario.run.warmUpS + scenario.run.durationS),
      hears,
      trusts: (observer, member) => this.trusts(observer, member),
      isFrozen: (node) => host.isFrozen(node),
      isVerified: (observer, member, dueNs) => this.detector.isReached(observer, member, dueNs, this.losses.ratio),
      unheard: (observer, member) => this.unheard(observer, member),
    });
    if (network.lossRatio > 0 && network.lossLegs.includes('nodes')) this.setLoss(network.lossRatio);
  }

  /** Every change of every view so far. */
  get detections(): Detection[] {
    return this.changes.rows(Array.from({ length: this.nodes }, (_, node) => this.host.nodeName(node)));
  }

  /** Heartbeats are lost with this probability from now on. */
  setLoss(ratio: number): void {
    if (ratio === this.losses.ratio) return;
    const { nowNs } = this.host.sim;
    const isFirst = !this.losses.isKnown;
    this.losses.setRatio(ratio, nowNs);
    this.watch.ratioChanged();
    for (const [pair, { deadlineNs, checkNs, isSuspect }] of [...this.silent]) {
      const [observer, member] = [Math.floor(pair / this.nodes), pair % this.nodes];
      if (isFirst && checkNs > nowNs && !isSuspect) this.check(observer, member, Math.max(nowNs, deadlineNs));
      this.becomesAudible(observer, member);
    }
    this.isMember.forEach((isMember, pair) => {
      if (isMember === 0) this.becomesAudible(Math.floor(pair / this.nodes), pair % this.nodes);
    });
  }

  /** Who cannot be heard, or verified where that is asked for, never becomes a member. */
  private refuseMisdirected(): void {
    for (let pair = 0; pair < this.isMember.length; pair += 1) {
      if (!this.admits(Math.floor(pair / this.nodes), pair % this.nodes)) this.isMember[pair] = 0;
    }
  }

  private admits(observer: number, member: number): boolean {
    return this.host.misdirection.admits(observer, member, this.detector.isEnabled);
  }

  /** The row of an observer: 1 = member. The observer itself counts as one. */
  view(observer: number): Uint8Array {
    return this.isMember.subarray(observer * this.nodes, (observer + 1) * this.nodes);
  }

  sees(observer: number, member: number): boolean {
    return this.isMember[observer * this.nodes + member] === 1;
  }

  /** Members from a node's start on are sorted oldest first: when it began. */
  bornNs(node: number): number {
    return this.startedNs[node];
  }

  /** Whether an observer takes a member for one that it hears. */
  private trusts(observer: number, member: number): boolean {
    return this.sees(observer, member) && this.host.isUp(observer) && !this.silent.has(observer * this.nodes + member);
  }

  private hears(observer: number, member: number): boolean {
    if (observer === member) return this.host.isUp(member) && !this.host.isFrozen(member);
    if (this.host.misdirection.isMulticastClosed) return false;
    return this.host.isUp(member) && !this.host.isFrozen(member) && !this.host.isCut(member, observer);
  }

  /** A process ends. The heartbeats of `node` cease; what it saw is forgotten. */
  died(node: number): void {
    const nowNs = this.host.sim.nowNs;
    this.meter.meterAll(nowNs);
    this.meter.listens(node, false);
    this.beats.stop(node, nowNs);
    this.causeNs[node] = nowNs;
    for (let observer = 0; observer < this.nodes; observer += 1) {
      this.silent.delete(node * this.nodes + observer);
      this.outdated.delete(node * this.nodes + observer);
      if (observer !== node) this.silence(observer, node);
    }
    this.view(node).fill(0);
    this.isMember[node * this.nodes + node] = 1;
    this.watch.reconsider();
  }

  /** A node leaves with its goodbye: one datagram, no verification. */
  saidGoodbye(node: number): void {
    const { sim, traffic } = this.host;
    for (let observer = 0; observer < this.nodes; observer += 1) {
      if (observer === node || !this.host.isUp(observer) || !this.hears(observer, node)) continue;
      traffic.sent(kindCode.heartbeat, -1, observer, 1, SHUTDOWN_BYTES);
      const isLost = keyedUniform(this.lossSeed ^ 0x51ed270b, node, observer) < this.losses.ratio;
      if (!isLost) sim.schedule(this.latencyNs, eventKind.VERIFIED, observer, node);
    }
  }

  /** A node's process begins to send and to hear. */
  joined(node: number): void {
    const nowNs = this.host.sim.nowNs;
    this.meter.meterAll(nowNs);
    this.meter.listens(node, true);
    this.begins(node);
    this.startedNs[node] = nowNs;
    this.detector.started(node, nowNs);
    this.causeNs[node] = nowNs;
    this.view(node).fill(0);
    this.isMember[node * this.nodes + node] = 1;
    for (let other = 0; other < this.nodes; other += 1) {
      if (other === node) continue;
      if (this.sees(other, node)) this.outdated.add(other * this.nodes + node);
      this.becomesAudible(other, node);
      this.becomesAudible(node, other);
    }
    this.watch.began(node);
    this.watch.reconsider();
  }

  /** A node stands still from now on (`false`: it runs again). */
  paused(node: number, isFrozen: boolean): void {
    const nowNs = this.host.sim.nowNs;
    if (isFrozen) {
      this.meter.meter(node, nowNs);
      this.beats.stop(node, nowNs);
    } else {
      this.begins(node);
    }
    this.detector.emptied(node);
    this.causeNs[node] = nowNs;
    for (let other = 0; other < this.nodes; other += 1) {
      if (other === node) continue;
      if (isFrozen) this.silence(other, node);
      else this.becomesAudible(other, node);
      if (!isFrozen) this.catchUp(node, other);
    }
    if (!isFrozen) this.watch.began(node);
    if (!isFrozen) this.watch.thawed(node);
    this.watch.reconsider();
  }

  /** A node's heartbeats begin now, with a phase of their own. */
  private begins(node: number): void {
    this.beats.start(node, this.host.sim.nowNs);
    this.packets.resort();
    this.meter.begins(node, this.host.sim.nowNs);
  }

  /** What a frozen observer could not do: to look at the silence of a member, to hear it. */
  private catchUp(observer: number, member: number): void {
    const { sim } = this.host;
    const entry = this.silent.get(observer * this.nodes + member);
    if (entry && entry.checkNs < sim.nowNs) this.check(observer, member, sim.nowNs);
    this.becomesAudible(observer, member);
  }

  /** Heartbeats between two nodes are cut, both ways (`false`: they pass again). */
  cut(left: number, right: number, isCut: boolean): void {
    const nowNs = this.host.sim.nowNs;
    for (const node of [left, right]) this.meter.meter(node, nowNs);
    this.meter.cut(left, right, isCut);
    this.meter.cut(right, left, isCut);
    for (const [observer, member] of [
      [left, right],
      [right, left],
    ]) {
      this.causeNs[member] = nowNs;
      if (isCut) this.silence(observer, member);
      else this.becomesAudible(observer, member);
    }
    this.watch.reconsider();
  }

  private silence(observer: number, member: number): void {
    const { nowNs } = this.host.sim;
    const pair = observer * this.nodes + member;
    if (this.silent.has(pair) || !this.sees(observer, member)) return;
    const beatNs = this.beats.lastAt(member, nowNs);
    const kept = Number.isFinite(beatNs)
      ? this.losses.lastKept(observer, member, this.beats.numberAt(member, beatNs))
      : -1;
    const heardNs = kept < 0 ? Number.NEGATIVE_INFINITY : this.beats.momentOf(member, kept) + this.latencyNs;
    const deadlineNs = Math.max(heardNs, 0) + this.dropNs;
    this.silent.set(pair, { deadlineNs, checkNs: nowNs, isSuspect: false });
    this.check(observer, member, Math.max(nowNs, this.firstCheck(observer, deadlineNs)));
  }

  /** When the observer looks at a silence; where heartbeats are lost that is known when the silence is overdue. */
  private firstCheck(observer: number, deadlineNs: number): number {
    return this.losses.isKnown ? deadlineNs : this.packets.nextLook(observer, deadlineNs);
  }

  /** The observer looks at a silence then; an earlier plan is void. */
  private check(observer: number, member: number, timeNs: number): void {
    this.silent.get(observer * this.nodes + member)!.checkNs = timeNs;
    this.host.sim.scheduleAt(timeNs, eventKind.EXPIRE, observer, member);
  }

  /** @param sinceNs - heartbeats that were sent before do not count [ns]. */
  private becomesAudible(observer: number, member: number, sinceNs = this.host.sim.nowNs): void {
    const { sim } = this.host;
    if (!this.hears(observer, member) || !this.host.isUp(observer)) return;
    const beatNs = this.beats.nextAfter(member, sinceNs - 1);
    if (!Number.isFinite(beatNs)) return;
    const number = this.losses.nextKept(observer, member, this.beats.numberAt(member, beatNs));
    const atNs = this.beats.momentOf(member, number) + this.latencyNs;
    if (Number.isFinite(atNs)) sim.scheduleAt(Math.max(sim.nowNs, atNs), eventKind.HEARD, observer, member);
  }

  /** EXPIRE: the silence has lasted longer than dropTime. */
  expire(observer: number, member: number): void {
    const entry = this.silent.get(observer * this.nodes + member);
    if (entry?.checkNs !== this.host.sim.nowNs || this.host.isFrozen(observer)) return;
    if (!this.host.isUp(observer) || !this.sees(observer, member)) return;
    if (this.losses.isKnown && !entry.isSuspect) this.watch.lookAfter(observer, member, entry.deadlineNs);
    else this.hasExpired(observer, member);
  }

  private hasExpired(observer: number, member: number): void {
    const entry = this.silent.get(observer * this.nodes + member);
    if (entry) entry.isSuspect = false;
    if (!this.detector.isEnabled) this.remove(observer, member);
    else this.verify(observer, member);
  }

  private verify(observer: number, member: number): void {
    const { sim } = this.host;
    sim.scheduleAt(this.detector.verify(observer, member, sim.nowNs), eventKind.VERIFIED, observer, member);
  }

  /** VERIFIED: out of the view unless it answered; a suspect that did is looked at again at the channel heartbeat. */
  verified(observer: number, member: number): void {
    const entry = this.silent.get(observer * this.nodes + member);
    if (!entry || !this.host.isUp(observer) || this.host.isFrozen(observer) || !this.sees(observer, member)) return;
    if (this.detector.passes(observer, member)) {
      if (!entry.isSuspect) this.check(observer, member, this.host.sim.nowNs + this.recheckNs);
      entry.isSuspect = true;
      return;
    }
    this.remove(observer, member);
  }

  private remove(observer: number, member: number): void {
    this.isMember[observer * this.nodes + member] = 0;
    this.changes.add(this.host.sim.nowNs, observer, member, false, this.causeNs[member]);
    this.host.viewChanged(observer, member, false);
  }

  /** A failed send shows the death of a member before its silence does; the next send connects anew. */
  sendFailed(observer: number, member: number): void {
    if (!this.sees(observer, member) || !this.host.isUp(observer)) return;
    this.detector.probed(member);
    if (this.detector.isEnabled) this.verify(observer, member);
  }

  /** The observer looks at a member that it has not heard for longer than dropTime. */
  private unheard(observer: number, member: number): void {
    const { sim } = this.host;
    if (!this.host.isUp(observer) || this.host.isFrozen(observer) || !this.sees(observer, member)) return;
    const entry = this.silent.get(observer * this.nodes + member);
    if (entry) {
      if (entry.deadlineNs < sim.nowNs && !entry.isSuspect) this.hasExpired(observer, member);
      return;
    }
    if (!this.hears(observer, member)) return;
    this.remove(observer, member);
    this.becomesAudible(observer, member, sim.nowNs - this.latencyNs);
  }

  /** HEARD: a heartbeat of a member that was silent, or is new. */
  heard(observer: number, member: number): void {
    if (!this.hears(observer, member) || !this.host.isUp(observer) || this.host.isFrozen(observer)) return;
    if (!this.admits(observer, member)) return;
    if (this.losses.isKnown && !this.arrives(observer, member, this.host.sim.nowNs - this.latencyNs)) {
      this.becomesAudible(observer, member);
      return;
    }
    const pair = observer * this.nodes + member;
    const isOutdated = this.outdated.delete(pair);
    this.silent.delete(pair);
    if (this.sees(observer, member) && !isOutdated) return;
    const { sim } = this.host;
    const addsNs = this.detector.addsNs(observer, member, sim.nowNs);
    if (addsNs > sim.nowNs) return void sim.scheduleAt(addsNs, eventKind.HEARD, observer, member);
    this.isMember[pair] = 1;
    this.changes.add(sim.nowNs, observer, member, true, this.causeNs[member]);
    this.host.viewChanged(observer, member, true);
  }

  private arrives(observer: number, member: number, beatNs: number): boolean {
    return this.beats.lastAt(member, beatNs) === beatNs && !this.losses.isLost(observer, member, beatNs);
  }
}
