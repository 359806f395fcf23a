import type { Simulation } from '../../sim/simulation.ts';
import type { Channel } from '../channel.ts';
import type { Membership } from '../membership/membership.ts';
import type { TomcatSizes } from '../messages.ts';
import type { Misdirection } from '../misdirection.ts';
import type { RequestPool } from '../requests.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { SessionTable } from '../sessions.ts';
import type { Stores } from '../stores/index.ts';
import type { TomcatNodes } from '../tomcat-nodes.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import type { Unicasts } from '../unicasts.ts';
import type { WriteLedger } from '../write-ledger.ts';
import type { DeliveryPlane } from './delivery-plane.ts';

/** What a strategy may use. */
export interface StrategyHost {
  readonly scenario: Scenario;
  readonly sim: Simulation;
  readonly nodes: TomcatNodes;
  readonly sessions: SessionTable;
  readonly requests: RequestPool;
  readonly ledger: WriteLedger;
  readonly plane: DeliveryPlane;
  readonly channel: Channel;
  readonly unicasts: Unicasts;
  readonly membership: Membership;
  readonly misdirection: Misdirection;
  readonly traffic: TrafficMeter;
  readonly sizes: TomcatSizes;
  readonly stores: Stores;
  /** Length of the id of a session with the route of a node [characters]. */
  idLength(node: number): number;
  /** A uniform number that belongs to (name, a, b), the same under every strategy. */
  uniform(name: string, a: number, b: number): number;
  /** The uniform number of a client's request for one purpose. */
  drawFor(session: number, purpose: number): number;
  /** Processor time to serialise a message [ns]. */
  sendCpuNs(bytes: number): number;
  /** Time of one copy of a message on a network card [ns]. */
  copyNs(bytes: number): number;
  /** Sessions that their clients have left before the run began, held as its own by each node. */
  idleSessions(node: number): number;
  /** None of them is left at any node. */
  dropIdleSessions(): void;
  /** The strategy has found out what `begin` left open. */
  found(slot: number, version: number): void;
  absent(slot: number): void;
  /** A joining node may open at a moment; the first one counts. */
  mayOpen(node: number, atNs: number): void;
  /** All that the thread of a request waited for has been answered. */
  resume(slot: number): void;
  /** The store did not answer, and the application answers with an error. */
  error(slot: number): void;
  /** Starts what can start at a node by now; must come before anything is added to its processors. */
  catchUp(node: number): void;
}

/**
 * How a strategy answers when a request has got its thread.
 * `FOUND`: `requests.read` holds the version; the thread waits first if `requests.awaited` is above 0.
 * `ABSENT`: this node does not know the session. `OPEN`: the strategy will call `found` or `absent`.
 */
export const lookup = { FOUND: 0, ABSENT: 1, OPEN: 2 } as const;

/**
 * One way to keep sessions. The cluster calls it at the moments of a request's life at which a session manager acts;
 * all state of copies belongs to the strategy.
 */
export interface Strategy {
  /** Nodes hold copies of which the plane of deliveries knows nothing, and which may differ although all is quiet there. */
  readonly hasOwnCopies?: boolean;
  /** The session whose row was just opened as known from before the run, at its node. */
  adopt(session: number, node: number): void;
  /** A request has got its thread. */
  begin(slot: number): number;
  /** The processor starts on a request that creates its session. */
  create(slot: number): void;
  /** Processor time that the strategy adds to the request [ns]. */
  cpuNs(slot: number): number;
  /** The servlet is done; `requests.wrote` holds the version written, or -1. What makes the thread wait is counted in `requests.awaited`. */
  finish(slot: number): void;
  /** Version that the copy at a node has now, -1 none; decides nothing, costs nothing. */
  versionAt(node: number, session: number): number;
  /** Adds the versions of all copies that exist, each value once; a session whose copies agree gives one. */
  survivors(session: number, into: Set<number>): void;
  /** A node's background thread has found expired sessions of before the run: how many. */
  expire(node: number, count: number): void;
  /** Every copy of the session is given up (logout, or the row is reused). */
  end(session: number, node: number): void;
  /** A node is told to stop, and is still a member. */
  stopping?(node: number): void;
  viewChanged(observer: number, member: number, isMember: boolean): void;
  nodeDied(node: number): void;
  /** A node has joined and asks for its state. @returns when it may open [ns]; Infinity: `mayOpen` tells it. */
  transferState(node: number): number;
  /** A node takes requests from now on. */
  opened(node: number): void;
  /** Bytes of sessions that a node holds. */
  memoryBytes(node: number): number;
  /** Counts traffic that no event carries, from the beginning of the window up to now; whoever asks again gets all again. */
  meter(traffic: TrafficMeter): void;
}
