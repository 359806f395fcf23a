import { type Distribution, type DistributionKind, distributionOf } from '../sim/distributions.ts';
import type { Simulation } from '../sim/simulation.ts';
import { milliseconds, seconds } from '../sim/time.ts';
import { eventKind } from './events.ts';
import type { Measurement } from './measurement.ts';
import { lookup, type Strategy } from './replication/strategy.ts';
import { type RequestPool, requestDoes, requestNext, retryMeans } from './requests.ts';
import type { Router } from './router.ts';
import type { Scenario } from './scenario/schema.ts';
import type { SessionTable } from './sessions.ts';
import type { TomcatNodes } from './tomcat-nodes.ts';
import type { WriteLedger } from './write-ledger.ts';

/** A dropped SYN is sent again after this. @see source: Linux TCP initial retransmission timeout, RFC 6298. */
const SYN_RETRY_NS = 1e9;
/** Request and response together, as the balancer counts traffic (assumed) [bytes]. */
const HTTP_BYTES = 2000;

/** What belongs to a client's request, whatever the strategy: the same draws for the same (client, request). */
export const draw = { THINK: 0, CPU: 1, BACKEND: 2, DOES: 3, LEAVES: 4, LOGS_OUT: 5, ADDRESS: 6, NETWORK: 7 } as const;

/** What the flow of requests needs of the cluster. */
export interface FlowHost {
  readonly scenario: Scenario;
  readonly sim: Simulation;
  readonly nodes: TomcatNodes;
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
}

/**
 * The way of a request: balancer, connection, thread, session, processor, back end, replication, response.
 *
 * ```
 *   route -> connect -> [backlog, thread] -> begin -> (waits) -> processor -> back end -> finish -> (waits) -> respond
 *     ^--- RETRY: refused, silent, reset
 * ```
 */
export class RequestFlow {
  private readonly host: FlowHost;
  private readonly cpu: Distribution;
  private readonly backend: Distribution | null;
  private readonly latencyNs: number;
  private readonly connectTimeoutNs: number;
  private readonly readTimeoutNs: number;

  constructor(host: FlowHost) {
    const { service, network, balancer } = host.scenario;
    this.host = host;
    const cv = service.distribution === 'lognormal' || service.distribution === 'hyperexponential' ? service.cv : 1;
    const kind: DistributionKind = service.distribution;
    this.cpu = distributionOf(kind, milliseconds(service.cpuMsMean), cv);
    this.backend =
      service.backendMsMean > 0 ? distributionOf('exponential', milliseconds(service.backendMsMean)) : null;
    this.latencyNs = Math.round(network.latencyUs * 1000);
    this.connectTimeoutNs = seconds(balancer.connectTimeoutS);
    this.readTimeoutNs = seconds(balancer.readTimeoutS);
    const { sim } = host;
    sim.on(eventKind.CREATE, 'create', (slot, generation) => this.atCreate(slot, generation));
    sim.on(eventKind.FINISH, 'finish', (slot, generation) => this.atFinish(slot, generation));
    sim.on(eventKind.RETRY, 'retry', (slot, generation) => this.atRetry(slot, generation));
    sim.on(eventKind.RESUME, 'resume', (slot, generation) => {
      if (host.requests.generation[slot] === generation) this.resume(slot);
    });
  }

  /** The client of a session sends its next request. @param given - what it does; -1 = drawn by the session's ratios. */
  send(session: number, creates: boolean, given = -1): void {
    const { sim, requests, sessions, measurement, scenario } = this.host;
    sessions.request[session] += 1;
    const slot = requests.open(session, sim.nowNs);
    const does = this.host.drawFor(session, draw.DOES);
    const { writeRatio, mutateWithoutSetRatio } = scenario.session;
    if (given >= 0) requests.does[slot] = given;
    else if (does < writeRatio) requests.does[slot] = requestDoes.WRITE;
    else if (does < writeRatio + mutateWithoutSetRatio) requests.does[slot] = requestDoes.MUTATE;
    requests.creates[slot] = creates ? 1 : 0;
    requests.acknowledgedBefore[slot] = sessions.acknowledged[session];
    measurement.sentAll += 1;
    if (measurement.isOpen) measurement.offered += 1;
    this.route(slot);
  }

  private route(slot: number): void {
    const { router, requests, sim, nodes } = this.host;
    const node = router.choose(slot, requests.session[slot], sim.nowNs, requests.creates[slot] === 0);
    requests.node[slot] = node;
    if (node < 0) this.fail(slot);
    else if (nodes.isServing(node)) this.connect(slot, node);
    else if (nodes.isSilent[node] === 1) this.retryIn(slot, this.connectTimeoutNs, retryMeans.NEXT_SERVER);
    else this.retryIn(slot, 2 * this.latencyNs, retryMeans.NEXT_SERVER);
  }

  private retryIn(slot: number, delayNs: number, means: number): void {
    const { sim, requests } = this.host;
    requests.retry[slot] = means;
    sim.schedule(delayNs, eventKind.RETRY, slot, requests.generation[slot]);
  }

  private atRetry(slot: number, generation: number): void {
    const { requests, router, sim, nodes } = this.host;
    if (requests.generation[slot] !== generation) return;
    const node = requests.node[slot];
    const isSame = requests.retry[slot] === retryMeans.SAME_SERVER;
    if (isSame && nodes.isServing(node) && sim.nowNs - requests.sentNs[slot] < this.connectTimeoutNs) {
      this.connect(slot, node);
      return;
    }
    router.failed(slot, node, sim.nowNs);
    if (requests.retry[slot] === retryMeans.FAIL) this.fail(slot);
    else this.route(slot);
  }

  private connect(slot: number, node: number): void {
    const { nodes, requests } = this.host;
    if (!nodes.hasRoom(node)) {
      this.retryIn(slot, SYN_RETRY_NS, retryMeans.SAME_SERVER);
      return;
    }
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
    const ownerBefore = sessions.owner[requests.session[slot]];
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
    requests.session[slot] = this.host.sessionLost(requests.session[slot]);
    requests.creates[slot] = 1;
    requests.acknowledgedBefore[slot] = 0;
    requests.read[slot] = 0;
    strategy.begin(slot);
    this.seen(slot, sessions.owner[requests.session[slot]]);
  }

  private seen(slot: number, ownerBefore: number): void {
    const { requests, measurement, sessions } = this.host;
    const session = requests.session[slot];
    let isStale = requests.read[slot] < requests.acknowledgedBefore[slot];
    const behind = sessions.mutations[session] - sessions.mutationsKept[session];
    if (behind > 0 && ownerBefore !== requests.node[slot]) {
      isStale = true;
      if (measurement.isOpen) measurement.lostUpdates += behind;
      sessions.mutations[session] = sessions.mutationsKept[session];
    }
    if (isStale && measurement.isOpen) measurement.staleReads += 1;
    requests.next[slot] = requestNext.PROCEED;
    if (requests.awaited[slot] === 0) this.proceed(slot);
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
    const { requests, nodes, sim, strategy } = this.host;
    const node = requests.node[slot];
    const session = requests.session[slot];
    const generation = requests.generation[slot];
    this.host.catchUp(node);
    const cpu = nodes.cpus[node];
    const serviceNs = Math.round(this.cpu.sample(this.host.drawFor(session, draw.CPU))) + strategy.cpuNs(slot);
    const startNs = cpu.offer(sim.nowNs, serviceNs);
    const waitNs = this.backend ? Math.round(this.backend.sample(this.host.drawFor(session, draw.BACKEND))) : 0;
    requests.finishNs[slot] = cpu.lastDoneNs + waitNs;
    if (requests.creates[slot] === 1) {
      if (startNs === sim.nowNs) strategy.create(slot);
      else sim.scheduleAt(startNs, eventKind.CREATE, slot, generation);
    }
    sim.scheduleAt(requests.finishNs[slot], eventKind.FINISH, slot, generation);
  }

  private atCreate(slot: number, generation: number): void {
    const { requests, strategy } = this.host;
    if (requests.generation[slot] !== generation) return;
    this.host.catchUp(requests.node[slot]);
    strategy.create(slot);
  }

  private atFinish(slot: number, generation: number): void {
    const { requests, sessions, strategy } = this.host;
    if (requests.generation[slot] !== generation) return;
    const node = requests.node[slot];
    const session = requests.session[slot];
    this.host.catchUp(node);
    if (requests.does[slot] === requestDoes.WRITE) this.write(slot, node, session);
    else if (requests.does[slot] === requestDoes.MUTATE) sessions.mutations[session] += 1;
    requests.next[slot] = requestNext.RESPOND;
    strategy.finish(slot);
    if (requests.awaited[slot] === 0) this.respond(slot);
  }

  /** setAttribute: based on what the request saw, or on what another thread of the same node wrote meanwhile. */
  private write(slot: number, node: number, session: number): void {
    const { requests, sessions, strategy, ledger, measurement } = this.host;
    const local = sessions.writer[session] === node ? strategy.versionAt(node, session) : -1;
    const base = Math.max(requests.read[slot], local);
    const version = sessions.latest[session] + 1;
    sessions.latest[session] = version;
    sessions.writer[session] = node;
    requests.wrote[slot] = version;
    ledger.wrote(session, version, base);
    if (measurement.isOpen && sessions.firstInWindow[session] === 0) sessions.firstInWindow[session] = version;
  }

  private respond(slot: number): void {
    const { requests, sessions, router, sim, measurement } = this.host;
    const node = requests.node[slot];
    const session = requests.session[slot];
    const latencyNs = sim.nowNs - requests.sentNs[slot] + 2 * this.latencyNs;
    if (latencyNs > this.readTimeoutNs) {
      router.failed(slot, node, sim.nowNs);
      this.leaveThread(slot, node);
      this.fail(slot);
      return;
    }
    router.answered(slot, node, sim.nowNs, HTTP_BYTES);
    const wrote = requests.wrote[slot];
    if (wrote > sessions.acknowledged[session]) sessions.acknowledged[session] = wrote;
    sessions.accessedNs[session] = sim.nowNs;
    measurement.completedAll += 1;
    if (measurement.isOpen) {
      measurement.completed += 1;
      measurement.latency.add(latencyNs);
    }
    requests.close(slot);
    this.leaveThread(slot, node);
    this.host.clientAnswered(session, false, slot);
  }

  private leaveThread(_slot: number, node: number): void {
    const { nodes, requests } = this.host;
    nodes.threadsBusy[node] -= 1;
    nodes.connections[node] -= 1;
    const next = nodes.dequeue(node, requests.queueNext);
    if (next >= 0) this.grant(next, node);
  }

  /** The client gets an error. */
  private fail(slot: number): void {
    const { requests, measurement, ledger, router } = this.host;
    const session = requests.session[slot];
    measurement.failedAll += 1;
    if (measurement.isOpen) measurement.failed += 1;
    if (requests.wrote[slot] >= 0) ledger.neverAnswered(session, requests.wrote[slot]);
    const creates = requests.creates[slot] === 1;
    router.forget(slot);
    requests.close(slot);
    this.host.clientAnswered(creates ? this.host.startOver(session) : session, true, slot);
  }

  /**
   * A node's process ends under its requests. What was sent there is reset, or never answered; a request that only
   * reads is tried elsewhere (proxy_next_upstream: GET), one that writes is not, once it has been sent.
   */
  nodeDied(node: number, isSilent: boolean): void {
    const { requests, measurement } = this.host;
    for (let slot = 0; slot < requests.slots; slot += 1) {
      if (requests.isOpen[slot] === 0 || requests.node[slot] !== node) continue;
      if (requests.inThread[slot] === 0 && requests.retry[slot] !== 0) continue;
      requests.void(slot);
      requests.awaited[slot] = 0;
      requests.inThread[slot] = 0;
      const isRead = requests.does[slot] === requestDoes.READ;
      if (isRead && requests.finishNs[slot] > 0 && measurement.isOpen) measurement.executedTwice += 1;
      const delayNs = isSilent ? this.readTimeoutNs : this.latencyNs;
      this.retryIn(slot, delayNs, isRead ? retryMeans.NEXT_SERVER : retryMeans.FAIL);
    }
  }

  /** A node stands still: what its processors work on ends later. */
  nodeFrozen(node: number, pauseNs: number): void {
    const { requests, sim } = this.host;
    for (let slot = 0; slot < requests.slots; slot += 1) {
      if (requests.isOpen[slot] === 0 || requests.node[slot] !== node || requests.inThread[slot] === 0) continue;
      if (requests.finishNs[slot] < sim.nowNs || requests.awaited[slot] > 0) continue;
      requests.void(slot);
      requests.finishNs[slot] += pauseNs;
      sim.scheduleAt(requests.finishNs[slot], eventKind.FINISH, slot, requests.generation[slot]);
    }
  }
}
