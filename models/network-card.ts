const TCP_SEGMENT_BYTES = 1448;
const FRAME_OVERHEAD_BYTES = 66;

/** TCP segments of a message. */
export function segmentsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / TCP_SEGMENT_BYTES));
}

/** Bytes on the wire of a message in TCP segments over Ethernet with an MTU of 1500. */
export function wireBytes(bytes: number): number {
  return bytes + FRAME_OVERHEAD_BYTES * segmentsOf(bytes);
}

/**
 * The sending sides of the nodes' network cards: first come, first served, whole messages.
 *
 * Model: what a card receives does not queue (full duplex, a switch that does not block): where all send to all, as
 * much leaves each card as reaches it, so the sending side is the bottleneck of both.
 */
export class NetworkCards {
  readonly latencyNs: number;
  private readonly freeNs: Float64Array;
  private readonly nsPerByte: number;

  constructor(nodes: number, network: { bandwidthMbps: number; latencyUs: number }) {
    this.freeNs = new Float64Array(nodes);
    this.nsPerByte = 8000 / network.bandwidthMbps;
    this.latencyNs = Math.round(network.latencyUs * 1000);
  }

  /** Time of one copy on a card [ns]. */
  copyNs(bytes: number): number {
    return Math.round(wireBytes(bytes) * this.nsPerByte);
  }

  /**
   * Takes a card for `copies` copies, in the order of the calls.
   * @param handedNs - when the sender's process hands the message over [ns], not before `nowNs`.
   * @returns when the first copy starts [ns].
   */
  take(node: number, nowNs: number, handedNs: number, copyNs: number, copies: number): number {
    const turnNs = Math.max(this.freeNs[node], nowNs);
    this.freeNs[node] = turnNs + copies * copyNs;
    return Math.max(handedNs, turnNs);
  }

  /** When everything taken so far has left [ns]. */
  clearNs(node: number): number {
    return this.freeNs[node];
  }

  /** Forgets what has not left. */
  reset(node: number, nowNs: number): void {
    this.freeNs[node] = Math.min(this.freeNs[node], nowNs);
  }
}
