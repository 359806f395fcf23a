import { type ClusterElement, interceptorNamed, membershipKind } from '../import/server-xml.ts';
import type { Situation } from '../import/situation.ts';
import { isPlaceholder, isTrue } from '../import/units.ts';
import { attributeOf, childrenNamed, simpleClass, type XmlElement } from '../import/xml.ts';
import { at, type Report, type Rule } from './finding.ts';
import { receiversOf } from './receiver-rules.ts';

interface Group {
  readonly element: XmlElement;
  readonly group: string;
  readonly frequency: number;
  readonly dropTime: number;
  readonly clusterName: string | undefined;
  readonly domain: string;
  readonly server: string;
  readonly host: string | undefined;
}

function milliseconds(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : otherwise;
}

function usesMulticast(cluster: ClusterElement): boolean {
  return membershipKind(cluster) === 'multicast';
}

/** The multicast groups of all clusters that have one. */
function groupsOf({ files }: Situation): Group[] {
  return files.servers.flatMap((server) =>
    server.clusters.filter(usesMulticast).map((cluster) => {
      const { membership, element } = cluster;
      const address = attributeOf(membership, 'address', 'mcastAddr')?.value.trim() ?? '228.0.0.4';
      const port = attributeOf(membership, 'port', 'mcastPort')?.value.trim() ?? '45564';
      return {
        element: membership ?? element,
        group: `${address}:${port}`,
        frequency: milliseconds(attributeOf(membership, 'frequency', 'mcastFrequency')?.value, 500),
        dropTime: milliseconds(attributeOf(membership, 'dropTime', 'mcastDropTime')?.value, 3000),
        clusterName: element.attributes.get('clusterName')?.value,
        domain: interceptorNamed(cluster, 'DomainFilterInterceptor')
          ? (membership?.attributes.get('domain')?.value ?? '')
          : '',
        server: server.file,
        host: attributeOf(cluster.receiver, 'address')?.value,
      };
    }),
  );
}

/** Members of other clusters on the multicast group of the first one. */
export function clustersOnOneGroup(situation: Situation): number {
  const [first, ...rest] = groupsOf(situation).filter(({ domain }, _, all) => domain === all[0].domain);
  if (!first) return 0;
  const others = rest.filter(({ group, server, clusterName }) => {
    return group === first.group && (server === first.server || (clusterName ?? '') !== (first.clusterName ?? ''));
  });
  const isBeside = others.some(({ server }) => server === first.server);
  return isBeside ? Math.max(others.length, situation.nodes.count) : others.length;
}

function* groupShared(situation: Situation): Generator<Report> {
  const groups = groupsOf(situation);
  for (const [index, one] of groups.entries()) {
    const other = groups.slice(0, index).find((before) => {
      const separate = before.server === one.server || (before.clusterName ?? '') !== (one.clusterName ?? '');
      return before.group === one.group && separate && before.domain === one.domain;
    });
    if (!other) continue;
    yield at(attributeOf(one.element, 'address', 'port') ?? one.element, {
      message: `a second cluster on the multicast group ${one.group} of ${other.server}:${other.element.line}`,
      consequence:
        'address and port are the identity of a cluster, its name is not: both become one, every message goes to the members of both, and a joining node may ask the other cluster for its sessions and start empty',
      fix: 'give each cluster an address or port of its own, or separate them with DomainFilterInterceptor',
    });
  }
}

function* groupDiffers(situation: Situation): Generator<Report> {
  const groups = groupsOf(situation);
  const [first] = groups;
  for (const one of groups.slice(1)) {
    if (one.server === first.server || one.group === first.group || one.clusterName !== first.clusterName) continue;
    if (isPlaceholder(one.group) || isPlaceholder(first.group)) continue;
    yield at(attributeOf(one.element, 'address', 'port') ?? one.element, {
      message: `this node is in the multicast group ${one.group}, that of ${first.server} in ${first.group}`,
      consequence:
        'the two never see each other: each is a cluster of its own, and a failover between them starts with an empty session',
      fix: 'write the same address and port on all nodes of one cluster',
    });
  }
}

function* groupDefault(situation: Situation): Generator<Report> {
  for (const { element, group } of groupsOf(situation)) {
    if (group !== '228.0.0.4:45564') continue;
    yield at(attributeOf(element, 'address', 'mcastAddr') ?? element, {
      message: 'the multicast group is 228.0.0.4:45564, the one of every how-to',
      consequence:
        'any other Tomcat of this network segment that kept the default, a test machine for instance, joins this cluster',
      fix: 'choose an address and port of your own, the same on all nodes',
    });
  }
}

function* dropTimeShort(situation: Situation): Generator<Report> {
  for (const { element, frequency, dropTime } of groupsOf(situation)) {
    if (dropTime >= 3 * frequency) continue;
    const flaps = dropTime <= frequency;
    const lost = Math.floor(dropTime / frequency);
    const late = lost === 1 ? '1 lost or late heartbeat' : `${lost} lost or late heartbeats in a row`;
    yield at(attributeOf(element, 'dropTime', 'mcastDropTime', 'frequency', 'mcastFrequency') ?? element, {
      severity: flaps ? 'error' : 'warning',
      message: `dropTime ${dropTime} ms is less than three heartbeats of ${frequency} ms`,
      consequence: flaps
        ? 'every member is dropped between two heartbeats and taken back at the next: membership flaps without end'
        : `${late}, by a garbage collection for instance, can throw out a live node`,
      fix: `dropTime="${6 * frequency}" (six heartbeats, as by default)`,
    });
  }
}

function* timesDiffer(situation: Situation): Generator<Report> {
  const groups = groupsOf(situation);
  const [first] = groups;
  for (const one of groups.slice(1)) {
    if (one.group !== first.group) continue;
    if (one.frequency === first.frequency && one.dropTime === first.dropTime) continue;
    yield at(attributeOf(one.element, 'frequency', 'dropTime') ?? one.element, {
      message: `heartbeats every ${one.frequency} ms, dropped after ${one.dropTime} ms; ${first.server} has ${first.frequency} and ${first.dropTime} ms`,
      consequence:
        'a node judges the others by its own dropTime: one that beats too slowly for a peer is thrown out by it again and again',
      fix: 'write the same frequency and dropTime on all nodes',
    });
  }
}

function* loopbackDisabled(situation: Situation): Generator<Report> {
  const receivers = receiversOf(situation);
  for (const { cluster, address } of receivers) {
    const attribute = cluster.membership?.attributes.get('localLoopbackDisabled');
    if (!attribute || !isTrue(attribute.value)) continue;
    const shared = receivers.filter((other) => other.address === address && !other.isAuto).length > 1;
    if (!shared) continue;
    yield at(attribute, {
      message: 'localLoopbackDisabled="true" with two nodes on one host',
      consequence: 'heartbeats do not reach the other node of the same host: the two never see each other',
      fix: 'remove the attribute',
    });
  }
}

function* ttlZero({ files }: Situation): Generator<Report> {
  for (const { membership } of files.servers.flatMap(({ clusters }) => clusters)) {
    const attribute = attributeOf(membership, 'ttl', 'mcastTTL');
    if (attribute?.value.trim() !== '0') continue;
    yield at(attribute, {
      message: 'ttl="0" on the Membership',
      consequence: 'heartbeats never leave the host: nodes on other hosts are not found',
      fix: 'ttl="1" for one network segment, more to cross routers',
    });
  }
}

/** What is wrong with one static member; `seen` holds the ids of those before it. */
function memberProblem(
  member: XmlElement,
  own: { address: string; port: number },
  seen: Set<string>,
): string | undefined {
  const { attributes } = member;
  const id = (attributes.get('uniqueId')?.value ?? '').replace(/[\s{}]+/g, '');
  const bytes = id === '' ? 0 : id.split(',').length;
  const isNew = !seen.has(id);
  seen.add(id);
  if (attributes.get('host')?.value === own.address && Number(attributes.get('port')?.value) === own.port) {
    return 'names this node itself';
  }
  if (bytes !== 16) return `has a uniqueId of ${bytes} bytes; 16 are needed`;
  return isNew ? undefined : 'has the uniqueId of another member';
}

function* memberReports(fixed: XmlElement, own: { address: string; port: number }, nodes: number): Generator<Report> {
  const members = childrenNamed(fixed, 'Member').filter((one) => simpleClass(one) === 'StaticMember');
  const seen = new Set<string>();
  for (const member of members) {
    const problem = memberProblem(member, own, seen);
    if (!problem) continue;
    yield at(member, {
      message: `the static member ${problem}`,
      consequence:
        'members are told apart by host, port and id: the list is wrong and a node is missing or replicates to itself',
      fix: 'list all other nodes and not this one, each with 16 bytes of its own',
    });
  }
  if (nodes > 1 && members.length !== nodes - 1) {
    yield at(fixed, {
      message: `${members.length} static members for a cluster of ${nodes} nodes`,
      consequence: 'a node that is not listed gets nothing from this one',
      fix: `list the ${nodes - 1} other nodes`,
    });
  }
}

function* staticIncomplete(situation: Situation): Generator<Report> {
  const nodes = situation.files.servers.length;
  for (const receiver of receiversOf(situation)) {
    const { cluster } = receiver;
    const fixed = interceptorNamed(cluster, 'StaticMembershipInterceptor');
    if (!fixed) continue;
    yield* memberReports(fixed, receiver, nodes);
    const needed = ['TcpFailureDetector', 'TcpPingInterceptor'].filter((name) => !interceptorNamed(cluster, name));
    if (needed.length === 0) continue;
    yield at(fixed, {
      message: `StaticMembershipInterceptor without ${needed.join(' and ')}`,
      consequence:
        'a static member has no heartbeat: a dead one is never removed, and every synchronous send waits for it',
      fix: `add ${needed.join(' and ')}`,
    });
  }
}

function* membershipOff({ files }: Situation): Generator<Report> {
  for (const cluster of files.servers.flatMap(({ clusters }) => clusters)) {
    const attribute = cluster.element.attributes.get('channelStartOptions');
    if (!attribute || !/^\d{1,4}$/.test(attribute.value.trim())) continue;
    const hears = (Number(attribute.value) & 12) === 12;
    if (hears || interceptorNamed(cluster, 'StaticMembershipInterceptor')) continue;
    const isStatic = membershipKind(cluster) === 'static';
    yield at(attribute, {
      message: isStatic
        ? `channelStartOptions="${attribute.value}" does not start the StaticMembershipService`
        : `channelStartOptions="${attribute.value}" leaves multicast membership off, and no static member is listed`,
      consequence: 'the node finds nobody: it is a cluster of one',
      fix: isStatic
        ? 'remove the attribute (15: everything on): the list of members is the work of that service'
        : 'remove the attribute (15: everything on), or list the members with StaticMembershipInterceptor',
    });
  }
}

/** Who finds whom, and how soon a silent node is dropped. */
export const membershipRules: readonly Rule[] = [
  { id: 'multicast-group-shared', severity: 'error', about: 'two clusters on one multicast group', check: groupShared },
  {
    id: 'multicast-group-differs',
    severity: 'error',
    about: 'nodes of one cluster in different groups',
    check: groupDiffers,
  },
  { id: 'multicast-group-default', severity: 'info', about: "the how-to's multicast group", check: groupDefault },
  { id: 'drop-time-short', severity: 'warning', about: 'dropTime below three heartbeats', check: dropTimeShort },
  {
    id: 'membership-times-differ',
    severity: 'warning',
    about: 'nodes with different heartbeat times',
    check: timesDiffer,
  },
  {
    id: 'membership-loopback-disabled',
    severity: 'error',
    about: 'localLoopbackDisabled on one host',
    check: loopbackDisabled,
  },
  { id: 'membership-ttl-zero', severity: 'error', about: 'ttl="0"', check: ttlZero },
  {
    id: 'static-members-incomplete',
    severity: 'error',
    about: 'a wrong list of static members',
    check: staticIncomplete,
  },
  { id: 'membership-off', severity: 'error', about: 'channelStartOptions without membership', check: membershipOff },
];
