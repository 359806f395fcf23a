import { keyedUniform } from '../../sim/keyed-random.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { milliseconds } from '../../sim/time.ts';
import { eventKind } from '../events.ts';
import { kindCode, SHUTDOWN_BYTES } from '../messages.ts';
import type { Misdirection } from '../misdirection.ts';
import type { Detection } from '../results.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import { HeartbeatLoss } from './heartbeat-loss.ts';
import { HeartbeatMeter } from './heartbeat-meter.ts';
import { Heartbeats } from './heartbeats.ts';

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
  /** Whether heartbeats pass between two nodes. */
  isCut(from: number, to: number): boolean;
  /** The view of `observer` has changed. */
  viewChanged(observer: number, member: number, isMember: boolean): void;
}

/** Connections that a process which does not accept takes. @see source: Tribes ReceiverBase, backlog 50; 51 measured. */
const BACKLOG = 51;

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
  readonly detections: Detection[] = [];
  private readonly host: MembershipHost;
  private readonly nodes: number;
  private readonly beats: Heartbeats;
  private readonly latencyNs: number;
  private readonly dropNs: number;
  private readonly soTimeoutNs: number;
  private readonly recheckNs: number;
  private readonly detector: { enabled: boolean; performReadTest: boolean; connectNs: number; readNs: number };
  private readonly detectorFreeNs: Float64Array;
  private readonly lossSeed: number;
  /** `isMember[observer * nodes + member]`. */
  private readonly isMember: Uint8Array;
  /** Silent pairs (observer * nodes + member): when the observer looks at the silence next [ns]. */
  private readonly silent = new Map<number, { checkNs: number; isSuspect: boolean }>();
  /** Pairs whose observer still lists an earlier start of the member. */
  private readonly outdated = new Set<number>();
  /** When the member's process began [ns]. */
  private readonly startedNs: Float64Array;
  readonly meter: HeartbeatMeter;
  /** Connections that the kernel of a node that stands still has accepted for it. */
  private readonly probes: Int32Array;
  private readonly losses: HeartbeatLoss;
  /** What last happened to a member, for the delay of its detection [ns]; NaN nothing. */
  private readonly causeNs: Float64Array;

  constructor(host: MembershipHost, scenario: Scenario, nodes: number, seed: number) {
    const { membership, network, channel } = scenario;
    this.host = host;
    this.nodes = nodes;
    this.latencyNs = Math.round(network.latencyUs * 1000);
    this.dropNs = milliseconds(membership.memberDropTimeMs);
    this.soTimeoutNs = milliseconds(membership.soTimeoutMs > 0 ? membership.soTimeoutMs : membership.mcastFrequencyMs);
    this.recheckNs = milliseconds(channel.heartbeatSleepTimeMs);
    const periodNs = milliseconds(membership.mcastFrequencyMs) + Math.round(membership.heartbeatWorkUs * 1000);
    this.beats = new Heartbeats(nodes, periodNs, (node) => Math.floor(keyedUniform(seed, node, 1) * periodNs));
    const { enabled, performReadTest, connectTimeoutMs, readTestTimeoutMs } = membership.tcpFailureDetector;
    this.detector = {
      enabled,
      performReadTest,
      connectNs: milliseconds(connectTimeoutMs),
      readNs: milliseconds(readTestTimeoutMs),
    };
    this.detectorFreeNs = new Float64Array(nodes);
    this.probes = new Int32Array(nodes);
    this.lossSeed = seed;
    this.isMember = new Uint8Array(nodes * nodes).fill(1);
    if (!host.misdirection.isNone) this.refuseMisdirected();
    this.causeNs = new Float64Array(nodes).fill(Number.NaN);
    this.startedNs = Float64Array.from({ length: nodes }, (_, node) => this.beats.nextAfter(node, -periodNs - 1));
    const { traffic, misdirection } = host;
    this.meter = new HeartbeatMeter({ nodes, beats: this.beats, traffic, misdirection });
    this.losses = new HeartbeatLoss(host.sim, this.beats, {
      nodes,
      seed,
      latencyNs: this.latencyNs,
      dropNs: this.dropNs,
      hears: (observer, member) => this.hears(observer, member),
      checkNs: (observer, deadlineNs) => this.nextCheck(observer, deadlineNs),
      unheard: (observer, member) => this.unheard(observer, member),
      lookOut: (observer, member) => this.becomesAudible(observer, member),
    });
    if (network.lossRatio > 0) this.losses.setRatio(network.lossRatio);
  }

  /** Heartbeats are lost with this probability from now on. */
  setLoss(ratio: number): void {
    this.losses.setRatio(ratio);
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
    return this.host.misdirection.admits(observer, member, this.detector.enabled);
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
  }

  /** A node leaves with its goodbye: one datagram, no verification. */
  saidGoodbye(node: number): void {
    const { sim, traffic } = this.host;
    for (let observer = 0; observer < this.nodes; observer += 1) {
      if (observer === node || !this.host.isUp(observer) || !this.hears(observer, node)) continue;
      traffic.sent(kindCode.heartbeat, -1, observer, 1, SHUTDOWN_BYTES);
      const isLost = keyedUniform(this.lossSeed ^ 0x51ed270b, node * this.nodes + observer, 0) < this.losses.ratio;
      if (!isLost) sim.schedule(this.latencyNs, eventKind.VERIFIED, observer, node);
    }
  }

  /** A node's process begins to send and to hear. */
  joined(node: number): void {
    const nowNs = this.host.sim.nowNs;
    this.meter.meterAll(nowNs);
    this.meter.listens(node, true);
    this.beats.start(node, nowNs);
    this.startedNs[node] = nowNs;
    this.detectorFreeNs[node] = nowNs;
    this.meter.begins(node, nowNs);
    this.causeNs[node] = nowNs;
    this.view(node).fill(0);
    this.isMember[node * this.nodes + node] = 1;
    for (let other = 0; other < this.nodes; other += 1) {
      if (other === node) continue;
      if (this.sees(other, node)) this.outdated.add(other * this.nodes + node);
      this.becomesAudible(other, node);
      this.becomesAudible(node, other);
    }
  }

  /** A node stands still from now on (`false`: it runs again). */
  paused(node: number, isFrozen: boolean): void {
    const nowNs = this.host.sim.nowNs;
    if (isFrozen) {
      this.meter.meter(node, nowNs);
      this.beats.stop(node, nowNs);
    } else {
      this.beats.start(node, nowNs);
      this.meter.begins(node, nowNs);
    }
    this.probes[node] = 0;
    this.causeNs[node] = nowNs;
    for (let other = 0; other < this.nodes; other += 1) {
      if (other === node) continue;
      if (isFrozen) this.silence(other, node);
      else this.becomesAudible(other, node);
      if (!isFrozen) this.catchUp(node, other);
    }
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
  }

  private silence(observer: number, member: number): void {
    const { sim } = this.host;
    const pair = observer * this.nodes + member;
    if (this.silent.has(pair) || !this.sees(observer, member)) return;
    const beatNs = this.losses.lastArriving(observer, member, this.beats.lastAt(member, sim.nowNs));
    const heardNs = beatNs + this.latencyNs;
    const deadlineNs = Math.max(heardNs, 0) + this.dropNs;
    this.check(observer, member, Math.max(sim.nowNs, this.nextCheck(observer, deadlineNs)));
  }

  /** The observer looks at a silence then; an earlier plan is void. */
  private check(observer: number, member: number, timeNs: number): void {
    const pair = observer * this.nodes + member;
    const entry = this.silent.get(pair);
    if (entry) entry.checkNs = timeNs;
    else this.silent.set(pair, { checkNs: timeNs, isSuspect: false });
    this.host.sim.scheduleAt(timeNs, eventKind.EXPIRE, observer, member);
  }

  /** First moment after `deadlineNs` at which the observer looks for expired members. */
  private nextCheck(observer: number, deadlineNs: number): number {
    let nextNs = Number.POSITIVE_INFINITY;
    let lastNs = 0;
    for (let member = 0; member < this.nodes; member += 1) {
      if (!this.hears(observer, member)) continue;
      const delayNs = member === observer ? 0 : this.latencyNs;
      nextNs = Math.min(nextNs, this.beats.nextAfter(member, deadlineNs - delayNs) + delayNs);
      lastNs = Math.max(lastNs, this.beats.lastAt(member, deadlineNs - delayNs) + delayNs);
    }
    const timeouts = Math.floor((deadlineNs - lastNs) / this.soTimeoutNs) + 1;
    return Math.min(nextNs, lastNs + timeouts * this.soTimeoutNs);
  }

  private becomesAudible(observer: number, member: number): void {
    const { sim } = this.host;
    if (!this.hears(observer, member) || !this.host.isUp(observer)) return;
    const beatNs = this.beats.nextAfter(member, sim.nowNs - 1);
    if (!Number.isFinite(beatNs)) return;
    const atNs = this.losses.nextArriving(observer, member, beatNs) + this.latencyNs;
    if (Number.isFinite(atNs)) sim.scheduleAt(Math.max(sim.nowNs, atNs), eventKind.HEARD, observer, member);
  }

  /** EXPIRE: the silence has lasted longer than dropTime. */
  expire(observer: number, member: number): void {
    const entry = this.silent.get(observer * this.nodes + member);
    if (entry?.checkNs !== this.host.sim.nowNs || this.host.isFrozen(observer)) return;
    if (!this.host.isUp(observer) || !this.sees(observer, member)) return;
    entry.isSuspect = false;
    if (!this.detector.enabled) this.remove(observer, member);
    else this.verify(observer, member);
  }

  private verify(observer: number, member: number): void {
    const { sim } = this.host;
    const startNs = Math.max(sim.nowNs, this.detectorFreeNs[observer]);
    const answer = this.knock(observer, member);
    const isReadTest = this.detector.performReadTest && answer === 'yes';
    let takesNs = 2 * this.latencyNs;
    if (answer === 'silent') takesNs = this.detector.connectNs;
    else if (isReadTest && this.host.isFrozen(member)) takesNs = this.detector.readNs;
    this.detectorFreeNs[observer] = startNs + takesNs;
    sim.scheduleAt(startNs + takesNs, eventKind.VERIFIED, observer, member);
  }

  /** Connects to a member; one that stands still accepts as many as its backlog holds. */
  private knock(observer: number, member: number): 'yes' | 'refused' | 'silent' {
    if (this.host.isFrozen(member)) this.probes[member] += 1;
    return this.isFull(member) ? 'silent' : this.host.connect(observer, member);
  }

  private isFull(member: number): boolean {
    return this.host.isFrozen(member) && this.probes[member] > BACKLOG;
  }

  /** VERIFIED: out of the view unless it answered; a suspect that did is looked at again at the channel heartbeat. */
  verified(observer: number, member: number): void {
    const entry = this.silent.get(observer * this.nodes + member);
    if (!entry || !this.host.isUp(observer) || this.host.isFrozen(observer) || !this.sees(observer, member)) return;
    const answers = this.host.connect(observer, member) === 'yes' && !this.isFull(member);
    if (answers && !(this.detector.performReadTest && this.host.isFrozen(member))) {
      if (!entry.isSuspect) this.check(observer, member, this.host.sim.nowNs + this.recheckNs);
      entry.isSuspect = true;
      return;
    }
    this.remove(observer, member);
  }

  private remove(observer: number, member: number): void {
    this.isMember[observer * this.nodes + member] = 0;
    this.note(observer, member, 'disappeared');
    this.host.viewChanged(observer, member, false);
  }

  /** A failed send shows the death of a member before its silence does; the next send connects anew. */
  sendFailed(observer: number, member: number): void {
    if (!this.sees(observer, member) || !this.host.isUp(observer)) return;
    if (this.host.isFrozen(member)) this.probes[member] += 1;
    if (this.detector.enabled) this.verify(observer, member);
  }

  /** So many heartbeats in a row were lost that a live member has expired. @returns whether it left the view. */
  private unheard(observer: number, member: number): boolean {
    if (!this.hears(observer, member) || !this.host.isUp(observer) || !this.sees(observer, member)) return false;
    const draw = keyedUniform(this.lossSeed ^ 0x2545f491, this.host.sim.nowNs, observer * this.nodes + member);
    // A lost SYN or SYN-ACK is sent again after one second, when the verification has given up.
    if (this.detector.enabled && draw >= 1 - (1 - this.losses.ratio) ** 2) return false;
    this.remove(observer, member);
    return true;
  }

  /** HEARD: a heartbeat of a member that was silent, or is new. */
  heard(observer: number, member: number): void {
    if (!this.hears(observer, member) || !this.host.isUp(observer) || this.host.isFrozen(observer)) return;
    if (!this.admits(observer, member)) return;
    if (this.losses.isLost(observer, member, this.host.sim.nowNs - this.latencyNs)) {
      this.becomesAudible(observer, member);
      return;
    }
    const pair = observer * this.nodes + member;
    const isOutdated = this.outdated.delete(pair);
    this.silent.delete(pair);
    if (this.sees(observer, member) && !isOutdated) return;
    this.isMember[observer * this.nodes + member] = 1;
    this.note(observer, member, 'added');
    this.host.viewChanged(observer, member, true);
  }

  private note(observer: number, member: number, event: Detection['event']): void {
    const { sim } = this.host;
    const causeNs = this.causeNs[member];
    this.detections.push({
      at_s: sim.nowNs / 1e9,
      observer: this.host.nodeName(observer),
      member: this.host.nodeName(member),
      event,
      after_ms: Number.isNaN(causeNs) ? null : (sim.nowNs - causeNs) / 1e6,
    });
  }
}
