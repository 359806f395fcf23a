import { applyEffect, type Copy, effect } from '../../models/replication/delivery-plane.ts';
import { PollingThread } from '../../sim/polling-thread.ts';
import { type MultiServer, placement } from '../../sim/servers.ts';

/** A copy of a message on its way to a node, or waiting there for a thread. */
export interface Delivery {
  readonly arrivalNs: number;
  /** Number of the message; infinite for one that came by another way, so that it is the last of its moment. */
  readonly number: number;
  /** Id of a message that came by another way, -1 = a broadcast. */
  readonly unicast: number;
  readonly serviceNs: number;
  readonly bytes: number;
  readonly sender: number;
  readonly handedNs: number;
  /** When this copy has left the sender's card [ns]. */
  readonly departedNs: number;
  readonly session: number;
  readonly effect: number;
  readonly version: number;
  readonly epoch: number;
  /** Somebody waits for it: it is the only one of its connection. */
  readonly isAwaited: boolean;
}

/** What a node has held of a session, from when on; the last entry is the state once all that has started is done. */
type History = { version: number; epoch: number; sinceNs: number }[];

/** A message has been started and will be done. */
export type Started = (delivery: Delivery, startNs: number, doneNs: number) => void;

/**
 * One receiver without any economy: a sorted list of what is on its way, a line of what has arrived, threads as
 * objects, and for every session a list of the states that its copy goes through.
 */
export class NaiveNode {
  deliveries = 0;
  missed = 0;
  dropped = 0;
  isListening = true;
  /** It has no session manager yet: what it receives changes nothing. */
  isDeaf = false;
  /** Messages with a lower number are part of the state that the node began with. */
  ignoresBefore = 0;
  /** It began without the sessions of before the run. */
  hasBegunEmpty = false;
  private onTheWay: Delivery[] = [];
  private waiting: Delivery[] = [];
  private readonly threads: { freeNs: number }[];
  private readonly poller: PollingThread;
  private histories = new Map<number, History>();
  /** Of the broadcasts what has started and is not read: read is what is done, and all that started before it. */
  private started: { delivery: Delivery; doneNs: number }[] = [];
  /** Bytes by sender of all that is on its way, waiting, or started and not read. */
  private readonly unreadBytes = new Map<number, number>();

  constructor(
    private readonly cpu: MultiServer,
    threads: number,
    private readonly wasThereBefore: (session: number) => boolean,
    private readonly tellStarted: Started,
  ) {
    this.threads = Array.from({ length: threads }, () => ({ freeNs: 0 }));
    this.poller = new PollingThread(cpu);
  }

  /** A copy is sent to the node. */
  expect(delivery: Delivery): void {
    if (!this.isListening) return;
    const { arrivalNs, number } = delivery;
    const isAfter = (other: Delivery): boolean =>
      other.arrivalNs > arrivalNs || (other.arrivalNs === arrivalNs && other.number > number);
    let place = this.onTheWay.length;
    while (place > 0 && isAfter(this.onTheWay[place - 1])) place -= 1;
    this.onTheWay.splice(place, 0, delivery);
    this.count(delivery, 1);
  }

  /** A copy comes to be unread, or is no longer. */
  private count({ sender, bytes }: Delivery, sign: 1 | -1): void {
    this.unreadBytes.set(sender, (this.unreadBytes.get(sender) ?? 0) + sign * bytes);
  }

  /** Those that stay of a list of copies; the others are gone. */
  private kept(list: readonly Delivery[], stays: (delivery: Delivery) => boolean): Delivery[] {
    return list.filter((delivery) => {
      const isKept = stays(delivery);
      if (!isKept) this.count(delivery, -1);
      return isKept;
    });
  }

  /** The copy of a message on its way leaves its sender only then. @returns when it arrives; NaN if there is none. */
  defer(number: number, releaseNs: number): number {
    const delivery = this.onTheWay.find((one) => one.number === number);
    if (!delivery) return Number.NaN;
    const departedNs = Math.max(delivery.departedNs, releaseNs);
    const arrivalNs = delivery.arrivalNs + departedNs - delivery.departedNs;
    this.onTheWay = this.kept(this.onTheWay, (one) => one !== delivery);
    this.expect({ ...delivery, departedNs, arrivalNs });
    return arrivalNs;
  }

  /** A copy on its way that left its sender as planned arrives at another moment. @returns false if there is none. */
  move(number: number, departedNs: number, arrivalNs: number): boolean {
    const delivery = this.onTheWay.find((one) => one.number === number && one.departedNs === departedNs);
    if (!delivery) return false;
    this.onTheWay = this.kept(this.onTheWay, (one) => one !== delivery);
    this.expect({ ...delivery, arrivalNs });
    return true;
  }

  /** Copies on their way for which this holds never come. */
  lose(isLost: (delivery: Delivery) => boolean): void {
    const before = this.onTheWay.length;
    this.onTheWay = this.kept(this.onTheWay, (delivery) => !isLost(delivery));
    this.missed += before - this.onTheWay.length;
  }

  /** A copy on its way or waiting is thrown away. */
  withdraw(number: number): void {
    const isOther = (delivery: Delivery): boolean => delivery.number !== number;
    const before = this.onTheWay.length + this.waiting.length;
    this.onTheWay = this.kept(this.onTheWay, isOther);
    this.waiting = this.kept(this.waiting, isOther);
    this.missed += before - this.onTheWay.length - this.waiting.length;
  }

  /** Everything up to a moment happens, one moment after the other. */
  advance(nowNs: number): void {
    for (let timeNs = this.nextNs(); timeNs <= nowNs && timeNs < Number.POSITIVE_INFINITY; timeNs = this.nextNs()) {
      while (this.onTheWay.length > 0 && this.onTheWay[0].arrivalNs <= timeNs) {
        this.waiting.push(this.onTheWay.shift() as Delivery);
      }
      for (const thread of this.threads) {
        if (thread.freeNs > timeNs || this.waiting.length === 0) continue;
        const isPolled = this.poller.hasTurns && this.waiting[0].isAwaited;
        if (isPolled && this.poller.handsOutNs(timeNs) > timeNs) break;
        this.start(this.waiting.shift() as Delivery, thread, timeNs);
      }
    }
  }

  private nextNs(): number {
    return Math.min(this.onTheWay[0]?.arrivalNs ?? Number.POSITIVE_INFINITY, this.nextStartNs());
  }

  /** Bytes of a sender's on their way, waiting, or started and not read. */
  unread(sender: number, nowNs: number): number {
    while (this.started.length > 0 && this.started[0].doneNs <= nowNs) this.count(this.started.shift()!.delivery, -1);
    return this.unreadBytes.get(sender) ?? 0;
  }

  /** When at most `bytes` of a sender's are unread, or when the next thing arrives or starts. */
  readNs(sender: number, bytes: number, nowNs: number): number {
    let left = this.unread(sender, nowNs);
    let readNs = 0;
    for (const { delivery, doneNs } of this.started) {
      readNs = Math.max(readNs, doneNs);
      if (delivery.sender === sender) left -= delivery.bytes;
      if (left <= bytes) return readNs;
    }
    return this.nextNs();
  }

  /** When a thread is free for what waits [ns]; Infinity if nothing waits. */
  nextStartNs(): number {
    if (this.waiting.length === 0) return Number.POSITIVE_INFINITY;
    const freeNs = Math.min(...this.threads.map((thread) => thread.freeNs));
    return this.poller.hasTurns && this.waiting[0].isAwaited ? Math.max(freeNs, this.poller.foundNs) : freeNs;
  }

  private start(delivery: Delivery, thread: { freeNs: number }, startNs: number): void {
    thread.freeNs = startNs + delivery.serviceNs;
    const isUnicast = delivery.unicast >= 0;
    if (!delivery.isAwaited && !isUnicast)
      this.cpu.offer(startNs, delivery.serviceNs, this.cpu.wakeNs, placement.BATCH);
    else if (!delivery.isAwaited || !this.poller.hasTurns)
      this.cpu.offer(startNs, delivery.serviceNs, 0, placement.ALONE);
    else {
      this.cpu.offer(startNs, Math.max(0, delivery.serviceNs - this.poller.passNs), 0, placement.POOLED);
      thread.freeNs = this.cpu.lastDoneNs;
    }
    const doneNs = this.cpu.lastDoneNs;
    if (delivery.unicast < 0) {
      this.deliveries += 1;
      this.apply(delivery, doneNs);
    }
    if (!isUnicast) this.started.push({ delivery, doneNs });
    this.tellStarted(delivery, startNs, doneNs);
  }

  private apply(delivery: Delivery, doneNs: number): void {
    const { session, version, epoch } = delivery;
    if (session < 0 || this.isDeaf || delivery.number < this.ignoresBefore) return;
    const history = this.historyOf(session);
    const last = history[history.length - 1];
    const next = { version: last.version, epoch: last.epoch, sinceNs: Math.max(last.sinceNs, doneNs) };
    if (!applyEffect(next, delivery.effect, version, epoch)) this.dropped += 1;
    history.push(next);
  }

  /** The node itself changes its copy. */
  change(code: number, session: number, version: number, epoch: number): void {
    const history = this.historyOf(session);
    if (code === effect.RENAME) for (const state of history) state.epoch = epoch;
    else this.histories.set(session, [{ version: code === effect.REMOVE ? -1 : version, epoch, sinceNs: 0 }]);
  }

  private historyOf(session: number): History {
    const known = this.histories.get(session);
    if (known) return known;
    const isPresent = !this.isDeaf && !this.hasBegunEmpty && this.wasThereBefore(session);
    const history = [{ version: isPresent ? 0 : -1, epoch: 0, sinceNs: 0 }];
    this.histories.set(session, history);
    return history;
  }

  /** The copy of a session that is visible at a moment. */
  read(session: number, nowNs: number): Copy {
    let visible: Copy = { version: -1, epoch: 0 };
    for (const state of this.historyOf(session)) if (state.sinceNs <= nowNs) visible = state;
    return { version: visible.version, epoch: visible.epoch };
  }

  forget(session: number): void {
    this.histories.delete(session);
  }

  stop(): void {
    this.missed += [...this.onTheWay, ...this.waiting].filter((delivery) => delivery.unicast < 0).length;
    this.onTheWay = [];
    this.waiting = [];
    this.started = [];
    this.unreadBytes.clear();
    for (const thread of this.threads) thread.freeNs = 0;
    this.poller.reset();
    this.histories.clear();
    this.isListening = false;
    this.isDeaf = true;
  }

  /** The node begins with the copies that a donor shows at a moment, or with none. */
  copyState(donor: NaiveNode | null, nextNumber: number, nowNs: number): void {
    this.isDeaf = false;
    this.ignoresBefore = nextNumber;
    this.hasBegunEmpty = donor ? donor.hasBegunEmpty : true;
    this.histories.clear();
    for (const session of donor?.histories.keys() ?? []) {
      this.histories.set(session, [{ ...(donor as NaiveNode).read(session, nowNs), sinceNs: 0 }]);
    }
  }

  /** Nothing goes on and nothing starts until a moment; the processors are told by others. */
  standStill(nowNs: number, untilNs: number): void {
    const pauseNs = untilNs - nowNs;
    this.poller.standStill(nowNs, untilNs);
    for (const thread of this.threads) thread.freeNs = thread.freeNs > nowNs ? thread.freeNs + pauseNs : untilNs;
    for (const one of this.started) if (one.doneNs > nowNs) one.doneNs += pauseNs;
    for (const history of this.histories.values()) {
      for (const state of history) if (state.sinceNs > nowNs) state.sinceNs += pauseNs;
    }
  }
}
