/** What a request does to its session; TOUCH asks for it and for no attribute, IGNORE carries the cookie only. */
export const requestDoes = { READ: 0, WRITE: 1, MUTATE: 2, TOUCH: 3, IGNORE: 4 } as const;

/** Shares of requests by what they do; the rest only reads. */
export interface RequestShares {
  readonly writeRatio: number;
  readonly mutateWithoutSetRatio: number;
  readonly touchOnlyRatio: number;
  readonly ignoreRatio: number;
}

/** The shares of a scenario's session, at hand for every request. */
export function sharesOf(session: RequestShares): RequestShares {
  const { writeRatio, mutateWithoutSetRatio, touchOnlyRatio, ignoreRatio } = session;
  return { writeRatio, mutateWithoutSetRatio, touchOnlyRatio, ignoreRatio };
}

/** What a request does, by a uniform number. */
export function doesOf(uniform: number, shares: RequestShares): number {
  const { writeRatio, mutateWithoutSetRatio, touchOnlyRatio, ignoreRatio } = shares;
  if (uniform < writeRatio) return requestDoes.WRITE;
  if (uniform < writeRatio + mutateWithoutSetRatio) return requestDoes.MUTATE;
  if (uniform < writeRatio + mutateWithoutSetRatio + touchOnlyRatio) return requestDoes.TOUCH;
  return uniform < writeRatio + mutateWithoutSetRatio + touchOnlyRatio + ignoreRatio
    ? requestDoes.IGNORE
    : requestDoes.READ;
}

/** What the thread of a request waits for when all its messages have been answered. */
export const requestNext = { PROCEED: 0, RESPOND: 1 } as const;

/**
 * What comes when the piece of work under way is done: the request ends; a worker thread takes what the poller has found;
 * it goes on behind the dispatcher.
 */
export const requestStage = { LAST: 0, POLLED: 1, SERVED: 2 } as const;

/**
 * What the balancer waits for before it goes on with a request: nothing; the next SYN to the same server; or an attempt
 * that has failed already, in one of the ways of `FailedEnd`, and whose news is on its way; or a pause; or for packets that
 * were lost, of the handshake or of the request.
 */
export const awaits = {
  NOTHING: 0,
  SYN: 1,
  REFUSED: 2,
  CONNECT_TIMEOUT: 3,
  LOST: 4,
  READ_TIMEOUT: 5,
  PAUSE: 6,
  HANDSHAKE: 7,
  REQUEST: 8,
} as const;

/** Who still wants the answer: the client; nobody, once the balancer has given up; the same, and it was repeated. */
export const wanted = { BY_CLIENT: 0, BY_NOBODY: 1, ELSEWHERE: 2 } as const;

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
  /** 1: it has given its session a new id, and told everybody. */
  renames = new Uint8Array(256);
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
  /** What comes at `finishNs`, see `requestStage`. */
  stage = new Uint8Array(256);
  /** Process of the balancer that has the request, -1 = none took it. */
  worker = new Int16Array(256);
  /** When the attempt at this node began [ns]; what the balancer awaits of it, see `awaits`. */
  attemptNs = new Float64Array(256);
  balancerAwaits = new Uint8Array(256);
  /** 1: the attempt goes over a connection that was kept alive. */
  isCached = new Uint8Array(256);
  /** 1: the node's connector has accepted it. */
  isAccepted = new Uint8Array(256);
  /** Who wants the answer, see `wanted`. */
  wanted = new Uint8Array(256);
  /** Neighbours in the order in which the balancer stops waiting; `earlier` is -2 outside of it. */
  earlier = new Int32Array(256);
  later = new Int32Array(256);
  /** Following request waiting for a thread of the same node. */
  queueNext = new Int32Array(256);
  /** When its processor starts [ns], and when that work is done [ns], 0 before that is known. */
  startNs = new Float64Array(256);
  finishNs = new Float64Array(256);
  /** How long what goes through a dispatcher thread has waited for a processor [ns]. */
  queuedNs = new Float64Array(256);
  /** How much later than it left its node the response reaches the client [ns]. */
  delayNs = new Float64Array(256);
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
    this.renames[slot] = 0;
    this.inThread[slot] = 0;
    this.read[slot] = -1;
    this.acknowledgedBefore[slot] = 0;
    this.wrote[slot] = -1;
    this.sentNs[slot] = sentNs;
    this.awaited[slot] = 0;
    this.next[slot] = 0;
    this.stage[slot] = 0;
    this.worker[slot] = -1;
    this.attemptNs[slot] = sentNs;
    this.balancerAwaits[slot] = awaits.NOTHING;
    this.isCached[slot] = 0;
    this.isAccepted[slot] = 0;
    this.wanted[slot] = wanted.BY_CLIENT;
    this.earlier[slot] = -2;
    this.later[slot] = -1;
    this.delayNs[slot] = 0;
    this.startNs[slot] = 0;
    this.queueNext[slot] = -1;
    this.finishNs[slot] = 0;
    this.queuedNs[slot] = 0;
    return slot;
  }

  close(slot: number): void {
    this.isOpen[slot] = 0;
    this.generation[slot] = (this.generation[slot] + 1) | 0;
    this.free.push(slot);
  }

  /** Requests whose clients wait for an answer. */
  get underWay(): number {
    let count = 0;
    for (let slot = 0; slot < this.slots; slot += 1) {
      if (this.isOpen[slot] === 1 && this.wanted[slot] === wanted.BY_CLIENT) count += 1;
    }
    return count;
  }

  /** A second request of the same client for the same purpose: what is repeated elsewhere. */
  repeat(slot: number): number {
    const fresh = this.open(this.session[slot], this.sentNs[slot]);
    this.does[fresh] = this.does[slot];
    this.creates[fresh] = this.creates[slot];
    this.acknowledgedBefore[fresh] = this.acknowledgedBefore[slot];
    this.worker[fresh] = this.worker[slot];
    return fresh;
  }

  /** What a node did for the request is gone; the request itself goes on. */
  restart(slot: number): void {
    this.void(slot);
    this.isAccepted[slot] = 0;
    this.inThread[slot] = 0;
    this.renames[slot] = 0;
    this.awaited[slot] = 0;
    this.next[slot] = 0;
    this.read[slot] = -1;
    this.wrote[slot] = -1;
    this.startNs[slot] = 0;
    this.finishNs[slot] = 0;
    this.queuedNs[slot] = 0;
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
