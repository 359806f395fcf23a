import type { Simulation } from '../sim/simulation.ts';
import type { Step } from './balancing/attempt-policy.ts';
import { eventKind } from './events.ts';
import type { FlowHost, RequestFlow } from './request-flow.ts';
import { Router } from './router.ts';

/** The clients of a run as the rest of the cluster sees them: `Clients`, or a script that drives an experiment. */
export interface ClientSide {
  /** Nobody asks any more. */
  isClosed: boolean;
  /** Sessions that were left before the run, held by each node as its own. */
  readonly idle: Float64Array;
  /** The client of a session has its answer; the slot's columns can still be read. */
  answered(row: number, isFailed: boolean, slot: number): void;
  /** A new session for the client of an old one. */
  replace(row: number): number;
  /** A session that its client has lost. */
  abandon(row: number): void;
  /** Rows that nothing refers to any more may be used again. @returns how many there were to look at. */
  release(isForgotten: (row: number) => boolean): number;
}

/** A request under way: the row it was sent for, when its client sent it, and when it reached the node [ns]. */
interface Asked {
  readonly from: number;
  readonly sentNs: number;
  readonly reachedNs: number;
  readonly done: (answer: ScriptedAnswer) => void;
}

/** How a scripted request ended. */
export interface ScriptedAnswer {
  /** Row of the session from now on. */
  readonly session: number;
  readonly node: number;
  readonly isFailed: boolean;
  /** The node did not know the session, and made a new one. */
  readonly isNew: boolean;
  /** Version that the request saw, and the newest one acknowledged when it was sent. */
  readonly read: number;
  readonly acknowledgedBefore: number;
  /** From the client's sending to the client's receiving [ns]. */
  readonly latencyNs: number;
}

/** A balancer that sends each request where the script says: clients straight at the nodes' connectors. */
export class DirectRouter extends Router {
  to = 0;

  override choose(): number {
    return this.to;
  }

  override answered(): void {}

  override failed(): Step {
    return 'end';
  }
}

/**
 * Clients that follow a script: a program asks a given node for a given session and is called with the answer. Made for
 * experiments on single mechanisms (validation against measurements); the load of scenarios comes from `Clients`.
 *
 * Model: a request takes the network's latency to reach its node, and its response the same; a thread is found and the
 * response written in times of their own, which the load of scenarios leaves out.
 */
export class ScriptedClients implements ClientSide {
  isClosed = false;
  readonly idle: Float64Array;
  private readonly host: FlowHost;
  private readonly flow: RequestFlow;
  private readonly router: DirectRouter;
  private readonly latencyNs: number;
  /** From a request's arrival to the servlet container, and from the end of the servlet to the response [ns]. */
  connectorNs = 0;
  responseNs = 0;
  private readonly actions = new Map<number, () => void>();
  /** Requests under way, by row of their session. */
  private readonly waiting = new Map<number, Asked[]>();
  private next = 0;
  private clients = 0;

  constructor(host: FlowHost, flow: RequestFlow) {
    if (!(host.router instanceof DirectRouter)) throw new Error('scripted clients need a DirectRouter');
    this.host = host;
    this.flow = flow;
    this.router = host.router;
    this.latencyNs = Math.round(host.scenario.network.latencyUs * 1000);
    this.idle = new Float64Array(host.nodes.count);
    host.sim.on(eventKind.CLIENT, 'script', (id) => {
      const action = this.actions.get(id);
      this.actions.delete(id);
      action?.();
    });
    host.sim.on(eventKind.EXPIRE_SESSIONS, 'expire sessions', () => {});
  }

  get sim(): Simulation {
    return this.host.sim;
  }

  /** Does something later. */
  after(delayNs: number, action: () => void): void {
    this.next += 1;
    this.actions.set(this.next, action);
    this.sim.schedule(Math.round(delayNs), eventKind.CLIENT, this.next);
  }

  /** A client without a session yet. */
  client(): number {
    const row = this.host.sessions.open();
    this.host.sessions.client.set(row, this.clients);
    this.clients += 1;
    return row;
  }

  /**
   * Sends a request; the first one of a client creates its session.
   * @param does - what it does to the session, see `requestDoes`.
   */
  ask(row: number, node: number, does: number, done: (answer: ScriptedAnswer) => void): void {
    const { sim } = this;
    const sentNs = sim.nowNs;
    this.after(this.latencyNs + this.connectorNs, () => {
      const asked = { from: row, sentNs, reachedNs: sim.nowNs, done };
      const others = this.waiting.get(row);
      if (others) others.push(asked);
      else this.waiting.set(row, [asked]);
      this.router.to = node;
      this.flow.send(row, this.host.sessions.route.get(row) < 0, does);
    });
  }

  answered(row: number, isFailed: boolean, slot: number): void {
    const { requests } = this.host;
    const underWay = this.waiting.get(row) ?? [];
    const place = underWay.findIndex(({ reachedNs }) => reachedNs === requests.sentNs[slot]);
    if (place < 0) return;
    const [entry] = underWay.splice(place, 1);
    if (underWay.length === 0) this.waiting.delete(row);
    const node = requests.node[slot];
    const read = requests.read[slot];
    const acknowledgedBefore = requests.acknowledgedBefore[slot];
    this.after(this.responseNs + this.latencyNs, () => {
      const latencyNs = this.sim.nowNs - entry.sentNs;
      entry.done({ session: row, node, isFailed, isNew: row !== entry.from, read, acknowledgedBefore, latencyNs });
    });
  }

  replace(row: number): number {
    const { sessions } = this.host;
    const fresh = sessions.open();
    sessions.client.set(fresh, sessions.client.get(row));
    sessions.request.set(fresh, sessions.request.get(row));
    const underWay = this.waiting.get(row);
    if (underWay) this.waiting.set(fresh, underWay);
    this.waiting.delete(row);
    return fresh;
  }

  abandon(_row: number): void {}

  release(_isForgotten: (row: number) => boolean): number {
    return 0;
  }
}
