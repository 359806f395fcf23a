import { quoted } from '../lib/input-error.ts';
import { readXmlText, refuse } from './source.ts';
import { attributeOf, child, parseXml, simpleClass, type XmlAttribute, type XmlElement } from './xml.ts';

/** How the `<Manager>` of a context keeps its sessions. */
export type ManagerKind =
  | 'delta'
  | 'backup'
  | 'simple'
  | 'memcached'
  | 'redisson'
  | 'redis-manager'
  | 'spring-session'
  | 'local'
  | 'persistent'
  | 'unknown';

/** One `<Context>`: from context.xml, a file of its own, or inside server.xml. */
export interface ContextXml {
  readonly file: string;
  readonly element: XmlElement;
  readonly manager: XmlElement | undefined;
  readonly distributable: XmlAttribute | undefined;
}

const kinds: ReadonlyMap<string, ManagerKind> = new Map([
  ['DeltaManager', 'delta'],
  ['BackupManager', 'backup'],
  ['SimpleTcpReplicationManager', 'simple'],
  ['MemcachedBackupSessionManager', 'memcached'],
  ['RedissonSessionManager', 'redisson'],
  ['JndiRedissonSessionManager', 'redisson'],
  ['RedisSessionManager', 'redis-manager'],
  ['StandardManager', 'local'],
  ['', 'local'],
  ['PersistentManager', 'persistent'],
]);

/** What a `<Manager>` is, by its class; without one it is Tomcat's StandardManager. */
export function managerKind(manager: XmlElement | undefined): ManagerKind {
  return kinds.get(simpleClass(manager)) ?? 'unknown';
}

/** The facts of a `<Context>` element. */
export function contextOf(element: XmlElement): ContextXml {
  return {
    file: element.file,
    element,
    manager: child(element, 'Manager'),
    distributable: attributeOf(element, 'distributable'),
  };
}

/** Parses conf/context.xml, META-INF/context.xml or the file of one application. */
export function parseContextXml(text: string, file: string): ContextXml {
  const root = parseXml(text, file);
  if (root.name !== 'Context') throw refuse(root, `<${quoted(root.name)}> is not a context.xml; the root is Context`);
  return contextOf(root);
}

/** Reads one context.xml. */
export function readContextXml(file: string): ContextXml {
  return parseContextXml(readXmlText(file), file);
}
