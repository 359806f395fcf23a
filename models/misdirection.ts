import type { Misconfiguration } from './scenario/misconfiguration-schema.ts';

/**
 * Where a message from one node to another really goes: `plain` there, `self` back to its sender, and `refused` or
 * `silent` nowhere.
 */
export type Way = 'plain' | 'self' | 'refused' | 'silent';

/**
 * Addresses and firewalls as the messages of the cluster find them.
 *
 * Model: a Receiver on 127.0.0.1 is advertised as 127.0.0.1. Whoever listens there itself connects to itself, so that
 * TCP verification succeeds and everything it sends comes back; whoever listens on its real address is refused.
 * Heartbeats are multicast and pass in any case.
 * @see source: Tribes ReceiverBase.getBind, TcpFailureDetector.memberAlive of Tomcat 10.1.
 */
export class Misdirection {
  /** Every message goes where it should. */
  readonly isNone: boolean;
  /** No node hears another. */
  readonly isMulticastClosed: boolean;
  /** Members of another cluster in the same group, and whether one of them is the oldest of all. */
  readonly foreigners: number;
  readonly isForeignerOldest: boolean;
  private readonly isLoopback: Uint8Array;
  private readonly port: Misconfiguration['tcpPort'];

  constructor(misconfiguration: Misconfiguration, nodes: number) {
    const { loopbackReceivers, tcpPort, multicast, sharedGroupMembers, sharedGroupIsOlder } = misconfiguration;
    this.isLoopback = new Uint8Array(nodes);
    for (let node = 0; node < nodes; node += 1) {
      if (loopbackReceivers === 'all' || loopbackReceivers.includes(`node-${node + 1}`)) this.isLoopback[node] = 1;
    }
    this.port = tcpPort;
    this.isMulticastClosed = multicast === 'closed';
    this.isNone = tcpPort === 'open' && !this.isMulticastClosed && !this.isLoopback.includes(1);
    this.foreigners = sharedGroupMembers;
    this.isForeignerOldest = sharedGroupMembers > 0 && sharedGroupIsOlder;
  }

  /** Where a connection from a node to the address of another one ends. */
  way(from: number, to: number): Way {
    if (this.isNone || from === to) return 'plain';
    if (this.isLoopback[to] === 1) return this.isLoopback[from] === 1 ? 'self' : 'refused';
    if (this.port === 'open') return 'plain';
    return this.port === 'refused' ? 'refused' : 'silent';
  }

  /** Whether `observer`, hearing `member`, takes it into its view. */
  admits(observer: number, member: number, isVerified: boolean): boolean {
    if (observer === member) return true;
    if (this.isMulticastClosed) return false;
    const way = this.way(observer, member);
    return !isVerified || way === 'plain' || way === 'self';
  }
}
