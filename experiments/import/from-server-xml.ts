import { ScenarioBuilder } from './scenario-builder.ts';
import {
  type ClusterElement,
  interceptorNamed,
  isAjp,
  ownConnectors,
  type ServerXml,
  threadPool,
} from './server-xml.ts';
import { hasDispatcher, type Situation } from './situation.ts';
import type { Place } from './source.ts';
import { compareVersions, type TomcatVersion } from './tomcat-versions.ts';
import { isPlaceholder, isTrue, wholeNumber } from './units.ts';
import { attributeOf, simpleClass, type XmlElement } from './xml.ts';

/** Versions the simulator has rules for, and the ones they stand in for. */
const simulatedAs: Readonly<Record<TomcatVersion, { as: string; why?: string }>> = {
  '5.5': { as: '7.0', why: 'Tomcat 5.5 is simulated with the rules of 7.0 (same messages, its own names)' },
  '6.0': { as: '7.0', why: 'Tomcat 6.0 is simulated with the rules of 7.0' },
  '7.0': { as: '7.0' },
  '8.0': { as: '8.5', why: 'Tomcat 8.0 is simulated with the rules of 8.5' },
  '8.5': { as: '8.5' },
  '9.0': { as: '9.0' },
  '10.0': { as: '10.1', why: 'Tomcat 10.0 is simulated with the rules of 10.1' },
  '10.1': { as: '10.1' },
  '11.0': { as: '11.0' },
};

/** The version, where a file tells it. */
export function importVersion(builder: ScenarioBuilder, { version }: Situation): void {
  const hint = [version.atMost, version.atLeast].find((one) => one?.version === version.version);
  const { as, why } = simulatedAs[version.version];
  if (version.from === 'hints' && hint) {
    builder.set('tomcatVersion', as, { file: hint.file, line: hint.line }, hint.what);
    if (why) builder.note({ file: hint.file, line: hint.line }, why);
  } else if (version.from === 'told') {
    builder.scenario.tomcatVersion = as;
  }
}

/** The connector that the balancer talks to. */
function connectorOf(server: ServerXml, ajp: boolean): XmlElement | undefined {
  const connectors = ownConnectors(server);
  const fitting = connectors.filter((one) => isAjp(one) === ajp && !isTrue(one.attributes.get('SSLEnabled')?.value));
  return fitting[0] ?? connectors[0];
}

function importConnector(builder: ScenarioBuilder, server: ServerXml, connector: XmlElement): void {
  const pool = threadPool(server, connector);
  if (pool !== connector) {
    builder.mark(attributeOf(connector, 'executor'));
    builder.mark(attributeOf(pool, 'name'));
  }
  builder.number(pool, { path: 'node.maxThreads', names: ['maxThreads'] });
  builder.number(connector, { path: 'node.acceptCount', names: ['acceptCount'] });
  const unlimited = attributeOf(connector, 'maxConnections');
  if (unlimited?.value.trim() === '-1')
    builder.note(unlimited, 'Connector maxConnections="-1" (no limit): the default 8192 stands in');
  else builder.number(connector, { path: 'node.maxConnections', names: ['maxConnections'] });
  builder.mark(attributeOf(connector, 'port'));
  builder.mark(attributeOf(connector, 'protocol'));
}

/** Threads and queues of a node. Nodes that differ become a list. */
export function importNodes(builder: ScenarioBuilder, situation: Situation): void {
  const { files, nodes } = situation;
  const ajp = files.httpd?.balancer?.members.some(({ url }) => /^ajp:/i.test(url)) ?? files.jk !== undefined;
  const perNode = files.servers.map((server) => {
    const own = new ScenarioBuilder();
    const connector = connectorOf(server, ajp);
    if (connector) {
      importConnector(own, server, connector);
      importConnector(builder, server, connector);
    }
    return own;
  });
  if (!nodes.place) return;
  const given = perNode.map(({ scenario }) => scenario.node ?? {});
  if (given.length > 1 && given.length !== nodes.count) {
    const which =
      given.length < nodes.count ? 'the others are taken to be like the first' : 'only that many are simulated';
    builder.note({ ...nodes.place }, `${nodes.count} ${nodes.why}, ${given.length} server.xml files: ${which}`);
  }
  const values = Array.from({ length: nodes.count }, (_, index) => given[index] ?? given[0] ?? {});
  if (values.every((node) => JSON.stringify(node) === JSON.stringify(values[0]))) {
    builder.set('nodes', nodes.count, { ...nodes.place }, nodes.why);
    return;
  }
  builder.forget('node');
  builder.set('nodes', values, { ...nodes.place }, `${nodes.why}, which differ`);
  for (const [index, { used }] of perNode.slice(0, nodes.count).entries()) {
    for (const fact of used) builder.used.push({ ...fact, path: fact.path.replace('node.', `nodes.${index}.`) });
  }
}

function importMembership(builder: ScenarioBuilder, cluster: ClusterElement): void {
  const { membership } = cluster;
  builder.number(membership, { path: 'membership.mcastFrequencyMs', names: ['frequency', 'mcastFrequency'] });
  builder.number(membership, { path: 'membership.memberDropTimeMs', names: ['dropTime', 'mcastDropTime'] });
  builder.number(membership, { path: 'membership.soTimeoutMs', names: ['soTimeout', 'mcastSoTimeout'] });
  const detector = interceptorNamed(cluster, 'TcpFailureDetector');
  const path = 'membership.tcpFailureDetector';
  if (detector) {
    builder.set(
      `${path}.enabled`,
      true,
      detector.attributes.get('className') ?? detector,
      'Interceptor TcpFailureDetector',
    );
    builder.number(detector, { path: `${path}.connectTimeoutMs`, names: ['connectTimeout'] });
    if (dispatchesAbove(cluster)) {
      const text = 'TcpFailureDetector below the dispatcher: it sees asynchronous sends that fail';
      builder.set(`${path}.seesAsynchronousSends`, true, { ...placeOf(detector) }, text);
    }
    builder.flag(detector, `${path}.performReadTest`, 'performReadTest');
    builder.number(detector, { path: `${path}.readTestTimeoutMs`, names: ['readTestTimeout'] });
  } else if (cluster.interceptors.length > 0) {
    builder.set(
      `${path}.enabled`,
      false,
      { ...placeOf(cluster.interceptors[0]) },
      'interceptors without TcpFailureDetector',
    );
  } else if (!attributeOf(cluster.sender, 'replicationMode')) {
    const text = 'no Interceptor: the built-in stack, TcpFailureDetector below the dispatcher';
    builder.set(`${path}.seesAsynchronousSends`, true, { ...placeOf(cluster.channel ?? cluster.element) }, text);
  } else {
    builder.set(
      `${path}.enabled`,
      false,
      { ...placeOf(cluster.sender!) },
      'Tomcat 5.5, which has no TcpFailureDetector',
    );
  }
}

/** Interceptors are listed from the application down to the network. */
function dispatchesAbove({ interceptors }: ClusterElement): boolean {
  const names = interceptors.map(simpleClass);
  const dispatcher = names.findIndex((name) => name.startsWith('MessageDispatch'));
  return dispatcher >= 0 && dispatcher < names.indexOf('TcpFailureDetector');
}

function placeOf({ file, line }: Place): Place {
  return { file, line };
}

function importSendOptions(builder: ScenarioBuilder, { cluster, sendOptions }: Situation): void {
  const { value, place, text } = sendOptions;
  if (attributeOf(cluster?.sender, 'replicationMode')) builder.mark(attributeOf(cluster?.sender, 'waitForAck'));
  if (!cluster || !place || text === 'the default 8') return;
  const modelled = value & 14;
  if (value !== modelled)
    builder.note({ ...placeOf(place) }, `${text}: of its flags only 2, 4 and 8 are modelled (${modelled})`);
  if ((modelled & 8) !== 0 && !hasDispatcher(cluster)) {
    builder.set(
      'channel.sendOptions',
      modelled & 6,
      place,
      `${text}, whose 8 is ignored without MessageDispatchInterceptor`,
    );
  } else {
    builder.set('channel.sendOptions', modelled, place, text);
  }
}

function importDispatch(builder: ScenarioBuilder, { cluster, version }: Situation): void {
  if (!cluster) return;
  const pooled = interceptorNamed(cluster, 'MessageDispatch15Interceptor');
  const plain = interceptorNamed(cluster, 'MessageDispatchInterceptor');
  const dispatcher = pooled ?? plain;
  if (!dispatcher) return;
  const path = 'channel.dispatch';
  builder.mark(dispatcher.attributes.get('className'));
  if (!pooled && compareVersions(version.version, '7.0') <= 0) {
    const what = 'MessageDispatchInterceptor before Tomcat 8 sends from one thread, in order';
    builder.set(`${path}.maxThreads`, 1, dispatcher.attributes.get('className') ?? dispatcher, what);
  } else {
    builder.number(dispatcher, { path: `${path}.maxThreads`, names: ['maxThreads'] });
  }
  builder.number(dispatcher, { path: `${path}.maxQueueSizeBytes`, names: ['maxQueueSize'] });
  builder.flag(dispatcher, `${path}.alwaysSend`, 'alwaysSend');
}

/** The select timeout is 5 s whatever is configured, so a configured timeout is effective in steps of 5 s. */
function importSender(builder: ScenarioBuilder, cluster: ClusterElement): void {
  const { transport, sender } = cluster;
  builder.number(transport, { path: 'channel.sender.poolSize', names: ['poolSize'] });
  builder.number(transport, { path: 'channel.sender.maxWaitMs', names: ['maxWait'] });
  builder.number(transport, { path: 'channel.sender.txBufSizeBytes', names: ['txBufSize'] });
  const timeout = attributeOf(transport, 'timeout') ?? attributeOf(sender, 'ackTimeout');
  if (!timeout || isPlaceholder(timeout.value)) return;
  const asked = wholeNumber(timeout.value, timeout, timeout.name);
  const effective = timeout.name === 'ackTimeout' ? asked : Math.max(1, Math.ceil(asked / 5000)) * 5000;
  builder.set(
    'channel.sender.ackTimeoutMs',
    effective,
    timeout,
    `${timeout.name}="${timeout.value}" (${effective} ms in effect)`,
  );
}

/** Membership, channel and sender of the `<Cluster>`. */
export function importChannel(builder: ScenarioBuilder, situation: Situation): void {
  const { cluster } = situation;
  if (!cluster) return;
  importMembership(builder, cluster);
  importSendOptions(builder, situation);
  builder.number(cluster.receiver, { path: 'channel.receiver.rxBufSizeBytes', names: ['rxBufSize'] });
  builder.number(cluster.receiver, { path: 'channel.receiver.maxThreads', names: ['maxThreads', 'tcpThreadCount'] });
  importDispatch(builder, situation);
  importSender(builder, cluster);
  const background = attributeOf(cluster.element, 'heartbeatBackgroundEnabled');
  if (background && isTrue(background.value)) {
    builder.set('channel.heartbeatSleepTimeMs', 10_000, background, 'heartbeatBackgroundEnabled="true": every 10 s');
  } else {
    builder.mark(background);
  }
  for (const one of [
    ...cluster.interceptors,
    cluster.membership,
    cluster.receiver,
    cluster.sender,
    cluster.transport,
  ]) {
    const name = simpleClass(one);
    const known =
      /^(TcpFailureDetector|MessageDispatch(15)?Interceptor|McastService|NioReceiver|ReplicationListener|ReplicationTransmitter|PooledParallelSender)$/;
    if (known.test(name)) builder.mark(one?.attributes.get('className'));
  }
}
