import { Digest } from './digest.ts';
import { EventQueue } from './event-queue.ts';
import { MAX_KIND } from './event-slots.ts';
import { invariant } from './invariant.ts';
import type { PlannedEvent } from './planned-event.ts';

/** What a kind of event does; the two arguments are those it was scheduled with. */
export type Handler = (a: number, b: number) => void;

/** Bounds that a run must not pass; each is a guard against a model that runs away. */
export interface Limits {
  /** Events executed, default 10^10. */
  maxEvents: number;
  /** Events pending at once, default 10^7. */
  maxPending: number;
  /** Simulated time [ns], default 2^53 - 1 (104 days). */
  maxTimeNs: number;
}

/** A run passed one of its limits; the message names the kind of event that did the most. */
export class LimitError extends Error {
  override name = 'LimitError';

  constructor(
    readonly limit: keyof Limits,
    message: string,
  ) {
    super(message);
  }
}

function unknownKind(): void {
  invariant(false, 'an event of a kind without a handler ran');
}

const DEFAULT_LIMITS: Limits = { maxEvents: 1e10, maxPending: 1e7, maxTimeNs: Number.MAX_SAFE_INTEGER };

/**
 * The clock and the event loop of one run.
 *
 * Events run in the order (time, order of scheduling), each by the handler of its kind. An event is a kind and two int32
 * arguments, for example indices into the model's own tables; a handler may schedule and cancel freely.
 */
export class Simulation {
  /** The clock [ns]: the time of the event that runs, never decreasing. */
  nowNs = 0;
  /** Count of events executed. */
  eventsRun = 0;
  private readonly limits: Limits;
  private readonly maxPending: number;
  private readonly queue = new EventQueue();
  private readonly handlers = new Array<Handler>(MAX_KIND + 1).fill(unknownKind);
  /** 1: events of the kind have a handler. */
  private readonly isHandled = new Uint8Array(MAX_KIND + 1);
  private readonly names = new Array<string>(MAX_KIND + 1).fill('');
  private readonly runs = new Float64Array(MAX_KIND + 1);
  private readonly events = new Digest();
  /** First sequence number of each plan, and the one behind its last. */
  private readonly plans = new Map<number, number>();
  private isRunning = false;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.maxPending = this.limits.maxPending;
  }

  /** Count of pending events. */
  get pending(): number {
    return this.queue.size;
  }

  /**
   * Says what the events of a kind do; each kind is given once.
   * @param kind - integer, 0 to MAX_KIND.
   * @param name - for messages, for example "session expires".
   */
  on(kind: number, name: string, handler: Handler): void {
    invariant(this.handlers[kind] === unknownKind, () => `event kind ${kind} (${name}) is taken or out of range`);
    this.handlers[kind] = handler;
    this.isHandled[kind] = 1;
    this.names[kind] = name;
  }

  /**
   * Schedules an event after a delay.
   * @param delayNs - integer, 0 or more [ns]; at 0 it runs after everything scheduled for now.
   */
  schedule(delayNs: number, kind: number, a = 0, b = 0): void {
    this.scheduleAt(this.nowNs + delayNs, kind, a, b);
  }

  /**
   * Schedules an event that will not be cancelled, after a delay: the way for many that are far away, see `EventCalendar`.
   * @param delayNs - as in `schedule`.
   */
  scheduleFirm(delayNs: number, kind: number, a = 0): void {
    const timeNs = this.nowNs + delayNs;
    if (this.takes(timeNs, kind) && this.queue.size < this.maxPending) this.queue.pushFirm(timeNs, kind, a);
    else this.refuse(timeNs, kind);
  }

  /**
   * Schedules an event at a moment.
   * @param timeNs - integer, not before now [ns].
   */
  scheduleAt(timeNs: number, kind: number, a = 0, b = 0): void {
    if (this.takes(timeNs, kind) && this.queue.size < this.maxPending) this.queue.push(timeNs, kind, a, b);
    else this.refuse(timeNs, kind);
  }

  /** A handle for `cancel` of the event scheduled last, other than by `scheduleFirm`, which must not have run. */
  lastScheduled(): number {
    return this.queue.handle();
  }

  /**
   * Cancels a pending event.
   * @returns false when it already ran or was cancelled before.
   */
  cancel(handle: number): boolean {
    return this.queue.cancel(handle);
  }

  /**
   * Keeps a place in the order for a plan that can be replaced: its events come, at one moment, after what is scheduled
   * already and before what is scheduled later.
   * @param count - most events of the plan.
   * @returns a handle for `plan`.
   */
  reserve(count: number): number {
    const first = this.queue.reserve(count);
    this.plans.set(first, first + count);
    return first;
  }

  /**
   * Replaces what is still to come of a plan.
   * @param plan - from `reserve`.
   * @param events - in the order in which they run at one moment; none before now.
   */
  plan(plan: number, events: readonly PlannedEvent[]): void {
    for (const { timeNs, kind } of events) if (!this.takes(timeNs, kind)) this.refuse(timeNs, kind);
    this.queue.plan(plan, this.plans.get(plan) ?? plan, events);
    if (this.queue.size > this.limits.maxPending) this.fail('maxPending', 'pending', this.queue.countByKind());
  }

  /**
   * Runs every event up to and at a moment, then leaves the clock exactly there.
   * @param timeNs - integer, not before now [ns].
   * @throws LimitError - when a limit is passed.
   */
  runUntil(timeNs: number): void {
    invariant(!this.isRunning, 'runUntil was called by an event');
    invariant(timeNs >= this.nowNs && Number.isSafeInteger(timeNs), () => `cannot run until ${timeNs} ns`);
    this.isRunning = true;
    try {
      this.execute(Math.min(timeNs, this.limits.maxTimeNs));
    } finally {
      this.isRunning = false;
    }
    if (timeNs > this.limits.maxTimeNs) this.fail('maxTimeNs', 'run', this.runs);
    this.nowNs = timeNs;
  }

  /** Fingerprint of the events executed so far, in their order: 16 hexadecimal digits. */
  digest(): string {
    return this.events.toString();
  }

  private execute(untilNs: number): void {
    const { queue, handlers, runs, events } = this;
    const { maxEvents } = this.limits;
    while (queue.popUntil(untilNs)) {
      const { timeNs, kind, a, b } = queue;
      if (this.eventsRun >= maxEvents) this.fail('maxEvents', 'run', runs);
      this.nowNs = timeNs;
      this.eventsRun++;
      runs[kind]++;
      events.add(timeNs, kind, a, b);
      handlers[kind](a, b);
    }
  }

  /** Whether an event has a time that may come and a handler. Short: it becomes part of whoever schedules. */
  private takes(timeNs: number, kind: number): boolean {
    return timeNs >= this.nowNs && Number.isSafeInteger(timeNs) && this.isHandled[kind] === 1;
  }

  /** Says why an event cannot be scheduled. */
  private refuse(timeNs: number, kind: number): never {
    const name = this.names[kind] || `kind ${kind}`;
    invariant(Number.isSafeInteger(timeNs), () => `"${name}" scheduled at ${timeNs} ns, not a whole time`);
    invariant(timeNs >= this.nowNs, () => `"${name}" scheduled at ${timeNs} ns, in the past of ${this.nowNs} ns`);
    invariant(this.isHandled[kind] === 1, () => `no handler for event kind ${kind}`);
    this.fail('maxPending', 'pending', this.queue.countByKind());
  }

  private fail(limit: keyof Limits, what: string, counts: Float64Array): never {
    let busiest = 0;
    for (let kind = 1; kind < this.names.length; kind++) if (counts[kind] > counts[busiest]) busiest = kind;
    const culprit = `most events ${what}: "${this.names[busiest]}", ${counts[busiest]}`;
    throw new LimitError(limit, `${limit} of ${this.limits[limit]} passed at ${this.nowNs} ns; ${culprit}`);
  }
}
