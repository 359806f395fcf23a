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
  /** 1: its requests send no changes; it takes no session message; its managers bear other names than node 0's. */
  private readonly isMute: Uint8Array;
  private readonly isDeaf: Uint8Array;
  private readonly isElsewhere: Uint8Array;
  /** Node whose route each node bears. */
  private readonly routeOf: Int32Array;
  private readonly port: Misconfiguration['tcpPort'];

  constructor(misconfiguration: Misconfiguration, nodes: number) {
    const { loopbackReceivers, tcpPort, multicast, sharedGroupMembers, sharedGroupIsOlder } = misconfiguration;
    this.isLoopback = marked(loopbackReceivers, nodes);
    this.isMute = marked(misconfiguration.noReplicationValve, nodes);
    this.isDeaf = marked(misconfiguration.noSessionListener, nodes);
    this.isElsewhere = marked(misconfiguration.otherPlacement, nodes);
    this.routeOf = routesOf(misconfiguration, nodes);
    this.port = tcpPort;
    this.isMulticastClosed = multicast === 'closed';
    const isAny = [this.isLoopback, this.isDeaf, this.isElsewhere].some((column) => column.includes(1));
    this.isNone = tcpPort === 'open' && !this.isMulticastClosed && !isAny;
    this.foreigners = sharedGroupMembers;
    this.isForeignerOldest = sharedGroupMembers > 0 && sharedGroupIsOlder;
  }

  /** Where a connection from a node to the address of another one ends. */
  way(from: number, to: number): Way {
    return this.isNone || from === to ? 'plain' : this.wayAround(from, to);
  }

  private wayAround(from: number, to: number): Way {
    if (this.isLoopback[to] === 1) return this.isLoopback[from] === 1 ? 'self' : 'refused';
    if (this.port === 'open') return 'plain';
    return this.port === 'refused' ? 'refused' : 'silent';
  }

  /** Whether the managers of two nodes bear the same name: "host#context" in an Engine, "context" in a Host. */
  sharesName(one: number, other: number): boolean {
    return this.isElsewhere[one] === this.isElsewhere[other];
  }

  /** Whether two nodes bear the same jvmRoute. */
  sharesRoute(one: number, other: number): boolean {
    return this.routeOf[one] === this.routeOf[other];
  }

  /** Whether the requests of a node send what they have changed. */
  sendsChanges(node: number): boolean {
    return this.isMute[node] === 0;
  }

  /** Whether a node takes session messages at all. */
  listens(node: number): boolean {
    return this.isDeaf[node] === 0;
  }

  /** Whether a node puts to use what the manager of another one sends it. */
  heeds(node: number, sender: number): boolean {
    return node === sender || (this.isDeaf[node] === 0 && this.sharesName(node, sender));
  }

  /** Whether `observer`, hearing `member`, takes it into its view. */
  admits(observer: number, member: number, isVerified: boolean): boolean {
    if (observer === member) return true;
    if (this.isMulticastClosed) return false;
    const way = this.way(observer, member);
    return !isVerified || way === 'plain' || way === 'self';
  }
}

function marked(names: Misconfiguration['loopbackReceivers'], nodes: number): Uint8Array {
  return Uint8Array.from({ length: nodes }, (_, node) =>
    names === 'all' || names.includes(`node-${node + 1}`) ? 1 : 0,
  );
}

/** The node whose jvmRoute each node bears: its own, unless several bear one. */
export function routesOf({ sameRoute }: Misconfiguration, nodes: number): Int32Array {
  const same = sameRoute.map((name) => Number(name.slice('node-'.length)) - 1);
  return Int32Array.from({ length: nodes }, (_, node) => (same.includes(node) ? same[0] : node));
}
