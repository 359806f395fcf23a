import { importNginxSettings } from './from-nginx-settings.ts';
import { routesMatch } from './from-stickiness.ts';
import { simulatedServers, type Upstream, type UpstreamServer } from './nginx-facts.ts';
import type { ScenarioBuilder, Source } from './scenario-builder.ts';
import { importParameter, ServerParameters } from './server-parameters.ts';
import type { Situation } from './situation.ts';
import { refuse } from './source.ts';

const upstreamParameters = [
  ['max_fails', 'maxFails', 'balancer.maxFails'],
  ['fail_timeout', 'failTimeoutS', 'balancer.failTimeoutS'],
  ['max_conns', 'maxConns', 'balancer.maxConns'],
] as const;

function importUpstreamServers(builder: ScenarioBuilder, upstream: Upstream): void {
  const live = simulatedServers(upstream);
  for (const server of upstream.servers) {
    builder.mark(server.directive);
    if (!live.includes(server)) builder.note(server.directive, `server ${server.address} is down: left out`);
  }
  if (!live.some(({ down, backup }) => !down && !backup))
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
  const servers = new ServerParameters(live.length);
  for (const [word, key, path] of upstreamParameters) {
    const said = live.map((server) => {
      const text = server.directive.args.find((one) => one.startsWith(`${word}=`));
      return text === undefined ? undefined : { value: server[key], source: { ...server.directive }, text };
    });
    importParameter(builder, servers, { path, key, said });
  }
  noteOptions(builder, live);
  live.forEach(({ down, backup, directive: source }, index) => {
    if (down)
      servers.set(index, 'down', { value: true, source, text: 'down: no requests, its share of the hash stays' });
    if (backup) servers.set(index, 'backup', { value: true, source, text: 'backup' });
  });
  servers.into(builder);
}

const readOptions = /^(weight=|max_fails=|fail_timeout=|max_conns=|route=|down$|backup$)/;

/** Options of a server that are not simulated. */
function noteOptions(builder: ScenarioBuilder, servers: readonly UpstreamServer[]): void {
  for (const { address, directive } of servers) {
    for (const option of directive.args.slice(1)) {
      if (!readOptions.test(option)) builder.note({ ...directive }, `server ${address} ${option}`);
    }
  }
}

/** The upstream that requests are passed to. */
export function importNginx(builder: ScenarioBuilder, situation: Situation, upstream: Upstream): void {
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
  const needsRoutes = sticky?.args[0] === 'route';
  if (stickiness.kind === 'sticky' && (!needsRoutes || routesMatch(situation))) {
    builder.set('balancer.type', 'sticky-route', sticky ?? at, stickiness.text);
    builder.set('balancer.over', simulated, at, text);
  } else {
    builder.set('balancer.type', simulated, at, text);
    if (sticky) builder.note(sticky, 'stickiness is not in effect: its routes are not those of the nodes');
  }
  if (method === 'hash' || method === 'consistent-hash') {
    if (stickiness.kind === 'by-cookie-hash') builder.set('balancer.key', 'cookie', at, text);
    else builder.set('balancer.key', 'address', at, text);
    if (stickiness.kind === 'by-other-hash')
      builder.note(at, `${text}: its key is not simulated; the client address stands in`);
  }
  importUpstreamServers(builder, upstream);
  importNginxSettings(builder, files.nginx!, upstream);
  builder.mark(files.nginx!.proxyPass);
}
