import { MultiServer } from '../sim/servers.ts';
import { seconds } from '../sim/time.ts';
import type { FailedEnd, Step } from './balancing/attempt-policy.ts';
import { Deadlines } from './deadlines.ts';
import { eventKind } from './events.ts';
import { SYN_RETRY_NS } from './packet-loss.ts';
import type { FlowHost } from './request-flow.ts';
import { awaits, requestDoes } from './requests.ts';
import type { RoutedRequest } from './router.ts';

/** A connect fails for good after this, whatever the balancer allows. @see source: Linux tcp_syn_retries = 6. */
const SYN_GIVE_UP_NS = 127e9;
/** Data without acknowledgement is given up after this. @see source: Linux tcp_retries2 = 15. */
const DATA_GIVE_UP_NS = 924.6e9;
/** Smallest response that is compressed, level 1 and up. @see source: nginx gzip_min_length. */
const GZIP_MIN_BYTES = 20;
/** Nodes of a cluster, at most: the loss of a packet belongs to a client's request and the node that it is sent to. */
const NODES_MAX = 1024;

const ends: readonly FailedEnd[] = ['lost', 'lost', 'refused', 'connect-timeout', 'lost', 'read-timeout'];

/** What the balancer's side tells the node's side of a request. */
export interface NodeSide {
  /** The node's connector has accepted the request. */
  accepted(slot: number, node: number): void;
  /** The balancer has given up; its client gets an error. */
  givenUp(slot: number): void;
  /** A request that goes on elsewhere is still worked on here. @returns the number under which it goes on. */
  repeated(slot: number): number;
}

/**
 * A request from the balancer's side: process, server, connection, and what follows when an attempt fails.
 *
 * ```
 *   begin -> route -> [idle connection | SYN, SYN, ...] -> node accepts -> answered
 *      |       ^                     |                          |
 *   no sockets |        refused, connect timeout       connection lost, read timeout
 *      |       +---- again, pause ---+-----policy---------------+
 *   given up  <----- end -----------------+
 * ```
 *
 * Model: a request reaches its node at once and the way there and back (one round trip, one more for a new connection)
 * is added to its latency; nothing hangs on it. Where packets are lost it reaches the node later; a request is one
 * segment. A host without power loses what is sent to it: a new connection waits
 * for the connect timeout, an idle one that is used again for the read timeout.
 */
export class Attempts {
  private readonly host: FlowHost;
  private readonly side: NodeSide;
  private readonly roundTripNs: number;
  private readonly connectTimeoutNs: number;
  private readonly readTimeoutNs: number;
  private readonly pingTimeoutNs: number;
  private readonly pauseNs: number;
  private readonly writeMethod: string;
  private readonly responseBytes: number;
  private readonly gzipNs: number;
  /** The one processor that each process compresses with. */
  private readonly compressors: MultiServer[];
  private readonly deadlines: Deadlines;
  private isArmed = false;
  /** Start of each node whose connections the balancer holds. */
  private readonly startSeen: Int16Array;

  constructor(host: FlowHost, side: NodeSide) {
    const { network, balancer, load } = host.scenario;
    const { policy } = host.router;
    const toNs = (limitS: number): number => (Number.isFinite(limitS) ? seconds(limitS) : Number.POSITIVE_INFINITY);
    this.host = host;
    this.side = side;
    this.roundTripNs = 2 * Math.round(network.latencyUs * 1000);
    this.connectTimeoutNs = Math.min(SYN_GIVE_UP_NS, toNs(policy.connectTimeoutS));
    this.readTimeoutNs = Math.max(1, toNs(policy.readTimeoutS) - this.roundTripNs);
    this.pingTimeoutNs = toNs(policy.pingTimeoutS);
    this.pauseNs = toNs(policy.pauseS);
    this.writeMethod = load.clients.writeMethod;
    this.responseBytes = balancer.responseBytes;
    const isCompressed = balancer.gzip.enabled && balancer.responseBytes >= GZIP_MIN_BYTES;
    this.gzipNs = isCompressed ? Math.round((balancer.responseBytes / balancer.gzip.megabytesPerS) * 1000) : 0;
    this.compressors = Array.from({ length: balancer.workerProcesses }, () => new MultiServer(1));
    this.deadlines = new Deadlines(host.requests);
    this.startSeen = Int16Array.from(host.nodes.start);
    host.sim.on(eventKind.RETRY, 'retry', (slot, generation) => this.atRetry(slot, generation));
    host.sim.on(eventKind.READ_TIMEOUT, 'read timeout', () => this.atReadTimeout());
  }

  /** A request has reached the balancer. */
  begin(slot: number): void {
    const { router, requests, sim } = this.host;
    const worker = router.workerOf(requests.session[slot], sim.nowNs);
    if (!router.connections.enter(worker)) {
      this.side.givenUp(slot);
      return;
    }
    requests.worker[slot] = worker;
    this.route(slot);
  }

  private route(slot: number): void {
    const { router, requests, sim, nodes } = this.host;
    const worker = requests.worker[slot];
    const node = router.choose(slot, requests.session[slot], worker, sim.nowNs, requests.creates[slot] === 0);
    requests.node[slot] = node;
    requests.attemptNs[slot] = sim.nowNs;
    if (node < 0) {
      this.follow(slot, router.withoutServer(this.routed(slot)));
      return;
    }
    requests.isCached[slot] = router.connections.take(worker, node, sim.nowNs);
    if (nodes.isServing(node)) this.reach(slot, node);
    else this.unreachable(slot, node);
  }

  private routed(slot: number): RoutedRequest {
    const { requests, sim } = this.host;
    return {
      slot,
      session: requests.session[slot],
      worker: requests.worker[slot],
      timeNs: sim.nowNs,
      hasCookie: requests.creates[slot] === 0,
    };
  }

  private reach(slot: number, node: number): void {
    const { nodes, requests, sim } = this.host;
    const isStale = this.startSeen[node] !== nodes.start[node] && this.forget(node) && requests.isCached[slot] === 1;
    if (isStale) this.wait(slot, this.roundTripNs, awaits.LOST);
    else if (!nodes.hasRoom(node)) this.waitForSyn(slot);
    else if (this.pingTimeoutNs > 0 && nodes.frozenUntilNs[node] > sim.nowNs + this.pingTimeoutNs) {
      this.wait(slot, this.pingTimeoutNs, awaits.CONNECT_TIMEOUT);
    } else this.connect(slot, node);
  }

  private connect(slot: number, node: number): void {
    const { loss, requests, sim } = this.host;
    const isNew = requests.isCached[slot] === 0 && loss.balancer > 0;
    const lateNs = isNew ? loss.handshakeNs(this.clientOf(slot), this.wayOf(slot, node)) : 0;
    const leftNs = this.connectTimeoutNs - (sim.nowNs - requests.attemptNs[slot]);
    if (lateNs === 0) this.submit(slot, node);
    else if (lateNs < leftNs) this.wait(slot, lateNs, awaits.HANDSHAKE);
    else this.wait(slot, leftNs, awaits.CONNECT_TIMEOUT);
  }

  /** The request is written into its connection. */
  private submit(slot: number, node: number): void {
    const { loss } = this.host;
    this.listen(slot);
    const { balancer } = loss;
    const lateNs = balancer > 0 ? loss.waitNs('request', balancer, this.clientOf(slot), this.wayOf(slot, node), 0) : 0;
    if (lateNs === 0) this.side.accepted(slot, node);
    else this.wait(slot, lateNs, awaits.REQUEST);
  }

  /** A request that was lost on its way comes to its node, which may have died meanwhile. */
  private arrive(slot: number, node: number): void {
    const { nodes } = this.host;
    if (nodes.isServing(node)) {
      this.side.accepted(slot, node);
    } else if (nodes.isSilent[node] === 0) {
      this.lost(slot, false);
    } else if (this.readTimeoutNs === Number.POSITIVE_INFINITY) {
      this.wait(slot, DATA_GIVE_UP_NS, awaits.LOST);
    }
  }

  private clientOf(slot: number): number {
    const { requests, sessions } = this.host;
    return sessions.client.get(requests.session[slot]);
  }

  private wayOf(slot: number, node: number): number {
    const { requests, sessions } = this.host;
    return (sessions.request.get(requests.session[slot]) * NODES_MAX + node) >>> 0;
  }

  private unreachable(slot: number, node: number): void {
    const { nodes, requests } = this.host;
    if (nodes.isSilent[node] === 0) {
      const isSent = requests.isCached[slot] === 1;
      if (isSent) this.forget(node);
      this.wait(slot, this.roundTripNs, isSent ? awaits.LOST : awaits.REFUSED);
    } else if (requests.isCached[slot] === 0) this.waitForSyn(slot);
    else if (this.readTimeoutNs < Number.POSITIVE_INFINITY) this.listen(slot);
    else this.wait(slot, DATA_GIVE_UP_NS, awaits.LOST);
  }

  /** Connections of before the node's restart are good for nothing: what is sent over them is reset. */
  private forget(node: number): boolean {
    const { router, nodes } = this.host;
    router.connections.drop(node);
    this.startSeen[node] = nodes.start[node];
    return true;
  }

  private waitForSyn(slot: number): void {
    const { requests, sim } = this.host;
    const elapsedNs = sim.nowNs - requests.attemptNs[slot];
    const leftNs = this.connectTimeoutNs - elapsedNs;
    const nextNs = elapsedNs + SYN_RETRY_NS;
    if (nextNs < leftNs) this.wait(slot, nextNs, awaits.SYN);
    else this.wait(slot, leftNs, awaits.CONNECT_TIMEOUT);
  }

  private wait(slot: number, delayNs: number, what: number): void {
    const { sim, requests } = this.host;
    requests.balancerAwaits[slot] = what;
    sim.schedule(delayNs, eventKind.RETRY, slot, requests.generation[slot]);
  }

  /** The balancer waits for the response from now on. */
  private listen(slot: number): void {
    const { requests, sim } = this.host;
    requests.attemptNs[slot] = sim.nowNs;
    if (this.readTimeoutNs === Number.POSITIVE_INFINITY) return;
    this.deadlines.add(slot);
    if (this.isArmed) return;
    this.isArmed = true;
    sim.schedule(this.readTimeoutNs, eventKind.READ_TIMEOUT);
  }

  private atReadTimeout(): void {
    const { requests, sim } = this.host;
    const { deadlines } = this;
    for (let slot = deadlines.first; slot >= 0; slot = deadlines.first) {
      const atNs = requests.attemptNs[slot] + this.readTimeoutNs;
      if (atNs > sim.nowNs) {
        sim.scheduleAt(atNs, eventKind.READ_TIMEOUT);
        return;
      }
      deadlines.remove(slot);
      this.ended(slot, awaits.READ_TIMEOUT);
    }
    this.isArmed = false;
  }

  private atRetry(slot: number, generation: number): void {
    const { requests, nodes } = this.host;
    if (requests.generation[slot] !== generation) return;
    const what = requests.balancerAwaits[slot];
    requests.balancerAwaits[slot] = awaits.NOTHING;
    const node = requests.node[slot];
    if (what === awaits.PAUSE) this.route(slot);
    else if (what === awaits.REQUEST) this.arrive(slot, node);
    else if (what === awaits.HANDSHAKE && nodes.isServing(node)) this.submit(slot, node);
    else if (what === awaits.HANDSHAKE) this.unreachable(slot, node);
    else if (what !== awaits.SYN) this.ended(slot, what);
    else if (nodes.isServing(node)) this.reach(slot, node);
    else this.unreachable(slot, node);
  }

  private ended(slot: number, how: number): void {
    const { requests, router, sim } = this.host;
    const does = requests.does[slot];
    const isWrite = does === requestDoes.WRITE || does === requestDoes.MUTATE;
    const step = router.failed(this.routed(slot), requests.node[slot], {
      end: ends[how],
      method: isWrite ? this.writeMethod : 'GET',
      isCachedConnection: requests.isCached[slot] === 1,
      elapsedS: (sim.nowNs - requests.sentNs[slot]) / 1e9,
    });
    this.follow(slot, step);
  }

  private follow(slot: number, step: Step): void {
    if (step === 'end') {
      this.side.givenUp(slot);
      return;
    }
    const fresh = this.side.repeated(slot);
    if (fresh !== slot) this.host.router.renumber(slot, fresh);
    if (step === 'again') this.route(fresh);
    else this.wait(fresh, this.pauseNs, awaits.PAUSE);
  }

  /** The node's process has ended under a request that it had accepted. */
  lost(slot: number, isSilent: boolean): void {
    if (isSilent) return;
    this.deadlines.remove(slot);
    this.wait(slot, this.roundTripNs / 2, awaits.LOST);
  }

  /** The node's process has ended. */
  nodeDied(node: number, isSilent: boolean): void {
    if (!isSilent) this.forget(node);
  }

  /** How much later than without loss a response that leaves its node now reaches the balancer [ns]. */
  responseLateNs(slot: number, node: number): number {
    const { loss } = this.host;
    if (loss.balancer === 0) return 0;
    return loss.waitNs('response', loss.balancer, this.clientOf(slot), this.wayOf(slot, node), this.responseBytes);
  }

  /** Whether the balancer no longer waits when a response that is so late comes. */
  isPast(slot: number, lateNs: number): boolean {
    const { requests, sim } = this.host;
    return lateNs > 0 && sim.nowNs + lateNs >= requests.attemptNs[slot] + this.readTimeoutNs;
  }

  /** A response has come. @returns how much later than it left its node it reaches the client [ns]. */
  answered(slot: number, node: number): number {
    const { router, requests, sim } = this.host;
    const worker = requests.worker[slot];
    router.answered(slot, node, worker, sim.nowNs, this.responseBytes);
    router.connections.keep(worker, node, sim.nowNs);
    this.over(slot);
    const delayNs = requests.isCached[slot] === 1 ? this.roundTripNs : 2 * this.roundTripNs;
    if (this.gzipNs === 0) return delayNs;
    this.compressors[worker].offer(sim.nowNs, this.gzipNs);
    return delayNs + this.compressors[worker].lastDoneNs - sim.nowNs;
  }

  /** The balancer is done with a request. */
  over(slot: number): void {
    const { router, requests } = this.host;
    this.deadlines.remove(slot);
    router.forget(slot);
    if (requests.worker[slot] >= 0) router.connections.leave(requests.worker[slot]);
    requests.worker[slot] = -1;
  }
}
