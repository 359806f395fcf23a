import { BroadcastLog, type LogSubject, logFlag } from '../../sim/broadcast-log.ts';
import type { KeyedDelay } from '../../sim/keyed-delay.ts';
import { LastDone } from '../../sim/last-done.ts';
import { comesLate, joinsLine, wiredNs } from '../../sim/late-copies.ts';
import { type CursorListener, cursorRow, LogCursor } from '../../sim/log-cursor.ts';
import type { ExternalWork } from '../../sim/polling-thread.ts';
import type { SessionTable } from '../sessions.ts';
import { CopiesByLog } from './copies-by-log.ts';
import {
  applyEffect,
  type Broadcast,
  type Copy,
  type DeliveryPlane,
  delayOf,
  effect,
  type OwnChange,
  type PlaneParts,
} from './delivery-plane.ts';
import { SlowReaders } from './slow-readers.ts';

const NEVER = Number.NEGATIVE_INFINITY;
const NO_COPY: Copy = { version: -1, epoch: 0 };

/**
 * The plane of production: one log, one cursor per node (an event exists only where something is decided).
 *
 * A message costs its receivers only time. What they hold of a session follows from the log (`CopiesByLog`); only the
 * messages about the few copies for which it does not are marked and looked at one by one.
 */
export class LogPlane implements DeliveryPlane, CursorListener {
  dropped = 0;
  sent = 0;
  private readonly parts: PlaneParts;
  private readonly sessions: SessionTable;
  private readonly log: BroadcastLog;
  private readonly delay: KeyedDelay;
  private readonly cursors: LogCursor[];
  private readonly held: CopiesByLog;
  private readonly readers: SlowReaders;
  private readonly lastDone: LastDone;
  /** What a message costs its receiver is known when it is sent, and no copy has been held up. */
  private isSimple: boolean;
  /** Newest message of which a copy was lost. */
  private lastLost = -1;
  private readonly members: number[] = [];
  private emptiest = NEVER;
  /** 1: the node receives but has no manager: what it consumes changes nothing. */
  private readonly isDeaf: Uint8Array;
  private readonly chain: Copy = { version: -1, epoch: 0 };
  private readonly about: LogSubject = {
    subject: -1,
    value: 0,
    previousValue: -1,
    previousEpoch: 0,
    previous: -1,
    landedNs: NEVER,
    word: 0,
    lagFactor: 1,
    flags: 0,
  };

  /** @param many - from so many new messages on a node sorts them together; changes no result. */
  constructor(parts: PlaneParts, sessions: SessionTable, many?: number) {
    this.parts = parts;
    this.sessions = sessions;
    const servers = parts.cpus.reduce((least, cpu) => Math.min(least, cpu.servers), Number.POSITIVE_INFINITY);
    this.log = new BroadcastLog(parts.nodes, undefined, servers);
    this.delay = delayOf(parts, (message) => this.log.bytes[message & this.log.mask]);
    this.log.work.delayMaxNs = this.delay.largestNs;
    this.isSimple = parts.cpus.every((cpu, node) => cpu.isWorkConserving && cpu.servers <= parts.receiverThreads[node]);
    this.isDeaf = new Uint8Array(parts.nodes);
    this.cursors = this.makeCursors(parts, many);
    this.lastDone = new LastDone(this.log, this.delay, parts.latencyNs, this.cursors);
    this.held = new CopiesByLog(this.log, this.cursors, sessions);
    this.readers = new SlowReaders(this.log, this.cursors);
  }

  private makeCursors({ nodes, cpus, receiverThreads, latencyNs }: PlaneParts, many?: number): LogCursor[] {
    const length = cursorRow(Math.max(1, ...receiverThreads));
    const rows = new Float64Array(nodes * length);
    return receiverThreads.map((threads, node) => {
      const cursorParts = { log: this.log, cpu: cpus[node], delay: this.delay, listener: this };
      return new LogCursor(node, cursorParts, { threads, latencyNs, many, rows, at: node * length });
    });
  }

  get deliveries(): number {
    return this.cursors.reduce((sum, cursor) => sum + cursor.deliveries, 0);
  }

  /** Copies of sessions that had to be kept apart, so far. */
  get irregularCopies(): number {
    return this.held.irregular.made;
  }

  /** Deliveries that were counted without a replay, so far. */
  get skipped(): number {
    return this.cursors.reduce((sum, cursor) => sum + cursor.skipped, 0);
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
    this.readers.sent(sender, message.bytes, message.view, message.except);
    about.subject = session;
    about.flags = message.isAwaited ? logFlag.AWAITED : 0;
    about.previous = -1;
    about.word = this.delay.wordOf(message.like < 0 ? log.end : message.like);
    const isLined = !message.isAwaited && !message.isOrdered;
    about.lagFactor = isLined ? this.delay.factorOf(message.departNs - log.lastDepartNs) : 1;
    if (session < 0) return log.append(message, about);
    this.catchUp(sender, message.appendedNs);
    const previous = sessions.head.get(session);
    const landedNs = previous < log.first ? NEVER : log.landedNs[previous & log.mask];
    if (landedNs >= message.departNs && !this.followsInOrder(message, previous))
      about.flags |= isLined ? logFlag.RACY | logFlag.IN_LINE : logFlag.RACY;
    about.landedNs = Math.max(landedNs, message.departNs + log.stations * message.copyNs + this.delay.largestNs);
    chain.version = sessions.headVersion.get(session);
    chain.epoch = sessions.headEpoch.get(session);
    about.previous = previous;
    about.previousValue = chain.version;
    about.previousEpoch = chain.epoch;
    about.value = version;
    const isApplied = applyEffect(chain, message.effect, version, epoch);
    if (!isApplied || sessions.irregular.get(session) > 0 || previous < this.emptiest) about.flags |= logFlag.IRREGULAR;
    const index = log.append(message, about);
    if ((about.flags & logFlag.IN_LINE) !== 0) for (const cursor of this.cursors) joinsLine(cursor, index, previous);
    sessions.head.set(session, index);
    sessions.headVersion.set(session, chain.version);
    sessions.headEpoch.set(session, chain.epoch);
    this.changeOwnCopy(message, index, isApplied);
    return index;
  }

  /**
   * Whether a message cannot overtake the one before it about its session, although that may be on its way: both come
   * from the same card, one behind the other, and each station gets them at the same place among the copies.
   */
  private followsInOrder({ sender, view, departNs, copyNs }: Broadcast, previous: number): boolean {
    const { log, delay } = this;
    if (previous < log.first) return false;
    const slot = previous & log.mask;
    if (log.sender[slot] !== sender || log.view[slot] !== view || (log.flags[slot] & logFlag.RACY) !== 0) return false;
    const longerNs = copyNs - log.copyNs[slot];
    const aheadNs = departNs - log.departNs[slot] + Math.min(longerNs, longerNs * log.stations);
    return aheadNs > delay.largestNs;
  }

  /** The sender's own copy changes at once, also where older messages have yet to reach it. */
  private changeOwnCopy(message: Broadcast, index: number, isApplied: boolean): void {
    const { sender, session, appendedNs, isOwnKnown } = message;
    let entry = this.held.irregular.get(sender, session);
    if (!entry && (!isApplied || isOwnKnown || !this.isInOrder(message, index))) {
      entry = this.held.makeIrregularBefore(sender, session, index, appendedNs);
    }
    if (!isOwnKnown) entry?.pushLocal(message.effect, message.version, message.epoch);
  }

  /** Whether the sender, in the ordinary case so far, holds after its message what the chain says after it. */
  private isInOrder(message: Broadcast, index: number): boolean {
    const { sender, session, appendedNs } = message;
    const previous = this.log.previous[index & this.log.mask];
    if (this.held.firstWaiting(sender, previous) >= 0) return false;
    if (message.effect !== effect.RENAME) return true;
    return previous >= this.held.emptyBefore[sender] && !this.cursors[sender].hasUnfinished(session, appendedNs);
  }

  change(message: OwnChange, nowNs: number): void {
    const { sender, session } = message;
    this.catchUp(sender, nowNs);
    const entry =
      this.held.irregular.get(sender, session) ??
      this.held.makeIrregular(sender, session, this.sessions.head.get(session), -1, nowNs);
    entry.pushLocal(message.effect, message.version, message.epoch);
  }

  defer(message: number, node: number, releaseNs: number): void {
    this.isSimple = false;
    const cursor = this.cursors[node];
    comesLate(cursor, message, releaseNs);
    const slot = message & this.log.mask;
    const session = this.log.subject[slot];
    if (session < 0) return;
    this.log.mark(message, logFlag.RACY);
    const newest = this.sessions.head.get(session) & this.log.mask;
    this.log.landedNs[newest] = Math.max(this.log.landedNs[newest], cursor.arrivalNs(message) || 0);
  }

  lose(message: number, node: number): void {
    this.lastLost = Math.max(message, this.lastLost);
    this.cursors[node].withdraw(message);
  }

  isWithin(sender: number, bytes: number, nowNs: number): boolean {
    return this.readers.isWithin(sender, bytes, nowNs);
  }

  unread(sender: number, node: number, nowNs: number): number {
    return this.readers.unread(sender, node, nowNs);
  }

  readNs(sender: number, node: number, bytes: number, nowNs: number): number {
    return this.readers.readNs(sender, node, bytes, nowNs);
  }

  arrivalNs(message: number, node: number): number {
    return this.cursors[node].arrivalNs(message);
  }

  wiredNs(message: number, node: number): number {
    return wiredNs(this.cursors[node], message);
  }

  arrivedNs(message: number): number {
    return this.lastDone.arrivedNs(message);
  }

  lastToAnswer(message: number, isMarked: Uint8Array, nowNs: number, into: number[]): void {
    if (this.isSimple && !this.delay.isLossy && message > this.lastLost)
      this.lastDone.candidates(message, isMarked, nowNs, into);
    else for (let node = 0; node < isMarked.length; node += 1) if (isMarked[node] === 1) into.push(node);
  }

  settled(message: number): void {
    // Where waking costs something, what is awaited comes alone also when it is late.
    if (this.isSimple && message >= this.log.first) this.log.flags[message & this.log.mask] &= ~logFlag.AWAITED;
  }

  catchUp(node: number, nowNs: number): void {
    this.cursors[node].catchUp(nowNs);
  }

  wakeNs(node: number, nowNs: number): number {
    const cursor = this.cursors[node];
    return cursor.isBlocked(nowNs) && cursor.isAwaited ? cursor.blockedUntilNs() : Number.POSITIVE_INFINITY;
  }

  unicast(node: number, nowNs: number, id: number, work: ExternalWork): void {
    const cursor = this.cursors[node];
    cursor.catchUp(nowNs);
    if (!cursor.takeExternal(nowNs, id, work)) cursor.catchUp(nowNs);
  }

  read(node: number, session: number, timeNs: number): Copy {
    return this.isDeaf[node] === 1 ? NO_COPY : this.held.read(node, session, timeNs);
  }

  isUniform(session: number): boolean {
    return this.sessions.irregular.get(session) === 0 && this.isForgotten(session);
  }

  consumed(station: number, index: number, startNs: number, doneNs: number): void {
    const { log } = this;
    const slot = index & log.mask;
    const session = log.subject[slot];
    const isLookedAt = session >= 0 && (log.flags[slot] & (logFlag.RACY | logFlag.IRREGULAR)) !== 0;
    if (isLookedAt && index >= this.held.copiedAt[station] && this.isDeaf[station] === 0) {
      const code = log.effect[slot];
      const entry = this.held.irregularFor(station, index, session, startNs);
      if (!(entry ?? this.held.stateAhead(slot)).push(code, log.value[slot], log.epoch[slot], doneNs))
        this.dropped += 1;
    }
    if ((log.flags[slot] & logFlag.AWAITED) !== 0) this.parts.listener.answered(station, index, startNs, doneNs);
  }

  isIndifferent(station: number, index: number): boolean {
    const { log, held, chain } = this;
    const slot = index & log.mask;
    const session = log.subject[slot];
    if (session < 0 || index < held.copiedAt[station] || this.isDeaf[station] === 1) return true;
    if (!held.staysOrdinary(station, index, session)) return false;
    chain.version = log.previousValue[slot];
    chain.epoch = log.previousEpoch[slot];
    return applyEffect(chain, log.effect[slot], log.value[slot], log.epoch[slot]);
  }

  missed(station: number, index: number): void {
    const { log } = this;
    const slot = index & log.mask;
    const session = log.subject[slot];
    if (session < 0 || index < this.held.copiedAt[station] || this.isDeaf[station] === 1) return;
    if (!this.held.irregular.get(station, session))
      this.held.makeIrregularBefore(station, session, index, log.appendedNs[slot]);
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
      cursor.dropUnsent(node, nowNs, isLost);
      for (let index = cursor.cursor; index < log.end; index += 1) {
        if (log.sender[index & log.mask] === node && isLost(index)) cursor.neverComes(index);
      }
    }
  }

  stop(node: number): void {
    this.cursors[node].stop();
    this.held.irregular.dropNode(node);
    this.isDeaf[node] = 1;
  }

  listen(node: number): void {
    this.cursors[node].resume();
  }

  copyState(node: number, donor: number, nowNs: number): void {
    const { log, sessions } = this;
    this.catchUp(node, nowNs);
    this.held.irregular.dropNode(node);
    this.isDeaf[node] = 0;
    this.held.copiedAt[node] = log.end;
    this.held.emptyBefore[node] = donor < 0 ? log.end : this.held.emptyBefore[donor];
    this.emptiest = this.held.emptyBefore.reduce((most, index) => Math.max(most, index), NEVER);
    if (donor < 0) return;
    this.catchUp(donor, nowNs);
    const differing = new Set(this.held.irregular.of(donor));
    for (let index = this.cursors[donor].oldestNeeded(); index < log.end; index += 1) {
      const session = log.subject[index & log.mask];
      if (session >= 0) differing.add(session);
    }
    for (const session of [...differing].sort((a, b) => a - b)) {
      const { version, epoch } = this.read(donor, session, nowNs);
      if (version === sessions.headVersion.get(session) && epoch === sessions.headEpoch.get(session)) continue;
      this.held.irregular.make(node, session).settle(version, epoch);
      this.held.mark(session);
    }
  }

  freeze(node: number, nowNs: number, untilNs: number): void {
    this.cursors[node].freeze(nowNs, untilNs);
    this.held.irregular.standStill(node, nowNs, untilNs - nowNs);
  }

  setLoss(ratio: number): void {
    this.delay.setLoss(this.log.end, ratio);
  }

  isForgotten(session: number): boolean {
    return this.sessions.head.get(session) < this.log.first;
  }

  forget(session: number): void {
    this.held.irregular.dropSession(session);
  }

  prune(nowNs: number): void {
    let oldest = this.log.end;
    for (const cursor of this.cursors) {
      if (!cursor.isListening) continue;
      cursor.catchUp(nowNs);
      oldest = Math.min(oldest, cursor.oldestNeeded());
    }
    // What one that has landed anywhere may yet stand in line behind must not hang on who has been asked.
    this.log.prune(this.log.landedTo(oldest, nowNs, this.parts.latencyNs + this.delay.plainLargestNs));
  }

  finish(): void {
    this.held.isFinished = true;
    this.prune(Number.POSITIVE_INFINITY);
  }

  get size(): number {
    return this.log.end - this.log.first;
  }
}
