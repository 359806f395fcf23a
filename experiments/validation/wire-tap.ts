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
 * sender's thread has written it: one copy after the other.
 */
export function tapWire(cluster: Cluster): TappedMessage[] {
  const { plane, nodes } = cluster;
  const tapped: TappedMessage[] = [];
  const broadcast = plane.broadcast.bind(plane);
  plane.broadcast = (message: Broadcast): number => {
    const { session, effect } = message;
    const index = broadcast(message);
    tapped.push({
      session,
      effect,
      completeNs: Array.from({ length: nodes.count }, (_, node) => plane.wiredNs(index, node)),
    });
    return index;
  };
  return tapped;
}
