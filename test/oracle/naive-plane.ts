import {
  type Broadcast,
  type Copy,
  type DeliveryPlane,
  delayOf,
  type OwnChange,
  type PlaneParts,
} from '../../models/replication/delivery-plane.ts';
import type { SessionTable } from '../../models/sessions.ts';
import { changed, type InLine, inLine } from '../../sim/copies-before.ts';
import type { KeyedDelay } from '../../sim/keyed-delay.ts';
import { CONNECTIONS, cutLag, type LagStages, noStages } from '../../sim/lag-stages.ts';
import type { ExternalWork } from '../../sim/polling-thread.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { type Delivery, NaiveNode } from './naive-node.ts';

/** A kind of event that the model leaves free: (node) something arrives there, or can start. */
const NAIVE_KIND = 100;

/**
 * The oracle: one event per delivery in the queue of the simulation. No log, no cursor, no copy out of the ordinary;
 * written to be obviously right, not to be fast.
 */
export class NaivePlane implements DeliveryPlane {
  sent = 0;
  readonly size = 0;
  ranks = new Int16Array(0);
  private messages = 0;
  private readonly delay: KeyedDelay;
  private readonly nodes: NaiveNode[];
  private readonly rows: number[] = [];
  private readonly wakesNs: number[];
  private isFinished = false;

  constructor(
    private readonly parts: PlaneParts,
    sessions: SessionTable,
    private readonly sim: Simulation,
  ) {
    this.delay = delayOf(parts, (message) => (this.sentMessages.get(message) as Broadcast).bytes);
    const wasThereBefore = (session: number): boolean => sessions.headVersion.get(session) === 0;
    this.nodes = parts.cpus.map(
      (cpu, node) =>
        new NaiveNode(cpu, parts.receiverThreads[node], wasThereBefore, (delivery, startNs, doneNs) =>
          this.started(node, delivery, startNs, doneNs),
        ),
    );
    this.wakesNs = parts.cpus.map(() => Number.POSITIVE_INFINITY);
    sim.on(NAIVE_KIND, 'naive delivery', (node) => this.catchUp(node, sim.nowNs));
  }

  private started(node: number, delivery: Delivery, startNs: number, doneNs: number): void {
    const { listener } = this.parts;
    if (delivery.unicast >= 0) listener.unicastDone(node, delivery.unicast, startNs, doneNs);
    else if (delivery.isAwaited) listener.answered(node, delivery.number, startNs, doneNs);
  }

  private sum(what: 'deliveries' | 'missed' | 'dropped'): number {
    return this.nodes.reduce((total, node) => total + node[what], 0);
  }

  get deliveries(): number {
    return this.sum('deliveries');
  }

  get missedCopies(): number {
    return this.sum('missed');
  }

  get dropped(): number {
    return this.sum('dropped');
  }

  addView(sender: number, isMember: Uint8Array): number {
    const count = this.nodes.length;
    const row = new Array<number>(count).fill(-1);
    let rank = 0;
    for (let step = 1; step < count; step += 1) {
      const node = (sender + step) % count;
      if (isMember[node] === 1) row[node] = rank++;
    }
    this.rows.push(...row);
    this.ranks = Int16Array.from(this.rows);
    return this.rows.length / count - 1;
  }

  private rank(view: number, node: number): number {
    return this.rows[view * this.nodes.length + node];
  }

  copies(view: number): number {
    return this.nodes.filter((_, node) => this.rank(view, node) >= 0).length;
  }

  /** Sessions about which a message was ever sent: their rows are not used again. */
  private readonly spokenOf = new Set<number>();
  private readonly sentMessages = new Map<number, Broadcast>();
  /** How often each node has sent, and which connection each message takes. */
  private readonly sentBy = new Map<number, number>();
  private readonly connection = new Map<number, number>();
  /** The message before each that stands in line behind it, and the last one, about its session. */
  private readonly before = new Map<number, number>();
  private readonly lastAbout = new Map<number, number>();
  /** Arrivals that have become others because of the message behind in the line, by `message at node`. */
  private readonly moved = new Map<string, number>();

  broadcast(message: Broadcast): number {
    const number = this.messages;
    this.messages += 1;
    this.sentMessages.set(number, { ...message });
    const { sender, session, version, epoch } = message;
    const turn = this.sentBy.get(sender) ?? 0;
    this.sentBy.set(sender, turn + 1);
    this.connection.set(number, sender * CONNECTIONS + (turn % CONNECTIONS));
    const before = this.lastAbout.get(session);
    if (session >= 0) this.lastAbout.set(session, number);
    if (session >= 0 && before !== undefined && !message.isAwaited && !message.isOrdered)
      this.before.set(number, before);
    this.nodes.forEach((receiver, node) => {
      const rank = this.rank(message.view, node);
      if (rank < 0 || node === message.except) return;
      this.sent += 1;
      this.moveBefore(number, node);
      const arrivalNs = this.arrivalNs(number, node);
      const departedNs = message.departNs + (rank + 1) * message.copyNs;
      const handedNs = message.handedNs + rank * this.parts.writeNs;
      receiver.expect({ ...message, arrivalNs, departedNs, handedNs, number, unicast: -1 });
      this.sim.scheduleAt(arrivalNs, NAIVE_KIND, node);
    });
    if (session >= 0 && !message.isOwnKnown) {
      this.spokenOf.add(session);
      this.nodes[sender].change(message.effect, session, version, epoch);
    }
    return number;
  }

  change({ sender, session, effect, version, epoch }: OwnChange): void {
    this.spokenOf.add(session);
    this.nodes[sender].change(effect, session, version, epoch);
  }

  defer(message: number, node: number, releaseNs: number): void {
    const arrivalNs = this.nodes[node].defer(message, releaseNs);
    if (Number.isFinite(arrivalNs)) this.sim.scheduleAt(arrivalNs, NAIVE_KIND, node);
  }

  lose(message: number, node: number): void {
    this.nodes[node].withdraw(message);
  }

  isWithin(sender: number, bytes: number, nowNs: number): boolean {
    return this.nodes.every((_, node) => this.unread(sender, node, nowNs) <= bytes);
  }

  unread(sender: number, node: number, nowNs: number): number {
    this.catchUp(node, nowNs);
    return this.nodes[node].unread(sender, nowNs);
  }

  readNs(sender: number, node: number, bytes: number, nowNs: number): number {
    this.catchUp(node, nowNs);
    return this.nodes[node].readNs(sender, bytes, nowNs);
  }

  arrivalNs(message: number, node: number): number {
    const movedNs = this.moved.get(`${message} at ${node}`);
    if (movedNs !== undefined) return movedNs;
    const landedNs = this.landedNs(message, node);
    const both = this.inLine(message, node);
    if (both === null) return landedNs + this.delay.at(this.word(message), message, node, this.factor(message));
    return both.secondNs;
  }

  /** What comes of a copy and the one before it in the line; null if there is none. */
  private inLine(message: number, node: number): InLine | null {
    const before = this.before.get(message);
    if (before === undefined) return null;
    const [beforeNs, afterNs] = [before, message].map((each) => this.landedNs(each, node));
    if (Number.isNaN(beforeNs) || Number.isNaN(afterNs)) return null;
    if (this.delay.mayBeLost(before) || this.delay.mayBeLost(message)) return null;
    const [one, other] = [before, message].map((each) => this.stages(each, node));
    return inLine(one, beforeNs, other, afterNs, this.delay, { firstLandsNs: 0, firstLaterNs: 0, secondNs: 0 });
  }

  /** The copy before one that is being sent arrives at another moment because of that. */
  private moveBefore(message: number, node: number): void {
    const both = this.inLine(message, node);
    if (both === null || both.firstLaterNs === 0) return;
    const before = this.before.get(message) as number;
    const { isAwaited } = this.sentMessages.get(before) as Broadcast;
    const beforeNs = this.arrivalNs(before, node);
    const nowNs = (this.sentMessages.get(message) as Broadcast).appendedNs;
    if (isAwaited || beforeNs <= nowNs) return;
    const atNs = changed(beforeNs, both, nowNs);
    if (!this.nodes[node].move(before, this.landedNs(before, node) - this.parts.latencyNs, atNs)) return;
    this.moved.set(`${before} at ${node}`, atNs);
    this.sim.scheduleAt(atNs, NAIVE_KIND, node);
  }

  wiredNs(message: number, node: number): number {
    return this.landedNs(message, node) - this.parts.latencyNs + this.stages(message, node).wiredNs;
  }

  private stages(message: number, node: number): LagStages {
    const { view } = this.sentMessages.get(message) as Broadcast;
    const connection = this.connection.get(message) as number;
    const [rank, copies] = [this.rank(view, node), this.copies(view)];
    return cutLag(this.delay, this.word(message), node, rank, copies, connection, this.factor(message), noStages());
  }

  /** What its delays have in common, with those of the message that it follows on the same connection too. */
  private word(message: number): number {
    const { like } = this.sentMessages.get(message) as Broadcast;
    return this.delay.wordOf(like < 0 ? message : like);
  }

  /** How much longer its delays are for what had come before it. */
  private factor(message: number): number {
    const { departNs, isAwaited, isOrdered } = this.sentMessages.get(message) as Broadcast;
    const beforeNs = this.sentMessages.get(message - 1)?.departNs ?? Number.NEGATIVE_INFINITY;
    return isAwaited || isOrdered ? 1 : this.delay.factorOf(departNs - beforeNs);
  }

  /** When a copy would reach a node without a delay [ns]; NaN where it gets none. */
  private landedNs(message: number, node: number): number {
    const { view, except, departNs, copyNs } = this.sentMessages.get(message) as Broadcast;
    const rank = this.rank(view, node);
    if (rank < 0 || node === except) return Number.NaN;
    return departNs + (rank + 1) * copyNs + this.parts.latencyNs;
  }

  arrivedNs(message: number): number {
    const arrivals = this.nodes.map((_, node) => this.arrivalNs(message, node));
    return Math.max(0, ...arrivals.filter((atNs) => !Number.isNaN(atNs)));
  }

  lastToAnswer(_message: number, isMarked: Uint8Array, _nowNs: number, into: number[]): void {
    isMarked.forEach((is, node) => {
      if (is === 1) into.push(node);
    });
  }

  settled(): void {}

  catchUp(node: number, nowNs: number): void {
    this.nodes[node].advance(nowNs);
    const startNs = this.nodes[node].nextStartNs();
    if (startNs === this.wakesNs[node]) return;
    this.wakesNs[node] = startNs;
    if (Number.isFinite(startNs)) this.sim.scheduleAt(startNs, NAIVE_KIND, node);
  }

  wakeNs(): number {
    return Number.POSITIVE_INFINITY;
  }

  unicast(node: number, nowNs: number, id: number, { serviceNs, isAlone }: ExternalWork): void {
    this.nodes[node].advance(nowNs);
    const none = { bytes: 0, sender: -1, handedNs: 0, departedNs: 0, session: -1, effect: 0, version: 0, epoch: 0 };
    const number = Number.POSITIVE_INFINITY;
    this.nodes[node].expect({ ...none, arrivalNs: nowNs, number, unicast: id, serviceNs, isAwaited: isAlone });
    this.catchUp(node, nowNs);
  }

  read(node: number, session: number, nowNs: number): Copy {
    return this.nodes[node].read(session, this.isFinished ? Number.POSITIVE_INFINITY : nowNs);
  }

  senderDied(node: number, nowNs: number, isPowerOff: boolean): void {
    for (const receiver of this.nodes) {
      receiver.lose(
        ({ sender, handedNs, departedNs }) => sender === node && (isPowerOff ? departedNs : handedNs) > nowNs,
      );
    }
  }

  stop(node: number): void {
    this.nodes[node].stop();
  }

  listen(node: number): void {
    this.nodes[node].isListening = true;
  }

  copyState(node: number, donor: number, nowNs: number): void {
    this.nodes[node].advance(nowNs);
    if (donor >= 0) this.nodes[donor].advance(nowNs);
    this.nodes[node].copyState(donor < 0 ? null : this.nodes[donor], this.messages, nowNs);
  }

  freeze(node: number, nowNs: number, untilNs: number): void {
    this.nodes[node].standStill(nowNs, untilNs);
  }

  setLoss(ratio: number): void {
    this.delay.setLoss(this.messages, ratio);
  }

  isForgotten(session: number): boolean {
    return !this.spokenOf.has(session);
  }

  forget(session: number): void {
    this.lastAbout.delete(session);
    for (const node of this.nodes) node.forget(session);
  }

  isUniform(): boolean {
    return false;
  }

  prune(): void {}

  finish(): void {
    for (const node of this.nodes) node.advance(Number.POSITIVE_INFINITY);
    this.isFinished = true;
  }
}
