import { nextUpstreamWords } from '../../models/balancing/nginx-policy.ts';
import type { NginxDirective } from './nginx-conf.ts';
import { keepaliveLacks, type NginxFacts, type Upstream } from './nginx-facts.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';
import { nginxTimeMs } from './units.ts';

type Settings = ReadonlyMap<string, NginxDirective>;

function textOf({ name, args }: NginxDirective): string {
  return [name, ...args].join(' ');
}

function importTimes(builder: ScenarioBuilder, settings: Settings): void {
  for (const [name, path] of [
    ['proxy_connect_timeout', 'balancer.connectTimeoutS'],
    ['proxy_read_timeout', 'balancer.readTimeoutS'],
    ['proxy_next_upstream_timeout', 'balancer.nextUpstreamTimeoutS'],
    ['keepalive_timeout', 'balancer.clientKeepaliveS'],
  ] as const) {
    const directive = settings.get(name);
    if (!directive) continue;
    builder.set(path, nginxTimeMs(directive.args[0] ?? '', directive, name) / 1000, directive, textOf(directive));
  }
  const send = settings.get('proxy_send_timeout');
  if (send) builder.note(send, `${textOf(send)}: requests are written in one go, so it never begins`);
}

/** Counts such as `worker_processes 8`; `auto` and the like say nothing that could be simulated. */
function importCounts(builder: ScenarioBuilder, settings: Settings): void {
  for (const [name, path] of [
    ['worker_processes', 'balancer.workerProcesses'],
    ['worker_connections', 'balancer.workerConnections'],
    ['proxy_next_upstream_tries', 'balancer.nextUpstreamTries'],
  ] as const) {
    const directive = settings.get(name);
    const count = directive?.args[0] ?? '';
    if (directive && /^\d{1,4}$|^\d{5,8}$/.test(count)) builder.set(path, Number(count), directive, textOf(directive));
  }
  const events = settings.get('events');
  if (events) builder.set('balancer.workerConnections', 512, { ...events }, 'worker_connections, 512 by default');
}

function importNextUpstream(builder: ScenarioBuilder, settings: Settings): void {
  const directive = settings.get('proxy_next_upstream');
  if (!directive) return;
  const words = directive.args.filter((word) => (nextUpstreamWords as readonly string[]).includes(word));
  builder.set('balancer.nextUpstream', words, directive, textOf(directive));
}

/** Idle connections to servers, where they are used at all. */
function importKeepalive(
  builder: ScenarioBuilder,
  nginx: NginxFacts,
  { directive }: Upstream,
  keepalive: NginxDirective,
): void {
  const lacking = keepaliveLacks(nginx);
  const kept = Number(keepalive.args[0]);
  if (lacking !== undefined) {
    const text = `${textOf(keepalive)}, without ${lacking}: a connection per request`;
    builder.set('balancer.keepalive', 0, keepalive, text);
  } else if (Number.isSafeInteger(kept)) builder.set('balancer.keepalive', kept, keepalive, textOf(keepalive));
  const life = directive.block?.find(({ name }) => name === 'keepalive_timeout');
  if (!life) return;
  const lifeS = nginxTimeMs(life.args[0] ?? '', life, 'keepalive_timeout') / 1000;
  builder.set('balancer.keepaliveTimeoutS', lifeS, life, `upstream ${textOf(life)}`);
}

/** What nginx says about its processes, their connections and how long they wait. */
export function importNginxSettings(builder: ScenarioBuilder, nginx: NginxFacts, upstream: Upstream): void {
  const { settings } = nginx;
  importTimes(builder, settings);
  importCounts(builder, settings);
  importNextUpstream(builder, settings);
  const { zone, keepalive } = upstream;
  if (zone) builder.set('balancer.zone', true, zone, textOf(zone));
  if (keepalive) importKeepalive(builder, nginx, upstream, keepalive);
  const gzip = settings.get('gzip');
  if (gzip?.args[0] === 'on') builder.set('balancer.gzip.enabled', true, gzip, textOf(gzip));
}
