import type { Situation } from '../import/situation.ts';
import { balancerRoutes, isDispatched, renamesSessions } from '../import/situation.ts';
import { isPlaceholder } from '../import/units.ts';
import { at, type Report, type Rule } from './finding.ts';

/** Whether the load balancer finds the node by the route in the session id. */
function needsRoutes({ files }: Situation): boolean {
  const asked = files.httpd?.balancer?.parameters.has('stickysession') ?? false;
  const routed = files.nginx?.upstream?.servers.some(({ route }) => route !== undefined) ?? false;
  return asked || routed || files.jk !== undefined;
}

function* routeMissing(situation: Situation): Generator<Report> {
  const { files } = situation;
  const someHave = files.servers.some(({ jvmRoute }) => jvmRoute);
  if (!needsRoutes(situation) && !someHave) return;
  for (const { engine, jvmRoute } of files.servers) {
    if (!engine || jvmRoute) continue;
    yield at(engine, {
      message: `the Engine has no jvmRoute${someHave ? ', other nodes have one' : ''}`,
      consequence:
        'session ids carry no route: the load balancer cannot send a client back to this node, every request is balanced anew',
      fix: 'give the Engine of each node its own jvmRoute, the one the load balancer knows',
    });
  }
}

function* routeDuplicate({ files }: Situation): Generator<Report> {
  const seen = new Map<string, string>();
  for (const { jvmRoute } of files.servers) {
    if (!jvmRoute || isPlaceholder(jvmRoute.value)) continue;
    const before = seen.get(jvmRoute.value);
    if (before !== undefined) {
      yield at(jvmRoute, {
        message: `jvmRoute "${jvmRoute.value}" is that of ${before} as well`,
        consequence:
          'the load balancer sends the sessions of both to the first worker with that route: the other one sees a stranger in every request',
        fix: 'give each node a jvmRoute of its own',
      });
    } else {
      seen.set(jvmRoute.value, `${jvmRoute.file}:${jvmRoute.line}`);
    }
  }
}

function* routeMismatch(situation: Situation): Generator<Report> {
  const routes = balancerRoutes(situation.files);
  if (routes.length === 0 || !needsRoutes(situation)) return;
  const known = new Set(routes.map(({ route }) => route));
  for (const { jvmRoute } of situation.files.servers) {
    if (!jvmRoute || isPlaceholder(jvmRoute.value) || known.has(jvmRoute.value)) continue;
    yield at(jvmRoute, {
      message: `jvmRoute "${jvmRoute.value}" is none of the routes of the load balancer (${[...known].slice(0, 5).join(', ')})`,
      consequence: 'its session ids name a route nobody knows: every request is balanced anew, stickiness is off',
      fix: `write the same name on both sides, ${routes[0].file}:${routes[0].line} and here`,
    });
  }
}

function* stickyWithoutRoutes({ files }: Situation): Generator<Report> {
  const balancer = files.httpd?.balancer;
  const asked = balancer?.parameters.get('stickysession');
  if (!balancer || !asked || balancer.members.some(({ parameters }) => parameters.has('route'))) return;
  yield at(asked, {
    message: `stickysession=${asked.value}, but no BalancerMember has a route=`,
    consequence:
      'there is no stickiness at all: httpd finds no worker for the route in the session id and balances every request anew',
    fix: 'add route=NAME to each BalancerMember, NAME being the jvmRoute of that node',
  });
}

const consequences = {
  delta:
    'a request overtakes the changes of the one before: it reads stale attributes, updates are lost where two nodes write, and a new session can arrive without its first attributes',
  synchronous:
    'every hop makes another node the primary of the session: a message to all nodes on reads as well, and two parallel requests of one page meet different nodes and overwrite each other',
  simple:
    'a request can reach a node before the session does, and where two nodes write the later copy overwrites the earlier one',
  backup:
    'almost every request fetches the session from the backup node and tells all others where it is now: several synchronous messages per request',
  memcached:
    'the node still holds an old copy of the session and serves that: stale data and overwritten updates; every move also renames the session',
  local: 'the next request meets a node that does not know the session: the user is logged out',
} as const;

function* noSticky(situation: Situation): Generator<Report> {
  const { stickiness, strategy, cluster } = situation;
  if (stickiness.kind !== 'none' || !stickiness.place) return;
  const { kind } = strategy;
  const isLocal = kind === 'none' || kind === 'local' || kind === 'persistent';
  const hasTomcat = situation.files.servers.length > 0 || situation.files.contexts.length > 0;
  const waits = kind === 'delta' && !isDispatched(situation) && (situation.sendOptions.value & 2) !== 0;
  const nonSticky = kind === 'memcached' && strategy.manager?.attributes.get('sticky')?.value.trim() === 'false';
  if (
    !hasTomcat ||
    nonSticky ||
    kind === 'redisson' ||
    kind === 'redis-manager' ||
    kind === 'spring-session' ||
    kind === 'unknown'
  )
    return;
  const story = isLocal ? 'local' : waits ? 'synchronous' : (kind as keyof typeof consequences);
  if (isLocal && cluster === undefined && situation.nodes.count < 2) return;
  yield at(stickiness.place, {
    severity: kind === 'backup' || waits ? 'warning' : 'error',
    message: `the load balancer is not sticky (${stickiness.text})${kind === 'delta' ? ` and DeltaManager sends ${waits ? 'synchronously' : 'asynchronously'} (${situation.sendOptions.text})` : ''}`,
    consequence: consequences[story],
    fix: `make the load balancer sticky (route, sticky cookie, or ip_hash at least)${
      story === 'delta' ? ', and until then wait for the other nodes with channelSendOptions="6"' : ''
    }`,
  });
}

function* hashWithRoute(situation: Situation): Generator<Report> {
  const { stickiness, nodes } = situation;
  if (stickiness.kind !== 'by-cookie-hash' || !stickiness.place || !renamesSessions(situation)) return;
  const measured = new Map([
    [2, '24.8 %'],
    [3, '35.8 %'],
    [4, '41.7 %'],
    [8, '58.8 %'],
  ]).get(nodes.count);
  yield at(stickiness.place, {
    message: `${stickiness.text} with a jvmRoute and JvmRouteBinderValve`,
    consequence: `the node renames the session to its own route, the renamed id hashes to another node, which renames it again: ${
      measured ? `with ${nodes.count} nodes ${measured} of` : 'a large part of'
    } the sessions move on every request and never settle`,
    fix: 'remove jvmRoute, or hash only the part before the dot (a map on $cookie_JSESSIONID)',
  });
}

/** How the load balancer and the nodes agree on who serves a session. */
export const routeRules: readonly Rule[] = [
  { id: 'jvm-route-missing', severity: 'error', about: 'an Engine without jvmRoute', check: routeMissing },
  { id: 'jvm-route-duplicate', severity: 'error', about: 'two nodes with one jvmRoute', check: routeDuplicate },
  {
    id: 'jvm-route-mismatch',
    severity: 'error',
    about: 'a jvmRoute the load balancer does not know',
    check: routeMismatch,
  },
  { id: 'sticky-without-routes', severity: 'error', about: 'stickysession without route=', check: stickyWithoutRoutes },
  { id: 'not-sticky', severity: 'error', about: 'a load balancer that is not sticky', check: noSticky },
  {
    id: 'cookie-hash-with-jvm-route',
    severity: 'error',
    about: 'hash $cookie_JSESSIONID with jvmRoute',
    check: hashWithRoute,
  },
];
