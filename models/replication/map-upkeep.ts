import { ACK_BYTES, kindCode, TomcatSizes } from '../messages.ts';
import type { StrategyHost } from './strategy.ts';

/**
 * Map pings of a node to each other one at each channel heartbeat: the map listens to the channel for messages and for
 * members, and the heartbeat goes to both lists. @see source: GroupChannel.heartbeat; measured 24 frames per 5 s, N=3.
 */
const PINGS = 2;
const RPC_BYTES = 700;

/** A joining node asks one member for the keys of all sessions, as proxies without values. @returns when it opens [ns]. */
export function askForKeys(host: StrategyHost, node: number, isAcknowledged: boolean): number {
  const { membership, nodes, sessions, unicasts, sim, channel } = host;
  let live = 0;
  for (let other = 0; other < nodes.count; other += 1) live += host.idleSessions(other);
  for (let row = 0; row < sessions.rows; row += 1) if (sessions.state[row] !== 0) live += 1;
  for (let donor = 0; donor < nodes.count; donor += 1) {
    if (donor === node || !membership.sees(node, donor) || !nodes.isServing(donor)) continue;
    const bytes = RPC_BYTES + live * 100;
    unicasts.send({
      from: node,
      to: donor,
      kind: kindCode['state-transfer'],
      bytes: RPC_BYTES,
      session: -1,
      answerBytes: bytes,
      isAcknowledged,
      hasEffect: false,
      owner: null,
    });
    return sim.nowNs + host.copyNs(bytes) + channel.serviceNs(bytes);
  }
  return sim.nowNs;
}

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
