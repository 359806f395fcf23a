/** What a request does to its session. */
export const requestDoes = { READ: 0, WRITE: 1, MUTATE: 2 } as const;

/** What the thread of a request waits for when all its messages have been answered. */
export const requestNext = { PROCEED: 0, RESPOND: 1 } as const;

/** What happens when the wait for a server is over: another one is tried, the same one again, or the client gets an error. */
export const retryMeans = { NEXT_SERVER: 0, SAME_SERVER: 1, FAIL: 2 } as const;

/**
 * The requests under way, in columns. Slots are reused; `generation` tells an event of an earlier request apart.
 */
export class RequestPool {
  session = new Int32Array(256);
  node = new Int16Array(256);
  generation = new Int32Array(256);
  isOpen = new Uint8Array(256);
  does = new Uint8Array(256);
  /** 1: this request creates its session. */
  creates = new Uint8Array(256);
  /** 1: in a thread of its node; 0: waiting for one. */
  inThread = new Uint8Array(256);
  /** Version seen at the start; newest acknowledged write when the client sent it. */
  read = new Int32Array(256);
  acknowledgedBefore = new Int32Array(256);
  /** Version written, -1 none. */
  wrote = new Int32Array(256);
  sentNs = new Float64Array(256);
  /** Answers to messages that the thread waits for, and what comes then. */
  awaited = new Int32Array(256);
  next = new Uint8Array(256);
  /** What the next RETRY event means. */
  retry = new Uint8Array(256);
  /** Following request waiting for a thread of the same node. */
  queueNext = new Int32Array(256);
  /** When its servlet is done [ns], 0 before that is known. */
  finishNs = new Float64Array(256);
  private readonly free: number[] = [];
  slots = 0;

  open(session: number, sentNs: number): number {
    let slot = this.free.pop();
    if (slot === undefined) {
      slot = this.slots++;
      if (slot === this.node.length) this.grow();
    }
    this.session[slot] = session;
    this.node[slot] = -1;
    this.isOpen[slot] = 1;
    this.does[slot] = 0;
    this.creates[slot] = 0;
    this.inThread[slot] = 0;
    this.read[slot] = -1;
    this.acknowledgedBefore[slot] = 0;
    this.wrote[slot] = -1;
    this.sentNs[slot] = sentNs;
    this.awaited[slot] = 0;
    this.next[slot] = 0;
    this.retry[slot] = 0;
    this.queueNext[slot] = -1;
    this.finishNs[slot] = 0;
    return slot;
  }

  close(slot: number): void {
    this.isOpen[slot] = 0;
    this.generation[slot] = (this.generation[slot] + 1) | 0;
    this.free.push(slot);
  }

  /** Makes every event scheduled for the slot so far void. */
  void(slot: number): void {
    this.generation[slot] = (this.generation[slot] + 1) | 0;
  }

  private grow(): void {
    const size = this.node.length * 2;
    for (const [name, column] of Object.entries(this)) {
      if (!ArrayBuffer.isView(column)) continue;
      const old = column as Int32Array;
      const larger = new (old.constructor as Int32ArrayConstructor)(size);
      larger.set(old);
      (this as unknown as Record<string, Int32Array>)[name] = larger;
    }
  }
}
