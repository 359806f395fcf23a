import { KeyedDelay, lagLaw } from '../sim/keyed-delay.ts';
import { AcknowledgedSends, type Transport } from './acknowledged-sends.ts';
import { DispatchQueue } from './dispatch-queue.ts';
import { foreignReceivers, MisdirectedSends, type MisdirectionHost } from './misdirected-sends.ts';
import { OrderedConnections } from './ordered-connections.ts';
import type { Answer, Outgoing } from './outgoing.ts';
import { QueuedDrops } from './queued-drops.ts';
import type { Broadcast } from './replication/delivery-plane.ts';
import type { Scenario } from './scenario/schema.ts';
import { SendWindows } from './send-windows.ts';

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
export class Channel implements Transport {
  /** Sends that wait for acknowledgements. */
  readonly acknowledged: AcknowledgedSends;
  /** Threads that wait for room in a connection. */
  readonly windows: SendWindows;
  /** Messages that nobody got: no sender was free in time, or the queue was full and alwaysSend off. */
  givenUp = 0;
  /** Sends that go elsewhere because of a mistake in the configuration; null in a cluster without one. */
  readonly misdirected: MisdirectedSends | null;
  /** What joining nodes lose to clocks that disagree. */
  readonly drops: QueuedDrops;
  private readonly foreigners: number;
  /** Per node: members whose process has been killed, and to which it has sent nothing since. */
  private readonly refusing: number[][];
  private readonly seesAsynchronous: boolean;
  private readonly host: MisdirectionHost;
  private readonly nodes: number;
  private readonly dispatcher: DispatchQueue;
  private readonly isAlwaysSent: boolean;
  /** `receivers[node * nodes + other]`: 1 = gets the messages of `node`. */
  private readonly receivers: Uint8Array;
  /** Per node: the plane's number for them; -1: not sent to yet. */
  private readonly view: Int32Array;
  private nobody = -1;
  private readonly writeNs: number;
  private readonly receiveNs: number;
  private readonly receiveNsPerByte: number;
  private readonly connections: OrderedConnections;
  private departNs = 0;
  private hasThread = false;
  /** Filled anew for each message. */
  private readonly message: Broadcast = {
    appendedNs: 0,
    handedNs: 0,
    departNs: 0,
    copyNs: 0,
    serviceNs: 0,
    bytes: 0,
    sender: 0,
    view: 0,
    except: -1,
    session: -1,
    effect: 0,
    version: 0,
    epoch: 0,
    isOwnKnown: false,
    isAwaited: false,
    like: -1,
    isOrdered: false,
  };

  constructor(host: MisdirectionHost, scenario: Scenario, nodes: number, lag: KeyedDelay) {
    const { channel, calibration, misconfiguration } = scenario;
    this.host = host;
    this.nodes = nodes;
    this.dispatcher = new DispatchQueue(nodes, channel.dispatch, lag);
    this.isAlwaysSent = channel.dispatch.alwaysSend;
    this.receivers = new Uint8Array(nodes * nodes);
    this.view = new Int32Array(nodes).fill(-1);
    this.refusing = Array.from({ length: nodes }, () => []);
    this.seesAsynchronous = scenario.membership.tcpFailureDetector.seesAsynchronousSends;
    this.acknowledged = new AcknowledgedSends(host, scenario, nodes, this);
    this.foreigners = foreignReceivers(scenario);
    const isMistaken = this.foreigners > 0 || !host.misdirection.isNone;
    this.windows = new SendWindows(host, scenario, {
      ...{ nodes, acknowledged: this.acknowledged, dispatcher: this.dispatcher, sender: this },
    });
    this.misdirected = isMistaken ? new MisdirectedSends(host, scenario, (out) => this.keep(out)) : null;
    const lagNs = new KeyedDelay(0, lagLaw(calibration.receiveLagUs, calibration.receiveLagUsMean)).largestNs;
    this.connections = new OrderedConnections(nodes, lagNs);
    this.drops = new QueuedDrops(misconfiguration.clockOffsetsS, nodes);
    // Each member of a busy cluster that shares the group sends as much as one of this cluster.
    const heard = 1 + this.foreigners / Math.max(1, nodes - 1);
    this.writeNs = calibration.messageWriteUs * 1000;
    this.receiveNs = calibration.messageReceiveUs * 1000 * heard;
    this.receiveNsPerByte = calibration.messageReceiveNsPerByte * heard;
  }

  /** Sets who gets the messages of `node`. */
  setView(node: number, isMember: Uint8Array): void {
    if (this.refusing[node].length > 0)
      this.refusing[node] = this.refusing[node].filter((peer) => isMember[peer] === 1);
    this.receivers.set(this.misdirected?.reached(node, isMember) ?? isMember, node * this.nodes);
    this.view[node] = -1;
  }

  /** Views that change often while nothing is sent cost nothing: the plane learns of those that are used. */
  private viewOf(node: number): number {
    return this.view[node] >= 0 ? this.view[node] : this.addView(node);
  }

  private addView(node: number): number {
    const row = this.receivers.subarray(node * this.nodes, (node + 1) * this.nodes);
    this.view[node] = this.host.plane.addView(node, row);
    return this.view[node];
  }

  /** Members that `node` sees besides itself. */
  members(node: number): number {
    return this.misdirected?.members(node) ?? this.host.plane.copies(this.viewOf(node));
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
      if (out.session >= 0) this.append(out, nowNs, false);
    } else if (mode.isAsynchronous) {
      if (mode.isAcknowledged) this.acknowledged.dispatch(out);
      else this.dispatch(out);
    } else if (mode.isAcknowledged) {
      this.acknowledged.send(out, false);
    } else {
      this.windows.written(this.append(out, nowNs, false), out);
      if (this.refusing[sender].length > 0) this.tellRefused(sender);
    }
  }

  /**
   * A send without acknowledgement to a killed process fails: its connection is at its end, which the sender finds by
   * reading once. @see source: Tribes NioSender.process of Tomcat 10.1.
   */
  private tellRefused(sender: number): void {
    const peers = this.refusing[sender];
    this.refusing[sender] = [];
    for (const peer of peers) this.host.sendFailed(sender, peer);
  }

  /** A last message of a node that stops: its channel closes only when it has been written. */
  farewell(out: Outgoing): void {
    this.append(out, this.host.sim.nowNs - this.nodes * this.writeNs, false);
  }

  append(out: Outgoing, handedNs: number, isAwaited: boolean, view = this.viewOf(out.sender)): number {
    const { plane, traffic, cards, sim } = this.host;
    const copies = plane.copies(view);
    const except = out.except >= 0 && plane.ranks[view * this.nodes + out.except] >= 0 ? out.except : -1;
    const copyNs = cards.copyNs(out.bytes);
    this.departNs = cards.take(out.sender, sim.nowNs, handedNs, copyNs, copies + this.foreigners);
    if (copies > 0) traffic.broadcastSent(out.kind, out.sender, except, out.bytes, plane.ranks, view * this.nodes);
    const { message } = this;
    message.appendedNs = sim.nowNs;
    message.handedNs = handedNs;
    message.departNs = this.departNs;
    message.copyNs = copyNs;
    message.serviceNs = this.serviceNs(out.bytes) + (isAwaited ? this.host.costs.aloneNs() : 0);
    message.bytes = out.bytes;
    message.sender = out.sender;
    message.view = view;
    message.except = except;
    message.session = out.session;
    message.effect = out.effect;
    message.version = out.version;
    message.epoch = out.epoch;
    message.isOwnKnown = out.isOwnKnown === true;
    message.isAwaited = isAwaited;
    const isOrdered = !out.mode.isAsynchronous && !out.mode.isAcknowledged;
    message.isOrdered = isOrdered;
    message.like = isOrdered ? this.connections.likeOf(out.sender, out.session, this.departNs) : -1;
    const index = plane.broadcast(message);
    if (isOrdered) this.connections.sent(out.sender, out.session, this.departNs, index, message.like);
    if (this.drops.hasAny) this.dropQueued(index, out.sender);
    if (view === this.viewOf(out.sender)) this.misdirected?.sent(out);
    if (this.host.stalled.hasAny) this.stall(index, out.sender, isAwaited);
    return index;
  }

  /** Counts messages from a node to each of its members that nobody acts on. @param bytes - of one of them. */
  countToMembers(kind: number, sender: number, messages: number, bytes: number): void {
    const { plane, traffic } = this.host;
    const view = this.viewOf(sender);
    if (plane.copies(view) === 0) return;
    traffic.broadcastSent(kind, sender, -1, messages * bytes, plane.ranks, view * this.nodes, messages);
  }

  markReceivers({ sender, except }: Outgoing, into: Uint8Array): number {
    const { nodes } = this;
    into.set(this.receivers.subarray(sender * nodes, (sender + 1) * nodes));
    into[sender] = 0;
    const copies = this.host.plane.copies(this.viewOf(sender));
    if (except < 0 || into[except] === 0) return copies;
    into[except] = 0;
    return copies - 1;
  }

  /**
   * Copies across a cut: they come late with the connection's next retransmission, except that a sender who waits for
   * an acknowledgement closes its connection when the time is up.
   */
  private stall(message: number, sender: number, isAwaited: boolean): void {
    const { plane, stalled, sim } = this.host;
    for (let node = 0; node < this.nodes; node += 1) {
      if (node === sender) continue;
      const releaseNs = stalled.releaseNs(sender, node, sim.nowNs);
      if (Number.isNaN(releaseNs)) continue;
      if (!isAwaited) plane.defer(message, node, releaseNs);
      else if (this.host.isCut(sender, node)) plane.lose(message, node);
    }
  }

  private dropQueued(message: number, sender: number): void {
    for (const node of this.drops.dropping(sender, this.host.sim.nowNs)) this.host.plane.lose(message, node);
  }

  /** The message reaches nobody, and what it changed stays with its sender. */
  giveUp(out: Outgoing): void {
    this.givenUp += 1;
    this.keep(out);
  }

  /** A change that only its own node knows. */
  keep(out: Outgoing): void {
    if (this.nobody < 0) this.nobody = this.host.plane.addView(0, new Uint8Array(this.nodes));
    if (out.session >= 0) this.append(out, this.host.sim.nowNs, false, this.nobody);
  }

  /** Option 8: no event, unless all threads are held because a connection is full. */
  private dispatch(out: Outgoing): void {
    if (this.dispatcher.isHeld(out.sender) ? this.windows.queue(out) : this.sendQueued(out)) return;
    if (this.isAlwaysSent) this.sendOnCallersThread(out);
    else this.giveUp(out);
  }

  /** A message goes to a dispatcher thread. @returns false when none is free and the queue is full. */
  sendQueued(out: Outgoing): boolean {
    const { sim, requests, plane } = this.host;
    const queuedNs = out.slot < 0 ? 0 : requests.queuedNs[out.slot];
    const writingNs = this.writeNs * plane.copies(this.viewOf(out.sender));
    const handedNs = this.dispatcher.take(out.sender, sim.nowNs, out.bytes, writingNs, queuedNs);
    if (handedNs < 0) return false;
    const message = this.append(out, handedNs, false);
    const freeNs = this.departNs + this.vainNs(out.sender);
    this.dispatcher.holdUntil(freeNs);
    this.windows.dispatched(message, out, freeNs);
    if (this.seesAsynchronous && this.refusing[out.sender].length > 0) this.tellRefused(out.sender);
    return true;
  }

  /** The queue is full: the caller's thread sends, ahead of what is queued, and waits for the card. */
  private sendOnCallersThread(out: Outgoing): void {
    const { sim, cards } = this.host;
    const message = this.append(out, sim.nowNs, false);
    if (out.slot < 0 || this.windows.written(message, out)) return;
    this.acknowledged.waitUntil(out, Math.max(sim.nowNs, cards.clearNs(out.sender)));
  }

  /** A message to some members goes through a dispatcher thread, or the caller's own where the queue is full. */
  handOver(sender: number, nowNs: number, bytes: number, copies: number): number {
    const handedNs = this.dispatcher.take(sender, nowNs, bytes, this.writeNs * copies);
    this.hasThread = handedNs >= 0;
    return this.hasThread ? handedNs : nowNs;
  }

  holdDispatcher(untilNs: number): void {
    if (this.hasThread) this.dispatcher.holdUntil(untilNs);
  }

  vainNs(sender: number): number {
    return this.misdirected?.vainNs(sender) ?? 0;
  }

  lagNs(sender: number): number {
    return this.dispatcher.lagNs(sender);
  }

  /** A node is dead or out of reach: those who wait for its answer learn it, its own sends end. */
  nodeDown(node: number, answer: Answer): void {
    const { nowNs } = this.host.sim;
    this.acknowledged.nodeDown(node, answer);
    this.refusing[node] = [];
    if (answer === 'refused') this.willRefuse(node);
    this.windows.nodeDown(node);
    this.dispatcher.reset(node, nowNs);
    this.host.cards.reset(node, nowNs);
  }

  private willRefuse(node: number): void {
    this.refusing.forEach((peers, sender) => {
      if (sender !== node && !peers.includes(node)) peers.push(node);
    });
  }
}
