import type { BalancerServer } from './balancer.ts';

// Stickiness itself is part of each product's way to choose (NginxBalancer, HttpdBalancer, JkBalancer), because a sticky
// request is counted and fails over differently in each. Here is what they share: whose route an id carries.

/** Index of the first server with a route, -1 if none has it; '' is nobody's. */
export function findRoute(servers: readonly BalancerServer[], route: string): number {
  return route === '' ? -1 : servers.findIndex((server) => server.route === route);
}

/**
 * The route in a session id: what follows its first dot; '' if there is no dot.
 *
 * @param separator - httpd `stickysessionsep`; '' (Off) = the whole id is the route.
 * @see source: Tomcat `Engine jvmRoute`, httpd `find_session_route` (stickysession separator), mod_jk.
 */
export function routeOfSessionId(sessionId: string, separator = '.'): string {
  const at = sessionId.indexOf(separator);
  return at === -1 ? '' : sessionId.slice(at + separator.length);
}

/**
 * The session id that httpd and mod_jk go by: the path parameter wins over the cookie, even if its route is unknown.
 *
 * @param pathParameter - value of `;jsessionid=` in the URL, '' = none.
 */
export function sessionIdOf(pathParameter: string, cookie: string): string {
  return pathParameter === '' ? cookie : pathParameter;
}
