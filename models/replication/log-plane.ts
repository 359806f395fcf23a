import { BroadcastLog, type LogSubject, logFlag } from '../../sim/broadcast-log.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';
import { type CursorListener, LogCursor } from '../../sim/log-cursor.ts';
import type { SessionTable } from '../sessions.ts';
import {
  applyEffect,
  type Broadcast,
  type Copy,
  type DeliveryPlane,
  effect,
  type OwnChange,
  type PlaneParts,
} from './delivery-plane.ts';
import { IrregularCopies, IrregularCopy } from './irregular-copies.ts';

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * The plane of production: one log, one cursor per node (an event exists only where something is decided).
 *
 * The version that a node holds of a session follows from the log alone as long as the session's messages start there
 * in the order in which they were sent: it is that of the newest message done. The few copies for which this fails
 * (overtaken, missed, written locally while older messages were on their way, started empty) are kept apart in
 * `IrregularCopies`, and the messages that concern them are marked; all others cost their receivers only time.
 */
export class LogPlane implements DeliveryPlane, CursorListener {
  dropped = 0;
  sent = 0;
  private readonly parts: PlaneParts;
  private readonly sessions: SessionTable;
  private readonly log: BroadcastLog;
  private readonly delay: KeyedDelay;
  private readonly cursors: LogCursor[];
  private readonly irregular: IrregularCopies;
  private readonly members: number[] = [];
  /** Per node: messages before this index are part of the state it began with, or were dropped on the way to it. */
  private readonly copiedAt: Float64Array;
  /** Per node: sessions whose newest message stands before this index are unknown (the node began empty). */
  private readonly emptyBefore: Float64Array;
  private emptiest = NEVER;
  private isFinished = false;
  /** 1: the node receives but has no manager: what it consumes changes nothing. */
  private readonly isDeaf: Uint8Array;
  private readonly copy: Copy = { version: -1, epoch: 0 };
  private readonly chain: Copy = { version: -1, epoch: 0 };
  private readonly ordinary = new IrregularCopy();
  private readonly about: LogSubject = {
    subject: -1,
    value: 0,
    previousValue: -1,
    previousEpoch: 0,
    previous: -1,
    word: 0,
    flags: 0,
  };

  constructor(parts: PlaneParts, sessions: SessionTable) {
    this.parts = parts;
    this.sessions = sessions;
    this.log = new BroadcastLog(parts.nodes);
    this.delay = new KeyedDelay(parts.delaySeed, parts.delayMeanNs);
    this.copiedAt = new Float64Array(parts.nodes).fill(NEVER);
    this.emptyBefore = new Float64Array(parts.nodes).fill(NEVER);
    this.isDeaf = new Uint8Array(parts.nodes);
    this.irregular = new IrregularCopies(parts.nodes, sessions);
    this.cursors = Array.from(
      { length: parts.nodes },
      (_, node) =>
        new LogCursor(
          node,
          { log: this.log, cpu: parts.cpus[node], delay: this.delay, listener: this },
          { threads: parts.receiverThreads[node], latencyNs: parts.latencyNs },
        ),
    );
  }

  get deliveries(): number {
    return this.cursors.reduce((sum, cursor) => sum + cursor.deliveries, 0);
  }

  get missedCopies(): number {
    return this.cursors.reduce((sum, cursor) => sum + cursor.missed, 0);
  }

  addView(sender: number, isMember: Uint8Array): number {
    const view = this.log.addView(sender, isMember);
    let copies = 0;
    isMember.forEach((is, node) => {
      if (is === 1 && node !== sender) copies += 1;
    });
    this.members[view] = copies;
    return view;
  }

  copies(view: number): number {
    return this.members[view];
  }

  get ranks(): Int16Array {
    return this.log.ranks;
  }

  broadcast(message: Broadcast): number {
    const { log, sessions, about, chain } = this;
    const { session, sender, version, epoch } = message;
    this.sent += this.members[message.view] - (message.except >= 0 ? 1 : 0);
    about.subject = session;
    about.flags = message.isAwaited ? logFlag.AWAITED : 0;
    about.previous = -1;
    about.word = this.delay.wordOf(log.end);
    if (session < 0) return log.append(message, about);
    this.catchUp(sender, message.appendedNs);
    const previous = sessions.head[session];
    if (sessions.landedNs[session] >= message.departNs) about.flags |= logFlag.RACY;
    const landedNs = message.departNs + log.stations * message.copyNs + this.delay.largestNs;
    if (landedNs > sessions.landedNs[session]) sessions.landedNs[session] = landedNs;
    chain.version = sessions.headVersion[session];
    chain.epoch = sessions.headEpoch[session];
    about.previous = previous;
    about.previousValue = chain.version;
    about.previousEpoch = chain.epoch;
    about.value = version;
    const isApplied = applyEffect(chain, message.effect, version, epoch);
    if (!isApplied || sessions.irregular[session] > 0 || previous < this.emptiest) about.flags |= logFlag.IRREGULAR;
    const index = log.append(message, about);
    sessions.head[session] = index;
    sessions.headVersion[session] = chain.version;
    sessions.headEpoch[session] = chain.epoch;
    this.changeOwnCopy(message, index, isApplied);
    return index;
  }

  /** The sender's own copy changes at once, also where older messages have yet to reach it. */
  private changeOwnCopy(message: Broadcast, index: number, isApplied: boolean): void {
    const { sender, session, appendedNs, isOwnKnown } = message;
    const previous = this.log.previous[index & this.log.mask];
    let entry = this.irregular.get(sender, session);
    const isRename = message.effect === effect.RENAME;
    const isRegular = isApplied && !isOwnKnown && this.firstWaiting(sender, previous) < 0;
    const isOwn =
      isRename && (previous < this.emptyBefore[sender] || this.cursors[sender].hasUnfinished(session, appendedNs));
    if (!entry && (!isRegular || isOwn)) entry = this.makeIrregular(sender, session, previous, index, appendedNs);
    if (!isOwnKnown) entry?.pushLocal(message.effect, message.version, message.epoch);
  }

  change(message: OwnChange, nowNs: number): void {
    const { sender, session } = message;
    this.catchUp(sender, nowNs);
    const entry =
      this.irregular.get(sender, session) ??
      this.makeIrregular(sender, session, this.sessions.head[session], -1, nowNs);
    entry.pushLocal(message.effect, message.version, message.epoch);
  }

  defer(message: number, node: number, releaseNs: number): void {
    const cursor = this.cursors[node];
    cursor.comesLate(message, releaseNs);
    const session = this.log.subject[message & this.log.mask];
    if (session < 0) return;
    const { landedNs } = this.sessions;
    landedNs[session] = Math.max(landedNs[session], cursor.arrivalNs(message) || 0);
  }

  lose(message: number, node: number): void {
    this.cursors[node].neverComes(message);
  }

  arrivalNs(message: number, node: number): number {
    return this.cursors[node].arrivalNs(message);
  }

  catchUp(node: number, nowNs: number): void {
    this.cursors[node].catchUp(nowNs);
  }

  wakeNs(node: number, nowNs: number): number {
    const cursor = this.cursors[node];
    return cursor.urgent > 0 ? cursor.blockedUntilNs(nowNs) : Number.POSITIVE_INFINITY;
  }

  unicast(node: number, nowNs: number, id: number, serviceNs: number): void {
    this.cursors[node].catchUp(nowNs);
    this.cursors[node].addExternal(nowNs, id, serviceNs);
    this.cursors[node].catchUp(nowNs);
  }

  read(node: number, session: number, timeNs: number): Copy {
    const nowNs = this.isFinished ? Number.POSITIVE_INFINITY : timeNs;
    const { copy, log, sessions } = this;
    const entry = this.irregular.get(node, session);
    if (entry) {
      entry.visible(nowNs, copy);
      this.dissolve(entry, node, session, nowNs);
      return copy;
    }
    const cursor = this.cursors[node];
    let successor = -1;
    for (let index = sessions.head[session]; index >= log.first; ) {
      const slot = index & log.mask;
      if (index < this.copiedAt[node] || log.sender[slot] === node) break;
      if (cursor.isWaiting(index) || cursor.doneNs(index, nowNs) !== NEVER) successor = index;
      else if (
        (log.flags[slot] & logFlag.RACY) === 0 &&
        (cursor.isPast(index) || !cursor.hasUnfinished(session, nowNs))
      )
        break;
      index = log.previous[slot];
    }
    this.stateBefore(successor, node, session, copy);
    return copy;
  }

  /** The state of the chain before message `successor` (-1: after its newest message), as the node would have it. */
  private stateBefore(successor: number, node: number, session: number, into: Copy): void {
    const { log, sessions } = this;
    const slot = successor & log.mask;
    const isNewest = successor < 0;
    const newest = isNewest ? sessions.head[session] : log.previous[slot];
    into.version = isNewest ? sessions.headVersion[session] : log.previousValue[slot];
    into.epoch = isNewest ? sessions.headEpoch[session] : log.previousEpoch[slot];
    if (newest < this.emptyBefore[node]) into.version = -1;
  }

  isUniform(session: number): boolean {
    return this.sessions.irregular[session] === 0 && this.isForgotten(session);
  }

  /** Oldest message of the chain, from `from` back, that is on its way to the node; -1 none. */
  private firstWaiting(node: number, from: number): number {
    const { log } = this;
    const cursor = this.cursors[node];
    let found = -1;
    for (let index = from; index >= log.first; ) {
      const slot = index & log.mask;
      if (index < this.copiedAt[node]) break;
      if (log.sender[slot] !== node && cursor.isWaiting(index)) found = index;
      else if ((log.flags[slot] & logFlag.RACY) === 0) break;
      index = log.previous[slot];
    }
    return found;
  }

  /** Takes a copy out of the ordinary case before message `index`, in the state that it has without it. */
  private makeIrregularBefore(node: number, session: number, index: number, nowNs: number): IrregularCopy {
    return this.makeIrregular(node, session, this.log.previous[index & this.log.mask], index, nowNs);
  }

  /** Takes a copy out of the ordinary case: messages up to `newest` count, `next` (-1 none) follows it. */
  private makeIrregular(node: number, session: number, newest: number, next: number, nowNs: number): IrregularCopy {
    const { log } = this;
    const cursor = this.cursors[node];
    const started: number[] = [];
    let successor = next;
    for (let index = newest; index >= log.first; ) {
      const slot = index & log.mask;
      if (index < this.copiedAt[node] || log.sender[slot] === node) break;
      if (cursor.isWaiting(index)) {
        successor = index;
      } else if (cursor.doneNs(index, nowNs) !== NEVER) {
        successor = index;
        started.push(index);
      } else if (
        (log.flags[slot] & logFlag.RACY) === 0 &&
        (cursor.isPast(index) || !cursor.hasUnfinished(session, nowNs))
      ) {
        break;
      } else {
        started.push(index);
      }
      index = log.previous[slot];
    }
    this.stateBefore(successor, node, session, this.copy);
    const entry = this.irregular.make(node, session);
    entry.settle(this.copy.version, this.copy.epoch);
    for (const index of started.reverse()) {
      const slot = index & log.mask;
      if (successor >= 0 && index >= successor)
        entry.push(log.effect[slot], log.value[slot], log.epoch[slot], cursor.doneNs(index, nowNs));
    }
    this.mark(session);
    return entry;
  }

  /** Marks the session's messages that some node may have yet to start. */
  private mark(session: number): void {
    const { log } = this;
    for (let index = this.sessions.head[session]; index >= log.first; index = log.previous[index & log.mask]) {
      log.flags[index & log.mask] |= logFlag.IRREGULAR;
    }
  }

  /** Back to the ordinary case once the copy is what the log says and nothing is on its way. */
  private dissolve(entry: IrregularCopy, node: number, session: number, nowNs: number): void {
    const { sessions } = this;
    if (!entry.isQuiet || this.firstWaiting(node, sessions.head[session]) >= 0) return;
    if (entry.version !== sessions.headVersion[session] || entry.epoch !== sessions.headEpoch[session]) return;
    if (sessions.head[session] < this.emptyBefore[node] || this.cursors[node].hasUnfinished(session, nowNs)) return;
    this.irregular.drop(node, session);
  }

  consumed(station: number, index: number, startNs: number, doneNs: number): void {
    const { log } = this;
    const slot = index & log.mask;
    const session = log.subject[slot];
    if (session >= 0 && index >= this.copiedAt[station] && this.isDeaf[station] === 0) {
      const code = log.effect[slot];
      const entry = this.irregularFor(station, index, session, startNs);
      if (!(entry ?? this.stateAhead(slot)).push(code, log.value[slot], log.epoch[slot], doneNs)) this.dropped += 1;
    }
    if ((log.flags[slot] & logFlag.AWAITED) !== 0) this.parts.listener.answered(station, index, startNs, doneNs);
  }

  /** The state of the chain before a message, as a copy in the ordinary case has it; the object is reused. */
  private stateAhead(slot: number): IrregularCopy {
    this.ordinary.settle(this.log.previousValue[slot], this.log.previousEpoch[slot]);
    return this.ordinary;
  }

  private irregularFor(node: number, index: number, session: number, nowNs: number): IrregularCopy | undefined {
    const { log } = this;
    const slot = index & log.mask;
    const entry = this.irregular.get(node, session);
    if (entry) return entry;
    const flags = log.flags[slot];
    const previous = log.previous[slot];
    const isOvertaking = (flags & logFlag.RACY) !== 0 && this.firstWaiting(node, previous) >= 0;
    const code = log.effect[slot];
    const isUnknown = previous < this.emptyBefore[node] && code !== effect.CREATE && code !== effect.REPLACE;
    return isOvertaking || isUnknown ? this.makeIrregularBefore(node, session, index, nowNs) : undefined;
  }

  missed(station: number, index: number): void {
    const { log } = this;
    const slot = index & log.mask;
    const session = log.subject[slot];
    if (session < 0 || index < this.copiedAt[station] || this.isDeaf[station] === 1) return;
    if (!this.irregular.get(station, session)) this.makeIrregularBefore(station, session, index, log.appendedNs[slot]);
  }

  external(station: number, id: number, startNs: number, doneNs: number): void {
    this.parts.listener.unicastDone(station, id, startNs, doneNs);
  }

  senderDied(node: number, nowNs: number, isPowerOff: boolean): void {
    const { log } = this;
    for (const cursor of this.cursors) {
      if (cursor.station === node || !cursor.isListening) continue;
      cursor.catchUp(nowNs);
      const isLost = (index: number): boolean => {
        const slot = index & log.mask;
        if (!isPowerOff) return log.handedNs[slot] + cursor.rankOf(index) * this.parts.writeNs > nowNs;
        return cursor.departedNs(index) > nowNs;
      };
      cursor.dropUnsent(node, isLost);
      for (let index = cursor.cursor; index < log.end; index += 1) {
        if (log.sender[index & log.mask] === node && isLost(index)) cursor.neverComes(index);
      }
    }
  }

  stop(node: number): void {
    this.cursors[node].stop();
    this.irregular.dropNode(node);
    this.isDeaf[node] = 1;
  }

  listen(node: number): void {
    this.cursors[node].resume();
  }

  copyState(node: number, donor: number, nowNs: number): void {
    const { log, sessions } = this;
    this.catchUp(node, nowNs);
    this.irregular.dropNode(node);
    this.isDeaf[node] = 0;
    this.copiedAt[node] = log.end;
    this.emptyBefore[node] = donor < 0 ? log.end : this.emptyBefore[donor];
    this.emptiest = this.emptyBefore.reduce((most, index) => Math.max(most, index), NEVER);
    if (donor < 0) return;
    this.catchUp(donor, nowNs);
    const differing = new Set(this.irregular.of(donor));
    for (let index = this.cursors[donor].oldestNeeded(); index < log.end; index += 1) {
      const session = log.subject[index & log.mask];
      if (session >= 0) differing.add(session);
    }
    for (const session of [...differing].sort((a, b) => a - b)) {
      const { version, epoch } = this.read(donor, session, nowNs);
      if (version === sessions.headVersion[session] && epoch === sessions.headEpoch[session]) continue;
      this.irregular.make(node, session).settle(version, epoch);
      this.mark(session);
    }
  }

  freeze(node: number, nowNs: number, untilNs: number): void {
    this.cursors[node].freeze(nowNs, untilNs);
    this.irregular.standStill(node, nowNs, untilNs - nowNs);
  }

  setLoss(ratio: number): void {
    this.delay.setLoss(this.log.end, ratio);
  }

  isForgotten(session: number): boolean {
    return this.sessions.head[session] < this.log.first;
  }

  forget(session: number): void {
    this.irregular.dropSession(session);
  }

  prune(nowNs: number): void {
    let oldest = this.log.end;
    for (const cursor of this.cursors) {
      if (!cursor.isListening) continue;
      cursor.catchUp(nowNs);
      oldest = Math.min(oldest, cursor.oldestNeeded());
    }
    this.log.prune(oldest);
  }

  finish(): void {
    this.isFinished = true;
    this.prune(Number.POSITIVE_INFINITY);
  }

  get size(): number {
    return this.log.end - this.log.first;
  }
}
