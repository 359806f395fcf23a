import type { Batch } from './store-batch.ts';

/** What a call is about. */
export interface CallAbout {
  /** Request that it belongs to, -1 none. */
  readonly slot: number;
  readonly session: number;
  readonly node: number;
  /** Server that is asked. */
  readonly server: number;
  readonly batch: Batch;
  /** What the owner means by it. */
  readonly does: number;
  /** Version that is written, -1 none. */
  readonly version: number;
  /** How long the caller waits for the answer [ns]; 0 = nobody waits. */
  readonly timeoutNs: number;
}

/** What else is known of the request and the session of a call when it is sent. */
export interface CallState {
  /** Which use of the request's slot it is. */
  readonly generation: number;
  readonly epoch: number;
  readonly mutations: number;
}

/** Whoever sends calls. Methods, not a function per call: calls are made by the million. */
export interface StoreCaller {
  /** The server has done it, in the server's own order; `call.doneNs` says when. */
  storeApplied(call: StoreCall): void;
  /** The answer is back, the connection is refused, or the caller waits no longer. Not called when nobody waits. */
  storeAnswered(call: StoreCall, isAnswered: boolean): void;
}

/** A moment that is not known yet. Why: a field that begins with 0 is an integer to V8, and every call would change its shape. */
const UNKNOWN_NS = Number.NaN;

/** One batch of operations of a Tomcat at a store, from its sending to its answer. */
export class StoreCall implements CallAbout, CallState {
  readonly node: number;
  server: number;
  readonly batch: Batch;
  readonly timeoutNs: number;
  /** Who is told; null: nobody. */
  readonly owner: StoreCaller | null;
  readonly does: number;
  readonly slot: number;
  readonly generation: number;
  readonly session: number;
  readonly epoch: number;
  /** Version that is written, or that was found (-1 none). */
  version: number;
  readonly mutations: number;
  /** Moments: sent, leaves the node, done at the server [ns]. */
  sentNs = UNKNOWN_NS;
  departNs = UNKNOWN_NS;
  doneNs = UNKNOWN_NS;
  /** When the call, or its answer, arrives [ns]. */
  arrivesNs = UNKNOWN_NS;
  /** Its place in the table. */
  id = -1;
  /** Use of the call's place in the table; events of an earlier use are void. */
  ticket = 0;
  /** It has not reached a server. */
  isOnTheWay = false;
  /** Somebody waits for the answer. */
  isAwaited: boolean;
  isTaken = false;
  isAnswered = false;

  constructor(about: CallAbout, owner: StoreCaller | null, { generation, epoch, mutations }: CallState) {
    this.node = about.node;
    this.server = about.server;
    this.batch = about.batch;
    this.timeoutNs = about.timeoutNs;
    this.isAwaited = about.timeoutNs > 0;
    this.owner = owner;
    this.does = about.does;
    this.slot = about.slot;
    this.generation = generation;
    this.session = about.session;
    this.epoch = epoch;
    this.version = about.version;
    this.mutations = mutations;
  }
}
