import type { KeyedDelay } from '../sim/keyed-delay.ts';

/**
 * The dispatcher of each node as servers whose past is known: a message waits for the thread that is free first, is
 * handed over a little later (the lag), and holds its thread until the card takes it.
 * @see source: Tribes MessageDispatchInterceptor of Tomcat 8.5 and later: pool of maxThreads, queue bounded in bytes.
 */
export class DispatchQueue {
  private readonly threads: number;
  private readonly maxBytes: number;
  private readonly doneNs: Float64Array;
  private readonly waiting: { startNs: number; bytes: number }[][];
  private readonly waitingBytes: Float64Array;
  private readonly lag: KeyedDelay;
  private readonly serial: Int32Array;
  private thread = 0;
  /** Threads that are held until somebody lets them go. */
  private readonly held: Int32Array;

  constructor(nodes: number, options: { maxThreads: number; maxQueueSizeBytes: number }, lag: KeyedDelay) {
    this.threads = options.maxThreads;
    this.maxBytes = options.maxQueueSizeBytes;
    this.doneNs = new Float64Array(nodes * this.threads);
    this.waiting = Array.from({ length: nodes }, () => []);
    this.waitingBytes = new Float64Array(nodes);
    this.serial = new Int32Array(nodes);
    this.held = new Int32Array(nodes);
    this.lag = lag;
  }

  /** Hand-over of the node's next message to a thread [ns]. */
  lagNs(node: number): number {
    const lagNs = this.lag.of(this.serial[node], node);
    this.serial[node] += 1;
    return lagNs;
  }

  /**
   * Takes a thread.
   * @param queuedNs - how long its work has waited for a processor: a thread that was woken comes to one meanwhile [ns].
   * @returns when it hands the message over [ns]; -1 when the queue is full.
   */
  take(node: number, nowNs: number, bytes: number, queuedNs = 0): number {
    const first = node * this.threads;
    let thread = first;
    for (let place = first; place < first + this.threads; place += 1) {
      if (this.doneNs[place] <= nowNs) {
        thread = place;
        break;
      }
      if (this.doneNs[place] < this.doneNs[thread]) thread = place;
    }
    const startNs = Math.max(nowNs, this.doneNs[thread]);
    if (startNs > nowNs && !this.enqueue(node, nowNs, startNs, bytes)) return -1;
    this.thread = thread;
    return startNs + Math.max(0, this.lagNs(node) - queuedNs);
  }

  /** The thread taken last is held until then [ns]. */
  holdUntil(timeNs: number): void {
    this.doneNs[this.thread] = timeNs;
  }

  /** The thread taken last is held until it is let go. @returns which it is. */
  hold(node: number): number {
    this.doneNs[this.thread] = Number.POSITIVE_INFINITY;
    this.held[node] += 1;
    return this.thread;
  }

  /** A thread that was held is free now. */
  letGo(node: number, thread: number, nowNs: number): void {
    this.doneNs[thread] = nowNs;
    this.held[node] -= 1;
  }

  /** Whether all threads of a node are held: nobody knows when one will be free. */
  isHeld(node: number): boolean {
    return this.held[node] === this.threads;
  }

  /** A message queues for a thread of which nobody knows. @returns false when the queue is full. */
  queue(node: number, bytes: number): boolean {
    if (this.waitingBytes[node] + bytes > this.maxBytes) return false;
    this.waitingBytes[node] += bytes;
    return true;
  }

  /** It has left the queue. */
  unqueue(node: number, bytes: number): void {
    this.waitingBytes[node] -= bytes;
  }

  private enqueue(node: number, nowNs: number, startNs: number, bytes: number): boolean {
    const queue = this.waiting[node];
    let gone = 0;
    while (gone < queue.length && queue[gone].startNs <= nowNs) {
      this.waitingBytes[node] -= queue[gone].bytes;
      gone += 1;
    }
    if (gone > 0) queue.splice(0, gone);
    if (this.waitingBytes[node] + bytes > this.maxBytes) return false;
    queue.push({ startNs, bytes });
    this.waitingBytes[node] += bytes;
    return true;
  }

  /** The node is gone with its queue. */
  reset(node: number, nowNs: number): void {
    this.doneNs.fill(nowNs, node * this.threads, (node + 1) * this.threads);
    this.waiting[node].length = 0;
    this.waitingBytes[node] = 0;
    this.held[node] = 0;
  }
}
