import { milliseconds, seconds } from '../../sim/time.ts';
import { ACK_BYTES, kindCode, TomcatSizes } from '../messages.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import type { StrategyHost } from './strategy.ts';

/**
 * Map pings of a node to each other one at each channel heartbeat: the map listens to the channel for messages and for
 * members, and the heartbeat goes to both lists. @see source: GroupChannel.heartbeat; measured 24 frames per 5 s, N=3.
 */
export const PINGS = 2;

/**
 * The pings of the replicated map and their answers, counted in the window for as long as both nodes were there. No ping
 * is an event: nothing is decided by one.
 */
export class MapPings {
  private readonly host: StrategyHost;
  private readonly isAcknowledged: boolean;
  private readonly periodNs: number;
  /** Since when a node takes part [ns], NaN = it does not. */
  private readonly sinceNs: Float64Array;

  constructor(host: StrategyHost, isAcknowledged: boolean) {
    this.host = host;
    this.isAcknowledged = isAcknowledged;
    this.periodNs = milliseconds(host.scenario.channel.heartbeatSleepTimeMs);
    this.sinceNs = new Float64Array(host.nodes.count).fill(seconds(host.scenario.run.warmUpS));
  }

  opened(node: number): void {
    this.sinceNs[node] = Math.max(this.host.sim.nowNs, seconds(this.host.scenario.run.warmUpS));
  }

  /** A node dies: its pings up to now. */
  died(node: number): void {
    const { traffic } = this.host;
    for (let other = 0; other < this.sinceNs.length; other += 1) if (other !== node) this.count(node, other, traffic);
    this.sinceNs[node] = Number.NaN;
  }

  /** The pings up to now of all that are there. */
  meter(traffic: TrafficMeter): void {
    for (let one = 0; one < this.sinceNs.length; one += 1) {
      for (let other = one + 1; other < this.sinceNs.length; other += 1) this.count(one, other, traffic);
    }
  }

  private count(one: number, other: number, traffic: TrafficMeter): void {
    const forNs = this.host.sim.nowNs - Math.max(this.sinceNs[one], this.sinceNs[other]);
    const count = Math.round((PINGS * forNs) / this.periodNs);
    if (!(count > 0)) return;
    for (const [from, to] of [
      [one, other],
      [other, one],
    ]) {
      traffic.sent(kindCode['map-ping'], from, to, count, count * TomcatSizes.mapPing);
      traffic.sent(kindCode['map-ping'], to, from, count, count * TomcatSizes.mapPong);
      if (this.isAcknowledged) traffic.sent(kindCode.ack, to, from, count, count * ACK_BYTES);
    }
  }
}
