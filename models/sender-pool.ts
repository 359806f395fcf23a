import type { Simulation } from '../sim/simulation.ts';
import { milliseconds } from '../sim/time.ts';
import { eventKind } from './events.ts';
import type { ProcessorCosts } from './processor-costs.ts';

/** Who waits for a sender. */
export interface SenderUser {
  /** It has one now. */
  senderGranted(id: number): void;
  /** None became free in time. */
  senderRefused(id: number): void;
}

/** What the pool needs of the cluster. */
export interface SenderHost {
  readonly sim: Simulation;
  readonly costs: ProcessorCosts;
  /** A thread of a node is woken for so much work. @returns when that is done [ns]. */
  runNs(node: number, workNs: number): number;
}

interface Waiting {
  readonly user: SenderUser;
  readonly id: number;
  isInLine: boolean;
}

/**
 * The pooled senders of each node: a thread that sends takes one and keeps it until its message is answered.
 *
 * ```
 *   give back -> all waiting threads are moved to the queue of the lock (notifyAll) -> one after the other is woken:
 *                                                     a sender is free: it sends | none: it waits again
 * ```
 * Model: the newest of the threads in the queue of the lock comes first, so that under overload the oldest ones wait in
 * vain. Who gets no sender in time gives up, and the message reaches nobody. Each thread that is woken costs the
 * processors what waking costs (`calibration.dispatchWakeUs`), also where it finds nothing: a node in which more threads
 * send than there are senders carries less than it did before, and comes out of that only when the load goes down.
 * Held against the real PooledSender of 10.1.60 on OpenJDK 17, 64 threads under a quota of 0.15 core: at least half of them
 * do not wait, p99 1.7 to 2.4 s, 0.1 to 1.2 % give up.
 * @see source: Tribes PooledSender.SenderQueue.returnSender, PooledParallelSender (poolSize 25, maxWait 3000 ms): the
 * exception is logged, the request succeeds; OpenJDK 17 ObjectMonitor::notifyAll, measured: messages lost after 3 s above
 * capacity.
 */
export class SenderPool {
  /** Sends that found no sender in time, over the whole run. */
  refused = 0;
  private readonly host: SenderHost;
  private readonly poolSize: number;
  private readonly maxWaitNs: number;
  private readonly taken: Int32Array;
  /** Threads that wait to be notified, and those that have been and wait for the lock, oldest first. */
  private readonly lines: Waiting[][];
  /** 1: somebody may wait to be notified; of 1,024 nodes few have anybody who does, and their lines need not be touched. */
  private readonly hasLine: Uint8Array;
  private readonly notified: Waiting[][];
  /** 1: a thread of the node has been woken and will look for a sender. */
  private readonly isWaking: Uint8Array;
  private readonly tickets = new Map<number, Waiting>();
  private next = 0;

  constructor(host: SenderHost, nodes: number, options: { poolSize: number; maxWaitMs: number }) {
    this.host = host;
    this.poolSize = options.poolSize;
    this.maxWaitNs = milliseconds(options.maxWaitMs);
    this.taken = new Int32Array(nodes);
    this.lines = Array.from({ length: nodes }, () => []);
    this.hasLine = new Uint8Array(nodes);
    this.notified = Array.from({ length: nodes }, () => []);
    this.isWaking = new Uint8Array(nodes);
    host.sim.on(eventKind.SENDER_TIMEOUT, 'sender timeout', (ticket) => this.timeout(ticket));
    host.sim.on(eventKind.SENDER_WOKEN, 'woken for a sender', (node) => this.woken(node));
  }

  /** Takes a sender of a node. @returns false: none is free, the user waits and will be told. */
  take(node: number, user: SenderUser, id: number): boolean {
    if (this.taken[node] < this.poolSize) {
      this.taken[node] += 1;
      return true;
    }
    const waiting = { user, id, isInLine: true };
    this.lines[node].push(waiting);
    this.hasLine[node] = 1;
    this.tickets.set(this.next, waiting);
    this.host.sim.schedule(this.maxWaitNs, eventKind.SENDER_TIMEOUT, this.next);
    this.next = (this.next + 1) & 0x3fffffff;
    return false;
  }

  /** Gives a sender back. */
  release(node: number): void {
    this.taken[node] -= 1;
    if (this.hasLine[node] === 0) return;
    const line = this.lines[node];
    this.hasLine[node] = 0;
    if (this.host.costs.dispatchWakeNs === 0) {
      this.grantAtOnce(node);
      return;
    }
    for (const waiting of line) if (waiting.isInLine) this.notified[node].push(waiting);
    line.length = 0;
    this.wakeNext(node);
  }

  /** Where waking costs nothing all that are notified look at this moment, and those that find nothing wait as before. */
  private grantAtOnce(node: number): void {
    const line = this.lines[node];
    while (line.length > 0 && this.taken[node] < this.poolSize) {
      const newest = line.pop() as Waiting;
      if (newest.isInLine) this.grant(node, newest);
    }
    if (line.length > 0) this.hasLine[node] = 1;
  }

  private grant(node: number, waiting: Waiting): void {
    waiting.isInLine = false;
    this.taken[node] += 1;
    waiting.user.senderGranted(waiting.id);
  }

  private wakeNext(node: number): void {
    const { notified, isWaking } = this;
    const { sim, costs } = this.host;
    while (isWaking[node] === 0 && notified[node].length > 0) {
      isWaking[node] = 1;
      const runsNs = this.host.runNs(node, costs.dispatchWakeNs);
      if (runsNs <= sim.nowNs) this.look(node);
      else sim.scheduleAt(runsNs, eventKind.SENDER_WOKEN, node);
    }
  }

  private woken(node: number): void {
    if (this.isWaking[node] === 0) return;
    this.look(node);
    this.wakeNext(node);
  }

  /** The thread that has been woken takes a sender, or waits again. */
  private look(node: number): void {
    this.isWaking[node] = 0;
    const newest = this.notified[node].pop();
    if (!newest?.isInLine) return;
    if (this.taken[node] >= this.poolSize) {
      this.lines[node].unshift(newest);
      this.hasLine[node] = 1;
      return;
    }
    this.grant(node, newest);
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
    this.isWaking[node] = 0;
    for (const lines of [this.lines, this.notified]) {
      for (const waiting of lines[node]) waiting.isInLine = false;
      lines[node].length = 0;
    }
    this.hasLine[node] = 0;
  }
}
