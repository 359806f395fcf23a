import type { KeyedDelay } from '../sim/keyed-delay.ts';

/**
 * The dispatcher of each node as servers whose past is known: a message waits for the thread that is free first, is
 * handed over a little later (the lag), and holds its thread until the card takes it. Until then its bytes count towards the
 * bound, also where no other message waits: a message larger than the bound is never queued.
 *
 * Each message wakes a thread, and the thread that runs first takes the one that is first in the queue: the lag belongs to
 * the thread, not to the message. A message that is queued while the one before it still waits goes behind that one, by what lies
 * between the wakings of the two threads, or when the first thread has written its own message to all, if that is sooner.
 * Left out: both go earlier when the second thread is the first to run.
 * @see source: Tribes MessageDispatchInterceptor of Tomcat 8.5 and later: pool of maxThreads (ExecutorFactory: a
 * LinkedBlockingQueue), queue bounded in bytes.
 */
export class DispatchQueue {
  private readonly threads: number;
  private readonly maxBytes: number;
  private readonly doneNs: Float64Array;
  /** Per thread: bytes of its last message; of those before it that were not done when it came; and of both, done or not. */
  private readonly lastBytes: Float64Array;
  private readonly before: ({ doneNs: number; bytes: number }[] | undefined)[];
  private readonly threadBytes: Float64Array;
  /** Per node: bytes that wait for threads that are all held; and no fewer than count towards the bound. */
  private readonly lineBytes: Float64Array;
  private readonly mostBytes: Float64Array;
  private readonly lag: KeyedDelay;
  private readonly serial: Int32Array;
  /** Per node: when the thread runs that the message before has woken [ns]. */
  private readonly wokenNs: Float64Array;
  /** Per node: when the message before is handed over [ns], and how long it is written from then on. */
  private readonly handedNs: Float64Array;
  private readonly writingNs: Float64Array;
  private thread = 0;
  /** Threads that are held until somebody lets them go. */
  private readonly held: Int32Array;

  constructor(nodes: number, options: { maxThreads: number; maxQueueSizeBytes: number }, lag: KeyedDelay) {
    this.threads = options.maxThreads;
    this.maxBytes = options.maxQueueSizeBytes;
    this.doneNs = new Float64Array(nodes * this.threads);
    this.lastBytes = new Float64Array(nodes * this.threads);
    this.before = new Array(nodes * this.threads).fill(undefined);
    this.threadBytes = new Float64Array(nodes * this.threads);
    this.lineBytes = new Float64Array(nodes);
    this.mostBytes = new Float64Array(nodes);
    this.serial = new Int32Array(nodes);
    this.wokenNs = new Float64Array(nodes);
    this.handedNs = new Float64Array(nodes);
    this.writingNs = new Float64Array(nodes);
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
   * @param writingNs - how long the message is written to all its receivers [ns].
   * @param queuedNs - how long its work has waited for a processor: a thread that was woken comes to one meanwhile [ns].
   * @returns when it hands the message over [ns]; -1 when the queue is full.
   */
  take(node: number, nowNs: number, bytes: number, writingNs = 0, queuedNs = 0): number {
    if (!this.hasRoom(node, nowNs, bytes)) return -1;
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
    this.give(node, thread, nowNs, bytes);
    this.thread = thread;
    return this.inOrder(node, nowNs, startNs, startNs + Math.max(0, this.lagNs(node) - queuedNs), writingNs);
  }

  /** When a message is handed over whose own thread runs at `wokenNs`. */
  private inOrder(node: number, nowNs: number, startNs: number, wokenNs: number, writingNs: number): number {
    const beforeNs = this.handedNs[node];
    const apartNs = Math.min(Math.abs(wokenNs - this.wokenNs[node]), this.writingNs[node]);
    const handedNs = beforeNs > nowNs ? Math.max(startNs, beforeNs + apartNs) : wokenNs;
    this.wokenNs[node] = wokenNs;
    this.handedNs[node] = handedNs;
    this.writingNs[node] = writingNs;
    return handedNs;
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

  /** A message queues for a thread of which nobody knows. @returns false when there is no room. */
  queue(node: number, nowNs: number, bytes: number): boolean {
    if (!this.hasRoom(node, nowNs, bytes)) return false;
    this.lineBytes[node] += bytes;
    this.mostBytes[node] += bytes;
    return true;
  }

  /** It has left the queue. */
  unqueue(node: number, bytes: number): void {
    this.lineBytes[node] -= bytes;
    this.mostBytes[node] -= bytes;
  }

  /** What a thread was given before it was last free is forgotten when it is used again; looked at only where it might matter. */
  private hasRoom(node: number, nowNs: number, bytes: number): boolean {
    if (this.mostBytes[node] + bytes <= this.maxBytes) return true;
    let sum = this.lineBytes[node];
    for (let place = node * this.threads; place < (node + 1) * this.threads; place += 1) {
      this.threadBytes[place] = this.bytesOf(place, nowNs);
      sum += this.threadBytes[place];
    }
    this.mostBytes[node] = sum;
    return sum + bytes <= this.maxBytes;
  }

  /** Bytes of the messages that a thread has, or that wait for it. */
  private bytesOf(thread: number, nowNs: number): number {
    if (this.doneNs[thread] <= nowNs) return 0;
    const before = this.before[thread];
    let sum = this.lastBytes[thread];
    if (before === undefined) return sum;
    let gone = 0;
    while (gone < before.length && before[gone].doneNs <= nowNs) gone += 1;
    before.splice(0, gone);
    for (const { bytes } of before) sum += bytes;
    return sum;
  }

  /** A thread that is free gets a message, or one that is not gets another. */
  private give(node: number, thread: number, nowNs: number, bytes: number): void {
    const isFree = this.doneNs[thread] <= nowNs;
    if (isFree) {
      this.mostBytes[node] -= this.threadBytes[thread];
      this.threadBytes[thread] = 0;
      if (this.before[thread] !== undefined) this.before[thread] = undefined;
    } else {
      this.before[thread] ??= [];
      this.before[thread].push({ doneNs: this.doneNs[thread], bytes: this.lastBytes[thread] });
    }
    this.lastBytes[thread] = bytes;
    this.threadBytes[thread] += bytes;
    this.mostBytes[node] += bytes;
  }

  /** The node is gone with its queue. */
  reset(node: number, nowNs: number): void {
    const [from, to] = [node * this.threads, (node + 1) * this.threads];
    this.doneNs.fill(nowNs, from, to);
    this.threadBytes.fill(0, from, to);
    this.before.fill(undefined, from, to);
    this.lineBytes[node] = 0;
    this.mostBytes[node] = 0;
    this.held[node] = 0;
    this.handedNs[node] = nowNs;
  }
}
