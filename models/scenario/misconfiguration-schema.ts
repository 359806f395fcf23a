import { z } from 'zod';
import { flag, ratio, whole, word } from './fields.ts';

const tribes = (where: string): string => `Apache Tomcat 10.1, ${where}`;
const nodeName = z.string().regex(/^node-[1-9]\d{0,3}$/, { error: 'node-1, node-2, ...' });

/** `all` nodes, or a list of them. */
const someNodes = (text: string, source: string) =>
  z
    .union([z.literal('all'), z.array(nodeName).max(1024)])
    .default([])
    .meta({ description: text, unit: '', source: tribes(source) });

/**
 * What real operators got wrong, off by default; the import of configuration files sets these keys where it finds the
 * mistake. Mistakes that another key expresses stand there: a missing `<distributable/>` is `replication.strategy`
 * none, attributes changed in place are `session.mutateWithoutSetRatio`, a missing detector is
 * `membership.tcpFailureDetector.enabled`, routes that do not match are `balancer.jvmRoute`.
 */
export const misconfigurationFields = z.strictObject({
  loopbackReceivers: someNodes(
    'nodes whose Receiver listens on, and advertises, 127.0.0.1: `all` or a list; who listens there connects to itself, everybody else is refused',
    'ReceiverBase.getBind, InetAddress.getLocalHost',
  ),
  noReplicationValve: someNodes(
    'nodes with another Valve in their Cluster and no ReplicationValve: they send sessions when they are created, and never what requests change in them (all-to-all, DeltaManager, BackupManager)',
    'SimpleTcpCluster.checkDefaults, ReplicationValve.sendReplicationMessage',
  ),
  noBinderValve: flag(false, {
    text: 'another Valve in the Cluster and no JvmRouteBinderValve: ids keep the route of the node that made them, also when that one is dead (all-to-all, DeltaManager, BackupManager)',
    source: tribes('SimpleTcpCluster.checkDefaults, JvmRouteBinderValve'),
  }),
  sameRoute: z.array(nodeName).max(1024).default([]).meta({
    description:
      'nodes that all bear the jvmRoute of the first of them: the load balancer sends the sessions of all of them to that one',
    unit: '',
    source: 'Apache httpd 2.4 find_route_worker, tomcat-connectors 1.2 find_bysession_route',
  }),
  noSessionListener: someNodes(
    'nodes with another ClusterListener and no ClusterSessionListener: they send their sessions and take none (all-to-all, DeltaManager)',
    'SimpleTcpCluster.checkDefaults, ClusterSessionListener',
  ),
  otherPlacement: z
    .array(nodeName)
    .max(1024)
    .default([])
    .meta({
      description:
        'nodes whose Cluster stands in the Host where that of the others stands in the Engine, or the other way round: the names of their managers differ, and the two sides exchange no session',
      unit: '',
      source: tribes('SimpleTcpCluster.getManagerName'),
    }),
  tcpPort: word(['open', 'refused', 'dropped'], 'open', {
    text: 'what a firewall does to the TCP port of the Receiver; heartbeats still pass',
    source: tribes('TcpFailureDetector.memberAdded, ParallelNioSender'),
  }),
  multicast: word(['open', 'closed'], 'open', {
    text: 'closed: no node ever hears a heartbeat of another (ttl 0, different groups, no multicast in the cloud)',
    source: tribes('McastServiceImpl'),
  }),
  sharedGroupMembers: whole(0, {
    text: 'members of another cluster, as busy per node, on the same multicast address and port',
    max: 1024,
    source: tribes('McastServiceImpl: address and port are the identity of a group'),
  }),
  sharedGroupIsOlder: flag(true, {
    text: 'the oldest member of all is in that other cluster: a joining node asks it for the sessions and gets none',
    source: tribes('DeltaManager.findSessionMasterMember; NOCONTEXTMANAGER'),
  }),
  clockOffsetsS: z
    .array(z.number().min(-1e6).max(1e6))
    .max(1024)
    .default([])
    .meta({
      description:
        'by how much the clock of node-1, node-2, ... is ahead; nodes not listed are exact (stateTimestampDrop compares clocks of different machines) [s]',
      unit: 's',
      source: tribes('DeltaManager.handleALL_SESSION_TRANSFERCOMPLETE, stateTimestampDrop'),
    }),
  unserialisableRatio: ratio(0, {
    text: 'share of writes that hide an object that cannot be serialised inside an attribute: the whole delta of the request is lost, the client sees no error (DeltaManager, BackupManager)',
    source: tribes('DeltaManager.requestCompleted'),
  }),
});

/** What is misconfigured in a run. */
export type Misconfiguration = z.output<typeof misconfigurationFields>;
