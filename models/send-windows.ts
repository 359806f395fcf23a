import { invariant } from '../sim/invariant.ts';
import { milliseconds } from '../sim/time.ts';
import type { AcknowledgedSends } from './acknowledged-sends.ts';
import type { DispatchQueue } from './dispatch-queue.ts';
import { eventKind } from './events.ts';
import type { ChannelHost, Outgoing } from './outgoing.ts';
import type { Scenario } from './scenario/schema.ts';

/** Of the buffers that Tribes asks for Linux makes twice as much; a socket is writable up to two thirds of it. */
const WRITABLE_SHARE = (2 * 2) / 3;
/** A receiver's kernel keeps payload in 0.8 of its buffer. @see measured: Linux 6.18, messages of 500 to 6,000 bytes. */
const RECEIVED_SHARE = 2 * 0.8;

/** What one connection holds: unread in its receiver's kernel, and in its sender's until its socket is no longer writable [bytes]. */
export function windowsOf({ receiver, sender }: Scenario['channel']): { received: number; written: number } {
  return { received: RECEIVED_SHARE * receiver.rxBufSizeBytes, written: WRITABLE_SHARE * sender.txBufSizeBytes };
}

/** What goes on when a connection has room. */
interface Held {
  /** Message and its bytes, which are among those that the receivers have not read. */
  readonly message: number;
  readonly bytes: number;
  /** Per node: 1 = the message goes to it. */
  readonly to: Uint8Array;
  readonly sinceNs: number;
  /** Connections of the node that had been given up before: those given up later make no room for it. */
  readonly givenUp: number;
  /** When its thread would be free if there were room [ns]. */
  readonly freeNs: number;
  /** Dispatcher thread, -1: the thread of a request. */
  readonly thread: number;
  readonly wait: { id: number; ticket: number } | null;
}

/** How a message that has waited in the queue gets on its way. */
export interface QueuedSender {
  sendQueued(out: Outgoing): boolean;
  /** Marks the nodes that a message of now goes to. */
  markReceivers(out: Outgoing, into: Uint8Array): number;
}

/**
 * The connections' finite windows, for messages that nobody acknowledges: what a receiver has not read fills its buffer,
 * then its sender's, and then the thread that writes waits until there is room. It writes to all members together and
 * waits for the slowest, so the messages behind it wait in the queue, also those for members that are well.
 *
 * ```
 *   queue -> [dispatcher threads, one sender each] -> (send buffer | receive buffer) x senders -> receiver
 * ```
 * Model: the connections of a pair of nodes are one window, as large as all of them: the senders of the pool take turns.
 * A thread that finds it full has written, and is held until all before its message fit; after `ackTimeoutMs` (the select
 * of 5 s) it gives up, the message is lost to the slow member, and its connections are new ones with room.
 * @see source: Tribes ParallelNioSender.sendMessage, NioSender.configureSocket, NioReceiver.listen of Tomcat 10.1; Linux
 * sk_stream_is_writeable, SO_SNDBUF and SO_RCVBUF (socket(7)).
 */
export class SendWindows {
  /** Threads that have had to wait for room. */
  held = 0;
  /** Messages that a member lost because its connection had no room for too long. */
  timedOut = 0;
  private readonly host: ChannelHost;
  private readonly acknowledged: AcknowledgedSends;
  private readonly dispatcher: DispatchQueue;
  private readonly sender: QueuedSender;
  private readonly nodes: number;
  /** Window of one connection; of those of the dispatcher's threads; of those of all senders [bytes]. */
  private readonly windowBytes: number;
  private readonly dispatchBytes: number;
  private readonly poolBytes: number;
  private readonly timeoutNs: number;
  private readonly seesAsynchronous: boolean;
  /** Per node: dispatcher threads, and threads of requests, that are held; oldest first. */
  private readonly threads: Held[][];
  private readonly callers: Held[][];
  private readonly line: Outgoing[][];
  private readonly ticket: Int32Array;
  private readonly isLooking: Uint8Array;
  /** Per node: connections given up so far. */
  private readonly givenUp: Int32Array;
  /** Per pair: bytes in connections that were given up. */
  private readonly abandoned = new Map<number, number>();

  constructor(
    host: ChannelHost,
    scenario: Scenario,
    parts: { nodes: number; acknowledged: AcknowledgedSends; dispatcher: DispatchQueue; sender: QueuedSender },
  ) {
    const { sender, dispatch } = scenario.channel;
    const { nodes } = parts;
    this.host = host;
    this.acknowledged = parts.acknowledged;
    this.dispatcher = parts.dispatcher;
    this.sender = parts.sender;
    this.nodes = nodes;
    const { received, written } = windowsOf(scenario.channel);
    this.windowBytes = Math.round(received + written);
    this.dispatchBytes = this.windowBytes * Math.min(dispatch.maxThreads, sender.poolSize);
    this.poolBytes = this.windowBytes * sender.poolSize;
    this.timeoutNs = milliseconds(sender.ackTimeoutMs);
    this.seesAsynchronous = scenario.membership.tcpFailureDetector.seesAsynchronousSends;
    this.threads = Array.from({ length: nodes }, () => []);
    this.callers = Array.from({ length: nodes }, () => []);
    this.line = Array.from({ length: nodes }, () => []);
    this.ticket = new Int32Array(nodes);
    this.isLooking = new Uint8Array(nodes);
    this.givenUp = new Int32Array(nodes);
    host.sim.on(eventKind.ROOM, 'room in a connection', (node, ticket) => {
      if (this.ticket[node] === ticket) this.look(node);
    });
  }

  /** Messages that wait for a dispatcher thread of a node although all are held. */
  queued(node: number): number {
    return this.line[node].length;
  }

  /** All dispatcher threads are held: the message queues. @returns false when the queue is full. */
  queue(out: Outgoing): boolean {
    if (!this.dispatcher.queue(out.sender, this.host.sim.nowNs, out.bytes)) return false;
    this.line[out.sender].push({ ...this.acknowledged.hold(out), slot: -1 });
    return true;
  }

  /** A dispatcher thread has written a message: it is free at `freeNs`, unless a connection is full. */
  dispatched(message: number, out: Outgoing, freeNs: number): void {
    const to = this.fullFor(out, this.dispatchBytes);
    if (to === null) return;
    const thread = this.dispatcher.hold(out.sender);
    this.hold(this.threads[out.sender], out, { message, to, freeNs, thread, wait: null });
  }

  /** The thread of a request has written a message itself. @returns whether it has to wait for room. */
  written(message: number, out: Outgoing): boolean {
    const to = out.slot < 0 ? null : this.fullFor(out, this.poolBytes);
    if (to === null) return false;
    const wait = this.acknowledged.wait(out);
    this.hold(this.callers[out.sender], out, { message, to, freeNs: this.host.sim.nowNs, thread: -1, wait });
    return true;
  }

  private hold(
    held: Held[],
    { sender, bytes }: Outgoing,
    given: Pick<Held, 'message' | 'to' | 'freeNs' | 'thread' | 'wait'>,
  ): void {
    this.held += 1;
    held.push({ ...given, bytes, sinceNs: this.host.sim.nowNs, givenUp: this.givenUp[sender] });
    if (held.length === 1) this.look(sender);
  }

  /** The receivers of a message just written, if the connection to one of them is full; else null. */
  private fullFor(out: Outgoing, windowBytes: number): Uint8Array | null {
    const { plane, sim } = this.host;
    if (plane.isWithin(out.sender, windowBytes, sim.nowNs)) return null;
    const to = new Uint8Array(this.nodes);
    this.sender.markReceivers(out, to);
    return to.some((isTo, peer) => isTo === 1 && this.isOver(out.sender, peer, windowBytes, 0)) ? to : null;
  }

  /** Lets go whoever has room, gives their threads the messages that wait, and says when to look again. */
  private look(node: number): void {
    if (this.isLooking[node] === 1) return;
    this.isLooking[node] = 1;
    let againNs = this.host.nodes.frozenUntilNs[node];
    if (againNs <= this.host.sim.nowNs) againNs = this.releaseAll(node);
    this.isLooking[node] = 0;
    this.ticket[node] = (this.ticket[node] + 1) & 0x3fffffff;
    if (againNs < Number.POSITIVE_INFINITY) {
      this.host.sim.scheduleAt(againNs, eventKind.ROOM, node, this.ticket[node]);
    }
  }

  /** Connections that one kind of threads has given up are new ones for the other. @returns when to look again [ns]. */
  private releaseAll(node: number): number {
    for (;;) {
      const before = this.givenUp[node];
      const threadNs = this.release(node, this.threads[node], this.dispatchBytes);
      const callerNs = this.release(node, this.callers[node], this.poolBytes);
      if (this.givenUp[node] === before) return Math.min(threadNs, callerNs);
    }
  }

  /** @returns when to look again [ns]. */
  private release(node: number, held: Held[], windowBytes: number): number {
    const { nowNs } = this.host.sim;
    while (held.length > 0) {
      const [first] = held;
      const untilNs = first.sinceNs + this.timeoutNs;
      const laterBytes = (this.givenUp[node] - first.givenUp) * this.windowBytes;
      const rooms = this.roomsOf(held, windowBytes);
      const isFull = (_isTo: number, peer: number): boolean =>
        first.to[peer] === 1 && this.isOver(node, peer, rooms[peer], laterBytes);
      const over = first.to.findIndex(isFull);
      if (over >= 0 && nowNs < untilNs) {
        const most = rooms[over] + this.abandonedBytes(node, over, laterBytes);
        return Math.min(untilNs, this.host.plane.readNs(node, over, most, nowNs));
      }
      held.shift();
      first.to.forEach((isTo, peer) => {
        if (isFull(isTo, peer)) this.giveUp(node, peer, first);
      });
      this.letGo(node, first);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Per node: what may be unread when the first of the held messages fits, those behind it included [bytes]. */
  private roomsOf(held: readonly Held[], windowBytes: number): Float64Array {
    const rooms = new Float64Array(this.nodes).fill(windowBytes);
    for (const { bytes, to } of held.slice(1)) {
      for (let peer = 0; peer < this.nodes; peer += 1) rooms[peer] += to[peer] * bytes;
    }
    return rooms;
  }

  /** The thread goes on; one of the dispatcher takes the next messages. */
  private letGo(node: number, { thread, wait, freeNs }: Held): void {
    if (wait !== null) this.acknowledged.goOn(wait);
    if (thread < 0) return;
    this.dispatcher.letGo(node, thread, Math.max(freeNs, this.host.sim.nowNs));
    while (this.line[node].length > 0 && !this.dispatcher.isHeld(node)) {
      const out = this.line[node].shift() as Outgoing;
      this.dispatcher.unqueue(node, out.bytes);
      invariant(this.sender.sendQueued(out), 'what has left the queue has room in it');
      this.acknowledged.letGo(out);
    }
  }

  /** Whether a member has more unread than fits. @param laterBytes - connections given up too late to make room. */
  private isOver(node: number, peer: number, roomBytes: number, laterBytes: number): boolean {
    const unread = this.host.plane.unread(node, peer, this.host.sim.nowNs);
    const pair = node * this.nodes + peer;
    const abandoned = Math.min(unread, this.abandoned.get(pair) ?? 0);
    if (abandoned > 0) this.abandoned.set(pair, abandoned);
    else this.abandoned.delete(pair);
    return unread - Math.max(0, abandoned - laterBytes) > roomBytes;
  }

  private abandonedBytes(node: number, peer: number, laterBytes: number): number {
    return Math.max(0, (this.abandoned.get(node * this.nodes + peer) ?? 0) - laterBytes);
  }

  /** No room for too long: the member loses the message, and gets a new connection. */
  private giveUp(node: number, peer: number, { message, thread }: Held): void {
    this.timedOut += 1;
    this.givenUp[node] += 1;
    this.host.plane.lose(message, peer);
    this.abandoned.set(node * this.nodes + peer, this.abandonedBytes(node, peer, 0) + this.windowBytes);
    if (thread < 0 || this.seesAsynchronous) this.host.sendFailed(node, peer);
  }

  /** A node is gone: what it was sending as well, and nobody waits for it any more. */
  nodeDown(node: number): void {
    for (const out of this.line[node]) this.acknowledged.letGo(out);
    this.line[node].length = 0;
    this.threads[node].length = 0;
    this.callers[node].length = 0;
    this.ticket[node] = (this.ticket[node] + 1) & 0x3fffffff;
    for (let other = 0; other < this.nodes; other += 1) {
      this.abandoned.delete(other * this.nodes + node);
      this.abandoned.delete(node * this.nodes + other);
      if (this.threads[other].length + this.callers[other].length === 0) continue;
      this.ticket[other] = (this.ticket[other] + 1) & 0x3fffffff;
      this.host.sim.schedule(0, eventKind.ROOM, other, this.ticket[other]);
    }
  }
}
