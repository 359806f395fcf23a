import { quoted } from '../lib/input-error.ts';
import { readXmlText, refuse } from './source.ts';
import {
  attributeOf,
  child,
  childrenNamed,
  descendants,
  parseXml,
  simpleClass,
  type XmlAttribute,
  type XmlElement,
} from './xml.ts';

/** One `<Cluster>` with its children, those of `<Channel>` included. */
export interface ClusterElement {
  readonly element: XmlElement;
  /** Where it stands; a file that is only a `<Cluster>` does not say. */
  readonly placement: 'Engine' | 'Host' | 'unknown';
  readonly channel: XmlElement | undefined;
  readonly manager: XmlElement | undefined;
  readonly membership: XmlElement | undefined;
  readonly receiver: XmlElement | undefined;
  readonly sender: XmlElement | undefined;
  readonly transport: XmlElement | undefined;
  readonly interceptors: readonly XmlElement[];
  readonly valves: readonly XmlElement[];
  readonly listeners: readonly XmlElement[];
  readonly deployer: XmlElement | undefined;
}

/** One server.xml: one node of the cluster, or the pattern all nodes are copies of. */
export interface ServerXml {
  readonly file: string;
  readonly root: XmlElement;
  /** The Service that is simulated: the one that holds the first Cluster, else the first; the whole of a fragment. */
  readonly service: XmlElement;
  /** Services beside it, which share the JVM and nothing else. */
  readonly otherServices: readonly XmlElement[];
  readonly engine: XmlElement | undefined;
  readonly jvmRoute: XmlAttribute | undefined;
  /** Connectors of every Service. */
  readonly connectors: readonly XmlElement[];
  readonly clusters: readonly ClusterElement[];
  /** Contexts below the Engine or Host of a Cluster; all of them where there is no Cluster. */
  readonly contexts: readonly XmlElement[];
}

/** Root elements that make a file a server.xml or a part of one. */
export const serverRoots: ReadonlySet<string> = new Set(['Server', 'Service', 'Engine', 'Host', 'Cluster']);

const mostClusters = 100;

function clusterElement(element: XmlElement, parent: XmlElement | undefined): ClusterElement {
  const channel = child(element, 'Channel');
  /** Tomcat 5.5 has no Channel: membership, receiver and sender are children of the Cluster. */
  const part = (name: string): XmlElement | undefined => child(channel, name) ?? child(element, name);
  const sender = part('Sender');
  return {
    element,
    placement: parent?.name === 'Engine' || parent?.name === 'Host' ? parent.name : 'unknown',
    channel,
    manager: child(element, 'Manager'),
    membership: part('Membership'),
    receiver: part('Receiver'),
    sender,
    transport: child(sender, 'Transport'),
    interceptors: childrenNamed(channel, 'Interceptor'),
    valves: childrenNamed(element, 'Valve'),
    listeners: childrenNamed(element, 'ClusterListener'),
    deployer: child(element, 'Deployer'),
  };
}

function* withParents(element: XmlElement, parent?: XmlElement): Generator<[XmlElement, XmlElement | undefined]> {
  yield [element, parent];
  for (const one of element.children) yield* withParents(one, element);
}

/** The facts of a parsed server.xml, or of an `<Engine>`, `<Host>` or `<Cluster>` cut out of one. */
export function parseServerXml(text: string, file: string): ServerXml {
  const root = parseXml(text, file);
  if (!serverRoots.has(root.name)) {
    throw refuse(root, `<${quoted(root.name)}> is not a server.xml; the root is one of ${[...serverRoots].join(', ')}`);
  }
  const all = [...descendants(root)];
  const services = all.filter(({ name }) => name === 'Service');
  const holdsCluster = (one: XmlElement): boolean => [...descendants(one)].some(({ name }) => name === 'Cluster');
  const service = services.find(holdsCluster) ?? services[0] ?? root;
  const clusters = [...withParents(root)].filter(([{ name }]) => name === 'Cluster');
  if (clusters.length > mostClusters) {
    throw refuse(clusters[mostClusters][0], `${clusters.length} <Cluster> elements; ${mostClusters} at most`);
  }
  const engine = [...descendants(service)].find(({ name }) => name === 'Engine');
  const clustered = clusters.map(([, parent]) => parent ?? root);
  return {
    file,
    root,
    service,
    otherServices: services.filter((one) => one !== service),
    engine,
    jvmRoute: attributeOf(engine, 'jvmRoute'),
    connectors: all.filter(({ name }) => name === 'Connector'),
    clusters: clusters.map(([element, parent]) => clusterElement(element, parent)),
    contexts: [...new Set((clustered.length > 0 ? clustered : [root]).flatMap((one) => [...descendants(one)]))].filter(
      ({ name }) => name === 'Context',
    ),
  };
}

/** Reads one server.xml. */
export function readServerXml(file: string): ServerXml {
  return parseServerXml(readXmlText(file), file);
}

/** Whether a connector speaks AJP. */
export function isAjp(connector: XmlElement): boolean {
  return /ajp/i.test(connector.attributes.get('protocol')?.value ?? '');
}

/** The connectors that requests of the simulated Service come in by. */
export function ownConnectors({ service }: ServerXml): XmlElement[] {
  return [...descendants(service)].filter(({ name }) => name === 'Connector');
}

/** Where `maxThreads` of a connector stands: its Executor, if it names one of its Service, else itself. */
export function threadPool({ root }: ServerXml, connector: XmlElement): XmlElement {
  const named = attributeOf(connector, 'executor')?.value;
  const isNamed = ({ name, attributes }: XmlElement): boolean =>
    name === 'Executor' && attributes.get('name')?.value === named;
  return (named === undefined ? undefined : [...descendants(root)].find(isNamed)) ?? connector;
}

/** Requests a connector serves at once. @see source: Tomcat, 200 of a Connector and of an Executor by default. */
export function maxThreadsOf(server: ServerXml, connector: XmlElement): number {
  const text = attributeOf(threadPool(server, connector), 'maxThreads')?.value.trim() ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : 200;
}

/** How the members of a cluster find each other: by multicast where nothing else is said. */
export function membershipKind({ membership }: ClusterElement): 'multicast' | 'static' | 'other' {
  const name = simpleClass(membership);
  if (name === '' || name === 'McastService') return 'multicast';
  return name === 'StaticMembershipService' ? 'static' : 'other';
}

/**
 * Nodes of a cluster whose members are listed, this one included; 0: none is listed.
 * @see source: StaticMembershipService takes itself out of the list, whose LocalMember it is; the list of
 *   StaticMembershipInterceptor names the others.
 */
export function listedNodes(cluster: ClusterElement): number {
  const interceptor = interceptorNamed(cluster, 'StaticMembershipInterceptor');
  const service = membershipKind(cluster) === 'static' ? cluster.membership : undefined;
  const list = service ?? interceptor;
  if (!list) return 0;
  const of = (name: string): string[] =>
    childrenNamed(list, name).map((one) => ['host', 'port'].map((key) => attributeOf(one, key)?.value).join(':'));
  const others = new Set([...of('Member'), ...of('LocalMember')]).size;
  const isListed = service !== undefined || of('LocalMember').length > 0;
  return others === 0 || isListed ? others : others + 1;
}

/** The interceptor of a class, by the last part of its name. */
export function interceptorNamed(cluster: ClusterElement, name: string): XmlElement | undefined {
  return cluster.interceptors.find((one) => simpleClass(one) === name);
}
