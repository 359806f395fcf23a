import type { Simulation } from '../sim/simulation.ts';
import { milliseconds } from '../sim/time.ts';
import { eventKind } from './events.ts';

/** Who waits for a sender. */
export interface SenderUser {
  /** It has one now. */
  senderGranted(id: number): void;
  /** None became free in time. */
  senderRefused(id: number): void;
}

interface Waiting {
  readonly user: SenderUser;
  readonly id: number;
  isInLine: boolean;
}

/**
 * The pooled senders of each node: a thread that sends takes one and keeps it until its message is answered.
 *
 * Model: a sender that is given back goes to the thread that has waited least (notifyAll moves all waiting threads to the
 * lock, and HotSpot lets the newest one in first), so that under overload the oldest ones wait in vain. Who gets none in
 * time gives up, and the message reaches nobody. Left out: the time that the other woken threads take to find nothing.
 * @see source: Tribes PooledSender.SenderQueue, PooledParallelSender (poolSize 25, maxWait 3000 ms): the exception is
 * logged, the request succeeds; OpenJDK 17 ObjectMonitor::notifyAll, measured: messages lost after 3 s above capacity.
 */
export class SenderPool {
  /** Sends that found no sender in time, over the whole run. */
  refused = 0;
  private readonly sim: Simulation;
  private readonly poolSize: number;
  private readonly maxWaitNs: number;
  private readonly taken: Int32Array;
  /** Threads that wait, oldest first. */
  private readonly lines: Waiting[][];
  private readonly tickets = new Map<number, Waiting>();
  private next = 0;

  constructor(sim: Simulation, nodes: number, options: { poolSize: number; maxWaitMs: number }) {
    this.sim = sim;
    this.poolSize = options.poolSize;
    this.maxWaitNs = milliseconds(options.maxWaitMs);
    this.taken = new Int32Array(nodes);
    this.lines = Array.from({ length: nodes }, () => []);
    sim.on(eventKind.SENDER_TIMEOUT, 'sender timeout', (ticket) => this.timeout(ticket));
  }

  /** Takes a sender of a node. @returns false: none is free, the user waits and will be told. */
  take(node: number, user: SenderUser, id: number): boolean {
    if (this.taken[node] < this.poolSize) {
      this.taken[node] += 1;
      return true;
    }
    const waiting = { user, id, isInLine: true };
    this.lines[node].push(waiting);
    this.tickets.set(this.next, waiting);
    this.sim.schedule(this.maxWaitNs, eventKind.SENDER_TIMEOUT, this.next);
    this.next = (this.next + 1) & 0x3fffffff;
    return false;
  }

  /** Gives a sender back. */
  release(node: number): void {
    this.taken[node] -= 1;
    const line = this.lines[node];
    while (line.length > 0 && this.taken[node] < this.poolSize) {
      const newest = line.pop() as Waiting;
      if (!newest.isInLine) continue;
      newest.isInLine = false;
      this.taken[node] += 1;
      newest.user.senderGranted(newest.id);
    }
  }

  private timeout(ticket: number): void {
    const waiting = this.tickets.get(ticket);
    this.tickets.delete(ticket);
    if (!waiting?.isInLine) return;
    waiting.isInLine = false;
    this.refused += 1;
    waiting.user.senderRefused(waiting.id);
  }

  /** The node is gone with its senders and all who waited for one. */
  reset(node: number): void {
    this.taken[node] = 0;
    for (const waiting of this.lines[node]) waiting.isInLine = false;
    this.lines[node].length = 0;
  }
}
