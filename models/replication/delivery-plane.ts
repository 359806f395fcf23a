import { type DelayLaw, KeyedDelay } from '../../sim/keyed-delay.ts';
import type { ExternalWork } from '../../sim/polling-thread.ts';
import type { MultiServer } from '../../sim/servers.ts';
import { segmentsOf } from '../network-card.ts';

/** What a message does to the copy of a session at the node that receives it. */
export const effect = {
  /** Nothing. */
  NONE: 0,
  /** A new empty session. */
  CREATE: 1,
  /** Sets attributes of a session known under this id; for an unknown id it is dropped in silence. */
  UPDATE: 2,
  /** Gives a known session its next id; for an unknown id it is dropped. */
  RENAME: 3,
  /** The whole session, known or not. */
  REPLACE: 4,
  /** Ends the session. */
  REMOVE: 5,
} as const;

/** The copy of a session at one node: its version (-1 = the node has none) and how often its id was changed. */
export interface Copy {
  version: number;
  epoch: number;
}

/**
 * Applies a message to a copy.
 * @returns false when the message was dropped because the node does not know the session under this id.
 */
export function applyEffect(copy: Copy, code: number, version: number, epoch: number): boolean {
  if (code === effect.CREATE || code === effect.REPLACE) {
    copy.version = version;
    copy.epoch = epoch;
    return true;
  }
  if (code === effect.UPDATE) {
    if (copy.version < 0 || copy.epoch !== epoch) return false;
    copy.version = version;
    return true;
  }
  if (code === effect.RENAME) {
    if (copy.version < 0 || copy.epoch !== epoch - 1) return false;
    copy.epoch = epoch;
    return true;
  }
  if (code === effect.REMOVE) copy.version = -1;
  return true;
}

/** What a node changes in its own copy of a session. */
export interface OwnChange {
  sender: number;
  /** Row of the session, or -1 when the message changes no copy. */
  session: number;
  effect: number;
  version: number;
  epoch: number;
}

/** A message to all members, as the channel hands it over. */
export interface Broadcast extends OwnChange {
  appendedNs: number;
  handedNs: number;
  departNs: number;
  copyNs: number;
  serviceNs: number;
  bytes: number;
  view: number;
  /** A node of the view that gets no copy of this message although its place on the card stays empty; -1 none. */
  except: number;
  /** The sender's own copy has changed before (`change`): the message had to wait. */
  isOwnKnown: boolean;
  /** Somebody waits for each delivery: `PlaneListener.answered` is called for it. */
  isAwaited: boolean;
  /** An earlier message whose delays at the receivers this one has; -1: its own. */
  like: number;
  /** Its sender's thread has written it itself, over its one connection: it stands in no line of woken threads. */
  isOrdered: boolean;
}

/** What the plane tells the cluster. */
export interface PlaneListener {
  /** An awaited message was started and will be done at a receiver. */
  answered(node: number, message: number, startNs: number, doneNs: number): void;
  /** A unicast message was started and is done. */
  unicastDone(node: number, id: number, startNs: number, doneNs: number): void;
}

/**
 * Everything between a sent message and the copies of sessions at the nodes that receive it: arrival, order, receiver
 * threads, processors, and the state that results. `LogPlane` replays a log when asked; the oracle in `test/` queues
 * one event per delivery; both must give the same results to the last bit.
 *
 * Rules that both obey: a message starts when it has arrived, all that arrived before it have started, and one of the
 * receiver threads is free; it then joins the queue of the processors, first come, first served; its thread is held
 * from the start for the message's own processor time (not while it waits for a processor). Deliveries that arrive at or before a moment start before a request of that moment; messages
 * about one session are applied at a node in the order in which they start, each visible once it and those before it
 * are done; a write of the node itself is visible at once,
 * on top of everything that has started there; a change of the id by the node itself also holds for what has started.
 */
export interface DeliveryPlane {
  /** Deliveries started, copies lost, messages dropped for an unknown id, over the whole run. */
  readonly deliveries: number;
  readonly missedCopies: number;
  readonly dropped: number;
  /** Copies sent over the whole run. */
  readonly sent: number;
  /** Entries that `prune` could look at. */
  readonly size: number;
  /** `ranks[view * nodes + node]`: -1 = the node gets no copy in this view. */
  readonly ranks: Int16Array;
  /** Copies of one message in a view. */
  copies(view: number): number;
  /** Registers a set of members of a sender. @returns number of the view. */
  addView(sender: number, isMember: Uint8Array): number;
  /** A node changes its own copy now; the message that tells the others waits and comes later, with `isOwnKnown`. */
  change(message: OwnChange, nowNs: number): void;
  /** Sends to all members of the view; the sender's own copy changes now. @returns number of the message. */
  broadcast(message: Broadcast): number;
  /** The copy of a message just sent leaves the sender's kernel for a node only then [ns]: its connection is stalled. */
  defer(message: number, node: number, releaseNs: number): void;
  /** The copy of a message will not reach a node, or is thrown away if it has come and has not started. */
  lose(message: number, node: number): void;
  /** Whether no node has more than `bytes` of a sender's messages unread; who takes nothing has nothing unread. */
  isWithin(sender: number, bytes: number, nowNs: number): boolean;
  /** Bytes of a sender's messages that a node has not read: they are on their way, wait, or are not done. */
  unread(sender: number, node: number, nowNs: number): number;
  /** When a node that has more has no more than `bytes` of a sender's unread [ns], or a moment not after it to ask again. */
  readNs(sender: number, node: number, bytes: number, nowNs: number): number;
  /** Arrival of a copy [ns], NaN where the node gets none. */
  arrivalNs(message: number, node: number): number;
  /** When all of a copy has passed the wire behind its sender [ns], NaN where the node gets none. */
  wiredNs(message: number, node: number): number;
  /** Moment at which the last copy of an awaited message arrives [ns], 0 where nobody gets one. */
  arrivedNs(message: number): number;
  /**
   * Puts those of the marked nodes into a list that may be the last to start an awaited message or to have done it. They
   * are all that have not answered; now the last copy arrives, at one of them or one that has answered. The others have
   * started the message by now, and need not be asked.
   */
  lastToAnswer(message: number, isMarked: Uint8Array, nowNs: number, into: number[]): void;
  /** Nobody waits for the message any more. */
  settled(message: number): void;
  /** Starts everything that can start by now. */
  catchUp(node: number, nowNs: number): void;
  /** When the next waiting message can start although it has arrived; Infinity if none waits or nobody cares. */
  wakeNs(node: number, nowNs: number): number;
  /** A message by another way arrives now. */
  unicast(node: number, nowNs: number, id: number, work: ExternalWork): void;
  /** The copy of a session at a node; `catchUp` must come first. The object is reused. */
  read(node: number, session: number, nowNs: number): Copy;
  /** True if it is known that no two nodes hold different copies and nothing is on its way: one look is enough. */
  isUniform(session: number): boolean;
  /** A sender dies: copies that had not left (`isPowerOff`) or had not been handed to its kernel are lost. */
  senderDied(node: number, nowNs: number, isPowerOff: boolean): void;
  /** A receiver stops: it forgets all copies and takes nothing. */
  stop(node: number): void;
  /** A stopped receiver listens again; its copies stay empty until `copyState`. */
  listen(node: number): void;
  /** The node begins with the copies that `donor` has now, or with none (-1). */
  copyState(node: number, donor: number, nowNs: number): void;
  /** A receiver stands still. */
  freeze(node: number, nowNs: number, untilNs: number): void;
  /** From now on packets are lost with this probability: deliveries wait for retransmissions. */
  setLoss(ratio: number): void;
  /** True once no message about the session is kept: its row may be used again. */
  isForgotten(session: number): boolean;
  /** The session's row is about to be reused. */
  forget(session: number): void;
  /** Forgets what nobody needs any more. */
  prune(nowNs: number): void;
  /** The run is over: everything on its way arrives and is done, and is visible to every `read` from now on. */
  finish(): void;
}

/** What every plane is made from. */
export interface PlaneParts {
  readonly nodes: number;
  readonly cpus: readonly MultiServer[];
  readonly receiverThreads: readonly number[];
  readonly latencyNs: number;
  /** Time to write one copy into its connection [ns]: copies reach the sender's kernel one after the other. */
  readonly writeNs: number;
  /** Seed of the receiver's delay, and its law (a number: the mean of an exponential [ns]). */
  readonly delaySeed: number;
  readonly delayMeanNs: DelayLaw;
  /** Quantiles of the part of it that a later copy of a message takes until it has passed the wire; empty: none. */
  readonly laterCopyShare: readonly (readonly [number, number])[];
  /** Processor time of a message for a receiver that sleeps, without that of its bytes [ns]. */
  readonly stagesWorkNs: number;
  /** Part by which a receiver's delay is longer after ten times the idle time. */
  readonly lagPerIdleDecade: number;
  readonly listener: PlaneListener;
}

/** The delays of the copies at their receivers. */
export function delayOf(parts: PlaneParts, bytesOf: (message: number) => number): KeyedDelay {
  const segmented = {
    roundTripNs: 2 * parts.latencyNs,
    segmentsOf: (message: number): number => segmentsOf(bytesOf(message)),
  };
  const stages = { shares: parts.laterCopyShare, workNs: parts.stagesWorkNs, perDecade: parts.lagPerIdleDecade };
  return new KeyedDelay(parts.delaySeed, parts.delayMeanNs, segmented, stages);
}
