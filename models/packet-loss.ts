import { keyedUniform, keySeed } from '../sim/keyed-random.ts';
import { fastWaitNs, retransmissionNs } from '../sim/retransmission.ts';
import { segmentsOf } from './network-card.ts';
import type { Scenario } from './scenario/schema.ts';

/** What has draws of its own, beside the copies of messages to all (`KeyedDelay`) and heartbeats. */
const messageNames = [
  'connect',
  'request',
  'response',
  'store call',
  'store answer',
  'unicast',
  'answer',
  'ack',
] as const;

/** Names one of them. */
export type LossyMessage = (typeof messageNames)[number];

type Network = Scenario['network'];

/** A SYN without answer is sent again after this, then after twice as long, and so on. @see source: RFC 6298, Linux. */
export const SYN_RETRY_NS = 1e9;
const SYNS_MAX = 6;

/**
 * What a lossy network does to whoever sends over TCP: each kind of message draws for itself, by the number of the message and its
 * connection, so that neither the order of looking nor another leg changes it.
 */
export class PacketLoss {
  /** Share of the packets that are lost now: between Tomcats, between a Tomcat and its store, between balancer and Tomcat. */
  nodes = 0;
  stores = 0;
  balancer = 0;
  private readonly legs: Network['lossLegs'];
  private readonly roundTripNs: number;
  private readonly seeds: Readonly<Record<LossyMessage, number>>;

  /** @param seedText - of the run. */
  constructor(seedText: string, { latencyUs, lossRatio, lossLegs }: Network) {
    this.legs = lossLegs;
    this.roundTripNs = 2 * Math.round(latencyUs * 1000);
    const seeds = messageNames.map((name) => [name, keySeed(`${seedText}/loss/${name}`)]);
    this.seeds = Object.fromEntries(seeds) as Record<LossyMessage, number>;
    this.set(lossRatio);
  }

  /** From now on the network loses this share of the packets. */
  set(ratio: number): void {
    this.nodes = this.legs.includes('nodes') ? ratio : 0;
    this.stores = this.legs.includes('stores') ? ratio : 0;
    this.balancer = this.legs.includes('balancer') ? ratio : 0;
  }

  /**
   * How much later than without loss a message is complete at the other end [ns].
   * @param ratio - share that is lost on its leg.
   */
  waitNs(what: LossyMessage, ratio: number, message: number, connection: number, bytes: number): number {
    if (ratio === 0) return 0;
    return retransmissionNs(this.seeds[what], message, connection, segmentsOf(bytes), ratio, this.roundTripNs);
  }

  /** How long a lost segment is under way once a later one has arrived [ns]. */
  get fastNs(): number {
    return fastWaitNs(this.roundTripNs);
  }

  /** How much longer than a round trip the handshake of a new connection takes: SYN or its answer may be lost [ns]. */
  handshakeNs(message: number, connection: number): number {
    const lost = 1 - (1 - this.balancer) ** 2;
    if (lost === 0) return 0;
    let syns = 0;
    let draw = keyedUniform(this.seeds.connect, message, connection);
    for (; syns < SYNS_MAX && draw < lost; syns += 1) draw /= lost;
    return SYN_RETRY_NS * (2 ** syns - 1);
  }
}
