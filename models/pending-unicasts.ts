import type { AwaitedDispatch } from './awaited-dispatches.ts';
import type { SessionTable } from './sessions.ts';
import type { Unicast } from './unicasts.ts';

/** A message under way. */
export interface Pending {
  readonly id: number;
  readonly message: Unicast;
  /** When its last byte leaves its sender [ns]; and whether that sender has died since. */
  leftNs: number;
  /** Share of packets that was lost then: its answer is lost as often. */
  lossRatio: number;
  isOrphan: boolean;
  /** It waits for a sender; it has one. */
  isInLine: boolean;
  hasSender: boolean;
  isApplied: boolean;
  hasStarted: boolean;
  /** The answer is there and the waiting thread runs. */
  isProcessed: boolean;
  /** Nobody waits for it: its receiver and the asker run when the lag is over. */
  isDispatched: boolean;
  /** The send that it is part of, where a dispatcher thread waits for its answer. */
  dispatch: AwaitedDispatch | null;
  /** It has been acknowledged and is being processed. */
  isWorking: boolean;
  /** Its sender knows the answer, and so does its owner. */
  isOver: boolean;
  isTold: boolean;
}

/** The messages to one node that are under way, each at its number modulo the length of the table, a power of two. */
export class PendingUnicasts {
  private readonly sessions: SessionTable;
  private entries: (Pending | null)[] = new Array<Pending | null>(1024).fill(null);
  private mask = this.entries.length - 1;
  private next = 0;

  constructor(sessions: SessionTable) {
    this.sessions = sessions;
  }

  /** @returns its number. */
  open(message: Unicast, isDispatched: boolean, dispatch: AwaitedDispatch | null = null): number {
    const id = this.next;
    this.next += 1;
    const entry: Pending = {
      id,
      message,
      leftNs: Number.POSITIVE_INFINITY,
      lossRatio: 0,
      isOrphan: false,
      isInLine: false,
      hasSender: message.isAcknowledged && dispatch === null,
      isApplied: false,
      hasStarted: false,
      isProcessed: false,
      isDispatched,
      dispatch,
      isWorking: false,
      isOver: false,
      isTold: false,
    };
    while (this.entries[id & this.mask] !== null) this.spread();
    this.entries[id & this.mask] = entry;
    this.sessions.pin(message.session);
    return id;
  }

  /** A message under way, by its number. */
  entry(id: number): Pending | null {
    const entry = this.entries[id & this.mask];
    return entry !== null && entry.id === id ? entry : null;
  }

  /** Twice the room: two messages under way have met at one place. */
  private spread(): void {
    const old = this.entries;
    this.entries = new Array<Pending | null>(2 * old.length).fill(null);
    this.mask = this.entries.length - 1;
    for (const entry of old) if (entry !== null) this.entries[entry.id & this.mask] = entry;
  }

  /** It is over. */
  drop(id: number): void {
    const place = id & this.mask;
    this.sessions.unpin((this.entries[place] as Pending).message.session);
    this.entries[place] = null;
  }

  /** All of now, oldest first. */
  forEach(does: (entry: Pending, id: number) => void): void {
    const { next } = this;
    for (let id = Math.max(0, next - this.entries.length); id < next; id += 1) {
      const entry = this.entry(id);
      if (entry !== null) does(entry, id);
    }
  }
}
