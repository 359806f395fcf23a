import { milliseconds } from '../sim/time.ts';
import { eventKind } from './events.ts';
import { ACK_BYTES, kindCode } from './messages.ts';
import { NotAwaited } from './not-awaited.ts';
import type { Answer, ChannelHost, Outgoing } from './outgoing.ts';
import type { Scenario } from './scenario/schema.ts';
import type { SenderUser } from './sender-pool.ts';

/** A sender held, or a thread waiting, until a message has been answered. */
interface Await {
  id: number;
  ticket: number;
  out: Outgoing;
  generation: number;
  message: number;
  /** Share of packets that was lost when it left: its acknowledgements are lost as often. */
  lossRatio: number;
  isPooled: boolean;
  isDispatched: boolean;
  isInLine: boolean;
  /** All answers are there, and the thread has run. */
  isProcessed: boolean;
  sentNs: number;
  latestNs: number;
  isPending: Uint8Array;
  readonly notAwaited: NotAwaited;
  /** Receivers that did not acknowledge. */
  failed: number[];
  remaining: number;
}

/** How a message gets on its way. */
export interface Transport {
  /** Puts a message into the log. @returns its number. */
  append(out: Outgoing, handedNs: number, isAwaited: boolean): number;
  /** Marks who gets a message of `out`. @returns how many. */
  markReceivers(out: Outgoing, into: Uint8Array): number;
  /** Hand-over to a dispatcher thread [ns]. */
  lagNs(sender: number): number;
  /** How long a send of this node takes in vain, because the addresses of members lead nowhere [ns]. */
  vainNs(sender: number): number;
  /** The message reaches nobody. */
  giveUp(out: Outgoing): void;
}

/**
 * Sends that wait for an acknowledgement of every receiver: pooled senders and their line, dispatcher threads that are
 * held (options 10 and 14), receivers that are dead or silent, and the time after which nobody waits any more.
 * @see source: Tribes PooledParallelSender (poolSize, maxWait), ParallelNioSender (select of 5 s; measured 5.03 s).
 */
export class AcknowledgedSends implements SenderUser {
  /** Answers that could not be the last, so that nobody has looked for them, over the whole run. */
  unasked = 0;
  private readonly host: ChannelHost;
  private readonly transport: Transport;
  private readonly nodes: number;
  private readonly seesAsynchronous: boolean;
  private readonly dispatchThreads: number;
  private readonly ackTimeoutNs: number;
  private readonly dispatching: Int32Array;
  private readonly dispatchLine: Outgoing[][];
  /** Per node: bytes that dispatcher threads have or that wait for them, and how many there may be. */
  private readonly dispatchedBytes: Float64Array;
  private readonly dispatchBytesMax: number;
  private readonly isAlwaysSent: boolean;
  private readonly awaits: Await[] = [];
  private readonly idle: number[] = [];
  private readonly awaitOf = new Map<number, number>();
  /** Who may be the last to answer; filled anew for each message. */
  private readonly last: number[] = [];
  private tickets = 0;

  constructor(host: ChannelHost, scenario: Scenario, nodes: number, transport: Transport) {
    const { channel } = scenario;
    this.host = host;
    this.transport = transport;
    this.nodes = nodes;
    this.seesAsynchronous = scenario.membership.tcpFailureDetector.seesAsynchronousSends;
    this.dispatchThreads = channel.dispatch.maxThreads;
    this.ackTimeoutNs = milliseconds(channel.sender.ackTimeoutMs);
    this.dispatching = new Int32Array(nodes);
    this.dispatchLine = Array.from({ length: nodes }, () => []);
    this.dispatchedBytes = new Float64Array(nodes);
    this.dispatchBytesMax = channel.dispatch.maxQueueSizeBytes;
    this.isAlwaysSent = channel.dispatch.alwaysSend;
  }

  /** Options 10 and 14: a dispatcher thread is held until all have acknowledged. */
  dispatch(out: Outgoing): void {
    const { sender, bytes } = out;
    if (this.dispatchedBytes[sender] + bytes > this.dispatchBytesMax) {
      if (this.isAlwaysSent) this.send(out, false);
      else this.transport.giveUp(out);
      return;
    }
    this.dispatchedBytes[sender] += bytes;
    if (this.dispatching[sender] < this.dispatchThreads) this.begin(out);
    else this.dispatchLine[sender].push(this.hold(out));
  }

  private begin(out: Outgoing): void {
    this.dispatching[out.sender] += 1;
    this.send({ ...out, slot: -1 }, true);
  }

  /** Options 2 and 6: takes a pooled sender and waits for every receiver. */
  send(out: Outgoing, isDispatched: boolean): void {
    const id = this.open(out);
    const entry = this.awaits[id];
    entry.isDispatched = isDispatched;
    if (this.host.senders.take(out.sender, this, id)) {
      this.transmit(id);
      return;
    }
    entry.out = this.hold(out);
    entry.isInLine = true;
  }

  /** A message has to wait: its sender's own copy changes all the same, and the session's row stays its own. */
  hold(out: Outgoing): Outgoing {
    if (out.session < 0 || out.isOwnKnown) return out;
    this.host.sessions.pin(out.session);
    this.host.plane.change(out, this.host.sim.nowNs);
    return { ...out, isOwnKnown: true };
  }

  letGo(out: Outgoing): void {
    if (out.isOwnKnown) this.host.sessions.unpin(out.session);
  }

  /** The thread of a request waits until `goOn`. @returns for what. */
  wait(out: Outgoing): { id: number; ticket: number } {
    const id = this.open(out);
    return { id, ticket: this.awaits[id].ticket };
  }

  goOn({ id, ticket }: { id: number; ticket: number }): void {
    this.over(id, ticket);
  }

  /** The thread of a request waits until a moment that is known. */
  waitUntil(out: Outgoing, timeNs: number): void {
    const id = this.open(out);
    this.host.sim.scheduleAt(timeNs, eventKind.ANSWERED, id, this.awaits[id].ticket);
  }

  private open(out: Outgoing): number {
    const id = this.idle.pop() ?? this.awaits.length;
    const { requests, sim } = this.host;
    if (out.slot >= 0) requests.awaited[out.slot] += 1;
    const isPending = this.awaits[id]?.isPending ?? new Uint8Array(this.nodes);
    const notAwaited = this.awaits[id]?.notAwaited ?? new NotAwaited();
    this.tickets = (this.tickets + 1) & 0x3fffffff;
    this.awaits[id] = {
      id,
      ticket: this.tickets,
      out,
      generation: out.slot >= 0 ? requests.generation[out.slot] : 0,
      message: -1,
      lossRatio: 0,
      isPooled: false,
      isDispatched: false,
      isInLine: false,
      isProcessed: true,
      sentNs: sim.nowNs,
      latestNs: sim.nowNs,
      isPending,
      notAwaited,
      failed: [],
      remaining: 0,
    };
    return id;
  }

  private transmit(id: number): void {
    const { sim, plane } = this.host;
    const entry = this.awaits[id];
    const { out } = entry;
    entry.isPooled = true;
    entry.isProcessed = false;
    entry.isInLine = false;
    entry.sentNs = sim.nowNs;
    entry.latestNs = sim.nowNs;
    entry.lossRatio = this.host.loss.nodes;
    const handedNs = entry.isDispatched ? sim.nowNs + this.transport.lagNs(out.sender) : sim.nowNs;
    entry.message = this.transport.append(out, handedNs, true);
    this.letGo(out);
    this.awaitOf.set(entry.message, id);
    entry.remaining = this.transport.markReceivers(out, entry.isPending);
    entry.latestNs = sim.nowNs + this.transport.vainNs(out.sender);
    entry.notAwaited.begin(out.sender, out.except, entry.remaining, this.nodes);
    if (entry.remaining === 0) {
      this.finish(id);
      return;
    }
    if (!this.expectFailures(id)) {
      sim.scheduleAt(plane.arrivedNs(entry.message), eventKind.DELIVER, id, entry.ticket);
    } else if (entry.remaining > 0) {
      this.expectLast(id);
    }
  }

  /** Some will not answer: nobody can go on before the last copy has come to the others; looks at them then. */
  private expectLast(id: number): void {
    const { plane, sim } = this.host;
    const { message, isPending, ticket } = this.awaits[id];
    let lastNs = sim.nowNs;
    for (let node = 0; node < this.nodes; node += 1) {
      if (isPending[node] === 1) lastNs = Math.max(lastNs, plane.arrivalNs(message, node));
    }
    sim.scheduleAt(lastNs, eventKind.DELIVER, id, ticket);
  }

  /** Receivers that will not answer are known when the connection is used. @returns whether there are any. */
  private expectFailures(id: number): boolean {
    const entry = this.awaits[id];
    for (const node of this.host.doubtful()) {
      if (entry.remaining === 0) break;
      if (entry.isPending[node] === 0) continue;
      const answer = this.host.answer(entry.out.sender, node);
      if (answer !== 'yes') this.fail(id, node, answer);
    }
    return entry.failed.length > 0;
  }

  /**
   * DELIVER: all copies are there; each has started, or starts when a thread is free. Nobody could go on before, and nobody
   * waits for those who have answered before the last one.
   */
  delivered(id: number, ticket: number): void {
    const entry = this.awaits[id];
    if (entry.ticket !== ticket) return;
    const { last, host } = this;
    const { isPending } = entry;
    // An acknowledgement that is lost may be the last one, whenever its message was done.
    if (entry.failed.length === 0 && entry.remaining > 0 && entry.lossRatio === 0) {
      last.length = 0;
      host.plane.lastToAnswer(entry.message, entry.isPending, host.sim.nowNs, last);
      if (last.length < entry.remaining) this.othersHaveAnswered(id);
      for (let place = 0; place < last.length && entry.remaining > 0; place += 1) {
        if (isPending[last[place]] === 1) host.catchUp(last[place]);
      }
      return;
    }
    for (let node = 0; node < this.nodes && entry.remaining > 0; node += 1) {
      if (isPending[node] === 1) host.catchUp(node);
    }
  }

  /** All have answered but those that may be the last. */
  private othersHaveAnswered(id: number): void {
    const { last } = this;
    const entry = this.awaits[id];
    const { isPending } = entry;
    for (const node of last) isPending[node] = 0;
    entry.notAwaited.meterOthers(this.host.traffic, isPending, last, entry.out.sender);
    isPending.fill(0);
    for (const node of last) isPending[node] = 1;
    this.unasked += entry.remaining - last.length;
    entry.remaining = last.length;
    if (entry.remaining === 0) this.finish(id);
  }

  /** A receiver has started an awaited message. */
  answered(node: number, message: number, startNs: number, doneNs: number): void {
    const id = this.awaitOf.get(message);
    if (id === undefined || this.awaits[id].isPending[node] === 0) return;
    const { out, lossRatio } = this.awaits[id];
    const { traffic, cards, loss } = this.host;
    traffic.sent(kindCode.ack, node, out.sender, 1, ACK_BYTES);
    const travelNs = cards.latencyNs + loss.waitNs('ack', lossRatio, message, node, ACK_BYTES);
    this.settle(id, node, (out.mode.isAppliedFirst ? doneNs : startNs) + travelNs);
  }

  /** A receiver is dead: refused at once, or silent until the time is up. */
  private fail(id: number, node: number, answer: Answer): void {
    const { sim, cards } = this.host;
    this.awaits[id].failed.push(node);
    const atNs = answer === 'refused' ? sim.nowNs + 2 * cards.latencyNs : Number.POSITIVE_INFINITY;
    this.settle(id, node, atNs);
  }

  private settle(id: number, node: number, atNs: number): void {
    const entry = this.awaits[id];
    entry.isPending[node] = 0;
    entry.notAwaited.add(node);
    entry.remaining -= 1;
    entry.latestNs = Math.max(entry.latestNs, Math.min(atNs, entry.sentNs + this.ackTimeoutNs));
    if (entry.remaining === 0) this.finish(id);
  }

  private finish(id: number): void {
    const { sim } = this.host;
    const entry = this.awaits[id];
    this.forget(entry.message);
    sim.scheduleAt(Math.max(sim.nowNs, entry.latestNs), eventKind.ANSWERED, id, entry.ticket);
  }

  private forget(message: number): void {
    if (this.awaitOf.delete(message)) this.host.plane.settled(message);
  }

  /** ANSWERED: the waiting thread runs, frees the sender and the dispatcher thread, and the request's thread goes on. */
  over(id: number, ticket: number): void {
    const entry = this.awaits[id];
    if (entry.ticket !== ticket) return;
    const { sender } = entry.out;
    if (!entry.isProcessed) {
      entry.isProcessed = true;
      const goesOnNs = this.host.runNs(sender, this.host.costs.answerNs);
      if (goesOnNs > this.host.sim.nowNs) {
        this.host.sim.scheduleAt(goesOnNs, eventKind.ANSWERED, id, ticket);
        return;
      }
    }
    entry.ticket = -1;
    this.idle.push(id);
    if (entry.isPooled) this.host.senders.release(sender);
    if (entry.isDispatched) this.freeDispatcher(entry.out);
    // Above the dispatcher the detector sees only what fails on the caller's thread.
    if (!entry.isDispatched || this.seesAsynchronous)
      for (const node of entry.failed) this.host.sendFailed(sender, node);
    this.release(entry);
  }

  private freeDispatcher({ sender, bytes }: Outgoing): void {
    this.dispatching[sender] -= 1;
    this.dispatchedBytes[sender] -= bytes;
    const next = this.dispatchLine[sender].shift();
    if (next) this.begin(next);
  }

  senderGranted(id: number): void {
    this.transmit(id);
  }

  /** No sender became free in time; the request goes on, the message is lost. */
  senderRefused(id: number): void {
    const entry = this.awaits[id];
    entry.isInLine = false;
    this.transport.giveUp(entry.out);
    this.letGo(entry.out);
    this.over(id, entry.ticket);
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
    for (let id = 0; id < this.awaits.length; id += 1) {
      const entry = this.awaits[id];
      if (entry.ticket < 0) continue;
      if (entry.out.sender === node) {
        entry.ticket = -1;
        if (entry.isInLine) this.letGo(entry.out);
        entry.isPending.fill(0);
        this.forget(entry.message);
        this.idle.push(id);
      } else if (entry.isPending[node] === 1) {
        this.fail(id, node, answer);
        if (entry.remaining > 0) this.expectLast(id);
      }
    }
    this.host.senders.reset(node);
    this.dispatching[node] = 0;
    this.dispatchedBytes[node] = 0;
    for (const out of this.dispatchLine[node]) this.letGo(out);
    this.dispatchLine[node].length = 0;
  }

  /** A peer stands still or is cut off: what waits for it waits no longer than the timeout. */
  peerSilent(isAffected: (sender: number, node: number) => boolean): void {
    this.awaits.forEach((entry, id) => {
      if (entry.ticket < 0) return;
      for (let node = 0; node < this.nodes && entry.remaining > 0; node += 1) {
        if (entry.isPending[node] === 1 && isAffected(entry.out.sender, node)) this.fail(id, node, 'silent');
      }
      if (entry.remaining > 0) this.expectLast(id);
    });
  }
}
