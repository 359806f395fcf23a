import type { AttemptOutcome, Balancer, BalancerOptions, PickRequest } from './balancer.ts';
import { HttpdWorkers } from './httpd-workers.ts';

/**
 * What all methods of httpd's mod_proxy_balancer share: forced recovery, session routes, sets, spares and standbys.
 *
 * @see source: httpd `proxy_balancer_pre_request`, `find_route_worker`, `proxy_balancer_get_best_worker`.
 */
export abstract class HttpdBalancer implements Balancer {
  protected readonly workers: HttpdWorkers;
  private readonly isSticky: boolean;
  private readonly noFailover: boolean;
  private readonly forceRecovery: boolean;
  /** A worker without a route is found by its place alone. */
  private readonly routes: readonly string[];
  private readonly redirects: readonly string[];
  /** Workers of each route in the order in which they are asked: as configured, standbys last. */
  private readonly ofRoute = new Map<string, number[]>();

  constructor(options: BalancerOptions) {
    const { servers } = options;
    this.workers = new HttpdWorkers(options);
    this.isSticky = options.sticky ?? false;
    this.noFailover = options.noFailover ?? false;
    this.forceRecovery = options.forceRecovery ?? true;
    this.routes = servers.map(({ route }, index) => (route === '' ? `\0${index}` : route));
    this.redirects = servers.map(({ redirect }) => redirect);
    for (const isStandby of [false, true]) {
      this.routes.forEach((route, index) => {
        if (servers[index].hotStandby !== isStandby) return;
        this.ofRoute.set(route, [...(this.ofRoute.get(route) ?? []), index]);
      });
    }
  }

  pick(request: PickRequest): number {
    const { workers } = this;
    const { timeNs, routeServer } = request;
    workers.forceRecovery(timeNs, this.forceRecovery);
    if (this.isSticky && routeServer !== -1) {
      const server = this.routeWorker(this.routes[routeServer], timeNs, 1);
      if (server !== -1) {
        workers.countSticky(server);
        return server;
      }
      if (this.noFailover) return -1;
    }
    this.begin();
    // The attempts that have failed still count as busy: httpd forgets them when the request is over.
    if (request.triedCount > 0) workers.countFailed(request.tried, 1);
    const best = this.bestWorker(timeNs);
    if (request.triedCount > 0) workers.countFailed(request.tried, -1);
    if (best !== -1) this.chosen(best);
    return best;
  }

  started(server: number, _worker: number, _timeNs: number): void {
    this.workers.busy[server] += 1;
  }

  finished(server: number, _worker: number, timeNs: number, outcome: AttemptOutcome, bytes: number): void {
    this.workers.finished(server, timeNs, outcome, bytes);
  }

  /** Before the first `isBetter` of a choice. */
  protected begin(): void {}

  /** Whether a usable worker is better than the best so far; called once for each, in order. @param best - -1 = none. */
  protected abstract isBetter(server: number, best: number): boolean;

  /** After the last `isBetter` of a choice. */
  protected chosen(_server: number): void {}

  /** The first usable worker of a route, or the one that the `redirect` of an unusable one leads to; -1 = none. */
  private routeWorker(route: string, timeNs: number, depth: number): number {
    const { workers, redirects } = this;
    for (const server of this.ofRoute.get(route) ?? []) {
      if (workers.isUsable(server, timeNs)) return server;
      if (redirects[server] === '' || depth >= workers.count) continue;
      const other = this.routeWorker(redirects[server], timeNs, depth + 1);
      if (other !== -1) return other;
    }
    return -1;
  }

  private bestWorker(timeNs: number): number {
    const { workers } = this;
    for (let lbSet = 0; lbSet <= workers.lbSetMax; lbSet++) {
      let best = -1;
      let unusable = 0;
      for (let server = 0; server < workers.count; server++) {
        if (workers.lbSet[server] !== lbSet || workers.isSpare[server] === 1 || workers.isStandby[server] === 1)
          continue;
        if (workers.isDraining[server] === 1 || !workers.isUsable(server, timeNs)) unusable += 1;
        else if (this.isBetter(server, best)) best = server;
      }
      if (unusable > 0) best = this.bestReserve(workers.isSpare, { lbSet, timeNs, best, atMost: unusable });
      if (best === -1) best = this.bestReserve(workers.isStandby, { lbSet, timeNs, best, atMost: workers.count });
      if (best !== -1) return best;
    }
    return -1;
  }

  /** The best of the spares or standbys of a set, or `best` if that is better. */
  private bestReserve(
    isReserve: Uint8Array,
    { lbSet, timeNs, best, atMost }: { lbSet: number; timeNs: number; best: number; atMost: number },
  ): number {
    const { workers } = this;
    let better = best;
    let left = atMost;
    for (let server = 0; server < workers.count && left > 0; server++) {
      if (isReserve[server] === 0 || workers.lbSet[server] !== lbSet || workers.isDraining[server] === 1) continue;
      if (isReserve === workers.isStandby && workers.isSpare[server] === 1) continue;
      if (!workers.isUsable(server, timeNs)) continue;
      left -= 1;
      if (this.isBetter(server, better)) better = server;
    }
    return better;
  }
}
