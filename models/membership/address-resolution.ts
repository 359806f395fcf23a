import { seconds } from '../../sim/time.ts';

/** A host asks so many times for the Ethernet address of a peer, so far apart. @see source: Linux mcast_solicit, retrans_time. */
const QUESTIONS = 3;
const QUESTION_NS = seconds(1);

/**
 * Ethernet addresses that a host has to ask for anew, because its link was down.
 *
 * ```
 *   link down: addresses forgotten
 *   packet for a peer --> asks, keeps the packet --1 s--> asks --1 s--> asks --1 s--> gives the packet up; the next one asks anew
 * ```
 * Model: a link that goes down takes the addresses with it that its own host knew, not those that its peers know. A question asked
 * while the link is down is not answered; the first one after it is, at once. Only verifications by TCP ask (what connections
 * hold for a peer they send again at times of their own, and those questions are left out).
 * @see source: Linux net/core/neighbour.c, neigh_carrier_down, neigh_timer_handler; measured with the bridge port of a
 * veth down for 5 s, Tomcat 10.1.60: connects pass 0.1, 0.7 and 0.8 s after it, with the next question, or are given up.
 */
export class AddressResolution {
  private readonly nodes: number;
  /** When a host began to ask for the address of a peer, by node * nodes + peer [ns]. */
  private readonly askedNs = new Map<number, number>();

  constructor(nodes: number) {
    this.nodes = nodes;
  }

  /** A node whose link is down has a packet for a peer. */
  asks(node: number, peer: number, nowNs: number): void {
    const pair = node * this.nodes + peer;
    if (nowNs >= this.givesUpNs(pair)) this.askedNs.set(pair, nowNs);
  }

  /**
   * When a packet that a node has for a peer now leaves it; Infinity if it is given up [ns].
   * @param upNs - since when its link is up [ns].
   */
  leavesNs(node: number, peer: number, nowNs: number, upNs: number): number {
    const pair = node * this.nodes + peer;
    if (nowNs >= this.givesUpNs(pair)) return nowNs;
    const askedNs = this.askedNs.get(pair)!;
    const question = Math.max(0, Math.ceil((upNs - askedNs) / QUESTION_NS));
    return question < QUESTIONS ? Math.max(nowNs, askedNs + question * QUESTION_NS) : Number.POSITIVE_INFINITY;
  }

  private givesUpNs(pair: number): number {
    return (this.askedNs.get(pair) ?? Number.NEGATIVE_INFINITY) + QUESTIONS * QUESTION_NS;
  }
}
