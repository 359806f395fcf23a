import { keyedUniform } from '../../sim/keyed-random.ts';
import { milliseconds } from '../../sim/time.ts';
import type { Scenario } from '../scenario/schema.ts';
import { MEMBERS_MAX } from './heartbeat-loss.ts';

/** Connections that a process which does not accept takes. @see source: Tribes ReceiverBase, backlog 50; 51 measured. */
const BACKLOG = 51;

/** What the detector needs of the network. */
export interface DetectorHost {
  /** How a host answers a TCP connection from another node now. */
  connect(from: number, to: number): 'yes' | 'refused' | 'silent';
  /** Whether a node stands still now. */
  isFrozen(node: number): boolean;
}

/**
 * Verification of silent members by TCP.
 *
 * Model: all verifications of an observer hold one lock, so that k members that do not answer cost k timeouts. A frozen
 * process answers a connect until its backlog is full.
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
    this.freeNs[observer] = Math.max(nowNs, this.freeNs[observer]) + takesNs;
    return this.freeNs[observer];
  }

  /** Whether a member passes the verification now. */
  passes(observer: number, member: number): boolean {
    if (this.isFull(member) || this.host.connect(observer, member) !== 'yes') return false;
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
