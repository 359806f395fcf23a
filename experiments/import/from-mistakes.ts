import type { Finding } from '../lint/finding.ts';
import { clustersOnOneGroup } from '../lint/membership-rules.ts';
import { receiversOf } from '../lint/receiver-rules.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';
import type { ClusterElement, ServerXml } from './server-xml.ts';
import { hasSessionListener, hasValve, type Situation } from './situation.ts';
import { attributeOf } from './xml.ts';

const path = 'misconfiguration';
/** Rules whose mistake leaves every node alone. */
const noMulticast = ['membership-ttl-zero', 'membership-off', 'multicast-group-differs'];

/** `all`, or the names of the nodes for which something holds; one server.xml is one node. */
function nodesWhere({ files }: Situation, holds: (server: ServerXml) => boolean): 'all' | string[] {
  const names = files.servers.flatMap((server, index) => (holds(server) ? [`node-${index + 1}`] : []));
  return names.length === files.servers.length ? 'all' : names;
}

/** Valves and listeners that Tomcat would have added, had no other been configured. */
function importLostDefaults(builder: ScenarioBuilder, situation: Situation, findings: readonly Finding[]): void {
  const { strategy, hasRoutes } = situation;
  if (!['delta', 'simple', 'backup'].includes(strategy.kind)) return;
  const lacking = (has: (cluster: ClusterElement) => boolean): 'all' | string[] =>
    nodesWhere(situation, ({ clusters }) => clusters.length > 0 && !clusters.every(has));
  const state = (rule: string, words: string, key: string, value: 'all' | true | readonly string[]): void => {
    const found = findings.find((one) => one.rule === rule && one.message.includes(words));
    if (!found || (value !== true && value.length === 0)) return;
    builder.set(`${path}.${key}`, value, { file: found.file, line: found.line }, found.message);
  };
  const silent = lacking((cluster) => hasValve(cluster, 'ReplicationValve'));
  state('valve-default-lost', 'ReplicationValve', 'noReplicationValve', silent);
  if (hasRoutes) state('valve-default-lost', 'JvmRouteBinderValve', 'noBinderValve', true);
  if (strategy.kind !== 'backup') state('listener-default-lost', '', 'noSessionListener', lacking(hasSessionListener));
}

/** Nodes whose Cluster stands elsewhere than that of the first one. */
function importPlacement(builder: ScenarioBuilder, situation: Situation, findings: readonly Finding[]): void {
  const mixed = findings.find(({ rule }) => rule === 'cluster-placement-mixed');
  const first = situation.cluster?.placement;
  if (!mixed) return;
  const others = nodesWhere(situation, ({ clusters }) => clusters.some(({ placement }) => placement !== first));
  builder.set(`${path}.otherPlacement`, others, { file: mixed.file, line: mixed.line }, mixed.message);
}

/** Nodes that bear one jvmRoute. */
function importSameRoute(builder: ScenarioBuilder, { files }: Situation, findings: readonly Finding[]): void {
  const found = findings.find(({ rule }) => rule === 'jvm-route-duplicate');
  if (!found) return;
  const route = files.servers.find(({ file }) => file === found.file)?.jvmRoute?.value;
  const names = files.servers.flatMap(({ jvmRoute }, index) =>
    jvmRoute?.value === route ? [`node-${index + 1}`] : [],
  );
  builder.set(`${path}.sameRoute`, names, { file: found.file, line: found.line }, found.message);
}

/** Receivers that advertise the host's own address to others. */
function importLoopback(builder: ScenarioBuilder, situation: Situation, findings: readonly Finding[]): void {
  const rules = ['receiver-address-loopback', 'receiver-address-any'];
  const wrong = findings.filter(({ rule, severity }) => rules.includes(rule) && severity === 'error');
  if (wrong.length === 0) return;
  const [{ file, line, message }] = wrong;
  const who = nodesWhere(situation, (server) => wrong.some((one) => one.file === server.file));
  builder.set(`${path}.loopbackReceivers`, who, { file, line }, message);
  for (const { element } of receiversOf(situation)) builder.mark(attributeOf(element, 'address', 'tcpListenAddress'));
}

/**
 * What the lint rules found and the simulator can show: it is set in the scenario, with the line of the finding.
 *
 * A firewall, the clocks and the objects of an application stand in no file; those keys are for the user to set.
 */
export function importMistakes(builder: ScenarioBuilder, situation: Situation, findings: readonly Finding[]): void {
  importSameRoute(builder, situation, findings);
  if (!situation.cluster) return;
  importLoopback(builder, situation, findings);
  importLostDefaults(builder, situation, findings);
  importPlacement(builder, situation, findings);
  const alone = findings.find(({ rule }) => noMulticast.includes(rule));
  if (alone) builder.set(`${path}.multicast`, 'closed', { file: alone.file, line: alone.line }, alone.message);
  const shared = findings.find(({ rule }) => rule === 'multicast-group-shared');
  if (!shared) return;
  const members = clustersOnOneGroup(situation);
  if (members > 0)
    builder.set(`${path}.sharedGroupMembers`, members, { file: shared.file, line: shared.line }, shared.message);
}
