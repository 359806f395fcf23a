import { milliseconds, seconds } from '../../sim/time.ts';
import { eventKind } from '../events.ts';
import { kindCode, TomcatSizes } from '../messages.ts';
import { nodeState } from '../tomcat-nodes.ts';
import type { Unicast, UnicastOwner } from '../unicasts.ts';
import type { StrategyHost } from './strategy.ts';

/** Options of a transfer. */
export interface TransferOptions {
  stateTransferTimeoutS: number;
  sendAllSessions: boolean;
  sendAllSessionsSize: number;
  sendAllSessionsWaitTimeMs: number;
  stateTimestampDrop: boolean;
}

/** How often a joining node looks whether its state is there. @see source: Tomcat DeltaManager.waitForSendAllSessions. */
export const POLL_NS = 100e6;

/** Sessions that a JVM reads before its code for them is compiled. @see measured: test/validation/data/joins; HotSpot Tier3MinInvocationThreshold. */
const INTERPRETED_SESSIONS = 100;

/** What a node gets of the sessions that another one holds. */
export interface HeldSessions {
  /** Sessions, and those of them that have attributes. */
  readonly sessions: number;
  readonly withAttributes: number;
}

/** Steps of a transfer, as messages. */
const step = { ASK: 0, DATA: 1, COMPLETE: 2, NO_CONTEXT: 3 } as const;

interface Step extends Unicast {
  readonly does: number;
  readonly joiner: number;
  /** Which start of the joining node it belongs to. */
  readonly start: number;
}

/** A joining node that waits for its state. */
interface Waiting {
  readonly start: number;
  readonly donor: number;
  readonly donorStart: number;
  readonly askedNs: number;
  /** The donor has looked at its sessions, and what is still to be sent. */
  isAnswered: boolean;
  sessionsLeft: number;
  withAttributesLeft: number;
  /** Sessions that have been sent to it. */
  sessionsSent: number;
  /** The joiner has applied the last batch; or a batch did not get through. */
  isThere: boolean;
  isCut: boolean;
}

/**
 * The state that a joining node asks of the oldest member.
 *
 * ```
 *   joiner  --GET-ALL-->  donor: snapshot, serialise [batch] --ALL-SESSION-DATA--> joiner: apply --ack--> donor
 *                                  ^------- sendAllSessionsWaitTime, next batch -------------------------'
 *   joiner  <--TRANSFERRED-- donor, after the last batch;  joiner: opens at the next look, every 100 ms
 * ```
 * Model: the donor's processor serialises a batch as one job, the joiner's applies it as one, at more than the donor's price:
 * its JVM has just started. What does not get through
 * within the send timeout is cut off: TRANSFERRED follows all the same, and the joiner begins empty. A donor that is
 * itself waiting for its state drops the question, and one whose application has not started says so. Nobody asks a
 * second member. What the joiner queues meanwhile is applied at its arrival: nobody can read it before the node opens.
 * @see source: Tomcat 10.1 DeltaManager.getAllClusterSessions, handleGET_ALL_SESSIONS, sendSessions;
 * ParallelNioSender.sendMessage (the timeout is looked at while it writes).
 */
export class StateTransfer implements UnicastOwner {
  private readonly host: StrategyHost;
  private readonly options: TransferOptions;
  private readonly isAcknowledged: boolean;
  private readonly waiting = new Map<number, Waiting>();
  private readonly heldBy: (node: number) => HeldSessions;

  /** @param heldBy - the sessions that a node holds now. */
  constructor(
    host: StrategyHost,
    options: TransferOptions,
    isAcknowledged: boolean,
    heldBy: (node: number) => HeldSessions,
  ) {
    this.host = host;
    this.options = options;
    this.isAcknowledged = isAcknowledged;
    this.heldBy = heldBy;
    host.sim.on(eventKind.TRANSFER, 'state transfer', (node, start) => this.serialised(node, start));
    host.sim.on(eventKind.TRANSFER_NEXT, 'next batch', (node, start) => this.serialise(node, start));
  }

  /** A joining node asks. @returns when it opens [ns], Infinity where that is found out later. */
  ask(node: number): number {
    const { sim, nodes, plane, channel } = this.host;
    const { misdirection } = this.host;
    const donor = misdirection.isForeignerOldest ? -1 : this.oldestMember(node);
    if (donor < 0 || !misdirection.heeds(donor, node) || !misdirection.heeds(node, donor)) {
      plane.copyState(node, -1, sim.nowNs);
      return this.askInVain(node, donor);
    }
    const start = nodes.start[node];
    this.waiting.set(node, {
      start,
      donor,
      donorStart: nodes.start[donor],
      askedNs: sim.nowNs,
      isAnswered: false,
      sessionsLeft: 0,
      withAttributesLeft: 0,
      sessionsSent: 0,
      isThere: false,
      isCut: false,
    });
    if (this.options.stateTimestampDrop) channel.drops.begin(node, node, sim.nowNs);
    this.send(node, donor, step.ASK, TomcatSizes.getAll, false, node);
    this.host.mayOpen(node, sim.nowNs + this.timeoutNs());
    return Number.POSITIVE_INFINITY;
  }

  /** Until the first look at which the timeout is over [ns]. */
  private timeoutNs(): number {
    const timeoutNs = seconds(this.options.stateTransferTimeoutS);
    return timeoutNs === 0 ? 0 : (Math.floor(timeoutNs / POLL_NS) + 1) * POLL_NS;
  }

  /**
   * Nobody to ask, or a member that has no manager of that name, or one of the two has no listener and no answer is ever
   * heard: the node begins empty.
   */
  private askInVain(node: number, oldest: number): number {
    const { sim, traffic, misdirection } = this.host;
    const kind = kindCode['state-transfer'];
    if (oldest < 0 && !misdirection.isForeignerOldest) return sim.nowNs;
    traffic.sent(kind, node, oldest, 1, TomcatSizes.getAll);
    if (oldest >= 0 && !misdirection.listens(oldest)) return sim.nowNs + this.timeoutNs();
    traffic.sent(kind, oldest, node, 1, TomcatSizes.noContextManager);
    return sim.nowNs + (misdirection.listens(node) ? POLL_NS : this.timeoutNs());
  }

  private send(
    from: number,
    to: number,
    does: number,
    bytes: number,
    isAcknowledged: boolean,
    joiner: number,
    workNs = 0,
  ): void {
    const message: Step = {
      from,
      to,
      kind: kindCode['state-transfer'],
      bytes,
      session: -1,
      answerBytes: 0,
      isAcknowledged,
      hasEffect: true,
      workNs,
      owner: this,
      does,
      joiner,
      start: this.host.nodes.start[joiner],
    };
    this.host.unicasts.send(message);
  }

  /** The oldest member that the node sees, -1 none; it is asked whether or not it can answer. */
  private oldestMember(node: number): number {
    const { membership, nodes } = this.host;
    let oldest = -1;
    for (let member = 0; member < nodes.count; member += 1) {
      if (member === node || !membership.sees(node, member) || !nodes.isUp(member)) continue;
      if (this.host.misdirection.way(node, member) !== 'plain') continue;
      if (oldest < 0 || membership.bornNs(member) < membership.bornNs(oldest)) oldest = member;
    }
    return oldest;
  }

  unicastApplied(message: Step): void {
    const { does, joiner, start } = message;
    const waiting = this.waiting.get(joiner);
    if (waiting?.start !== start) return;
    if (does === step.ASK) this.asked(joiner, waiting);
    else if (does === step.DATA) waiting.isThere = waiting.sessionsLeft === 0;
    else this.complete(joiner, waiting);
  }

  unicastAnswered(message: Step, isAnswered: boolean): void {
    const { does, joiner, start } = message;
    const waiting = this.waiting.get(joiner);
    if (does !== step.DATA || waiting?.start !== start) return;
    if (!isAnswered) {
      // The donor does not look whether its message got through.
      this.host.plane.copyState(joiner, -1, this.host.sim.nowNs);
      waiting.sessionsLeft = 0;
    }
    const waitNs = milliseconds(this.options.sendAllSessionsWaitTimeMs);
    if (waiting.sessionsLeft === 0) this.tellComplete(joiner, waiting);
    else this.host.sim.schedule(waitNs, eventKind.TRANSFER_NEXT, joiner, start);
  }

  /** The donor has the question: it looks at what it holds now. */
  private asked(joiner: number, waiting: Waiting): void {
    const { nodes, plane, sim, channel } = this.host;
    const { donor } = waiting;
    if (!nodes.isServing(donor)) {
      // Queued until the donor's own transfer is over and then dropped, or answered at once by a host without the context.
      plane.copyState(joiner, -1, sim.nowNs);
      waiting.isAnswered = true;
      if (!this.waiting.has(donor))
        this.send(donor, joiner, step.NO_CONTEXT, TomcatSizes.noContextManager, this.isAcknowledged, joiner);
      return;
    }
    const { sessions, withAttributes } = this.heldBy(donor);
    waiting.isAnswered = true;
    waiting.sessionsLeft = sessions;
    waiting.withAttributesLeft = withAttributes;
    if (this.options.stateTimestampDrop) channel.drops.begin(joiner, donor, sim.nowNs);
    plane.copyState(joiner, this.isCutOff(waiting) ? -1 : donor, sim.nowNs);
    if (sessions === 0 && !this.options.sendAllSessions) this.tellComplete(joiner, waiting);
    else this.serialise(joiner, waiting.start);
  }

  /** Sessions of the next message, and those of them with attributes. */
  private batchOf({ sessionsLeft, withAttributesLeft }: Waiting): [number, number] {
    if (this.options.sendAllSessions || sessionsLeft === 0) return [sessionsLeft, withAttributesLeft];
    const sessions = Math.min(sessionsLeft, this.options.sendAllSessionsSize);
    return [sessions, Math.round((withAttributesLeft * sessions) / sessionsLeft)];
  }

  private bytesOf([sessions, withAttributes]: readonly [number, number], donor: number): number {
    return this.host.sizes.stateTransfer(sessions, withAttributes, this.host.idLength(donor));
  }

  /** Whether a message takes longer on the card than a sender tries. */
  private isCutOff(waiting: Waiting): boolean {
    const bytes = this.bytesOf(this.batchOf(waiting), waiting.donor);
    return this.host.copyNs(bytes) > milliseconds(this.host.scenario.channel.sender.timeoutMs);
  }

  private donorOf(joiner: number, start: number): Waiting | null {
    const { nodes } = this.host;
    const waiting = this.waiting.get(joiner);
    if (waiting?.start !== start || nodes.start[waiting.donor] !== waiting.donorStart) return null;
    return nodes.isUp(waiting.donor) ? waiting : null;
  }

  /** TRANSFER_NEXT: the donor's processor writes a batch. */
  private serialise(joiner: number, start: number): void {
    const waiting = this.donorOf(joiner, start);
    if (!waiting) return;
    if (waiting.isCut) {
      this.tellComplete(joiner, waiting);
      return;
    }
    const { nodes, sim } = this.host;
    const { donor } = waiting;
    const [sessions, withAttributes] = this.batchOf(waiting);
    const cpu = nodes.cpus[donor];
    this.host.catchUp(donor);
    cpu.offer(
      sim.nowNs,
      this.host.sendCpuNs(this.bytesOf([sessions, withAttributes], donor)) + this.perSession(sessions),
    );
    sim.scheduleAt(cpu.lastDoneNs, eventKind.TRANSFER, joiner, start);
  }

  private perSession(sessions: number): number {
    return Math.round(sessions * this.host.scenario.calibration.stateSessionUs * 1000);
  }

  /** What reading a batch costs more in a JVM that has just started [ns]. */
  private coldNs({ sessionsSent }: Waiting, sessions: number): number {
    const { stateColdMs, stateInterpretedUs } = this.host.scenario.calibration;
    const interpreted = Math.min(sessions, Math.max(0, INTERPRETED_SESSIONS - sessionsSent));
    return Math.round((sessionsSent === 0 ? milliseconds(stateColdMs) : 0) + interpreted * stateInterpretedUs * 1000);
  }

  /** TRANSFER: the batch is written, and leaves. */
  private serialised(joiner: number, start: number): void {
    const waiting = this.donorOf(joiner, start);
    if (!waiting) return;
    const { sim, traffic } = this.host;
    const [sessions, withAttributes] = this.batchOf(waiting);
    const bytes = this.bytesOf([sessions, withAttributes], waiting.donor);
    const isCutOff = this.isCutOff(waiting);
    waiting.sessionsLeft -= sessions;
    waiting.withAttributesLeft -= withAttributes;
    if (!isCutOff) {
      const readNs = this.perSession(sessions) + this.coldNs(waiting, sessions);
      waiting.sessionsSent += sessions;
      this.send(waiting.donor, joiner, step.DATA, bytes, true, joiner, readNs);
      return;
    }
    const timeoutNs = milliseconds(this.host.scenario.channel.sender.timeoutMs);
    const sent = Math.floor((bytes * timeoutNs) / this.host.copyNs(bytes));
    traffic.sent(kindCode['state-transfer'], waiting.donor, joiner, 1, sent);
    waiting.isCut = true;
    sim.schedule(timeoutNs, eventKind.TRANSFER_NEXT, joiner, start);
  }

  private tellComplete(joiner: number, { donor }: Waiting): void {
    this.send(donor, joiner, step.COMPLETE, TomcatSizes.transferComplete, this.isAcknowledged, joiner);
  }

  /** The joining node has been told that everything is there: it opens at its next look. */
  private complete(joiner: number, { askedNs }: Waiting): void {
    const { sim } = this.host;
    const looks = Math.max(1, Math.ceil((sim.nowNs - askedNs) / POLL_NS));
    this.host.mayOpen(joiner, askedNs + looks * POLL_NS);
  }

  /** A node opens: its queue is applied. One that has got nothing until now begins empty. */
  opened(node: number): void {
    const waiting = this.waiting.get(node);
    if (!waiting) return;
    this.waiting.delete(node);
    this.host.channel.drops.end(node);
    if (!waiting.isAnswered) this.host.plane.copyState(node, -1, this.host.sim.nowNs);
  }

  /** A node dies: what it should have sent does not come, and what it waited for is void. */
  nodeDied(node: number): void {
    const { plane, sim, nodes, channel } = this.host;
    this.waiting.delete(node);
    channel.drops.end(node);
    for (const [joiner, waiting] of this.waiting) {
      if (waiting.donor !== node || waiting.isThere || nodes.state[joiner] !== nodeState.JOINING) continue;
      waiting.isAnswered = true;
      plane.copyState(joiner, -1, sim.nowNs);
    }
  }
}
