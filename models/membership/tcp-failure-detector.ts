import { keyedUniform } from '../../sim/keyed-random.ts';
import { milliseconds } from '../../sim/time.ts';
import type { Scenario } from '../scenario/schema.ts';
import { AddressResolution } from './address-resolution.ts';
import { MEMBERS_MAX } from './heartbeat-loss.ts';

/** Connections that a process which does not accept takes. @see source: Tribes ReceiverBase, backlog 50; 51 measured. */
const BACKLOG = 51;

/** What the detector needs of the network. */
export interface DetectorHost {
  /** How a host answers a TCP connection from another node now. */
  connect(from: number, to: number): 'yes' | 'refused' | 'silent';
  /** Whether a node stands still now. */
  isFrozen(node: number): boolean;
  /** Since when the link of its host is up [ns]: 0 where it was never down, Infinity while it is. */
  linkUpNs(node: number): number;
}

/**
 * Verification of silent members by TCP.
 *
 * Model: all verifications of an observer hold one lock, so that k members that do not answer cost k timeouts. A frozen
 * process answers a connect until its backlog is full. A member that is heard anew is asked as well; one that does not answer in
 * time is asked again at the observer's next channel heartbeat, not when it is heard again.
 * @see source: Tribes TcpFailureDetector of Tomcat 10.1.
 */
export class TcpFailureDetector {
  readonly isEnabled: boolean;
  private readonly host: DetectorHost;
  private readonly performReadTest: boolean;
  private readonly latencyNs: number;
  private readonly seed: number;
  private readonly connectNs: number;
  private readonly readNs: number;
  /** When the lock of each observer is free [ns]. */
  private readonly freeNs: Float64Array;
  /** Connections that the kernel of a node that stands still has accepted for it. */
  private readonly probes: Int32Array;
  private readonly addresses: AddressResolution;
  private readonly heartbeatNs: number;
  /** Members that are heard and not yet verified (observer * nodes + member): when the answer comes, or they are asked again [ns]. */
  private readonly addingNs = new Map<number, number>();
  /** When connects that nobody answered began (observer * nodes + member) [ns]. */
  private readonly unansweredNs = new Map<number, number>();

  constructor(host: DetectorHost, scenario: Scenario, nodes: number, latencyNs: number, seed: number) {
    const { enabled, performReadTest, connectTimeoutMs, readTestTimeoutMs } = scenario.membership.tcpFailureDetector;
    this.host = host;
    this.isEnabled = enabled;
    this.performReadTest = performReadTest;
    this.latencyNs = latencyNs;
    this.seed = seed;
    this.connectNs = milliseconds(connectTimeoutMs);
    this.readNs = milliseconds(readTestTimeoutMs);
    this.freeNs = new Float64Array(nodes);
    this.probes = new Int32Array(nodes);
    this.addresses = new AddressResolution(nodes);
    this.heartbeatNs = milliseconds(scenario.channel.heartbeatSleepTimeMs);
  }

  /** A node's process begins. */
  started(node: number, nowNs: number): void {
    this.freeNs[node] = nowNs;
  }

  /** A node begins or ceases to stand still: its backlog is empty. */
  emptied(node: number): void {
    this.probes[node] = 0;
  }

  /** Somebody has connected to a node; one that stands still accepts as many as its backlog holds. */
  probed(node: number): void {
    if (this.host.isFrozen(node)) this.probes[node] += 1;
  }

  /** An observer connects to a member. @returns when it knows the answer [ns]. */
  verify(observer: number, member: number, nowNs: number): number {
    this.probed(member);
    const answer = this.isFull(member) ? 'silent' : this.host.connect(observer, member);
    let takesNs = 2 * this.latencyNs;
    if (answer === 'silent') takesNs = this.connectNs;
    else if (this.performReadTest && answer === 'yes' && this.host.isFrozen(member)) takesNs = this.readNs;
    const beginsNs = Math.max(nowNs, this.freeNs[observer]);
    const pair = observer * this.freeNs.length + member;
    if (answer === 'silent') this.unansweredNs.set(pair, beginsNs);
    else this.unansweredNs.delete(pair);
    if (this.host.linkUpNs(observer) > nowNs) this.addresses.asks(observer, member, beginsNs);
    this.freeNs[observer] = beginsNs + takesNs;
    return this.freeNs[observer];
  }

  /** When a member that an observer hears anew is added: now, unless one of their hosts has yet to learn an address [ns]. */
  addsNs(observer: number, member: number, nowNs: number): number {
    const pair = observer * this.freeNs.length + member;
    const knownNs = this.addingNs.get(pair) ?? nowNs;
    if (!this.isEnabled || knownNs > nowNs) return knownNs;
    const leavesNs = (from: number, to: number): number =>
      this.addresses.leavesNs(from, to, nowNs, this.host.linkUpNs(from));
    const connectedNs = Math.max(leavesNs(observer, member), leavesNs(member, observer));
    if (connectedNs === nowNs) return nowNs;
    const isInTime = connectedNs <= nowNs + this.connectNs;
    const addsNs = isInTime ? connectedNs : Math.max(this.heartbeatAfter(observer, nowNs), nowNs + this.connectNs);
    this.addingNs.set(pair, addsNs);
    return addsNs;
  }

  private heartbeatAfter(node: number, nowNs: number): number {
    const phaseNs = Math.floor(keyedUniform(this.seed ^ 0x3c6ef372, node, 0) * this.heartbeatNs);
    return phaseNs + (Math.floor((nowNs - phaseNs) / this.heartbeatNs) + 1) * this.heartbeatNs;
  }

  /** Whether a member passes the verification that ends now; a connect that began before the link was up does not. */
  passes(observer: number, member: number): boolean {
    if (this.isFull(member) || this.host.connect(observer, member) !== 'yes') return false;
    const beganNs = this.unansweredNs.get(observer * this.freeNs.length + member) ?? Number.POSITIVE_INFINITY;
    if (beganNs < Math.max(this.host.linkUpNs(observer), this.host.linkUpNs(member))) return false;
    return !(this.performReadTest && this.host.isFrozen(member));
  }

  /**
   * Whether an observer reaches a living member, of which it has heard nothing for dropTime, in spite of lost packets.
   *
   * Model: a lost SYN or SYN-ACK is sent again after one second, when the verification has given up.
   * @param dueNs - when it became overdue [ns]. @param ratio - share of the packets that are lost.
   */
  isReached(observer: number, member: number, dueNs: number, ratio: number): boolean {
    if (!this.isEnabled) return false;
    const draw = keyedUniform(this.seed ^ 0x2545f491, dueNs, observer * MEMBERS_MAX + member);
    return draw >= 1 - (1 - ratio) ** 2;
  }

  private isFull(member: number): boolean {
    return this.host.isFrozen(member) && this.probes[member] > BACKLOG;
  }
}
