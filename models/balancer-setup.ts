import {
  type AttemptPolicy,
  HttpdAttempts,
  JkAttempts,
  NginxAttempts,
  type Product,
} from './balancing/attempt-policy.ts';
import { type BalancerOptions, type BalancerServer, balancerServer } from './balancing/balancer.ts';
import { httpdPolicyDefaults } from './balancing/httpd-policy.ts';
import { jkPolicyDefaults } from './balancing/jk-policy.ts';
import type { Scenario } from './scenario/schema.ts';

type BalancerSection = Scenario['balancer'];

/** The method that chooses servers for requests without a route. */
export function methodOf({ type, over }: BalancerSection): string {
  return type === 'sticky-route' ? over : type;
}

/** Whose balancer it is. */
export function productOf(balancer: BalancerSection): Product {
  const method = methodOf(balancer);
  if (method.startsWith('jk-')) return 'mod_jk';
  return method.startsWith('by-') ? 'httpd' : 'nginx';
}

/** Name of a server where the scenario gives none. */
function addressOfNode(node: number): string {
  return `10.0.${node >> 8}.${(node & 255) + 1}:8080`;
}

/** The nodes as the balancer's configuration has them. @param routes - jvmRoute of each node. */
export function serversOf({ balancer }: Scenario, routes: readonly string[]): BalancerServer[] {
  const { weights, serverNames, servers, maxFails, failTimeoutS, maxConns, httpd } = balancer;
  return routes.map((route, node) => {
    const { status = '', ...own } = servers[node] ?? {};
    const weight = own.weight ?? weights[node] ?? 1;
    const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
    return balancerServer(serverNames[node] ?? addressOfNode(node), {
      weight,
      loadFactor: weight,
      maxFails,
      failTimeoutS,
      maxConns,
      retryS: httpd.retryS,
      route,
      ...given,
      ...(/[DS]/.test(status) ? { down: true } : {}),
      ...(status.includes('N') ? { drain: true } : {}),
      ...(status.includes('I') ? { ignoreErrors: true } : {}),
      ...(status.includes('H') ? { hotStandby: true } : {}),
      ...(status.includes('R') ? { hotSpare: true } : {}),
    });
  });
}

/** Everything that `createBalancer` wants. @param random - uniform numbers in [0, 1). */
export function optionsOf(
  { balancer }: Scenario,
  servers: readonly BalancerServer[],
  random: () => number,
): BalancerOptions {
  const { over, workerProcesses, zone, httpd, jk } = balancer;
  const product = productOf(balancer);
  const isJk = product === 'mod_jk';
  return {
    servers,
    over,
    workers: workerProcesses,
    zone,
    random,
    noFailover: isJk ? jk.stickySessionForce : product === 'httpd' && httpd.noFailover,
    forceRecovery: httpd.forceRecovery,
    maxReplyTimeouts: jk.maxReplyTimeouts,
    recoverTimeS: jk.recoverTimeS,
    maintainIntervalS: jk.maintainS,
    ...(jk.errorEscalationTimeS > 0 ? { errorEscalationTimeS: jk.errorEscalationTimeS } : {}),
    ...(isJk ? { sticky: jk.stickySession } : {}),
  };
}

/** What the balancer does about attempts that fail. */
export function attemptPolicyOf({ balancer }: Scenario, servers: readonly BalancerServer[]): AttemptPolicy {
  const { connectTimeoutS, readTimeoutS, httpd, jk } = balancer;
  const product = productOf(balancer);
  if (product === 'mod_jk') return new JkAttempts({ ...jkPolicyDefaults, ...jk }, servers.length);
  if (product === 'httpd') {
    const { maxAttempts, failOnTimeout } = httpd;
    return new HttpdAttempts({
      ...httpdPolicyDefaults(servers.length),
      ...(maxAttempts >= 0 ? { maxAttempts } : {}),
      failOnTimeout,
      timeoutS: readTimeoutS,
      connectionTimeoutS: connectTimeoutS,
    });
  }
  const { nextUpstream, nonIdempotent, nextUpstreamTries, nextUpstreamTimeoutS } = balancer;
  const words = nonIdempotent ? [...nextUpstream, 'non_idempotent' as const] : nextUpstream;
  const policy = { nextUpstreamTries, nextUpstreamTimeoutS, connectTimeoutS, readTimeoutS };
  return new NginxAttempts({ ...policy, nextUpstream: words }, servers);
}
