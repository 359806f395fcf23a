import { KeyedDelay, lagLaw } from '../sim/keyed-delay.ts';
import type { Simulation } from '../sim/simulation.ts';
import { milliseconds } from '../sim/time.ts';
import { type AwaitedDispatch, AwaitedDispatches } from './awaited-dispatches.ts';
import { eventKind } from './events.ts';
import { ACK_BYTES, kindCode } from './messages.ts';
import type { Misdirection } from './misdirection.ts';
import type { NetworkCards } from './network-card.ts';
import type { SendMode } from './outgoing.ts';
import type { PacketLoss } from './packet-loss.ts';
import { type Pending, PendingUnicasts } from './pending-unicasts.ts';
import type { ProcessorCosts } from './processor-costs.ts';
import type { DeliveryPlane } from './replication/delivery-plane.ts';
import type { Scenario } from './scenario/schema.ts';
import type { SenderPool, SenderUser } from './sender-pool.ts';
import type { SessionTable } from './sessions.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** A message from one node to another that is answered. */
export interface Unicast {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
  readonly bytes: number;
  /** Row of the session that it is about, -1 none. */
  readonly session: number;
  /** Size of the answer [bytes]; 0 = an acknowledgement. */
  readonly answerBytes: number;
  /** Whether the receiver sends an acknowledgement frame (also where a value follows). */
  readonly isAcknowledged: boolean;
  /** That acknowledgement is sent on receipt, before the message is processed (options 2 and 10). */
  readonly isAckedFirst?: boolean;
  /** Processor time at the receiver beyond that of its bytes [ns]. */
  readonly workNs?: number;
  /** Whether anything changes at the receiver when it is processed. */
  readonly hasEffect: boolean;
  /** Who is told when the receiver has processed it and when it is answered; null: nobody. */
  readonly owner: UnicastOwner | null;
}

/** Whoever sent a message. Methods, not a function per message: messages are sent by the million. */
export interface UnicastOwner {
  /** The receiver has processed it; not called for messages with `hasEffect` false. */
  unicastApplied(message: Unicast): void;
  /** The answer is back, or it is known that none will come. */
  unicastAnswered(message: Unicast, isAnswered: boolean): void;
  /** Its sender has died after it had left, and it has been processed; without this method such messages are lost. */
  unicastOrphaned?(message: Unicast): void;
}

/** The dispatcher threads of the nodes. */
export interface Dispatching {
  /** A message is handed to a dispatcher thread, for so many receivers. @returns when that writes it [ns]. */
  handOver(sender: number, nowNs: number, bytes: number, copies: number): number;
  /** The thread taken last is busy until then [ns]. */
  holdDispatcher(untilNs: number): void;
  /** Hand-over to a dispatcher thread [ns]. */
  lagNs(sender: number): number;
}

/** What unicasts need of the cluster. */
export interface UnicastHost {
  readonly sim: Simulation;
  readonly plane: DeliveryPlane;
  readonly traffic: TrafficMeter;
  readonly cards: NetworkCards;
  readonly loss: PacketLoss;
  readonly misdirection: Misdirection;
  readonly sessions: SessionTable;
  readonly costs: ProcessorCosts;
  readonly senders: SenderPool;
  readonly channel: Dispatching;
  readonly nodes: { readonly count: number };
  catchUp(node: number): void;
  answer(from: number, to: number): 'yes' | 'refused' | 'silent';
  serviceNs(bytes: number): number;
  runNs(node: number, workNs: number): number;
  /** A synchronous send to a member has failed. */
  sendFailed(from: number, to: number): void;
}

/**
 * Messages to one node (BackupManager, state transfer): each is an event at its arrival, its end and its answer. Those
 * that are acknowledged take a pooled sender; those that go through dispatcher threads may overtake each other.
 */
export class Unicasts implements SenderUser {
  private readonly host: UnicastHost;
  /** How long a sender waits for an acknowledgement, and for an answer with a value; writing one copy [ns]. */
  private readonly ackTimeoutNs: number;
  private readonly answerTimeoutNs: number;
  private readonly writeNs: number;
  private readonly lag: KeyedDelay;
  /** When the last message to each node that nobody waits for has left [ns]. */
  private readonly lastNs: Float64Array;
  private readonly seesAsynchronous: boolean;
  private readonly awaited: AwaitedDispatches;
  private readonly pending: PendingUnicasts;

  /** @param lagSeed - of the lag of a receiver thread, for messages that went through a dispatcher. */
  constructor(host: UnicastHost, { channel, calibration, replication, membership }: Scenario, lagSeed: number) {
    const { ackTimeoutMs } = channel.sender;
    this.host = host;
    this.pending = new PendingUnicasts(host.sessions);
    this.ackTimeoutNs = milliseconds(ackTimeoutMs);
    this.answerTimeoutNs = milliseconds(replication.strategy === 'backup' ? replication.rpcTimeoutMs : ackTimeoutMs);
    this.writeNs = calibration.messageWriteUs * 1000;
    const law = lagLaw(calibration.receiveLagUs, calibration.receiveLagUsMean);
    this.lag = new KeyedDelay(lagSeed, law, undefined, {
      shares: [],
      workNs: 0,
      perDecade: calibration.lagPerIdleDecade,
    });
    this.lastNs = new Float64Array(host.nodes.count).fill(Number.NEGATIVE_INFINITY);
    this.seesAsynchronous = membership.tcpFailureDetector.seesAsynchronousSends;
    this.awaited = new AwaitedDispatches(host, channel.dispatch.maxThreads, this);
  }

  /**
   * One send to some members for which no thread of a request waits: through a dispatcher thread, which may wait for the
   * acknowledgements, or written by the thread itself.
   * @param handedNs - when that thread has come to it.
   */
  dispatch(messages: readonly Unicast[], handedNs: number, mode: SendMode): void {
    if (messages.length === 0) return;
    const { channel } = this.host;
    const { from, bytes } = messages[0];
    if (mode.isAcknowledged) {
      this.awaited.dispatch(messages, handedNs);
    } else if (mode.isAsynchronous) {
      const departNs = this.writeAll(messages, channel.handOver(from, handedNs, bytes, messages.length), null);
      channel.holdDispatcher(departNs);
    } else {
      this.writeAll(messages, handedNs, null);
    }
  }

  write(dispatch: AwaitedDispatch): void {
    const { sim, channel } = this.host;
    const { messages, handedNs } = dispatch;
    this.writeAll(messages, Math.max(sim.nowNs, handedNs) + channel.lagNs(messages[0].from), dispatch);
  }

  giveUp({ messages }: AwaitedDispatch): void {
    for (const message of messages) message.owner?.unicastAnswered(message, false);
  }

  /** The copies are written one after the other. @returns when the card takes them [ns]. */
  private writeAll(messages: readonly Unicast[], writtenNs: number, dispatch: AwaitedDispatch | null): number {
    const { sim, cards, traffic } = this.host;
    const { from, kind, bytes } = messages[0];
    const copyNs = cards.copyNs(bytes);
    const departNs = cards.take(from, sim.nowNs, writtenNs, copyNs, messages.length);
    messages.forEach((message, place) => {
      const id = this.pending.open(message, true, dispatch);
      traffic.sent(kind, from, message.to, 1, bytes);
      const leftNs = departNs + Math.max((place + 1) * copyNs, place * this.writeNs + copyNs);
      const takesNs = this.lagNs(id, message.to, leftNs, dispatch !== null);
      const arrivalNs = this.leave(id, leftNs) + cards.latencyNs + takesNs;
      sim.scheduleAt(Math.max(sim.nowNs, arrivalNs), eventKind.UNICAST, id, message.to);
    });
    return departNs;
  }

  private lagNs(id: number, to: number, leftNs: number, isAwaited: boolean): number {
    if (isAwaited) return this.lag.of(id, to);
    const factor = this.lag.factorOf(leftNs - this.lastNs[to]);
    this.lastNs[to] = leftNs;
    return this.lag.at(this.lag.wordOf(id), id, to, factor);
  }

  send(message: Unicast): void {
    const id = this.pending.open(message, false);
    const entry = this.pending.entry(id) as Pending;
    entry.isInLine = message.isAcknowledged && !this.host.senders.take(message.from, this, id);
    if (!entry.isInLine) this.transmit(id, message);
  }

  senderGranted(id: number): void {
    const entry = this.pending.entry(id);
    if (!entry) return;
    entry.isInLine = false;
    this.transmit(id, entry.message);
  }

  /** No sender became free in time: the message reaches nobody. */
  senderRefused(id: number): void {
    const entry = this.pending.entry(id);
    if (!entry) return;
    this.pending.drop(id);
    entry.message.owner?.unicastAnswered(entry.message, false);
  }

  private transmit(id: number, message: Unicast): void {
    const { sim, cards, traffic } = this.host;
    traffic.sent(message.kind, message.from, message.to, 1, message.bytes);
    if (this.receiver(message) === message.from) {
      sim.schedule(0, eventKind.UNICAST, id, message.from);
      return;
    }
    const copyNs = cards.copyNs(message.bytes);
    const departNs = cards.take(message.from, sim.nowNs, sim.nowNs, copyNs, 1);
    sim.scheduleAt(this.leave(id, departNs + copyNs) + cards.latencyNs, eventKind.UNICAST, id, message.to);
  }

  /** @returns when its last byte leaves its sender and is not lost [ns]. */
  private leave(id: number, leftNs: number): number {
    const entry = this.pending.entry(id) as Pending;
    const { from, to, bytes } = entry.message;
    const { loss, nodes } = this.host;
    entry.leftNs = leftNs;
    entry.lossRatio = loss.nodes;
    return leftNs + loss.waitNs('unicast', loss.nodes, id, from * nodes.count + to, bytes);
  }

  /** Who gets a message: its sender, where the receiver's address is that of the sender's own host. */
  private receiver({ from, to }: Unicast): number {
    return this.host.misdirection.way(from, to) === 'self' ? from : to;
  }

  /** UNICAST: it arrives. */
  arrive(id: number): void {
    const entry = this.pending.entry(id);
    if (!entry) return;
    const { from, bytes, workNs = 0 } = entry.message;
    const to = this.receiver(entry.message);
    const answer = to === from ? 'yes' : this.host.answer(from, to);
    if (entry.isOrphan && answer !== 'yes') {
      this.pending.drop(id);
    } else if (answer === 'yes') {
      const aloneNs = this.host.costs.aloneNs();
      const serviceNs = this.host.serviceNs(bytes) + aloneNs + workNs;
      this.host.plane.unicast(to, this.host.sim.nowNs, id, { serviceNs, isAlone: !entry.isDispatched });
      this.host.catchUp(to);
    } else {
      this.fail(id, answer === 'refused');
    }
  }

  private fail(id: number, isRefused: boolean): void {
    const { sim, cards } = this.host;
    const message = this.pending.entry(id)?.message;
    let timeoutNs = this.ackTimeoutNs;
    if (message && message.answerBytes > 0) timeoutNs = this.answerTimeoutNs;
    // Nobody waits for anything: its sender is done when the kernel has taken the message.
    else if (message && !message.isAcknowledged) timeoutNs = cards.latencyNs;
    sim.schedule(isRefused ? cards.latencyNs : timeoutNs, eventKind.UNICAST_DONE, id);
  }

  /** The receiver has started it. */
  started(id: number, startNs: number, doneNs: number): void {
    const entry = this.pending.entry(id);
    if (!entry) return;
    entry.hasStarted = true;
    const { isAcknowledged, isAckedFirst, answerBytes, hasEffect } = entry.message;
    if (entry.isOrphan && !hasEffect) {
      this.bury(id, entry.message);
    } else if (!entry.isOrphan && isAcknowledged && isAckedFirst === true && answerBytes === 0 && hasEffect) {
      const { sim } = this.host;
      entry.isWorking = true;
      sim.scheduleAt(doneNs, eventKind.UNICAST_APPLIED, id);
      this.answer(id, entry, Math.max(sim.nowNs, startNs));
    } else if (hasEffect) {
      this.host.sim.scheduleAt(doneNs, eventKind.UNICAST_DONE, id);
    } else {
      this.answer(id, entry, doneNs);
    }
  }

  /** UNICAST_APPLIED: what was acknowledged on receipt has been processed. */
  applied(id: number): void {
    const entry = this.pending.entry(id);
    if (!entry?.isWorking) return;
    const { message } = entry;
    entry.isWorking = false;
    if (this.receiver(message) === message.to) message.owner?.unicastApplied(message);
    if (entry.isOrphan) this.bury(id, message);
    else if (entry.isOver) this.close(id, entry);
  }

  /** The answer leaves the receiver at `fromNs`. */
  private answer(id: number, entry: Pending, fromNs: number): void {
    const { sim, cards, traffic, loss, nodes } = this.host;
    const { kind, from, to, answerBytes, isAcknowledged } = entry.message;
    entry.isApplied = true;
    const isValue = answerBytes > 0;
    if (isAcknowledged) traffic.sent(kindCode.ack, to, from, 1, ACK_BYTES);
    if (isValue) traffic.sent(kind, to, from, 1, answerBytes);
    let travelNs = cards.latencyNs + (isValue ? cards.copyNs(answerBytes) : 0);
    if (isValue || isAcknowledged) {
      const bytesBack = isValue ? answerBytes : ACK_BYTES;
      travelNs += loss.waitNs(isValue ? 'answer' : 'ack', entry.lossRatio, id, to * nodes.count + from, bytesBack);
    }
    if (isValue && entry.isDispatched) travelNs += this.lag.of(id, from);
    sim.scheduleAt(fromNs + travelNs, eventKind.UNICAST_DONE, id);
  }

  /** UNICAST_DONE: processed (then the answer travels), answered, or failed. */
  progress(id: number): void {
    const entry = this.pending.entry(id);
    if (!entry) return;
    const { message } = entry;
    if (entry.hasStarted && !entry.isApplied) {
      if (this.receiver(message) === message.to) message.owner?.unicastApplied(message);
      if (entry.isOrphan) this.bury(id, message);
      else this.answer(id, entry, this.host.sim.nowNs);
      return;
    }
    if (entry.isOrphan) return;
    const isAnswer = message.isAcknowledged || message.answerBytes > 0;
    if (entry.isApplied && isAnswer && !entry.isProcessed) {
      entry.isProcessed = true;
      const goesOnNs = this.host.runNs(message.from, this.host.costs.answerNs);
      if (goesOnNs > this.host.sim.nowNs) {
        this.host.sim.scheduleAt(goesOnNs, eventKind.UNICAST_OVER, id);
        return;
      }
    }
    this.over(id);
  }

  /** UNICAST_OVER: the thread that has waited for the answer goes on. */
  over(id: number): void {
    const entry = this.pending.entry(id);
    if (!entry) return;
    const { message, dispatch } = entry;
    const { senders } = this.host;
    entry.isOver = true;
    if (dispatch) this.awaited.answered(dispatch);
    else if (entry.hasSender) senders.release(message.from);
    if (!entry.isApplied && this.isFailureSeen(entry)) this.host.sendFailed(message.from, message.to);
    if (!entry.isWorking) {
      this.close(id, entry);
    } else if (!entry.isDispatched) {
      // A thread waits for the acknowledgement alone.
      entry.isTold = true;
      message.owner?.unicastAnswered(message, true);
    }
  }

  /** Above the dispatcher the failure detector sees only what fails on the caller's thread. */
  private isFailureSeen({ message, isDispatched }: Pending): boolean {
    return message.isAcknowledged && (!isDispatched || this.seesAsynchronous);
  }

  /** It is processed, and its sender knows the answer. */
  private close(id: number, { message, isApplied, isTold }: Pending): void {
    this.pending.drop(id);
    if (!isTold) message.owner?.unicastAnswered(message, isApplied);
  }

  /** Nobody waits for the answer. */
  private bury(id: number, message: Unicast): void {
    this.pending.drop(id);
    message.owner?.unicastOrphaned?.(message);
  }

  /** Its sender has died: what has left it gets there all the same. */
  private orphan(id: number, entry: Pending): void {
    const isApplied = entry.isApplied && !entry.isWorking;
    const isKept = entry.message.owner?.unicastOrphaned !== undefined && entry.leftNs <= this.host.sim.nowNs;
    if (isKept && !isApplied) entry.isOrphan = true;
    else this.pending.drop(id);
  }

  /** A node dies: its own messages end, those to it are refused or time out. */
  nodeDown(node: number, isRefused: boolean): void {
    this.awaited.reset(node);
    this.pending.forEach((entry, id) => {
      const { message } = entry;
      if (entry.isInLine && message.to === node) return;
      if (entry.isOrphan) {
        if (message.to === node) this.pending.drop(id);
      } else if (message.from === node) {
        this.orphan(id, entry);
      } else if (message.to === node && entry.isWorking) {
        entry.isWorking = false;
        if (entry.isOver) this.close(id, entry);
      } else if (message.to === node && !entry.isApplied) {
        entry.hasStarted = false;
        this.fail(id, isRefused);
      }
    });
  }
}
