import type { ClusterFiles } from './cluster-files.ts';
import { type ContextXml, type ManagerKind, managerKind } from './context-xml.ts';
import { jkIsOn, jkRoute } from './jk-facts.ts';
import { simulatedServers } from './nginx-facts.ts';
import { type ClusterElement, interceptorNamed, listedNodes } from './server-xml.ts';
import { type Place, refuse } from './source.ts';
import { compareVersions, type TomcatVersion, tomcatVersionOf, type VersionFacts } from './tomcat-versions.ts';
import { isTrue, wholeNumber } from './units.ts';
import type { WebXml } from './web-xml.ts';
import { attributeOf, simpleClass, type XmlAttribute, type XmlElement } from './xml.ts';

/** Who replicates sessions, after everything that overrides it. */
export interface Strategy {
  readonly kind: ManagerKind | 'none';
  /** Line that decides it. */
  readonly place: Place;
  readonly manager: XmlElement | undefined;
  readonly why: string;
}

/** Whether the application's sessions are replicated at all. */
export interface Distributable {
  /** undefined: no web.xml of an application was given. */
  readonly effective: boolean | undefined;
  readonly place: Place | undefined;
  readonly why: string;
}

/** How the load balancer sends a client back to its node. */
export interface Stickiness {
  readonly kind: 'sticky' | 'by-address' | 'by-cookie-hash' | 'by-other-hash' | 'none' | 'unknown';
  readonly place: Place | undefined;
  readonly text: string;
}

/** What the files of one cluster come to, before anything is translated or judged. */
export interface Situation {
  readonly files: ClusterFiles;
  readonly version: VersionFacts;
  readonly cluster: ClusterElement | undefined;
  readonly strategy: Strategy;
  readonly distributable: Distributable;
  readonly stickiness: Stickiness;
  readonly sendOptions: { readonly value: number; readonly place: Place | undefined; readonly text: string };
  readonly nodes: { readonly count: number; readonly place: Place | undefined; readonly why: string };
  readonly hasRoutes: boolean;
}

function distributableOf(files: ClusterFiles, version: TomcatVersion): Distributable {
  const of = (kind: WebXml['kind']): WebXml[] => files.webs.filter((web) => web.kind === kind);
  const [application] = of('application');
  const inContainer = of('container').find((web) => web.distributable)?.distributable;
  const inContext = files.contexts.find(({ distributable }) => isTrue(distributable?.value))?.distributable;
  const cancelling = of('fragment').find((web) => !web.distributable);
  if (inContext && compareVersions(version, '6.0') <= 0) {
    return {
      effective: true,
      place: inContext,
      why: 'distributable="true" of the Context, which counts up to Tomcat 6',
    };
  }
  if (!application) {
    if (inContainer)
      return { effective: false, place: inContainer, why: '<distributable/> of conf/web.xml has no effect' };
    return { effective: undefined, place: undefined, why: 'no WEB-INF/web.xml was given; <distributable/> is assumed' };
  }
  if (!application.distributable) {
    return { effective: false, place: application.root, why: 'WEB-INF/web.xml has no <distributable/>' };
  }
  if (cancelling) {
    return { effective: false, place: cancelling.root, why: 'a web-fragment.xml without <distributable/> cancels it' };
  }
  return { effective: true, place: application.distributable, why: '<distributable/> of WEB-INF/web.xml' };
}

/** Whether the simulator has a model of the way in which a Manager keeps sessions. */
function isSimulated({ manager }: ContextXml): boolean {
  return !['persistent', 'unknown'].includes(managerKind(manager));
}

/**
 * The Context whose Manager counts: one that is simulated before one that is not. A Context inside server.xml is one
 * application of several: where its Manager is not simulated, what the Cluster does for the others is.
 */
function decidingContext(files: ClusterFiles, cluster: ClusterElement | undefined): ContextXml | undefined {
  const all = files.contexts.filter(({ manager }) => manager !== undefined);
  const isOneOfSeveral = ({ file }: ContextXml): boolean =>
    cluster !== undefined && files.servers.some((server) => server.file === file);
  return all.find(isSimulated) ?? all.find((one) => !isOneOfSeveral(one));
}

/** Contexts with a Manager that is not simulated, beside the one that decides. */
export function unsimulatedContexts({ files, strategy }: Situation): ContextXml[] {
  return files.contexts.filter((one) => one.manager !== strategy.manager && !isSimulated(one));
}

function strategyOf(files: ClusterFiles, cluster: ClusterElement | undefined, distributable: Distributable): Strategy {
  const store = files.spring?.store;
  if (store && store.kind !== 'none') {
    const kind = store.kind === 'redis' ? 'spring-session' : 'unknown';
    return { kind, place: store.at, manager: undefined, why: store.why };
  }
  const own = decidingContext(files, cluster);
  const ownKind = managerKind(own?.manager);
  if (own?.manager && (ownKind === 'memcached' || ownKind === 'redisson' || ownKind === 'redis-manager')) {
    return { kind: ownKind, place: own.manager, manager: own.manager, why: 'the Manager of the Context' };
  }
  if (own?.manager && (ownKind === 'local' || ownKind === 'persistent' || ownKind === 'unknown')) {
    return {
      kind: ownKind,
      place: own.manager,
      manager: own.manager,
      why: cluster ? 'the Manager of the Context, in place of that of the Cluster' : 'the Manager of the Context',
    };
  }
  const first = files.servers[0];
  const start = { file: first?.file ?? files.files[0] ?? 'input', line: 1 };
  if (!cluster) {
    const isUnknown = files.servers.length === 0 && files.contexts.length === 0;
    const { spring, redisson } = files;
    if (isUnknown && redisson && !spring) {
      const why = 'assumed: redisson.yaml, without the context.xml of its RedissonSessionManager';
      return { kind: 'redisson', place: redisson, manager: undefined, why };
    }
    const none = spring ? 'no setting of Spring Session' : 'assumed: no server.xml or context.xml was given';
    const why = isUnknown ? none : 'no <Cluster> is configured';
    return { kind: 'none', place: first?.root ?? spring ?? start, manager: undefined, why };
  }
  if (distributable.effective === false) {
    return { kind: 'none', place: distributable.place ?? cluster.element, manager: undefined, why: distributable.why };
  }
  const manager = own?.manager ?? cluster.manager;
  if (manager) {
    const kind = managerKind(manager);
    return {
      kind,
      place: manager,
      manager,
      why: `the ${simpleClass(manager) || 'Manager'} of the ${own ? 'Context' : 'Cluster'}`,
    };
  }
  const old = attributeOf(cluster.element, 'managerClassName');
  if (old) {
    const name = old.value.slice(old.value.lastIndexOf('.') + 1);
    const kind = name === 'SimpleTcpReplicationManager' ? 'simple' : name === 'DeltaManager' ? 'delta' : 'unknown';
    return { kind, place: old, manager: undefined, why: `managerClassName of Tomcat 5.5 (${name})` };
  }
  return {
    kind: 'delta',
    place: cluster.element,
    manager: undefined,
    why: 'DeltaManager, which a <Cluster> without Manager uses',
  };
}

function nginxStickiness(files: ClusterFiles): Stickiness | undefined {
  const upstream = files.nginx?.upstream;
  const pass = files.nginx?.proxyPass;
  if (pass?.args[0]?.includes('$')) {
    return { kind: 'sticky', place: pass, text: `proxy_pass ${pass.args[0]} chooses the server by a variable` };
  }
  if (!upstream) return undefined;
  const { sticky, method, methodAt, key = '' } = upstream;
  if (sticky) return { kind: 'sticky', place: sticky, text: `sticky ${sticky.args.join(' ')}` };
  if (method === 'ip-hash') return { kind: 'by-address', place: methodAt, text: 'ip_hash' };
  if (method === 'hash' || method === 'consistent-hash') {
    const text = `hash ${methodAt?.args.join(' ')}`;
    if (/cookie_jsessionid|jsessionid/i.test(key)) return { kind: 'by-cookie-hash', place: methodAt, text };
    if (/remote_addr|realip|x_forwarded_for|x_real_ip/i.test(key)) return { kind: 'by-address', place: methodAt, text };
    return { kind: 'by-other-hash', place: methodAt, text };
  }
  return {
    kind: 'none',
    place: methodAt ?? upstream.directive,
    text: methodAt?.name ?? 'round robin, nginx has no other method by default',
  };
}

function httpdStickiness(files: ClusterFiles): Stickiness | undefined {
  const balancer = files.httpd?.balancer;
  if (!balancer) return undefined;
  const asked = balancer.parameters.get('stickysession');
  if (!asked) return { kind: 'none', place: balancer.pass ?? balancer.place, text: 'no stickysession' };
  const routed = balancer.members.some((member) => member.parameters.has('route'));
  if (!routed) return { kind: 'none', place: asked, text: 'stickysession, but no BalancerMember has a route' };
  return { kind: 'sticky', place: asked, text: `stickysession=${asked.value}` };
}

function jkStickiness(files: ClusterFiles): Stickiness | undefined {
  if (!files.jk) return undefined;
  const property = files.jk.worker.properties.get('sticky_session');
  const place = property ?? files.jk.worker;
  if (!jkIsOn(property, true)) return { kind: 'none', place, text: 'sticky_session is off' };
  return { kind: 'sticky', place, text: property ? 'sticky_session' : 'mod_jk is sticky unless told otherwise' };
}

function stickinessOf(files: ClusterFiles): Stickiness {
  return (
    nginxStickiness(files) ??
    httpdStickiness(files) ??
    jkStickiness(files) ?? { kind: 'unknown', place: undefined, text: 'no load balancer was given' }
  );
}

/** Tomcat 5.5 says how to send with `replicationMode` and `waitForAck` instead of a number. */
function oldSendOptions(sender: XmlElement | undefined): Situation['sendOptions'] | undefined {
  const mode = attributeOf(sender, 'replicationMode');
  if (!mode) return undefined;
  const acknowledged = isTrue(attributeOf(sender, 'waitForAck')?.value ?? 'true');
  const queued = /async/i.test(mode.value);
  const value = queued ? (acknowledged ? 10 : 8) : acknowledged ? 6 : 0;
  const wait = attributeOf(sender, 'waitForAck');
  const text = wait ? `replicationMode="${mode.value}" waitForAck="${wait.value}"` : `replicationMode="${mode.value}"`;
  return { value, place: mode, text: `${text} of Tomcat 5.5` };
}

function sendOptionsOf(cluster: ClusterElement | undefined): Situation['sendOptions'] {
  const attribute: XmlAttribute | undefined = attributeOf(cluster?.element, 'channelSendOptions');
  if (attribute) {
    const names: Readonly<Record<string, number>> = {
      asynchronous: 8,
      async: 8,
      use_ack: 2,
      sync_ack: 4,
      synchronized_ack: 4,
      sync: 4,
    };
    const words = attribute.value.split(',').map((word) => names[word.trim().toLowerCase()]);
    const value = words.every((word) => word !== undefined)
      ? words.reduce((sum, word) => sum | word, 0)
      : wholeNumber(attribute.value, attribute, 'channelSendOptions');
    if (value < 0 || value > 127) throw refuse(attribute, `channelSendOptions (${value}); 0 to 127`);
    return { value, place: attribute, text: `channelSendOptions="${attribute.value}"` };
  }
  const place = cluster?.element;
  return oldSendOptions(cluster?.sender) ?? { value: 8, place, text: 'the default 8' };
}

/** The load balancer knows all nodes; the server.xml at hand may be those of a few. */
function nodesOf(files: ClusterFiles): Situation['nodes'] {
  const live = files.nginx?.upstream ? simulatedServers(files.nginx.upstream) : [];
  if (live.length > 0) {
    return { count: live.length, place: files.nginx!.upstream!.directive, why: 'servers of the upstream' };
  }
  const members = files.httpd?.balancer?.members ?? [];
  if (members.length > 0) {
    return { count: members.length, place: members[0].directive, why: 'members of the balancer' };
  }
  if (files.jk) return { count: files.jk.members.length, place: files.jk.worker, why: 'workers of the load balancer' };
  const { servers } = files;
  if (servers.length > 1) {
    return { count: servers.length, place: servers[0].root, why: `${servers.length} server.xml files` };
  }
  const cluster = servers.flatMap(({ clusters }) => clusters)[0];
  const listed = cluster ? listedNodes(cluster) : 0;
  if (listed > 0) return { count: listed, place: cluster.membership ?? cluster.element, why: 'static members' };
  return { count: 0, place: undefined, why: 'no file says how many nodes there are' };
}

/** Whether a valve works in a cluster: Tomcat adds its two where none is configured; JvmRouteBinderValve can be switched off. */
export function hasValve({ valves }: ClusterElement, name: 'ReplicationValve' | 'JvmRouteBinderValve'): boolean {
  const isOn = (valve: XmlElement): boolean => {
    const enabled = name === 'JvmRouteBinderValve' ? attributeOf(valve, 'enabled') : undefined;
    return simpleClass(valve) === name && (!enabled || isTrue(enabled.value));
  };
  return valves.length === 0 || valves.some(isOn);
}

/** Whether a cluster takes session messages; Tomcat adds the listener where none is configured. */
export function hasSessionListener({ listeners }: ClusterElement): boolean {
  return listeners.length === 0 || listeners.some((one) => simpleClass(one) === 'ClusterSessionListener');
}

/** What a set of files comes to. */
export function situationOf(files: ClusterFiles, told?: TomcatVersion): Situation {
  const version = tomcatVersionOf(files, told);
  const cluster = files.servers.flatMap(({ clusters }) => clusters)[0];
  const distributable = distributableOf(files, version.version);
  return {
    files,
    version,
    cluster,
    strategy: strategyOf(files, cluster, distributable),
    distributable,
    stickiness: stickinessOf(files),
    sendOptions: sendOptionsOf(cluster),
    nodes: nodesOf(files),
    hasRoutes: files.servers.some(({ jvmRoute }) => jvmRoute !== undefined),
  };
}

/** Whether the nodes put their route into session ids and rename them at failover. */
export function renamesSessions({ cluster, hasRoutes }: Situation): boolean {
  return hasRoutes && cluster !== undefined && hasValve(cluster, 'JvmRouteBinderValve');
}

/** Whether messages of this option leave through a dispatcher. */
export function isDispatched({ cluster, sendOptions }: Situation): boolean {
  if ((sendOptions.value & 8) === 0) return false;
  if (!cluster || cluster.interceptors.length === 0) return true;
  return hasDispatcher(cluster);
}

/** Whether a dispatcher stands in the channel, its default stack included. */
export function hasDispatcher(cluster: ClusterElement): boolean {
  if (cluster.interceptors.length === 0) return true;
  return (
    interceptorNamed(cluster, 'MessageDispatchInterceptor') !== undefined ||
    interceptorNamed(cluster, 'MessageDispatch15Interceptor') !== undefined
  );
}

/** Routes the load balancer knows, with their places. */
export function balancerRoutes(files: ClusterFiles): (Place & { readonly route: string })[] {
  const routes: (Place & { route: string })[] = [];
  for (const { route, directive } of files.nginx?.upstream?.servers ?? []) {
    if (route !== undefined) routes.push({ route, file: directive.file, line: directive.line });
  }
  for (const { parameters } of files.httpd?.balancer?.members ?? []) {
    const route = parameters.get('route');
    if (route) routes.push({ route: route.value, file: route.file, line: route.line });
  }
  for (const member of files.jk?.members ?? [])
    routes.push({ route: jkRoute(member), file: member.file, line: member.line });
  return routes;
}
