import { ACK_BYTES, kindCode, TomcatSizes } from '../messages.ts';
import type { StrategyHost } from './strategy.ts';

/**
 * Map pings of a node to each other one at each channel heartbeat: the map listens to the channel for messages and for
 * members, and the heartbeat goes to both lists. @see source: GroupChannel.heartbeat; measured 24 frames per 5 s, N=3.
 */
const PINGS = 2;

/** Counts the map pings of the window and their answers. */
export function meterPings({ nodes, traffic, scenario }: StrategyHost, windowS: number, isAcknowledged: boolean): void {
  const count = Math.round((PINGS * windowS) / (scenario.channel.heartbeatSleepTimeMs / 1000));
  for (let from = 0; from < nodes.count; from += 1) {
    for (let to = 0; to < nodes.count; to += 1) {
      if (from === to || !nodes.isUp(from) || !nodes.isUp(to)) continue;
      traffic.sent(kindCode['map-ping'], from, to, count, count * TomcatSizes.mapPing);
      traffic.sent(kindCode['map-ping'], to, from, count, count * TomcatSizes.mapPong);
      if (isAcknowledged) traffic.sent(kindCode.ack, to, from, count, count * ACK_BYTES);
    }
  }
}
