import type { AttemptOutcome, Balancer, BalancerOptions, PickRequest } from './balancer.ts';
import { JkWorkers, jkState } from './jk-workers.ts';
import { findRoute } from './sticky-route.ts';

/**
 * What all methods of mod_jk's load balancer share: sticky sessions with redirect and domain, the worker of least load
 * among those of least distance, and recovery forced once per request when nobody is left.
 *
 * Model: a request fails over by its own list of failed workers (`tried`), while other requests may still use them.
 * Left out: a session whose unknown route begins with the name of a domain.
 * @see source: tomcat-connectors `get_most_suitable_worker`, `find_bysession_route`, `find_best_byvalue`, `service`.
 */
export abstract class JkBalancer implements Balancer {
  protected readonly workers: JkWorkers;
  private readonly options: BalancerOptions;
  /** Whether mod_jk looks for a session id at all. */
  protected readonly isSticky: boolean;
  private readonly isForced: boolean;
  private readonly redirect: Int32Array;
  private readonly distance: Int32Array;
  /** Where each process begins to look, so that equals take turns. */
  private readonly nextOffset: Int32Array;

  constructor(options: BalancerOptions, hasLoadDecay: boolean) {
    const { servers } = options;
    this.workers = new JkWorkers(options, hasLoadDecay);
    this.options = options;
    this.isSticky = options.sticky ?? true;
    this.isForced = options.noFailover ?? false;
    this.redirect = Int32Array.from(servers, (server) => findRoute(servers, server.redirect));
    this.distance = Int32Array.from(servers, (server) => server.distance);
    this.nextOffset = new Int32Array(options.workers ?? 1);
  }

  pick(request: PickRequest): number {
    if (request.triedCount === 0 && !request.isLastResort) this.workers.maintain(request.timeNs);
    let server = this.suitableWorker(request);
    if (server === -1 && !request.isLastResort) {
      request.isLastResort = true;
      if (this.forceRecovery(request) > 0) server = this.suitableWorker(request);
    }
    if (server === -1) return -1;
    this.workers.elect(server);
    this.addAtStart(server, request);
    return server;
  }

  started(server: number, _worker: number, _timeNs: number): void {
    this.workers.started(server);
  }

  finished(server: number, _worker: number, timeNs: number, outcome: AttemptOutcome, bytes: number): void {
    this.addAtEnd(server, bytes);
    this.workers.finished(server, timeNs, outcome);
  }

  /** Load that a request is for its worker from the moment it is given to it. */
  protected addAtStart(_server: number, _request: PickRequest): void {}

  /** Change of a worker's load when an attempt has ended. */
  protected addAtEnd(_server: number, _bytes: number): void {}

  /** A forced worker may be used again even by the request that failed there. */
  private forceRecovery(request: PickRequest): number {
    const { state } = this.workers;
    for (let server = 0; server < state.length; server++) {
      if (state[server] !== jkState.error || request.tried[server] === 0) continue;
      request.tried[server] = 0;
      request.triedCount -= 1;
    }
    return this.workers.forceRecovery();
  }

  private suitableWorker(request: PickRequest): number {
    if (this.workers.count === 1 && this.isUsable(0, request)) return 0;
    if (this.isSticky && request.routeServer !== -1) {
      const server = this.routeWorker(request.routeServer, request);
      if (server !== -1) return server;
    }
    if (this.isSticky && this.isForced && request.hasSession) return -1;
    const best = this.leastLoaded(request, '');
    return best === -1 ? this.redirectedWorker(request) : best;
  }

  /** The worker of a route; if it cannot serve its redirect or else the best of its domain. */
  private routeWorker(server: number, request: PickRequest): number {
    if (this.isUsableSticky(server, request)) return server;
    if (this.isForced) return -1;
    const { redirect, domain } = this.options.servers[server];
    if (redirect !== '') {
      const other = this.redirect[server];
      return other !== -1 && this.isUsableSticky(other, request) ? other : -1;
    }
    return domain === '' ? -1 : this.leastLoaded(request, domain);
  }

  /** The last way out: where the first worker with a redirect points to. */
  private redirectedWorker(request: PickRequest): number {
    const { servers } = this.options;
    for (let server = 0; server < servers.length; server++) {
      if (servers[server].redirect === '') continue;
      return this.redirect[server] === -1 ? -1 : this.routeWorker(this.redirect[server], request);
    }
    return -1;
  }

  /** @param domain - only workers of it, looked at in order; '' = all workers, in turn. */
  private leastLoaded(request: PickRequest, domain: string): number {
    const { workers, distance, nextOffset } = this;
    const { loadValue, count } = workers;
    const offset = domain === '' ? nextOffset[request.worker] : 0;
    let best = -1;
    for (let step = 0; step < count; step++) {
      const server = (offset + step) % count;
      if (domain !== '' && this.options.servers[server].domain !== domain) continue;
      if (!this.isUsable(server, request)) continue;
      const isNearer = best === -1 || distance[server] < distance[best];
      const isEquallyNear = best !== -1 && distance[server] === distance[best];
      if (isNearer || (isEquallyNear && loadValue[server] < loadValue[best])) best = server;
    }
    if (domain === '' && best !== -1) nextOffset[request.worker] = best + 1;
    return best;
  }

  private isUsable(server: number, request: PickRequest): boolean {
    return this.isUsableSticky(server, request) && !this.options.servers[server].drain;
  }

  private isUsableSticky(server: number, request: PickRequest): boolean {
    if (this.workers.state[server] > jkState.force || this.options.servers[server].down) return false;
    return request.triedCount === 0 || request.tried[server] === 0;
  }
}
