import type { AttemptOutcome, Balancer, BalancerServer, PickRequest } from './balancer.ts';

/**
 * Sessions stay at the server whose route their id carries; an underlying balancer chooses for all other requests.
 *
 * Model: httpd `stickysession`, mod_jk `sticky_session`, nginx `sticky route` and the usual `map` on the part after the
 * dot. The route's server may be unable to serve: then its `redirect` server, then, unless `noFailover` is set, any other.
 * @see source: httpd `find_session_route`, mod_jk `get_most_suitable_worker`, nginx `ngx_http_upstream_get_rr_peer_by_sid`.
 */
export class StickyRoute implements Balancer {
  private readonly over: Balancer;
  private readonly noFailover: boolean;
  /** Server to use instead of each server while that cannot serve, -1 = none. */
  private readonly redirectServer: Int32Array;

  constructor(over: Balancer, servers: readonly BalancerServer[], noFailover: boolean) {
    this.over = over;
    this.noFailover = noFailover;
    this.redirectServer = Int32Array.from(servers, (server) => findRoute(servers, server.redirect));
  }

  pick(request: PickRequest): number {
    const { over } = this;
    const { routeServer } = request;
    if (routeServer === -1) return over.pick(request);
    if (over.claim(request, routeServer)) return routeServer;
    const redirected = this.redirectServer[routeServer];
    if (redirected !== -1 && over.claim(request, redirected)) return redirected;
    return this.noFailover ? -1 : over.pick(request);
  }

  claim(request: PickRequest, server: number): boolean {
    return this.over.claim(request, server);
  }

  started(server: number, worker: number, timeNs: number): void {
    this.over.started(server, worker, timeNs);
  }

  finished(server: number, worker: number, timeNs: number, outcome: AttemptOutcome, bytes: number): void {
    this.over.finished(server, worker, timeNs, outcome, bytes);
  }
}

/** Index of the server with a route, -1 if none has it; '' is nobody's. */
export function findRoute(servers: readonly BalancerServer[], route: string): number {
  return route === '' ? -1 : servers.findIndex((server) => server.route === route);
}

/** The route in a session id: what follows its first dot; '' if there is no dot. */
export function routeOfSessionId(sessionId: string): string {
  const dot = sessionId.indexOf('.');
  return dot === -1 ? '' : sessionId.slice(dot + 1);
}
