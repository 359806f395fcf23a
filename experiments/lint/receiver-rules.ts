import { type ClusterElement, isAjp, type ServerXml } from '../import/server-xml.ts';
import type { Situation } from '../import/situation.ts';
import { isPlaceholder } from '../import/units.ts';
import { attributeOf, descendants, type XmlElement } from '../import/xml.ts';
import { at, type Report, type Rule } from './finding.ts';

interface Receiver {
  readonly server: ServerXml;
  readonly cluster: ClusterElement;
  readonly element: XmlElement;
  readonly address: string;
  readonly isAuto: boolean;
  readonly isLoopback: boolean;
  readonly port: number;
  /** First port that is no longer tried. */
  readonly endPort: number;
}

function numberOr(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,6}$/.test(text.trim()) ? Number(text) : otherwise;
}

/** The receiver of every cluster of every node; an absent element has Tomcat's defaults. */
export function receiversOf({ files }: Situation): Receiver[] {
  return files.servers.flatMap((server) =>
    server.clusters.map((cluster) => {
      const element = cluster.receiver ?? cluster.element;
      const has = cluster.receiver;
      const address = attributeOf(has, 'address', 'tcpListenAddress')?.value.trim() ?? 'auto';
      const port = numberOr(attributeOf(has, 'port', 'tcpListenPort')?.value, 4000);
      const autoBind = attributeOf(has, 'tcpListenPort') ? 1 : numberOr(attributeOf(has, 'autoBind')?.value, 100);
      return {
        server,
        cluster,
        element,
        address,
        isAuto: address.toLowerCase() === 'auto',
        isLoopback: /^(127\.|localhost$|::1$|\[::1\]$|0:0:0:0:0:0:0:1$)/i.test(address),
        port,
        endPort: port + Math.max(1, autoBind),
      };
    }),
  );
}

function* addressAuto(situation: Situation): Generator<Report> {
  for (const { isAuto, element } of receiversOf(situation)) {
    if (!isAuto) continue;
    yield at(attributeOf(element, 'address', 'tcpListenAddress') ?? element, {
      message: 'the Receiver address is "auto": whatever /etc/hosts gives for the name of the host',
      consequence:
        'where that is 127.0.0.1 or 127.0.1.1 every node advertises the loopback address: its peers then connect to themselves, heartbeats look healthy and nothing reaches another node',
      fix: "write the address of this node's network card, a different one in each server.xml",
    });
  }
}

function* addressLoopback(situation: Situation): Generator<Report> {
  const receivers = receiversOf(situation);
  const loopback = receivers.filter(({ isLoopback }) => isLoopback);
  const oneHost =
    loopback.length > 1 &&
    loopback.length === receivers.length &&
    new Set(loopback.map(({ port }) => port)).size === loopback.length;
  for (const { element, address } of loopback) {
    yield at(attributeOf(element, 'address', 'tcpListenAddress') ?? element, {
      severity: oneHost ? 'warning' : 'error',
      message: `the Receiver listens on the loopback address (${address})`,
      consequence: oneHost
        ? 'it works as long as all nodes run on one host; on two hosts every node replicates to itself, and the test on one host never shows it'
        : 'a peer that is told 127.0.0.1 connects to itself: the member is accepted, all replication goes back to the sender, which even overwrites its own sessions; the real peer gets nothing',
      fix: "write the address of this node's network card",
    });
  }
}

function* addressAny(situation: Situation): Generator<Report> {
  for (const { element, address } of receiversOf(situation)) {
    if (!/^(0\.0\.0\.0|::|\*)$/.test(address)) continue;
    yield at(attributeOf(element, 'address', 'tcpListenAddress') ?? element, {
      message: `the Receiver address is ${address}, which is also what the node advertises`,
      consequence: 'peers are told to connect to 0.0.0.0, which is their own host: no message arrives',
      fix: 'write the one address the other nodes shall use',
    });
  }
}

function sameHost(a: Receiver, b: Receiver): boolean {
  if (isPlaceholder(a.address) || isPlaceholder(b.address)) return false;
  if (a.isLoopback && b.isLoopback) return true;
  return !a.isAuto && !b.isAuto && a.address.toLowerCase() === b.address.toLowerCase();
}

function* portCollision(situation: Situation): Generator<Report> {
  const receivers = receiversOf(situation);
  for (const [index, one] of receivers.entries()) {
    const other = receivers
      .slice(0, index)
      .find((before) => sameHost(one, before) && one.port < before.endPort && before.port < one.endPort);
    if (!other) continue;
    const fixed = one.endPort - one.port === 1 && other.endPort - other.port === 1;
    yield at(attributeOf(one.element, 'port', 'tcpListenPort') ?? one.element, {
      severity: fixed ? 'error' : 'warning',
      message: `ports ${one.port} to ${one.endPort - 1} at ${one.address} overlap those of ${other.server.file}:${other.element.line}`,
      consequence: fixed
        ? 'the second node finds its only port taken: its cluster does not start'
        : 'which node gets which port depends on who starts first; a firewall must open the whole range, and two hosts with one address in their files are one typo away',
      fix: 'give each node on a host a port of its own and autoBind="0"',
    });
  }
}

function* portRange(situation: Situation): Generator<Report> {
  for (const { element, port, endPort } of receiversOf(situation)) {
    if (endPort - port < 2) continue;
    yield at(attributeOf(element, 'autoBind', 'port') ?? element, {
      message: `the Receiver takes the first free port of ${port} to ${endPort - 1}`,
      consequence:
        'a firewall between the nodes must open them all: where it closes the one in use heartbeats still pass, and the cluster never forms, or every send to that member fails',
      fix: 'autoBind="0" and that one port open between all nodes; --set misconfiguration.tcpPort=dropped simulates a closed one',
    });
  }
}

function* portTaken(situation: Situation): Generator<Report> {
  for (const { server, element, port, endPort } of receiversOf(situation)) {
    for (const other of [
      ...server.connectors,
      ...[...descendants(server.root)].filter(({ name }) => name === 'Server'),
    ]) {
      const taken = numberOr(other.attributes.get('port')?.value, -1);
      if (taken < port || taken >= endPort) continue;
      const what = other.name === 'Server' ? 'shutdown' : isAjp(other) ? 'AJP' : 'HTTP';
      yield at(attributeOf(element, 'port', 'tcpListenPort') ?? element, {
        message: `the ports ${port} to ${endPort - 1} of the Receiver hold the ${what} port ${taken} of line ${other.line}`,
        consequence: 'the cluster starts first and can take that port; the connector then fails to bind',
        fix: 'move one of the two',
      });
    }
  }
}

function* threadsFew(situation: Situation): Generator<Report> {
  const { nodes, sendOptions } = situation;
  if ((sendOptions.value & 6) !== 6 || nodes.count < 2) return;
  for (const { element, cluster } of receiversOf(situation)) {
    const attribute = attributeOf(cluster.receiver, 'maxThreads', 'tcpThreadCount');
    const threads = numberOr(attribute?.value, 15);
    if (threads >= nodes.count - 1) continue;
    yield at(attribute ?? element, {
      message: `Receiver maxThreads ${threads} for ${nodes.count - 1} senders that wait for their message to be applied`,
      consequence:
        'when all threads are busy the selector stops reading, and the requests of the other nodes wait with it',
      fix: `maxThreads="${Math.max(6, nodes.count - 1)}" or more`,
    });
  }
}

/** Where a node listens and what it tells the others about it. */
export const receiverRules: readonly Rule[] = [
  { id: 'receiver-address-auto', severity: 'warning', about: 'Receiver address="auto"', check: addressAuto },
  {
    id: 'receiver-address-loopback',
    severity: 'error',
    about: 'Receiver on the loopback address',
    check: addressLoopback,
  },
  { id: 'receiver-address-any', severity: 'error', about: 'Receiver address 0.0.0.0', check: addressAny },
  {
    id: 'receiver-port-collision',
    severity: 'warning',
    about: 'Receiver port ranges that overlap',
    check: portCollision,
  },
  { id: 'receiver-port-range', severity: 'info', about: 'a range of ports for a firewall to open', check: portRange },
  {
    id: 'receiver-port-taken',
    severity: 'warning',
    about: 'a connector port inside the Receiver range',
    check: portTaken,
  },
  {
    id: 'receiver-threads-few',
    severity: 'warning',
    about: 'fewer Receiver threads than synchronous senders',
    check: threadsFew,
  },
];
