import type { KeyedDelay } from '../sim/keyed-delay.ts';
import type { Simulation } from '../sim/simulation.ts';
import { milliseconds } from '../sim/time.ts';
import { DispatchQueue } from './dispatch-queue.ts';
import { eventKind } from './events.ts';
import { ACK_BYTES, kindCode } from './messages.ts';
import type { NetworkCards } from './network-card.ts';
import type { Broadcast, DeliveryPlane } from './replication/delivery-plane.ts';
import type { RequestPool } from './requests.ts';
import type { Scenario } from './scenario/schema.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** What the bits of channelSendOptions mean, as the sources of Tribes have it. */
export interface SendMode {
  /** The caller goes on at once; a dispatcher thread sends. */
  readonly isAsynchronous: boolean;
  /** The sender waits for an acknowledgement of each receiver. */
  readonly isAcknowledged: boolean;
  /** ... which comes after the message has been applied, not on receipt. */
  readonly isAppliedFirst: boolean;
}

/** Decodes channelSendOptions: 4 without 2 acknowledges nothing. @see source: Tribes Channel, ParallelNioSender. */
export function sendMode(options: number): SendMode {
  const isAcknowledged = (options & 2) !== 0;
  return { isAsynchronous: (options & 8) !== 0, isAcknowledged, isAppliedFirst: isAcknowledged && (options & 4) !== 0 };
}

/** A message as a session manager hands it to the channel. */
export interface Outgoing {
  readonly sender: number;
  readonly kind: number;
  readonly bytes: number;
  readonly session: number;
  readonly effect: number;
  readonly version: number;
  readonly epoch: number;
  /** Request whose thread waits where the mode makes it wait, -1 none. */
  readonly slot: number;
  readonly mode: SendMode;
}

/** A sender held, or a thread waiting, until a message has been answered. */
interface Await {
  id: number;
  ticket: number;
  out: Outgoing;
  generation: number;
  message: number;
  isPooled: boolean;
  isDispatched: boolean;
  isInLine: boolean;
  sentNs: number;
  latestNs: number;
  isPending: Uint8Array;
  remaining: number;
}

/** How a node appears to another one that connects to it. */
export type Answer = 'yes' | 'refused' | 'silent';

/** What the channel needs of the cluster. */
export interface ChannelHost {
  readonly sim: Simulation;
  readonly plane: DeliveryPlane;
  readonly traffic: TrafficMeter;
  readonly requests: RequestPool;
  readonly cards: NetworkCards;
  /** The thread of a request may go on. */
  resume(slot: number): void;
  /** Catches a node up and keeps it awake while somebody waits for its messages. */
  catchUp(node: number): void;
  answer(from: number, to: number): Answer;
  /** Whether the network between any two nodes is cut now, and between these two. */
  readonly hasCuts: boolean;
  isCut(from: number, to: number): boolean;
}

/**
 * The group channel of Tribes: dispatcher threads, pooled senders, and what a send waits for.
 *
 * ```
 *   manager -> [8: queue, dispatcher threads | else: the caller's thread] -> [pooled senders] -> card -> plane
 *                                                          acknowledgements <- receivers (options 2, 6, 10, 14)
 * ```
 * Model: without acknowledgement a dispatcher thread is held until the card takes its message; queue, threads and
 * card are first come, first served, so that nothing here needs an event. With acknowledgements the sender is held
 * until the slowest receiver has answered, and each delivery is an event.
 * @see source: Tribes MessageDispatchInterceptor, PooledParallelSender, ParallelNioSender of Tomcat 10.1.
 */
export class Channel {
  /** Messages that nobody got: no sender was free in time, or the queue was full and alwaysSend off. */
  givenUp = 0;
  private readonly host: ChannelHost;
  private readonly nodes: number;
  private readonly dispatcher: DispatchQueue;
  private readonly dispatchThreads: number;
  private readonly isAlwaysSent: boolean;
  private readonly poolSize: number;
  private readonly maxWaitNs: number;
  private readonly ackTimeoutNs: number;
  private readonly senders: Int32Array;
  private readonly dispatching: Int32Array;
  private readonly line: Await[][];
  private readonly dispatchLine: Outgoing[][];
  private readonly view: Int32Array;
  private nobody = -1;
  private readonly awaits: Await[] = [];
  private readonly idle: number[] = [];
  private readonly awaitOf = new Map<number, number>();
  private tickets = 0;
  private readonly receiveNs: number;
  private readonly receiveNsPerByte: number;
  private departNs = 0;
  /** Filled anew for each message. */
  private readonly message: Broadcast = {
    appendedNs: 0,
    handedNs: 0,
    departNs: 0,
    copyNs: 0,
    serviceNs: 0,
    sender: 0,
    view: 0,
    session: -1,
    effect: 0,
    version: 0,
    epoch: 0,
    isAwaited: false,
  };

  constructor(host: ChannelHost, scenario: Scenario, nodes: number, lag: KeyedDelay) {
    const { channel, calibration } = scenario;
    this.host = host;
    this.nodes = nodes;
    this.dispatchThreads = channel.dispatch.maxThreads;
    this.dispatcher = new DispatchQueue(nodes, channel.dispatch, lag);
    this.isAlwaysSent = channel.dispatch.alwaysSend;
    this.poolSize = channel.sender.poolSize;
    this.maxWaitNs = milliseconds(channel.sender.maxWaitMs);
    this.ackTimeoutNs = milliseconds(channel.sender.ackTimeoutMs);
    this.senders = new Int32Array(nodes);
    this.dispatching = new Int32Array(nodes);
    this.line = Array.from({ length: nodes }, () => []);
    this.dispatchLine = Array.from({ length: nodes }, () => []);
    this.view = new Int32Array(nodes);
    this.receiveNs = calibration.messageReceiveUs * 1000;
    this.receiveNsPerByte = calibration.messageReceiveNsPerByte;
  }

  /** Sets who gets the messages of `node`. */
  setView(node: number, isMember: Uint8Array): void {
    this.view[node] = this.host.plane.addView(node, isMember);
  }

  /** Members that `node` sees besides itself. */
  members(node: number): number {
    return this.host.plane.copies(this.view[node]);
  }

  /** Processor time of a message at a receiver [ns]. */
  serviceNs(bytes: number): number {
    return Math.round(this.receiveNs + this.receiveNsPerByte * bytes);
  }

  /** Sends to all members in the message's mode; where that means waiting, `requests.awaited` of the slot counts it. */
  broadcast(out: Outgoing): void {
    const { mode, sender } = out;
    const nowNs = this.host.sim.nowNs;
    if (this.members(sender) === 0) {
      if (out.session >= 0) this.append(out, nowNs, false, this.view[sender]);
    } else if (mode.isAsynchronous) {
      if (mode.isAcknowledged) this.dispatchAcknowledged(out);
      else this.dispatch(out);
    } else if (mode.isAcknowledged) {
      this.sendAcknowledged(out, false);
    } else {
      this.append(out, nowNs, false, this.view[sender]);
    }
  }

  private append(out: Outgoing, handedNs: number, isAwaited: boolean, view: number): number {
    const { plane, traffic, cards, sim } = this.host;
    const copies = plane.copies(view);
    const copyNs = cards.copyNs(out.bytes);
    this.departNs = cards.take(out.sender, sim.nowNs, handedNs, copyNs, copies);
    if (copies > 0) traffic.broadcastSent(out.kind, out.sender, copies, out.bytes, plane.ranks, view * this.nodes);
    const { message } = this;
    message.appendedNs = sim.nowNs;
    message.handedNs = handedNs;
    message.departNs = this.departNs;
    message.copyNs = copyNs;
    message.serviceNs = this.serviceNs(out.bytes);
    message.sender = out.sender;
    message.view = view;
    message.session = out.session;
    message.effect = out.effect;
    message.version = out.version;
    message.epoch = out.epoch;
    message.isAwaited = isAwaited;
    const index = plane.broadcast(message);
    if (this.host.hasCuts) this.loseAcrossCuts(index, out.sender);
    return index;
  }

  private loseAcrossCuts(message: number, sender: number): void {
    const { host } = this;
    for (let node = 0; node < this.nodes; node += 1) if (host.isCut(sender, node)) host.plane.lose(message, node);
  }

  /** The message reaches nobody, and what it changed stays with its sender. */
  private giveUp(out: Outgoing): void {
    this.givenUp += 1;
    if (this.nobody < 0) this.nobody = this.host.plane.addView(0, new Uint8Array(this.nodes));
    if (out.session >= 0) this.append(out, this.host.sim.nowNs, false, this.nobody);
  }

  /** Option 8: no event. */
  private dispatch(out: Outgoing): void {
    const nowNs = this.host.sim.nowNs;
    const handedNs = this.dispatcher.take(out.sender, nowNs, out.bytes);
    if (handedNs >= 0) {
      this.append(out, handedNs, false, this.view[out.sender]);
      this.dispatcher.holdUntil(this.departNs);
    } else if (this.isAlwaysSent) {
      this.sendOnCallersThread(out);
    } else {
      this.giveUp(out);
    }
  }

  /** The queue is full: the caller's thread sends, ahead of what is queued, and waits for the card. */
  private sendOnCallersThread(out: Outgoing): void {
    const { sim, cards } = this.host;
    this.append(out, sim.nowNs, false, this.view[out.sender]);
    if (out.slot < 0) return;
    const id = this.open(out);
    sim.scheduleAt(Math.max(sim.nowNs, cards.clearNs(out.sender)), eventKind.ANSWERED, id, this.awaits[id].ticket);
  }

  /** Options 10 and 14: a dispatcher thread is held until all have acknowledged. */
  private dispatchAcknowledged(out: Outgoing): void {
    if (this.dispatching[out.sender] >= this.dispatchThreads) {
      this.dispatchLine[out.sender].push(out);
      return;
    }
    this.dispatching[out.sender] += 1;
    this.sendAcknowledged({ ...out, slot: -1 }, true);
  }

  /** Options 2 and 6: takes a pooled sender and waits for every receiver. */
  private sendAcknowledged(out: Outgoing, isDispatched: boolean): void {
    const id = this.open(out);
    const entry = this.awaits[id];
    entry.isDispatched = isDispatched;
    if (this.senders[out.sender] < this.poolSize) {
      this.transmit(id);
      return;
    }
    entry.isInLine = true;
    this.line[out.sender].push(entry);
    this.host.sim.schedule(this.maxWaitNs, eventKind.SENDER_TIMEOUT, id, entry.ticket);
  }

  private open(out: Outgoing): number {
    const id = this.idle.pop() ?? this.awaits.length;
    const { requests, sim } = this.host;
    if (out.slot >= 0) requests.awaited[out.slot] += 1;
    const isPending = this.awaits[id]?.isPending ?? new Uint8Array(this.nodes);
    this.tickets = (this.tickets + 1) & 0x3fffffff;
    this.awaits[id] = {
      id,
      ticket: this.tickets,
      out,
      generation: out.slot >= 0 ? requests.generation[out.slot] : 0,
      message: -1,
      isPooled: false,
      isDispatched: false,
      isInLine: false,
      sentNs: sim.nowNs,
      latestNs: sim.nowNs,
      isPending,
      remaining: 0,
    };
    return id;
  }

  private transmit(id: number): void {
    const { sim, plane } = this.host;
    const entry = this.awaits[id];
    const { out } = entry;
    this.senders[out.sender] += 1;
    entry.isPooled = true;
    entry.isInLine = false;
    entry.sentNs = sim.nowNs;
    entry.latestNs = sim.nowNs;
    const handedNs = entry.isDispatched ? sim.nowNs + this.dispatcher.lagNs(out.sender) : sim.nowNs;
    entry.message = this.append(out, handedNs, true, this.view[out.sender]);
    this.awaitOf.set(entry.message, id);
    for (let node = 0; node < this.nodes; node += 1) {
      if (node === out.sender) continue;
      const arrivalNs = plane.arrivalNs(entry.message, node);
      if (Number.isNaN(arrivalNs)) continue;
      entry.isPending[node] = 1;
      entry.remaining += 1;
      sim.scheduleAt(arrivalNs, eventKind.DELIVER, entry.message, node);
    }
    if (entry.remaining === 0) this.finish(id);
    else this.expectFailures(id);
  }

  /** Receivers that will not answer are known when the connection is used. */
  private expectFailures(id: number): void {
    const entry = this.awaits[id];
    for (let node = 0; node < this.nodes && entry.remaining > 0; node += 1) {
      if (entry.isPending[node] === 0) continue;
      const answer = this.host.answer(entry.out.sender, node);
      if (answer !== 'yes') this.fail(id, node, answer);
    }
  }

  /** DELIVER: the copy is there; it starts now or when a thread is free. */
  delivered(message: number, node: number): void {
    if (this.awaitOf.has(message)) this.host.catchUp(node);
  }

  /** A receiver has started an awaited message. */
  answered(node: number, message: number, startNs: number, doneNs: number): void {
    const id = this.awaitOf.get(message);
    if (id === undefined || this.awaits[id].isPending[node] === 0) return;
    const { out } = this.awaits[id];
    this.host.traffic.sent(kindCode.ack, node, out.sender, 1, ACK_BYTES);
    this.settle(id, node, (out.mode.isAppliedFirst ? doneNs : startNs) + this.host.cards.latencyNs);
  }

  /** A receiver is dead: refused at once, or silent until the time is up. */
  private fail(id: number, node: number, answer: Answer): void {
    const { sim, cards } = this.host;
    const atNs = answer === 'refused' ? sim.nowNs + 2 * cards.latencyNs : Number.POSITIVE_INFINITY;
    this.settle(id, node, atNs);
  }

  private settle(id: number, node: number, atNs: number): void {
    const entry = this.awaits[id];
    entry.isPending[node] = 0;
    entry.remaining -= 1;
    entry.latestNs = Math.max(entry.latestNs, Math.min(atNs, entry.sentNs + this.ackTimeoutNs));
    if (entry.remaining === 0) this.finish(id);
  }

  private finish(id: number): void {
    const { sim } = this.host;
    const entry = this.awaits[id];
    this.awaitOf.delete(entry.message);
    sim.scheduleAt(Math.max(sim.nowNs, entry.latestNs), eventKind.ANSWERED, id, entry.ticket);
  }

  /** ANSWERED: frees the sender and the dispatcher thread, lets the request's thread go on. */
  over(id: number, ticket: number): void {
    const entry = this.awaits[id];
    if (entry.ticket !== ticket) return;
    const { sender } = entry.out;
    entry.ticket = -1;
    this.idle.push(id);
    if (entry.isPooled) this.senders[sender] -= 1;
    if (entry.isDispatched) this.freeDispatcher(sender);
    this.nextInLine(sender);
    this.release(entry);
  }

  private freeDispatcher(sender: number): void {
    this.dispatching[sender] -= 1;
    const next = this.dispatchLine[sender].shift();
    if (next) this.dispatchAcknowledged(next);
  }

  private nextInLine(sender: number): void {
    const line = this.line[sender];
    while (line.length > 0 && this.senders[sender] < this.poolSize) {
      const entry = line.shift() as Await;
      if (entry.isInLine) this.transmit(entry.id);
    }
  }

  /** SENDER_TIMEOUT: no sender became free in time; the request goes on, the message is lost. */
  senderTimeout(id: number, ticket: number): void {
    const entry = this.awaits[id];
    if (entry.ticket !== ticket || !entry.isInLine) return;
    entry.isInLine = false;
    this.giveUp(entry.out);
    this.over(id, ticket);
  }

  private release(entry: Await): void {
    const { requests } = this.host;
    const { slot } = entry.out;
    if (slot < 0 || requests.generation[slot] !== entry.generation) return;
    requests.awaited[slot] -= 1;
    if (requests.awaited[slot] === 0) this.host.resume(slot);
  }

  /** A node is dead or out of reach: those who wait for its answer learn it, its own sends end. */
  nodeDown(node: number, answer: Answer): void {
    const nowNs = this.host.sim.nowNs;
    for (let id = 0; id < this.awaits.length; id += 1) {
      const entry = this.awaits[id];
      if (entry.ticket < 0) continue;
      if (entry.out.sender === node) {
        entry.ticket = -1;
        entry.isPending.fill(0);
        this.awaitOf.delete(entry.message);
        this.idle.push(id);
      } else if (entry.isPending[node] === 1) {
        this.fail(id, node, answer);
      }
    }
    this.senders[node] = 0;
    this.dispatching[node] = 0;
    this.line[node].length = 0;
    this.dispatchLine[node].length = 0;
    this.dispatcher.reset(node, nowNs);
    this.host.cards.reset(node, nowNs);
  }

  /** A peer stands still or is cut off: what waits for it waits no longer than the timeout. */
  peerSilent(isAffected: (sender: number, node: number) => boolean): void {
    this.awaits.forEach((entry, id) => {
      if (entry.ticket < 0) return;
      for (let node = 0; node < this.nodes && entry.remaining > 0; node += 1) {
        if (entry.isPending[node] === 1 && isAffected(entry.out.sender, node)) this.fail(id, node, 'silent');
      }
    });
  }
}
