import type { Cluster } from '../../models/cluster.ts';
import type { Broadcast } from '../../models/replication/delivery-plane.ts';

/** A message as somebody sees it who listens on the wire behind its sender. */
export interface TappedMessage {
  readonly session: number;
  readonly effect: number;
  /** Per node: when the last byte of its copy has passed [ns]; NaN where it gets none. */
  readonly completeNs: readonly number[];
}

/**
 * Listens on the wire: every message to all, and when its copies pass. A copy passes when the card has sent it and the
 * sender's thread has written it: one copy after the other (`messageWriteUs`).
 */
export function tapWire(cluster: Cluster): TappedMessage[] {
  const { plane, scenario, nodes } = cluster;
  const writeNs = scenario.calibration.messageWriteUs * 1000;
  const tapped: TappedMessage[] = [];
  const broadcast = plane.broadcast.bind(plane);
  plane.broadcast = (message: Broadcast): number => {
    const { departNs, handedNs, copyNs, view, except, session, effect } = message;
    const completeNs = Array.from({ length: nodes.count }, (_, node) => {
      const rank = plane.ranks[view * nodes.count + node];
      if (rank < 0 || node === except) return Number.NaN;
      return Math.max(departNs + (rank + 1) * copyNs, handedNs + rank * writeNs + copyNs);
    });
    tapped.push({ session, effect, completeNs });
    return broadcast(message);
  };
  return tapped;
}
