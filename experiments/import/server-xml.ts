import { quoted } from '../lib/input-error.ts';
import { readText, refuse } from './source.ts';
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
  readonly engine: XmlElement | undefined;
  readonly jvmRoute: XmlAttribute | undefined;
  readonly connectors: readonly XmlElement[];
  readonly clusters: readonly ClusterElement[];
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
  const clusters = [...withParents(root)].filter(([{ name }]) => name === 'Cluster');
  if (clusters.length > mostClusters) {
    throw refuse(clusters[mostClusters][0], `${clusters.length} <Cluster> elements; ${mostClusters} at most`);
  }
  const engine = all.find(({ name }) => name === 'Engine');
  return {
    file,
    root,
    engine,
    jvmRoute: attributeOf(engine, 'jvmRoute'),
    connectors: all.filter(({ name }) => name === 'Connector'),
    clusters: clusters.map(([element, parent]) => clusterElement(element, parent)),
    contexts: all.filter(({ name }) => name === 'Context'),
  };
}

/** Reads one server.xml. */
export function readServerXml(file: string): ServerXml {
  return parseServerXml(readText(file), file);
}

/** Whether a connector speaks AJP. */
export function isAjp(connector: XmlElement): boolean {
  return /ajp/i.test(connector.attributes.get('protocol')?.value ?? '');
}

/** The interceptor of a class, by the last part of its name. */
export function interceptorNamed(cluster: ClusterElement, name: string): XmlElement | undefined {
  return cluster.interceptors.find((one) => simpleClass(one) === name);
}
