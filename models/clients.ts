import { poissonCount } from '../sim/distributions.ts';
import { invariant } from '../sim/invariant.ts';
import { NumberQueues } from '../sim/number-queues.ts';
import type { RandomSource, RandomStreams } from '../sim/random.ts';
import { seconds } from '../sim/time.ts';
import { ClientNetworks } from './client-networks.ts';
import { ConcurrentRequests } from './concurrent-requests.ts';
import { eventKind } from './events.ts';
import { LoadProfile } from './load-profile.ts';
import { draw, type FlowHost, type RequestFlow } from './request-flow.ts';
import { sessionState } from './sessions.ts';

/** Background thread of the container times processExpiresFrequency. @see source: Tomcat ManagerBase, 10 s x 6. */
const EXPIRE_PERIOD_NS = 60e9;

/** Numbers of clients fit into the session table. */
const MOST_CLIENTS = 2 ** 32;

function poissonCounts(source: RandomSource, count: number, mean: number): Float64Array {
  return Float64Array.from({ length: count }, () => poissonCount(source, mean));
}

/**
 * The clients: they arrive as a Poisson process, make a geometric number of requests with think times between them
 * (a partly open system), and leave; their sessions stay until they expire.
 *
 * Model: the run starts in the steady state. Clients in the middle of their session are there from the start (both laws
 * have no memory), and so are the sessions that earlier clients left behind, as a count per node.
 */
export class Clients {
  private readonly host: FlowHost;
  private readonly flow: RequestFlow;
  private readonly arrivals: RandomSource;
  private readonly gapMeanNs: number;
  private readonly profile: LoadProfile;
  private readonly thinkNs: number;
  private readonly isConstant: boolean;
  private readonly idleNs: number;
  private readonly leaveRatio: number;
  private readonly logoutRatio: number;
  private readonly concurrent: ConcurrentRequests;
  private readonly networks: ClientNetworks;
  private clients = 0;
  isClosed = false;
  /** Sessions left before the run, held by each node as its own. */
  readonly idle: Float64Array;
  private readonly idlePerTick: number;
  private readonly idleGoneNs: number;
  /** Rows whose clients have left, oldest first, per node of their last request. */
  private readonly left: NumberQueues;

  constructor(host: FlowHost, flow: RequestFlow, streams: RandomStreams) {
    const { session, load } = host.scenario;
    this.host = host;
    this.flow = flow;
    this.arrivals = streams.stream('clients/arrivals');
    this.profile = new LoadProfile(load.profile, { startS: load.profileStartS, periodS: load.profilePeriodS });
    const clientsPerSAtOne = load.requestsPerSecond / session.requestsMean;
    this.gapMeanNs = 1e9 / clientsPerSAtOne;
    // Before the run the load is taken to have been that of its first moment.
    const clientsPerS = clientsPerSAtOne * this.profile.factorAt(0);
    this.thinkNs = seconds(session.thinkTimeSMean);
    this.isConstant = session.thinkTimeDistribution === 'constant';
    this.idleNs = seconds(session.idleTimeoutS);
    this.concurrent = new ConcurrentRequests(session.concurrentRatio);
    // Nothing comes beside the request that makes the session; each later round has 1 / (1 - ratio) requests.
    const { requestsMean, concurrentRatio } = session;
    const rounds = concurrentRatio === 0 ? requestsMean : 1 + (requestsMean - 1) * (1 - concurrentRatio);
    this.leaveRatio = 1 / rounds;
    this.logoutRatio = session.logoutRatio;
    this.networks = new ClientNetworks(load.clients.networks, streams.stream('clients/networks'));
    const count = host.nodes.count;
    this.left = new NumberQueues(count);
    const idlePerNode = (clientsPerS * session.idleTimeoutS * (1 - session.logoutRatio)) / count;
    this.idle = poissonCounts(streams.stream('clients/idle'), count, idlePerNode);
    this.idlePerTick = (idlePerNode * EXPIRE_PERIOD_NS) / this.idleNs;
    this.idleGoneNs = this.idleNs;
    host.sim.on(eventKind.CLIENT, 'client', () => this.arrive());
    host.sim.on(eventKind.REQUEST, 'request', (row) => this.ask(row));
    host.sim.on(eventKind.EXPIRE_SESSIONS, 'expire sessions', (node, start) => this.expireSessions(node, start));
    this.populate(streams.stream('clients/initial'), rounds, clientsPerS);
  }

  private populate(source: RandomSource, requestsMean: number, clientsPerS: number): void {
    const { sim, router, sessions, strategy, nodes } = this.host;
    const active = poissonCount(source, (clientsPerS * (requestsMean - 1) * this.thinkNs) / 1e9);
    sessions.reserve(active);
    for (let count = 0; count < active; count += 1) {
      const row = this.newRow(this.clients);
      this.clients += 1;
      sessions.request.set(row, 1);
      const node = router.place(row);
      sessions.route.set(row, node);
      strategy.adopt(row, node);
      const thinkNs = this.isConstant ? source.double() * this.thinkNs : -Math.log(1 - source.double()) * this.thinkNs;
      sim.scheduleFirm(Math.round(thinkNs), eventKind.REQUEST, row);
    }
    for (let node = 0; node < nodes.count; node += 1) {
      sim.scheduleAt(Math.floor(source.double() * EXPIRE_PERIOD_NS), eventKind.EXPIRE_SESSIONS, node, 0);
    }
    this.scheduleArrival();
  }

  private scheduleArrival(): void {
    const { sim } = this.host;
    const plainNs = -Math.log(1 - this.arrivals.double()) * this.gapMeanNs;
    sim.schedule(Math.round(this.profile.stretch(sim.nowNs, plainNs)), eventKind.CLIENT);
  }

  private newRow(client: number): number {
    const { sessions } = this.host;
    const row = sessions.open();
    invariant(client < MOST_CLIENTS, 'a run of more than 2^32 clients: shorten it');
    sessions.client.set(row, client);
    const { networks, host } = this;
    if (host.router.readsAddress)
      sessions.address.set(row, networks.address(host.drawFor(row, draw.NETWORK), host.drawFor(row, draw.ADDRESS)));
    return row;
  }

  private arrive(): void {
    if (this.isClosed) return;
    const row = this.newRow(this.clients);
    this.clients += 1;
    this.scheduleArrival();
    this.flow.send(row, true);
  }

  private ask(row: number): void {
    if (this.isClosed) return;
    const { sessions, sim } = this.host;
    const isExpired = sim.nowNs - sessions.accessedNs.get(row) > this.idleNs && sessions.accessedNs.get(row) > 0;
    if (isExpired) {
      this.flow.send(this.replace(row), true);
      return;
    }
    const creates = sessions.route.get(row) < 0;
    this.flow.send(row, creates);
    if (!creates && this.concurrent.ratio > 0) this.askBeside(row);
  }

  /** More requests of the same session, without waiting for the response. */
  private askBeside(row: number): void {
    this.concurrent.begin(row);
    while (this.host.drawFor(row, draw.CONCURRENT) < this.concurrent.ratio) {
      this.concurrent.add(row);
      this.flow.send(row, false);
    }
  }

  /** A new session for the client of an old one; the old row is left to expire. */
  replace(row: number): number {
    const { sessions } = this.host;
    const fresh = sessions.open();
    sessions.client.set(fresh, sessions.client.get(row));
    sessions.request.set(fresh, sessions.request.get(row));
    sessions.creation.set(fresh, sessions.request.get(row));
    sessions.connection.set(fresh, sessions.connection.get(row));
    sessions.served.set(fresh, sessions.served.get(row));
    sessions.accessedNs.set(fresh, sessions.accessedNs.get(row));
    sessions.address.set(fresh, sessions.address.get(row));
    this.concurrent.moved(row, fresh, sessions.state.get(row) === sessionState.GONE);
    return fresh;
  }

  /** The client has its answer: it thinks, or leaves. */
  answered(row: number, isFailed: boolean, slot: number): void {
    const { sim, sessions, requests } = this.host;
    if (!this.concurrent.isLast(row)) return;
    if (this.concurrent.isAside(row)) {
      this.leave(row);
      return;
    }
    if (sessions.state.get(row) === sessionState.GONE) return;
    if (!isFailed && this.host.drawFor(row, draw.LEAVES) < this.leaveRatio) {
      this.leave(row);
      return;
    }
    if (isFailed) sessions.accessedNs.set(row, Math.max(sessions.accessedNs.get(row), 1));
    const think = this.host.drawFor(row, draw.THINK);
    const thinkNs = this.isConstant ? this.thinkNs : Math.round(-Math.log(1 - think) * this.thinkNs);
    // The way of request and response between balancer and node lies between the two requests.
    sim.scheduleFirm(requests.delayNs[slot] + thinkNs, eventKind.REQUEST, row);
  }

  private leave(row: number): void {
    const { sessions } = this.host;
    if (sessions.route.get(row) < 0) {
      // No node has ever made this session.
      this.abandon(row);
      return;
    }
    if (this.logoutRatio > 0 && this.host.drawFor(row, draw.LOGS_OUT) < this.logoutRatio) {
      this.gone(row, sessions.route.get(row));
      return;
    }
    sessions.state.set(row, sessionState.LEFT);
    this.left.push(sessions.route.get(row), row);
  }

  /** A session ends in order: it is settled, everybody who holds it is told. */
  private gone(row: number, node: number): void {
    this.settle(row);
    this.host.strategy.end(row, node);
    this.host.sessions.state.set(row, sessionState.GONE);
    this.quarantine.push(row);
  }

  private readonly quarantine: number[] = [];

  /** Rows that nothing refers to any more are used again. @returns how many there were to look at. */
  release(isForgotten: (row: number) => boolean): number {
    const { quarantine } = this;
    const waiting = quarantine.length;
    if (waiting === 0) return 0;
    let kept = 0;
    for (const row of quarantine) {
      if (!this.flow.isWorkedOn(row) && !this.concurrent.isWorkedOn(row) && isForgotten(row))
        this.host.sessions.close(row);
      else quarantine[kept++] = row;
    }
    quarantine.length = kept;
    return waiting;
  }

  /** The account of a session is closed: its writes that no copy contains are lost. */
  settle(row: number): void {
    const { strategy, ledger, measurement, sessions } = this.host;
    const surviving = new Set<number>();
    if (sessions.firstInWindow.get(row) > 0) strategy.survivors(row, surviving);
    measurement.lostUpdates += ledger.settle(row, [...surviving]);
  }

  /** A session that its client has lost: copies that remain are of no use to anybody. */
  abandon(row: number): void {
    if (this.host.sessions.state.get(row) === sessionState.GONE) return;
    this.settle(row);
    this.host.sessions.state.set(row, sessionState.GONE);
    this.quarantine.push(row);
  }

  private expireSessions(node: number, start: number): void {
    const { nodes, sessions, sim, strategy } = this.host;
    if (nodes.start[node] !== start || !nodes.isUp(node)) return;
    sim.schedule(EXPIRE_PERIOD_NS, eventKind.EXPIRE_SESSIONS, node, start);
    if (this.idle[node] === 0 && this.left.isEmpty(node)) return;
    this.host.catchUp(node);
    if (sim.nowNs <= this.idleGoneNs && this.idle[node] > 0) {
      const others = Math.min(this.idle[node], Math.round(this.idlePerTick));
      this.idle[node] -= others;
      strategy.expire(node, others);
    }
    while (!this.left.isEmpty(node)) {
      const row = this.left.first(node);
      if (sessions.accessedNs.get(row) + this.idleNs >= sim.nowNs) break;
      this.left.shift(node);
      this.gone(row, node);
    }
  }
}
