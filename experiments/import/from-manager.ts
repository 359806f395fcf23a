import { importSpringSession } from './from-spring.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';
import { type Situation, unsimulatedContexts } from './situation.ts';
import { refuse } from './source.ts';
import { isTrue, NEVER_S, wholeNumber } from './units.ts';
import { attributeOf, simpleClass, type XmlAttribute, type XmlElement } from './xml.ts';

/** One entry of memcachedNodes. */
export interface MemcachedNode {
  readonly id: string;
  readonly address: string;
}

/** The memcachedNodes of memcached-session-manager: `n1:host:port,n2:host:port`, or one `host:port` without an id. */
export function memcachedNodes(attribute: XmlAttribute): MemcachedNode[] {
  if (/^redis(s)?:\/\//.test(attribute.value)) return [{ id: '', address: attribute.value }];
  const entries = attribute.value.split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.length === 0) throw refuse(attribute, 'memcachedNodes is empty; n1:host:port,n2:host:port is expected');
  return entries.map((entry) => {
    const match = /^(?:([\w-]{1,64}):)?([^:]{1,255}:\d{1,5})$/.exec(entry);
    if (!match) throw refuse(attribute, `memcachedNodes (${entry.slice(0, 60)}) is not id:host:port`);
    return { id: match[1] ?? '', address: match[2] };
  });
}

/** Names of failoverNodes. */
export function failoverNodes(manager: XmlElement | undefined): string[] {
  return (attributeOf(manager, 'failoverNodes')?.value ?? '').split(/[\s,]+/).filter((id) => id !== '');
}

/** The serialiser, by the name of its factory; Java's own where nothing is said. */
function importTranscoder(builder: ScenarioBuilder, manager: XmlElement): void {
  const factory = attributeOf(manager, 'transcoderFactoryClass');
  if (!factory) return;
  const known = /(kryo|javolution|xstream|java)/i.exec(factory.value.slice(factory.value.lastIndexOf('.') + 1));
  const text = `transcoderFactoryClass="${factory.value}"`;
  if (known) builder.set('replication.transcoderFactoryClass', known[1].toLowerCase(), factory, text);
  else builder.note(factory, `${text}: not known; Java serialisation stands in`);
}

/** DEFAULT, or the strongest of the policies that are listed. */
function importRedisManager(builder: ScenarioBuilder, { manager, place, why }: Situation['strategy']): void {
  builder.set('replication.strategy', 'redis-manager', manager ?? { file: place.file, line: place.line }, why);
  const policies = attributeOf(manager, 'sessionPersistPolicies');
  if (!policies) return;
  const names = policies.value.toUpperCase().split(/[\s,]+/);
  const strongest = ['ALWAYS_SAVE_AFTER_REQUEST', 'SAVE_ON_CHANGE', 'DEFAULT'].find((name) => names.includes(name));
  const text = `sessionPersistPolicies="${policies.value}"`;
  if (strongest) builder.set('replication.sessionPersistPolicies', strongest, policies, text);
  else builder.note(policies, `${text}: none of them is known`);
}

/** Without a delay of the Context's own, sessions that are only read are never refreshed in memcached. */
function importRefresh(builder: ScenarioBuilder, { files }: Situation, manager: XmlElement): void {
  const context = files.contexts.find((one) => one.manager === manager)?.element;
  const delay = attributeOf(context, 'backgroundProcessorDelay');
  if (delay && Number(delay.value) > 0)
    builder.number(context, { path: 'replication.backgroundProcessorDelayS', names: ['backgroundProcessorDelay'] });
}

function importMemcached(builder: ScenarioBuilder, situation: Situation, manager: XmlElement): void {
  const sticky = attributeOf(manager, 'sticky');
  const nonSticky = sticky !== undefined && !isTrue(sticky.value);
  const strategy = nonSticky ? 'memcached-nonsticky' : 'memcached-sticky';
  builder.set('replication.strategy', strategy, manager, 'Manager MemcachedBackupSessionManager');
  builder.mark(sticky);
  builder.mark(attributeOf(manager, 'className'));
  builder.flag(manager, 'replication.sessionBackupAsync', 'sessionBackupAsync');
  builder.number(manager, { path: 'replication.sessionBackupTimeoutMs', names: ['sessionBackupTimeout'] });
  builder.number(manager, { path: 'replication.backupThreadCount', names: ['backupThreadCount'] });
  builder.number(manager, { path: 'replication.operationTimeoutMs', names: ['operationTimeout'] });
  const locking = attributeOf(manager, 'lockingMode');
  if (nonSticky && locking)
    builder.set('replication.lockingMode', locking.value.split(':')[0], locking, `lockingMode="${locking.value}"`);
  if (nonSticky) builder.number(manager, { path: 'replication.lockExpireS', names: ['lockExpire', 'lockExpiration'] });
  importTranscoder(builder, manager);
  const list = attributeOf(manager, 'memcachedNodes');
  if (!list)
    throw refuse(
      manager,
      'MemcachedBackupSessionManager without memcachedNodes; n1:host:port,n2:host:port is expected',
    );
  const nodes = memcachedNodes(list);
  builder.set('stores.memcached.servers', nodes.length, list, `memcachedNodes="${list.value}"`);
  const failover = attributeOf(manager, 'failoverNodes');
  if (nonSticky) return;
  importRefresh(builder, situation, manager);
  if (!failover) return;
  const names = failoverNodes(manager).map((id) => {
    const index = nodes.findIndex((node) => node.id === id);
    if (index < 0) throw refuse(failover, `failoverNodes (${id.slice(0, 60)}) is none of memcachedNodes`);
    return `n${index + 1}`;
  });
  builder.set('replication.failoverNodes', names, failover, `failoverNodes="${failover.value}"`);
}

function importDelta(builder: ScenarioBuilder, element: XmlElement | undefined): void {
  builder.flag(element, 'replication.expireSessionsOnShutdown', 'expireSessionsOnShutdown');
  const wait = attributeOf(element, 'stateTransferTimeout');
  if (wait?.value.trim() === '-1') {
    builder.set(
      'replication.stateTransferTimeoutS',
      100_000,
      wait,
      'stateTransferTimeout="-1" (for ever; 100,000 s stand in)',
    );
  } else {
    builder.number(element, { path: 'replication.stateTransferTimeoutS', names: ['stateTransferTimeout'] });
  }
  builder.flag(element, 'replication.sendAllSessions', 'sendAllSessions');
  builder.number(element, { path: 'replication.sendAllSessionsSize', names: ['sendAllSessionsSize'] });
  builder.number(element, { path: 'replication.sendAllSessionsWaitTimeMs', names: ['sendAllSessionsWaitTime'] });
  builder.flag(element, 'replication.stateTimestampDrop', 'stateTimestampDrop');
}

function importRedisson(builder: ScenarioBuilder, { manager, place, why }: Situation['strategy']): void {
  const source = manager ?? { file: place.file, line: place.line };
  builder.set('replication.strategy', 'redisson', source, manager ? 'Manager RedissonSessionManager' : why);
  for (const name of ['readMode', 'updateMode']) {
    const attribute = attributeOf(manager, name);
    if (attribute)
      builder.set(
        `replication.${name}`,
        attribute.value.trim().toUpperCase(),
        attribute,
        `${name}="${attribute.value}"`,
      );
  }
  builder.flag(manager, 'replication.broadcastSessionEvents', 'broadcastSessionEvents');
  builder.flag(manager, 'replication.broadcastSessionUpdates', 'broadcastSessionUpdates');
}

/** The replication strategy and its options. */
export function importStrategy(builder: ScenarioBuilder, situation: Situation): void {
  const { strategy, cluster } = situation;
  const { kind, manager, place, why } = strategy;
  const source = manager ?? { file: place.file, line: place.line };
  builder.mark(manager?.attributes.get('className'));
  for (const { element, manager: other } of unsimulatedContexts(situation)) {
    const path = attributeOf(element, 'path')?.value;
    const whose = path === undefined ? 'a Context' : `the Context ${path}`;
    builder.note(
      other!,
      `${simpleClass(other)} of ${whose} is not simulated: what is said holds for other applications`,
    );
  }
  /** Tomcat 5.5 has the options of the manager on the Cluster. */
  const options = manager ?? cluster?.element;
  if (kind === 'spring-session') importSpringSession(builder, situation.files.spring!);
  else if (kind === 'memcached') importMemcached(builder, situation, manager!);
  else if (kind === 'redisson') importRedisson(builder, situation.strategy);
  else if (kind === 'redis-manager') importRedisManager(builder, strategy);
  else if (kind === 'delta') {
    builder.set('replication.strategy', 'delta', source, why);
    importDelta(builder, options);
  } else if (kind === 'simple') {
    builder.set('replication.strategy', 'all-to-all', source, why);
    builder.flag(options, 'replication.useDirtyFlag', 'useDirtyFlag');
    builder.flag(options, 'replication.expireSessionsOnShutdown', 'expireSessionsOnShutdown');
  } else if (kind === 'backup') {
    builder.set('replication.strategy', 'backup', source, why);
    builder.number(manager, { path: 'replication.mapSendOptions', names: ['mapSendOptions'] });
    builder.number(manager, { path: 'replication.rpcTimeoutMs', names: ['rpcTimeout'] });
  } else if (kind === 'none' || kind === 'local') builder.set('replication.strategy', 'none', source, why);
  else {
    const name = simpleClass(manager);
    builder.set('replication.strategy', kind, source, name === '' ? why : `${name}, ${why}`);
  }
}

/** session-timeout of web.xml [min], or the Context's own. */
export function importSessionTimeout(builder: ScenarioBuilder, { files }: Situation): void {
  const rank = (kind: string): number => (kind === 'application' ? 0 : 1);
  const webs = [...files.webs].filter(({ kind }) => kind !== 'fragment').sort((a, b) => rank(a.kind) - rank(b.kind));
  const element = webs.find(({ sessionTimeout }) => sessionTimeout)?.sessionTimeout;
  if (!element) return;
  const minutes = wholeNumber(element.text, element, 'session-timeout');
  const text = `session-timeout ${minutes} min`;
  if (minutes > 0) builder.set('session.idleTimeoutS', minutes * 60, element, text);
  else builder.set('session.idleTimeoutS', NEVER_S, element, `${text} (never; 9,000,000 s stand in)`);
}
