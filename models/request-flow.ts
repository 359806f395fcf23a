import type { Simulation } from '../sim/simulation.ts';
import { Attempts, type NodeSide } from './attempts.ts';
import { eventKind } from './events.ts';
import type { Measurement } from './measurement.ts';
import type { PacketLoss } from './packet-loss.ts';
import type { ProcessorCosts } from './processor-costs.ts';
import { lookup, type Strategy } from './replication/strategy.ts';
import { RequestWork, type WorkDone } from './request-work.ts';
import {
  doesOf,
  type RequestPool,
  type RequestShares,
  requestDoes,
  requestNext,
  sharesOf,
  wanted,
} from './requests.ts';
import type { Router } from './router.ts';
import type { Scenario } from './scenario/schema.ts';
import { type SessionTable, sessionState } from './sessions.ts';
import type { TomcatNodes } from './tomcat-nodes.ts';
import type { WriteLedger } from './write-ledger.ts';

/** What belongs to a client's request, whatever the strategy: the same draws for the same (client, request). */
export const draw = {
  THINK: 0,
  CPU: 1,
  BACKEND: 2,
  DOES: 3,
  LEAVES: 4,
  LOGS_OUT: 5,
  ADDRESS: 6,
  NETWORK: 7,
  COMMITS_EARLY: 8,
  IGNORED_URI: 9,
  LOCKED_URI: 10,
  CONCURRENT: 11,
} as const;

/** What the flow of requests needs of the cluster. */
export interface FlowHost {
  readonly scenario: Scenario;
  readonly sim: Simulation;
  readonly nodes: TomcatNodes;
  readonly costs: ProcessorCosts;
  readonly loss: PacketLoss;
  readonly sessions: SessionTable;
  readonly requests: RequestPool;
  readonly router: Router;
  readonly strategy: Strategy;
  readonly measurement: Measurement;
  readonly ledger: WriteLedger;
  catchUp(node: number): void;
  /** The uniform number of a client's request for one purpose. */
  drawFor(session: number, purpose: number): number;
  /** The client of a request has its answer, an error or a new session included; the slot's columns can still be read. */
  clientAnswered(session: number, isFailed: boolean, slot: number): void;
  /** The request that should have created the session has failed. @returns the row of the next try. */
  startOver(session: number): number;
  /** The session is unknown where it should be known. @returns the row of the new one. */
  sessionLost(session: number): number;
  /** A second row for the client of a session that something still works on. */
  replaced(session: number): number;
  /** Nobody will ask for the session any more. */
  abandoned(session: number): void;
}

/**
 * The way of a request: balancer (see `Attempts`), thread, session, processor, back end, replication, response.
 *
 * ```
 *   Attempts -> accepted -> [thread] -> begin -> (waits) -> processor -> back end -> finish -> (waits) -> respond
 *      ^--- refused, silent, lost, timed out
 * ```
 *
 * Model: a node does not notice that the balancer has stopped waiting. It finishes the request, writes and replicates,
 * and nobody reads the response; if the balancer has asked another node meanwhile, the request is executed twice.
 */
export class RequestFlow implements NodeSide, WorkDone {
  private readonly host: FlowHost;
  private readonly attempts: Attempts;
  private readonly work: RequestWork;
  private readonly shares: RequestShares;
  private readonly countsMoves: boolean;
  /** Sessions that nodes work on for nobody, and by how many requests. */
  private readonly unwanted = new Map<number, number>();

  constructor(host: FlowHost) {
    this.host = host;
    this.shares = sharesOf(host.scenario.session);
    this.countsMoves = host.scenario.run.timelineS > 0;
    this.work = new RequestWork(host, this);
    this.attempts = new Attempts(host, this);
    const { sim } = host;
    sim.on(eventKind.RESUME, 'resume', (slot, generation) => {
      if (host.requests.generation[slot] === generation) this.resume(slot);
    });
  }

  /** The client of a session sends its next request. @param given - what it does; -1 = drawn by the session's ratios. */
  send(session: number, creates: boolean, given = -1): void {
    const { sim, requests, sessions, measurement } = this.host;
    sessions.request.add(session, 1);
    const slot = requests.open(session, sim.nowNs);
    requests.does[slot] = given >= 0 ? given : doesOf(this.host.drawFor(session, draw.DOES), this.shares);
    requests.creates[slot] = creates ? 1 : 0;
    requests.acknowledgedBefore[slot] = sessions.acknowledged.get(session);
    measurement.sentAll += 1;
    if (measurement.isOpen) measurement.offered += 1;
    this.attempts.begin(slot);
  }

  accepted(slot: number, node: number): void {
    const { nodes, requests } = this.host;
    requests.isAccepted[slot] = 1;
    nodes.connections[node] += 1;
    if (nodes.hasThread(node)) this.grant(slot, node);
    else nodes.enqueue(node, slot, requests.queueNext);
  }

  /** The request gets a thread, and the thread looks for the session. */
  private grant(slot: number, node: number): void {
    const { nodes, requests, strategy, measurement, sessions } = this.host;
    nodes.threadsBusy[node] += 1;
    requests.inThread[slot] = 1;
    if (measurement.isOpen) nodes.requests[node] += 1;
    this.host.catchUp(node);
    const ownerBefore = sessions.owner.get(requests.session[slot]);
    const answer = strategy.begin(slot);
    if (answer === lookup.ABSENT) this.absent(slot);
    else if (answer === lookup.FOUND) this.seen(slot, ownerBefore);
  }

  /** The strategy has found the session after a wait. */
  found(slot: number, version: number): void {
    this.host.requests.read[slot] = version;
    this.host.catchUp(this.host.requests.node[slot]);
    this.seen(slot, -1);
  }

  /** The node does not know the session: the client gets a new one. */
  absent(slot: number): void {
    const { requests, strategy, sessions } = this.host;
    if (requests.wanted[slot] !== wanted.BY_CLIENT) {
      this.discard(slot);
      return;
    }
    requests.session[slot] = this.host.sessionLost(requests.session[slot]);
    requests.creates[slot] = 1;
    requests.acknowledgedBefore[slot] = 0;
    requests.read[slot] = 0;
    strategy.begin(slot);
    this.seen(slot, sessions.owner.get(requests.session[slot]));
  }

  private seen(slot: number, ownerBefore: number): void {
    const { requests } = this.host;
    if (requests.wanted[slot] === wanted.BY_CLIENT) this.judge(slot, ownerBefore);
    requests.next[slot] = requestNext.PROCEED;
    if (requests.awaited[slot] === 0) this.proceed(slot);
  }

  /** Whether the client reads what it has written. */
  private judge(slot: number, ownerBefore: number): void {
    const { requests, measurement, sessions } = this.host;
    const session = requests.session[slot];
    let isStale = requests.read[slot] < requests.acknowledgedBefore[slot];
    if (sessions.hasMutations && this.readsBehind(slot, session, ownerBefore)) isStale = true;
    if (isStale && measurement.isOpen) measurement.staleReads += 1;
  }

  /** Whether changes in place are missing here, and lost by that. */
  private readsBehind(slot: number, session: number, ownerBefore: number): boolean {
    const { requests, measurement, sessions } = this.host;
    const behind = sessions.mutations.get(session) - sessions.mutationsKept.get(session);
    if (behind <= 0 || (ownerBefore >= 0 && sessions.mutator.get(session) === requests.node[slot])) return false;
    if (measurement.isOpen) measurement.lostUpdates += behind;
    sessions.mutations.set(session, sessions.mutationsKept.get(session));
    return true;
  }

  /** All that the thread waited for has been answered. */
  resume(slot: number): void {
    const { requests, nodes, sim } = this.host;
    const untilNs = nodes.frozenUntilNs[requests.node[slot]];
    if (untilNs > sim.nowNs) sim.scheduleAt(untilNs, eventKind.RESUME, slot, requests.generation[slot]);
    else if (requests.next[slot] === requestNext.PROCEED) this.proceed(slot);
    else this.respond(slot);
  }

  private proceed(slot: number): void {
    if (this.host.requests.wanted[slot] === wanted.ELSEWHERE) this.countTwice(slot);
    this.work.begin(slot);
  }

  create(slot: number): void {
    const { requests, strategy } = this.host;
    this.host.catchUp(requests.node[slot]);
    strategy.create(slot);
  }

  finish(slot: number): void {
    const { requests, sessions, strategy } = this.host;
    const node = requests.node[slot];
    const session = requests.session[slot];
    this.host.catchUp(node);
    if (requests.does[slot] === requestDoes.WRITE) this.write(slot, node, session);
    else if (requests.does[slot] === requestDoes.MUTATE) sessions.mutate(session, node);
    requests.next[slot] = requestNext.RESPOND;
    strategy.finish(slot);
    if (requests.awaited[slot] === 0) this.respond(slot);
  }

  /** setAttribute: based on what the request saw, or on what another thread of the same node wrote meanwhile. */
  private write(slot: number, node: number, session: number): void {
    const { requests, sessions, strategy, ledger, measurement } = this.host;
    if (sessions.state.get(session) === sessionState.GONE) return;
    const local = sessions.writer.get(session) === node ? strategy.versionAt(node, session) : -1;
    const base = Math.max(requests.read[slot], local);
    const version = sessions.latest.get(session) + 1;
    sessions.latest.set(session, version);
    sessions.writer.set(session, node);
    requests.wrote[slot] = version;
    ledger.wrote(session, version, base);
    if (measurement.isOpen && sessions.firstInWindow.get(session) === 0) sessions.firstInWindow.set(session, version);
  }

  private respond(slot: number): void {
    const { requests, sessions, sim, measurement } = this.host;
    if (requests.wanted[slot] !== wanted.BY_CLIENT) {
      this.discard(slot);
      return;
    }
    const node = requests.node[slot];
    const session = requests.session[slot];
    const lateNs = this.attempts.responseLateNs(slot, node);
    if (this.attempts.isPast(slot, lateNs)) {
      this.leave(slot, node);
      return;
    }
    const delayNs = lateNs + this.attempts.answered(slot, node);
    const latencyNs = sim.nowNs - requests.sentNs[slot] + delayNs;
    requests.delayNs[slot] = delayNs;
    const wrote = requests.wrote[slot];
    if (wrote > sessions.acknowledged.get(session)) sessions.acknowledged.set(session, wrote);
    sessions.accessedNs.set(session, sim.nowNs);
    measurement.completedAll += 1;
    if (measurement.isOpen) {
      measurement.completed += 1;
      measurement.latency.add(latencyNs);
      measurement.timeline?.completed(sim.nowNs, latencyNs, node, sessions.served.get(session));
    }
    if (this.countsMoves) sessions.served.set(session, node);
    requests.close(slot);
    this.leaveThread(slot, node);
    this.host.clientAnswered(session, false, slot);
  }

  /** The node is done with a request whose client waits for something else. */
  private leave(slot: number, node: number): void {
    const { requests } = this.host;
    requests.isAccepted[slot] = 0;
    requests.inThread[slot] = 0;
    this.leaveThread(slot, node);
  }

  private leaveThread(_slot: number, node: number): void {
    const { nodes, requests } = this.host;
    nodes.threadsBusy[node] -= 1;
    nodes.connections[node] -= 1;
    const next = nodes.dequeue(node, requests.queueNext);
    if (next >= 0) this.grant(next, node);
  }

  /** The application answers with an error (HTTP 500), and the balancer passes it on. */
  error(slot: number): void {
    const { requests } = this.host;
    requests.awaited[slot] = 0;
    if (requests.wanted[slot] !== wanted.BY_CLIENT) {
      this.discard(slot);
      return;
    }
    const node = requests.node[slot];
    this.attempts.answered(slot, node);
    this.leave(slot, node);
    this.givenUp(slot);
  }

  /** The client gets an error. What its node still works on goes on for nobody. */
  givenUp(slot: number): void {
    const { requests, measurement, sim } = this.host;
    const session = requests.session[slot];
    measurement.failedAll += 1;
    if (measurement.isOpen) {
      measurement.failed += 1;
      measurement.timeline?.failed(sim.nowNs);
    }
    this.attempts.over(slot);
    requests.delayNs[slot] = 0;
    const creates = requests.creates[slot] === 1;
    let row = session;
    if (requests.isAccepted[slot] === 1) {
      this.unwant(slot, wanted.BY_NOBODY);
      if (creates) row = this.host.replaced(session);
    } else {
      this.forgetWrite(slot);
      requests.close(slot);
      if (creates) row = this.host.startOver(session);
    }
    this.host.clientAnswered(row, true, slot);
  }

  repeated(slot: number): number {
    const { requests } = this.host;
    if (requests.isAccepted[slot] === 0) {
      if (requests.finishNs[slot] > 0) this.countTwice(slot);
      this.forgetWrite(slot);
      requests.restart(slot);
      return slot;
    }
    const fresh = requests.repeat(slot);
    if (requests.creates[slot] === 1) requests.session[fresh] = this.host.replaced(requests.session[slot]);
    this.unwant(slot, wanted.ELSEWHERE);
    requests.worker[slot] = -1;
    if (requests.finishNs[slot] > 0) this.countTwice(slot);
    return fresh;
  }

  private unwant(slot: number, by: number): void {
    const { requests } = this.host;
    const session = requests.session[slot];
    requests.wanted[slot] = by;
    this.unwanted.set(session, (this.unwanted.get(session) ?? 0) + 1);
  }

  /** Whether a node works on a session for nobody: its row must not be used again. */
  isWorkedOn(session: number): boolean {
    return this.unwanted.size > 0 && this.unwanted.has(session);
  }

  private countTwice(slot: number): void {
    const { requests, measurement } = this.host;
    if (requests.wanted[slot] === wanted.ELSEWHERE) requests.wanted[slot] = wanted.BY_NOBODY;
    if (measurement.isOpen) measurement.executedTwice += 1;
  }

  /** No client will ever know of the write. */
  private forgetWrite(slot: number): void {
    const { requests, ledger } = this.host;
    if (requests.wrote[slot] >= 0) ledger.neverAnswered(requests.session[slot], requests.wrote[slot]);
  }

  /** A node is done with what nobody wants. */
  private discard(slot: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const left = (this.unwanted.get(session) ?? 1) - 1;
    if (left > 0) this.unwanted.set(session, left);
    else this.unwanted.delete(session);
    if (sessions.state.get(session) !== sessionState.GONE) this.forgetWrite(slot);
    if (requests.creates[slot] === 1) this.host.abandoned(session);
    const isInThread = requests.inThread[slot] === 1;
    requests.close(slot);
    if (isInThread) this.leaveThread(slot, requests.node[slot]);
  }

  /** A node's process ends under its requests: the balancer's connections are reset, or nobody answers any more. */
  nodeDied(node: number, isSilent: boolean): void {
    const { requests, sim } = this.host;
    this.attempts.nodeDied(node, isSilent);
    this.work.nodeDied(node);
    for (let slot = 0; slot < requests.slots; slot += 1) {
      if (requests.isOpen[slot] === 0 || requests.node[slot] !== node || requests.isAccepted[slot] === 0) continue;
      requests.void(slot);
      requests.isAccepted[slot] = 0;
      requests.awaited[slot] = 0;
      requests.inThread[slot] = 0;
      if (requests.startNs[slot] > sim.nowNs) requests.finishNs[slot] = 0;
      if (requests.wanted[slot] === wanted.BY_CLIENT) this.attempts.lost(slot, isSilent);
      else this.discard(slot);
    }
  }

  /** A node stands still: what its processors work on ends later. */
  nodeFrozen(node: number, pauseNs: number): void {
    this.work.nodeFrozen(node, pauseNs);
  }
}
