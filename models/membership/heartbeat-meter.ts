import { HEARTBEAT_BYTES, kindCode } from '../messages.ts';
import type { Misdirection } from '../misdirection.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import type { Heartbeats } from './heartbeats.ts';

/** What the counting of heartbeats needs. */
export interface HeartbeatMeterParts {
  readonly nodes: number;
  readonly beats: Heartbeats;
  readonly traffic: TrafficMeter;
  readonly misdirection: Misdirection;
}

/** Counts heartbeats by arithmetic, whenever who sends or hears them changes: none of them is an event. */
export class HeartbeatMeter {
  private readonly parts: HeartbeatMeterParts;
  /** Up to when those of each node are counted [ns]. */
  private readonly openNs: Float64Array;
  private readonly isListening: Uint8Array;
  /** Pairs (sender * nodes + receiver) between which heartbeats do not pass. */
  private readonly deafPairs = new Set<number>();

  constructor(parts: HeartbeatMeterParts) {
    this.parts = parts;
    this.openNs = new Float64Array(parts.nodes);
    this.isListening = new Uint8Array(parts.nodes).fill(1);
  }

  /** The measurement window opens. */
  measureFrom(nowNs: number): void {
    this.openNs.fill(nowNs);
  }

  /** A node begins to send now. */
  begins(node: number, nowNs: number): void {
    this.openNs[node] = nowNs - 1;
  }

  /** A node's process hears heartbeats from now on, or no longer. */
  listens(node: number, isListening: boolean): void {
    this.isListening[node] = isListening ? 1 : 0;
  }

  /** Heartbeats of one node reach another from now on, or no longer. */
  cut(sender: number, receiver: number, isCut: boolean): void {
    const pair = sender * this.parts.nodes + receiver;
    if (isCut) this.deafPairs.add(pair);
    else this.deafPairs.delete(pair);
  }

  /** Counts the heartbeats of a node since the window opened or the node began: one packet, a reception at each other. */
  meter(node: number, untilNs: number): void {
    const { nodes, traffic, misdirection } = this.parts;
    const beats = this.parts.beats.count(node, this.openNs[node], untilNs);
    this.openNs[node] = untilNs;
    const { foreigners, isMulticastClosed } = misdirection;
    if (foreigners > 0)
      traffic.sent(kindCode.heartbeat, -1, node, foreigners * beats, foreigners * beats * HEARTBEAT_BYTES);
    if (isMulticastClosed) return;
    for (let other = 0; other < nodes && beats > 0; other += 1) {
      if (other === node || this.isListening[other] === 0 || this.deafPairs.has(node * nodes + other)) continue;
      traffic.sent(kindCode.heartbeat, -1, other, beats, beats * HEARTBEAT_BYTES);
    }
  }

  /** Counts the heartbeats of all up to now: who hears them changes, or the window ends. */
  meterAll(nowNs: number): void {
    for (let node = 0; node < this.parts.nodes; node += 1) this.meter(node, nowNs);
  }
}
