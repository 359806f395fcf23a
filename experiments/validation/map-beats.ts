import type { Cluster } from '../../models/cluster.ts';
import { ACK_BYTES, kindCode, TomcatSizes } from '../../models/messages.ts';
import { PINGS } from '../../models/replication/map-upkeep.ts';
import { type WireCount, WireMeter } from '../../models/wire-meter.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import { type MeasuredRow, numberIn, numberOr } from './check.ts';

/** The pings of one node's map at one heartbeat of its channel, and the answers. */
function beat(wire: WireMeter, node: number, nodes: number, isAcknowledged: boolean): void {
  for (let other = 0; other < nodes; other += 1) {
    for (let ping = 0; ping < PINGS && other !== node; ping += 1) {
      wire.message(kindCode['map-ping'], node, other, TomcatSizes.mapPing);
      if (isAcknowledged) wire.message(kindCode.ack, other, node, ACK_BYTES);
      wire.message(kindCode['map-ping'], other, node, TomcatSizes.mapPong);
    }
  }
}

/** Pings of one heartbeat, each with its answer; where a block of requests begins or ends within one, it has some of them. */
export function pingsOfBeat(row: MeasuredRow): number {
  return PINGS * (numberOr(row, 'nodes', 3) - 1);
}

/** What one heartbeat of one node adds to a block of requests, per request. @param senders - that its pool has made. */
export function beatOf(row: MeasuredRow, senders: number): WireCount {
  const options = numberIn(row, 'sendOptions');
  const requests = numberIn(row, 'requests_per_trial') || 20;
  let nowNs = 0;
  const wire = new WireMeter(() => nowNs, senders);
  beat(wire, 0, numberOr(row, 'nodes', 3), (options & 2) !== 0);
  nowNs = 1e9;
  const entries = Object.entries(wire.read()).map(([key, value]) => [key, value / requests]);
  return Object.fromEntries(entries) as unknown as WireCount;
}

/** Lets the maps ping: heartbeats fall into a block or not. */
export function withPings(row: MeasuredRow, start: number): (cluster: Cluster, wire: WireMeter) => void {
  return (cluster, wire) => {
    const { scenario, nodes, script } = cluster;
    const periodNs = scenario.channel.heartbeatSleepTimeMs * 1e6;
    const isAcknowledged = (numberIn(row, 'sendOptions') & 2) !== 0;
    const next = (node: number): void => {
      script!.after(periodNs, () => next(node));
      beat(wire, node, nodes.count, isAcknowledged);
    };
    for (let node = 0; node < nodes.count; node += 1) {
      script!.after(1 + keyedUniform(start, node, 1) * periodNs, () => next(node));
    }
  };
}
