import { importNginxSettings } from './from-nginx-settings.ts';
import type { HttpdBalancer, Parameter } from './httpd-facts.ts';
import { jkIsOn, jkProperty } from './jk-facts.ts';
import type { Upstream } from './nginx-facts.ts';
import type { ScenarioBuilder, Source } from './scenario-builder.ts';
import { balancerRoutes, type Situation } from './situation.ts';
import { refuse } from './source.ts';
import { httpdTimeMs, isPlaceholder, wholeNumber } from './units.ts';

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
  importNginxSettings(builder, files.nginx!.settings, upstream);
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
  if (retry) builder.set('balancer.httpd.retryS', seconds(retry), retry, `retry=${retry.value}`);
  importHttpdSwitches(builder, parameters);
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

/** Parameters of the balancer that say when another member is asked. */
function importHttpdSwitches(builder: ScenarioBuilder, parameters: ReadonlyMap<string, Parameter>): void {
  for (const [name, path] of [
    ['nofailover', 'balancer.httpd.noFailover'],
    ['failontimeout', 'balancer.httpd.failOnTimeout'],
    ['forcerecovery', 'balancer.httpd.forceRecovery'],
  ] as const) {
    const parameter = parameters.get(name);
    if (parameter) builder.set(path, /^on$/i.test(parameter.value), parameter, `${name}=${parameter.value}`);
  }
  const attempts = parameters.get('maxattempts');
  if (!attempts) return;
  const count = wholeNumber(attempts.value, attempts, 'maxattempts');
  builder.set('balancer.httpd.maxAttempts', count, attempts, `maxattempts=${count}`);
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
  if (recover) {
    const recoverS = wholeNumber(recover.value, recover, 'recover_time');
    builder.set('balancer.jk.recoverTimeS', recoverS, recover, `recover_time=${recover.value}`);
  }
  importJkTimes(builder, situation);
  const force = jkProperty(worker, 'sticky_session_force');
  if (force) builder.set('balancer.jk.stickySessionForce', jkIsOn(force, false), force, `sticky_session_force`);
}

const jkTimes = [
  ['reply_timeout', 'balancer.jk.replyTimeoutMs'],
  ['socket_connect_timeout', 'balancer.jk.socketConnectTimeoutMs'],
  ['prepost_timeout', 'balancer.jk.prepostTimeoutMs'],
  ['socket_timeout', 'balancer.jk.socketTimeoutS'],
  ['recovery_options', 'balancer.jk.recoveryOptions'],
] as const;

function importJkTimes(builder: ScenarioBuilder, situation: Situation): void {
  const [member] = situation.files.jk!.members;
  for (const [name, path] of jkTimes) {
    const property = jkProperty(member, name);
    if (!property) continue;
    builder.set(path, wholeNumber(property.value, property, name), property, `${name}=${property.value}`);
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
  const text = route ? `Engine jvmRoute="${route.value}"` : 'no jvmRoute';
  const at = route ?? servers[0].engine ?? servers[0].root;
  builder.set('balancer.jvmRoute', route !== undefined, { file: at.file, line: at.line }, text);
  for (const server of servers) builder.mark(server.jvmRoute);
}
