import { InputError, quoted } from '../lib/input-error.ts';
import type { ContextXml } from './context-xml.ts';
import type { ServerXml } from './server-xml.ts';
import type { Place } from './source.ts';
import type { WebXml } from './web-xml.ts';
import { descendants, type XmlAttribute } from './xml.ts';

/** Versions of Tomcat whose configuration differs, oldest first. */
const tomcatVersions = ['5.5', '6.0', '7.0', '8.0', '8.5', '9.0', '10.0', '10.1', '11.0'] as const;
/** One of {@link tomcatVersions}. */
export type TomcatVersion = (typeof tomcatVersions)[number];

/** What is assumed where no file tells: the version whose behaviour was measured. */
const assumedVersion: TomcatVersion = '10.1';

/** A class that not every version has. */
export interface ClassFacts {
  readonly from?: TomcatVersion;
  readonly to?: TomcatVersion;
  /** What it does where it exists. */
  readonly means: string;
  /** What to do in versions that lack it, as an order. */
  readonly instead: string;
}

const ha = 'org.apache.catalina.ha.';
const tribes = 'org.apache.catalina.tribes.';
const interceptors = `${tribes}group.interceptors.`;

const limited: ReadonlyMap<string, ClassFacts> = new Map<string, ClassFacts>([
  [
    `${interceptors}MessageDispatch15Interceptor`,
    {
      to: '8.0',
      means:
        'queues asynchronous messages and sends them from a pool of up to 10 threads, so they can overtake each other',
      instead: `use ${interceptors}MessageDispatchInterceptor, which has the pool since 8.5`,
    },
  ],
  [
    `${ha}session.JvmRouteSessionIDBinderListener`,
    {
      to: '7.0',
      means: 'tells the other nodes of a session id that was renamed at failover',
      instead: 'delete the line: since 8.0 the renaming is an ordinary session message',
    },
  ],
  [
    `${ha}session.SimpleTcpReplicationManager`,
    { to: '6.0', means: 'sends the whole session to every node', instead: `use ${ha}session.DeltaManager` },
  ],
  [
    `${tribes}transport.bio.BioReceiver`,
    {
      to: '9.0',
      means: 'receives with one blocking thread per connection',
      instead: `use ${tribes}transport.nio.NioReceiver`,
    },
  ],
  [
    `${tribes}transport.bio.PooledMultiSender`,
    {
      to: '9.0',
      means: 'sends to one destination after the other',
      instead: `use ${tribes}transport.nio.PooledParallelSender`,
    },
  ],
  [
    `${tribes}membership.StaticMembershipService`,
    { from: '9.0', means: 'has a fixed list of members', instead: `use ${interceptors}StaticMembershipInterceptor` },
  ],
  [
    `${tribes}membership.cloud.CloudMembershipService`,
    {
      from: '9.0',
      means: 'asks Kubernetes or DNS for members',
      instead: `use ${interceptors}StaticMembershipInterceptor`,
    },
  ],
  [
    `${interceptors}EncryptInterceptor`,
    {
      from: '8.5',
      means: 'encrypts what is sent',
      instead: 'delete the line and keep the nodes on a network of their own',
    },
  ],
  [
    'org.apache.catalina.core.JasperListener',
    { to: '7.0', means: 'starts the JSP compiler', instead: 'delete the line' },
  ],
  [
    'org.apache.catalina.valves.CometConnectionManagerValve',
    { to: '8.0', means: 'tracks Comet connections', instead: 'delete the line' },
  ],
]);

/** Classes of `org.apache.catalina.ha` and `.tribes` that every version from 6.0 on has. */
const always: ReadonlySet<string> = new Set([
  ...['tcp.SimpleTcpCluster', 'tcp.ReplicationValve', 'session.DeltaManager', 'session.BackupManager'].map(
    (name) => ha + name,
  ),
  ...['session.ClusterSessionListener', 'session.JvmRouteBinderValve', 'deploy.FarmWarDeployer'].map(
    (name) => ha + name,
  ),
  ...['authenticator.ClusterSingleSignOn', 'context.ReplicatedContext', 'backend.HeartbeatListener'].map(
    (name) => ha + name,
  ),
  ...['group.GroupChannel', 'membership.McastService', 'membership.StaticMember'].map((name) => tribes + name),
  ...['transport.nio.NioReceiver', 'transport.ReplicationTransmitter'].map((name) => tribes + name),
  ...['transport.nio.PooledParallelSender'].map((name) => tribes + name),
  ...['TcpFailureDetector', 'MessageDispatchInterceptor', 'ThroughputInterceptor'].map((name) => interceptors + name),
  ...['TcpPingInterceptor', 'StaticMembershipInterceptor', 'DomainFilterInterceptor'].map(
    (name) => interceptors + name,
  ),
  ...['OrderInterceptor', 'GzipInterceptor', 'FragmentationInterceptor', 'NonBlockingCoordinator'].map(
    (name) => interceptors + name,
  ),
  ...['TwoPhaseCommitInterceptor', 'SimpleCoordinator'].map((name) => interceptors + name),
]);

const oldPackage: ClassFacts = {
  to: '5.5',
  means: 'is part of the old clustering module, before Tribes',
  instead: 'use the classes of org.apache.catalina.ha and org.apache.catalina.tribes',
};

/** What is known of a class: its range of versions, `known`, or `unknown` for a class of Tomcat that no version has. */
export function classFacts(className: string): ClassFacts | 'known' | 'unknown' | 'foreign' {
  const found = limited.get(className);
  if (found) return found;
  if (className.startsWith('org.apache.catalina.cluster.')) return oldPackage;
  if (className.startsWith(ha) || className.startsWith(tribes)) return always.has(className) ? 'known' : 'unknown';
  return 'foreign';
}

/** Compares two versions: negative where the first is older. */
export function compareVersions(a: TomcatVersion, b: TomcatVersion): number {
  return tomcatVersions.indexOf(a) - tomcatVersions.indexOf(b);
}

/** A line of a file that only some versions understand. */
export interface VersionHint extends Place {
  readonly version: TomcatVersion;
  readonly what: string;
}

/** Which Tomcat these files are taken to be for. */
export interface VersionFacts {
  readonly version: TomcatVersion;
  readonly from: 'told' | 'hints' | 'assumed';
  /** The line that asks for the newest version. */
  readonly atLeast: VersionHint | undefined;
  /** The line that asks for the oldest version. */
  readonly atMost: VersionHint | undefined;
}

const servletVersions: ReadonlyMap<string, TomcatVersion> = new Map([
  ['2.5', '6.0'],
  ['3.0', '7.0'],
  ['3.1', '8.0'],
  ['4.0', '9.0'],
  ['5.0', '10.0'],
  ['6.0', '10.1'],
  ['6.1', '11.0'],
]);

/** Every class name of the given files. */
export function* classNames(files: {
  servers: readonly ServerXml[];
  contexts: readonly ContextXml[];
}): Generator<XmlAttribute> {
  const roots = new Set([...files.servers.map(({ root }) => root), ...files.contexts.map(({ element }) => element)]);
  const seen = new Set<XmlAttribute>();
  for (const root of roots) {
    for (const element of descendants(root)) {
      const attribute = element.attributes.get('className');
      if (attribute && !seen.has(attribute)) {
        seen.add(attribute);
        yield attribute;
      }
    }
  }
}

function* hintsOf(files: {
  servers: readonly ServerXml[];
  contexts: readonly ContextXml[];
  webs: readonly WebXml[];
}): Generator<[keyof Pick<VersionFacts, 'atLeast' | 'atMost'>, VersionHint]> {
  for (const { value, file, line } of classNames(files)) {
    const facts = classFacts(value.trim());
    if (typeof facts === 'string') continue;
    const what = value.trim();
    if (facts.to) yield ['atMost', { version: facts.to, what, file, line }];
    if (facts.from) yield ['atLeast', { version: facts.from, what, file, line }];
  }
  for (const { root } of files.servers) {
    for (const { name, file, line } of descendants(root)) {
      if (name === 'UpgradeProtocol' || name === 'SSLHostConfig')
        yield ['atLeast', { version: '8.5', what: `<${name}>`, file, line }];
    }
  }
  for (const { root, version, kind } of files.webs) {
    const needs = kind === 'fragment' ? undefined : servletVersions.get(version ?? '');
    const { file, line } = root.attributes.get('version') ?? root;
    if (needs) yield ['atLeast', { version: needs, what: `servlet version ${version}`, file, line }];
  }
}

/**
 * Which version the files are for: what the user says, else what their class names and descriptors leave possible.
 *
 * Where old class names set an upper bound, that bound is taken: the file was written for it.
 */
export function tomcatVersionOf(
  files: { servers: readonly ServerXml[]; contexts: readonly ContextXml[]; webs: readonly WebXml[] },
  told?: TomcatVersion,
): VersionFacts {
  let atLeast: VersionHint | undefined;
  let atMost: VersionHint | undefined;
  for (const [bound, hint] of hintsOf(files)) {
    if (bound === 'atLeast' && (!atLeast || compareVersions(hint.version, atLeast.version) > 0)) atLeast = hint;
    if (bound === 'atMost' && (!atMost || compareVersions(hint.version, atMost.version) < 0)) atMost = hint;
  }
  const bounds = { atLeast, atMost };
  if (told) return { version: told, from: 'told', ...bounds };
  if (atMost && (!atLeast || compareVersions(atLeast.version, atMost.version) <= 0)) {
    return { version: atMost.version, from: 'hints', ...bounds };
  }
  if (atLeast && compareVersions(atLeast.version, assumedVersion) > 0)
    return { version: atLeast.version, from: 'hints', ...bounds };
  if (atMost && atLeast) return { version: atLeast.version, from: 'hints', ...bounds };
  return { version: assumedVersion, from: 'assumed', ...bounds };
}

/** A version as a user types it: `9`, `9.0`, `9.0.70`. */
export function parseTomcatVersion(text: string): TomcatVersion {
  const found = tomcatVersions.find((version) => text === version || text.startsWith(`${version}.`));
  const major = tomcatVersions.filter((version) => version.split('.')[0] === text).at(-1);
  const version = found ?? major;
  if (!version)
    throw new InputError(`--tomcat ${quoted(text)}: unknown version; ${tomcatVersions.join(', ')} are known`);
  return version;
}
