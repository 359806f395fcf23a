import type { Simulation } from '../sim/simulation.ts';
import type { NetworkCards } from './network-card.ts';
import type { PacketLoss } from './packet-loss.ts';
import type { ProcessorCosts } from './processor-costs.ts';
import type { DeliveryPlane } from './replication/delivery-plane.ts';
import type { RequestPool } from './requests.ts';
import type { SenderPool } from './sender-pool.ts';
import type { SessionTable } from './sessions.ts';
import type { StalledConnections } from './stalled-connections.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** What the bits of channelSendOptions mean, as the sources of Tribes have it. */
export interface SendMode {
  /** The caller goes on at once; a dispatcher thread sends. */
  readonly isAsynchronous: boolean;
  /** The sender waits for an acknowledgement of each receiver. */
  readonly isAcknowledged: boolean;
  /** ... which comes after the message has been applied, not on receipt. */
  readonly isAppliedFirst: boolean;
}

/** Decodes channelSendOptions: 4 without 2 acknowledges nothing. @see source: Tribes Channel, ParallelNioSender. */
export function sendMode(options: number): SendMode {
  const isAcknowledged = (options & 2) !== 0;
  return { isAsynchronous: (options & 8) !== 0, isAcknowledged, isAppliedFirst: isAcknowledged && (options & 4) !== 0 };
}

/** A message as a session manager hands it to the channel. */
export interface Outgoing {
  readonly sender: number;
  readonly kind: number;
  readonly bytes: number;
  readonly session: number;
  readonly effect: number;
  readonly version: number;
  readonly epoch: number;
  /** Request whose thread waits where the mode makes it wait, -1 none. */
  readonly slot: number;
  readonly mode: SendMode;
  /** The message had to wait: its sender's own copy has changed already. */
  readonly isOwnKnown?: boolean;
  /** A member that gets no copy, -1 none. */
  readonly except: number;
}

/** How a node appears to another one that connects to it. */
export type Answer = 'yes' | 'refused' | 'silent';

/** What the channel needs of the cluster. */
export interface ChannelHost {
  readonly sim: Simulation;
  readonly plane: DeliveryPlane;
  readonly traffic: TrafficMeter;
  readonly requests: RequestPool;
  readonly cards: NetworkCards;
  readonly loss: PacketLoss;
  readonly sessions: SessionTable;
  readonly costs: ProcessorCosts;
  readonly senders: SenderPool;
  /** A thread of a node is woken for so much work. @returns when that is done [ns]. */
  runNs(node: number, workNs: number): number;
  /** The thread of a request may go on. */
  resume(slot: number): void;
  /** Catches a node up and keeps it awake while somebody waits for its messages. */
  catchUp(node: number): void;
  answer(from: number, to: number): Answer;
  /** The nodes that may not answer everybody, ascending. */
  doubtful(): readonly number[];
  /** How many nodes there are, and until when each stands still, in the past if it does not [ns]. */
  readonly nodes: { readonly count: number; readonly frozenUntilNs: Float64Array };
  /** Connections across a cut. */
  readonly stalled: StalledConnections;
  /** A synchronous send to a member has failed. */
  sendFailed(from: number, to: number): void;
  /** Whether the network between two nodes is cut now. */
  isCut(from: number, to: number): boolean;
}
