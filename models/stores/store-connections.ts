import type { LossyMessage, PacketLoss } from '../packet-loss.ts';
import type { StoreCall } from './store-call.ts';

/** The two directions of a connection. */
export const way = { CALL: 0, ANSWER: 1 } as const;
const kinds: readonly LossyMessage[] = ['store call', 'store answer'];

/** A segment that is missing, and what waits for it: nothing behind it is read before it has come. */
interface Hole {
  /** When it would have arrived, and when it does [ns]. */
  readonly sinceNs: number;
  untilNs: number;
  readonly behind: StoreCall[];
}

/** Who plans the arrivals. */
export interface ArrivalPlan {
  /** A call or its answer that was to arrive at `beforeNs` does so at `atNs`. */
  sooner(direction: number, call: StoreCall, beforeNs: number, atNs: number): void;
}

/**
 * The TCP connections of the Tomcats to the servers of a store in a network that loses packets.
 *
 * ```
 *   pool (a connection per command): a lost command waits for its own timeout
 *   shared (one per Tomcat and server): those behind it wait too, and the first of them that arrives tells of the loss
 * ```
 * Model: of a run of commands the losses of all count at its first call and its last answer. What is lost behind a missing segment comes
 * with it. A retransmission that a later segment has asked for is lost as often as others are; then the next one asks.
 * @see source: RFC 8985; spymemcached TCPMemcachedNodeImpl, Lettuce shareNativeConnection: one connection.
 */
export class StoreConnections {
  private readonly loss: PacketLoss;
  private readonly servers: number;
  private readonly isShared: boolean;
  private readonly plan: ArrivalPlan;
  /** Messages of each direction of each connection while packets were lost. */
  private readonly serial: Int32Array;
  private readonly holes = new Map<number, Hole>();

  constructor(loss: PacketLoss, size: { nodes: number; servers: number; isShared: boolean }, plan: ArrivalPlan) {
    this.loss = loss;
    this.servers = size.servers;
    this.isShared = size.isShared;
    this.plan = plan;
    this.serial = new Int32Array(2 * size.nodes * size.servers);
  }

  /** When a call or an answer arrives that would do so at `atNs` [ns]; those that it brings sooner are planned anew. */
  arrivalNs(direction: number, call: StoreCall, atNs: number): number {
    if (this.loss.stores === 0 && this.holes.size === 0) return atNs;
    const place = 2 * (call.node * this.servers + call.server) + direction;
    const waitNs = this.waitNs(direction, call, place);
    const hole = this.holes.get(place);
    if (!this.isShared || (hole !== undefined && atNs < hole.sinceNs)) return atNs + waitNs;
    if (hole !== undefined && atNs < hole.untilNs) {
      if (waitNs === 0 && !this.isLostAgain(direction, place))
        this.bringSooner(direction, hole, atNs + this.loss.fastNs);
      hole.behind.push(call);
      return hole.untilNs;
    }
    if (waitNs > 0) this.holes.set(place, { sinceNs: atNs, untilNs: atNs + waitNs, behind: [call] });
    else if (hole !== undefined) this.holes.delete(place);
    return atNs + waitNs;
  }

  private waitNs(direction: number, { batch }: StoreCall, place: number): number {
    const { loss } = this;
    if (loss.stores === 0) return 0;
    const sizes = direction === way.CALL ? batch.messageBytes : batch.answers;
    let sumNs = 0;
    for (const bytes of sizes) sumNs += this.drawNs(direction, place, bytes);
    return sumNs;
  }

  private drawNs(direction: number, place: number, bytes: number): number {
    const { loss, serial } = this;
    serial[place] += 1;
    return loss.waitNs(kinds[direction], loss.stores, serial[place], place, bytes);
  }

  private isLostAgain(direction: number, place: number): boolean {
    return this.drawNs(direction, place, 0) > 0;
  }

  private bringSooner(direction: number, hole: Hole, atNs: number): void {
    const beforeNs = hole.untilNs;
    if (atNs >= beforeNs) return;
    hole.untilNs = atNs;
    for (const call of hole.behind) this.plan.sooner(direction, call, beforeNs, atNs);
  }
}
