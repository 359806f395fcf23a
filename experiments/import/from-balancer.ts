import type { HttpdBalancer, Parameter } from './httpd-facts.ts';
import { jkIsOn, jkProperty } from './jk-facts.ts';
import type { NginxDirective } from './nginx-conf.ts';
import type { Upstream } from './nginx-facts.ts';
import type { ScenarioBuilder, Source } from './scenario-builder.ts';
import { balancerRoutes, renamesSessions, type Situation } from './situation.ts';
import { refuse } from './source.ts';
import { httpdTimeMs, isPlaceholder, nginxTimeMs, wholeNumber } from './units.ts';

function allEqual(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function importUpstreamServers(builder: ScenarioBuilder, upstream: Upstream): void {
  const live = upstream.servers.filter(({ down, backup }) => !down && !backup);
  for (const server of upstream.servers) {
    builder.mark(server.directive);
    if (server.down || server.backup) {
      builder.note(server.directive, `server ${server.address} is ${server.down ? 'down' : 'a backup'}: left out`);
    }
    if (server.maxConns > 0)
      builder.note(server.directive, `server ${server.address} max_conns=${server.maxConns}: no limit is simulated`);
  }
  if (live.length === 0)
    throw refuse(upstream.directive, 'every server of the upstream is down or a backup; one that serves is expected');
  const { directive } = live[0];
  if (live.some(({ weight }) => weight !== 1)) {
    builder.set(
      'balancer.weights',
      live.map(({ weight }) => weight),
      directive,
      'weight= of the servers',
    );
  }
  builder.set(
    'balancer.serverNames',
    live.map(({ address }) => address),
    { ...upstream.directive },
    `servers of upstream ${upstream.name}`,
  );
  const fails = live.map(({ maxFails }) => maxFails);
  const timeouts = live.map(({ failTimeoutS }) => failTimeoutS);
  const written = (name: string): boolean =>
    live.some((one) => one.directive.args.some((text) => text.startsWith(name)));
  if (written('max_fails=')) builder.set('balancer.maxFails', fails[0], { ...directive }, `max_fails=${fails[0]}`);
  if (written('fail_timeout='))
    builder.set('balancer.failTimeoutS', timeouts[0], { ...directive }, `fail_timeout ${timeouts[0]} s`);
  if (!allEqual(fails) || !allEqual(timeouts)) {
    builder.note(directive, 'max_fails and fail_timeout differ between servers; those of the first are used');
  }
}

function importNginxTimes(builder: ScenarioBuilder, settings: ReadonlyMap<string, NginxDirective>): void {
  for (const [name, path] of [
    ['proxy_connect_timeout', 'balancer.connectTimeoutS'],
    ['proxy_read_timeout', 'balancer.readTimeoutS'],
  ] as const) {
    const directive = settings.get(name);
    if (!directive) continue;
    const seconds = nginxTimeMs(directive.args[0] ?? '', directive, name) / 1000;
    builder.set(path, seconds, directive, `${name} ${directive.args.join(' ')}`);
  }
  const workers = settings.get('worker_processes');
  const count = workers?.args[0] ?? '';
  if (workers && /^\d{1,4}$/.test(count))
    builder.set('balancer.workerProcesses', Number(count), workers, `worker_processes ${count}`);
}

function importNginx(builder: ScenarioBuilder, situation: Situation, upstream: Upstream): void {
  const { stickiness, files } = situation;
  const { method, methodAt, sticky, directive } = upstream;
  const at: Source = methodAt ?? { file: directive.file, line: directive.line };
  const text = methodAt ? [methodAt.name, ...methodAt.args].join(' ') : 'no method directive: weighted round robin';
  builder.mark(directive);
  const simulated = method === 'random' ? 'round-robin' : method;
  if (method === 'random') builder.note(at, 'random without two: round robin stands in');
  if (methodAt && methodAt.name !== 'random' && method === 'round-robin') {
    builder.note(at, `${methodAt.name}: not simulated; round robin stands in`);
  }
  if (stickiness.kind === 'sticky') {
    builder.set('balancer.type', 'sticky-route', sticky ?? at, stickiness.text);
    builder.set('balancer.over', simulated, at, text);
  } else {
    builder.set('balancer.type', simulated, at, text);
  }
  if (method === 'hash' || method === 'consistent-hash') {
    if (stickiness.kind === 'by-cookie-hash') builder.set('balancer.key', 'cookie', at, text);
    else builder.set('balancer.key', 'address', at, text);
    if (stickiness.kind === 'by-other-hash')
      builder.note(at, `${text}: its key is not simulated; the client address stands in`);
  }
  importUpstreamServers(builder, upstream);
  importNginxTimes(builder, files.nginx!.settings);
  builder.mark(files.nginx!.proxyPass);
}

function seconds(parameter: Parameter): number {
  return httpdTimeMs(parameter.value, parameter, parameter.name) / 1000;
}

function importFactors(
  builder: ScenarioBuilder,
  factors: readonly (Source & { value: string })[],
  members: number,
): void {
  if (factors.length !== members) return;
  const weights = factors.map((one) => Math.round(Number(one.value)));
  if (!weights.every((weight) => weight >= 1 && weight <= 1000)) {
    throw refuse(factors[0], 'a load factor is not a whole number from 1 to 1000');
  }
  if (!allEqual(weights)) builder.set('balancer.weights', weights, factors[0], 'load factors of the members');
}

/** Stickiness works only where the routes of the balancer are those of the nodes. */
function routesMatch({ files }: Situation): boolean {
  const known = files.servers.flatMap(({ jvmRoute }) => (jvmRoute ? [jvmRoute.value] : []));
  if (files.servers.length === 0 || known.some(isPlaceholder)) return true;
  return balancerRoutes(files).some(({ route }) => known.includes(route));
}

const lbMethods: Readonly<Record<string, string>> = {
  byrequests: 'by-requests',
  bytraffic: 'by-traffic',
  bybusyness: 'by-busyness',
};

function importHttpd(builder: ScenarioBuilder, situation: Situation, balancer: HttpdBalancer): void {
  const { parameters, members, place, pass } = balancer;
  const method = parameters.get('lbmethod');
  const over = lbMethods[method?.value.toLowerCase() ?? 'byrequests'];
  const at: Source = method ?? { file: place.file, line: place.line };
  if (!over) builder.note(at, `lbmethod=${method?.value}: not simulated; byrequests stands in`);
  importSticky(builder, situation, {
    over: over ?? 'by-requests',
    at,
    text: `lbmethod ${method?.value ?? 'byrequests'}`,
  });
  builder.mark(pass);
  for (const member of members) builder.mark(member.directive);
  const factors = members.flatMap(({ parameters: own }) => own.get('loadfactor') ?? []);
  importFactors(builder, factors, members.length);
  if (members.length > 0) {
    builder.set(
      'balancer.serverNames',
      members.map(({ url }) => url.slice(0, 200)),
      { ...members[0].directive },
      'BalancerMembers',
    );
  }
  const retry = members[0]?.parameters.get('retry') ?? parameters.get('retry');
  if (retry) builder.set('balancer.failTimeoutS', seconds(retry), retry, `retry=${retry.value}`);
  else builder.set('balancer.failTimeoutS', 60, { ...place }, 'retry, 60 s by default');
  const { settings } = situation.files.httpd!;
  const connect = members[0]?.parameters.get('connectiontimeout');
  if (connect) builder.set('balancer.connectTimeoutS', seconds(connect), connect, `connectiontimeout=${connect.value}`);
  const timeout = members[0]?.parameters.get('timeout');
  const global = settings.get('ProxyTimeout') ?? settings.get('Timeout');
  if (timeout) builder.set('balancer.readTimeoutS', seconds(timeout), timeout, `timeout=${timeout.value}`);
  else if (global) {
    const value = httpdTimeMs(global.args[0] ?? '', global, global.name) / 1000;
    builder.set('balancer.readTimeoutS', value, global, `${global.name} ${global.args[0]}`);
  }
}

function importSticky(
  builder: ScenarioBuilder,
  situation: Situation,
  { over, at, text }: { over: string; at: Source; text: string },
): void {
  const { stickiness } = situation;
  const place = stickiness.place ?? at;
  if (stickiness.kind === 'sticky' && routesMatch(situation)) {
    builder.set('balancer.type', 'sticky-route', { ...place }, stickiness.text);
    builder.set('balancer.over', over, at, text);
    return;
  }
  builder.set('balancer.type', over, at, text);
  const why = stickiness.kind === 'sticky' ? 'its routes are not those of the nodes' : stickiness.text;
  builder.note({ file: place.file, line: place.line }, `stickiness is not in effect: ${why}`);
}

const jkMethods: Readonly<Record<string, string>> = {
  R: 'jk-request',
  S: 'jk-session',
  N: 'jk-session',
  T: 'jk-traffic',
  B: 'jk-busyness',
};

function importJk(builder: ScenarioBuilder, situation: Situation): void {
  const { worker, members } = situation.files.jk!;
  const method = jkProperty(worker, 'method');
  const over = jkMethods[(method?.value[0] ?? 'R').toUpperCase()];
  const at: Source = method ?? { file: worker.file, line: worker.line };
  if (!over)
    throw refuse(
      at,
      `method (${method?.value.slice(0, 60)}) of a load balancer; Request, Session, Next, Traffic or Busyness is expected`,
    );
  importSticky(builder, situation, { over, at, text: `mod_jk method ${method?.value ?? 'Request'}` });
  for (const member of [worker, ...members]) {
    for (const name of ['type', 'host', 'port', 'lbfactor']) builder.mark(jkProperty(member, name));
  }
  builder.mark(jkProperty(worker, 'sticky_session'));
  builder.mark(jkProperty(worker, 'balance_workers', 'balanced_workers'));
  const factors = members.flatMap((member) => jkProperty(member, 'lbfactor') ?? []);
  importFactors(builder, factors, members.length);
  const recover = jkProperty(worker, 'recover_time') ?? jkProperty(members[0], 'recover_time');
  if (recover)
    builder.set(
      'balancer.failTimeoutS',
      wholeNumber(recover.value, recover, 'recover_time'),
      recover,
      `recover_time=${recover.value}`,
    );
  else builder.set('balancer.failTimeoutS', 60, { ...at }, 'recover_time, 60 s by default');
  importJkTimes(builder, situation);
  if (jkIsOn(jkProperty(worker, 'sticky_session_force'), false)) {
    builder.note(
      jkProperty(worker, 'sticky_session_force')!,
      'sticky_session_force: failover takes place in the simulation all the same',
    );
  }
}

function importJkTimes(builder: ScenarioBuilder, situation: Situation): void {
  const [member] = situation.files.jk!.members;
  const reply = jkProperty(member, 'reply_timeout');
  const replyMs = reply ? wholeNumber(reply.value, reply, 'reply_timeout') : 0;
  const at: Source = reply ?? { file: member.file, line: member.line };
  if (replyMs > 0) builder.set('balancer.readTimeoutS', replyMs / 1000, at, `reply_timeout=${replyMs} ms`);
  else builder.set('balancer.readTimeoutS', 1_000_000, at, 'no reply_timeout: for ever (1,000,000 s stand in)');
  const connect = jkProperty(member, 'socket_connect_timeout');
  if (connect) {
    const ms = wholeNumber(connect.value, connect, 'socket_connect_timeout');
    if (ms > 0) builder.set('balancer.connectTimeoutS', ms / 1000, connect, `socket_connect_timeout=${ms} ms`);
  }
}

/** The load balancer: nginx, else httpd, else mod_jk. */
export function importBalancer(builder: ScenarioBuilder, situation: Situation): void {
  const { nginx, httpd, jk, servers } = situation.files;
  if (nginx?.upstream) importNginx(builder, situation, nginx.upstream);
  else if (httpd?.balancer) importHttpd(builder, situation, httpd.balancer);
  else if (jk) importJk(builder, situation);
  if (servers.length === 0) return;
  const route = servers.find(({ jvmRoute }) => jvmRoute)?.jvmRoute;
  const renames = renamesSessions(situation);
  const text = route
    ? `Engine jvmRoute="${route.value}"${renames ? '' : ' without JvmRouteBinderValve'}`
    : 'no jvmRoute';
  const at = route ?? servers[0].engine ?? servers[0].root;
  builder.set('balancer.jvmRoute', renames, { file: at.file, line: at.line }, text);
  for (const server of servers) builder.mark(server.jvmRoute);
}
