import type { Heartbeats } from './heartbeats.ts';

/** What the search for packets needs of the membership. */
export interface PacketParts {
  readonly nodes: number;
  readonly latencyNs: number;
  readonly soTimeoutNs: number;
  readonly beats: Heartbeats;
  /** Whether heartbeats of the member reach the observer, unless one is lost. */
  hears(observer: number, member: number): boolean;
  isLost(observer: number, member: number, beatNs: number): boolean;
}

/**
 * When an observer looks for expired members: when it sends or receives any heartbeat, and when its receive times out.
 *
 * Nodes are kept in the order of their phases, so that the packets around a moment are a few steps away.
 * @see source: Tribes McastServiceImpl.receive, SenderThread.
 */
export class Packets {
  private readonly parts: PacketParts;
  /** Nodes by the phase of their heartbeats [ns]. */
  private readonly order: Int32Array;
  private readonly phaseNs: Float64Array;
  private isSorted = false;

  constructor(parts: PacketParts) {
    this.parts = parts;
    this.order = new Int32Array(parts.nodes);
    this.phaseNs = new Float64Array(parts.nodes);
  }

  /** A node begins to send with another phase. */
  resort(): void {
    this.isSorted = false;
  }

  private bringInOrder(): void {
    const { beats, nodes } = this.parts;
    const phaseOf = (node: number): number => {
      const phase = beats.first(node) % beats.periodNs;
      return phase < 0 ? phase + beats.periodNs : phase;
    };
    const sorted = Array.from({ length: nodes }, (_, node) => node).sort(
      (left, right) => phaseOf(left) - phaseOf(right) || left - right,
    );
    sorted.forEach((node, place) => {
      this.order[place] = node;
      this.phaseNs[place] = phaseOf(node);
    });
    this.isSorted = true;
  }

  /** How many nodes have a phase of at most this. */
  private upTo(phaseNs: number): number {
    let low = 0;
    let high = this.parts.nodes;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.phaseNs[middle] <= phaseNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** First moment after another at which the observer looks for expired members [ns]. */
  nextLook(observer: number, afterNs: number): number {
    if (!this.isSorted) this.bringInOrder();
    const nextNs = this.next(observer, afterNs);
    if (this.ownBefore(observer, afterNs) + this.parts.soTimeoutNs >= nextNs) return nextNs;
    const lastNs = this.last(observer, afterNs);
    const timeouts = Math.floor((afterNs - lastNs) / this.parts.soTimeoutNs) + 1;
    return Math.min(nextNs, lastNs + timeouts * this.parts.soTimeoutNs);
  }

  /** The first packet after a moment; the observer's own heartbeat comes back at once. */
  private next(observer: number, afterNs: number): number {
    const { nodes, latencyNs, beats } = this.parts;
    const ownNs = this.parts.hears(observer, observer) ? beats.nextAfter(observer, afterNs) : Number.POSITIVE_INFINITY;
    const fromNs = afterNs - latencyNs;
    let turnNs = Math.floor(fromNs / beats.periodNs) * beats.periodNs;
    let place = this.upTo(fromNs - turnNs);
    const steps = Number.isFinite(ownNs) ? Number.POSITIVE_INFINITY : nodes;
    for (let step = 0; step < steps; step += 1, place += 1) {
      if (place === nodes) {
        place = 0;
        turnNs += beats.periodNs;
      }
      const beatNs = turnNs + this.phaseNs[place];
      if (beatNs + latencyNs >= ownNs) return ownNs;
      if (this.arrives(observer, this.order[place], beatNs)) return beatNs + latencyNs;
    }
    return ownNs;
  }

  private ownBefore(observer: number, atNs: number): number {
    return this.parts.hears(observer, observer) ? this.parts.beats.lastAt(observer, atNs) : Number.NEGATIVE_INFINITY;
  }

  /** The last packet up to a moment; 0 when there was none. */
  private last(observer: number, atNs: number): number {
    const { nodes, latencyNs, beats } = this.parts;
    const ownNs = this.ownBefore(observer, atNs);
    const toNs = atNs - latencyNs;
    let turnNs = Math.floor(toNs / beats.periodNs) * beats.periodNs;
    let place = this.upTo(toNs - turnNs) - 1;
    const steps = Number.isFinite(ownNs) ? Number.POSITIVE_INFINITY : nodes;
    for (let step = 0; step < steps; step += 1, place -= 1) {
      if (place < 0) {
        place = nodes - 1;
        turnNs -= beats.periodNs;
      }
      const beatNs = turnNs + this.phaseNs[place];
      if (beatNs + latencyNs <= ownNs) break;
      if (this.arrives(observer, this.order[place], beatNs)) return Math.max(0, beatNs + latencyNs);
    }
    return Math.max(0, ownNs);
  }

  private arrives(observer: number, member: number, beatNs: number): boolean {
    const { beats } = this.parts;
    if (member === observer || beats.lastAt(member, beatNs) !== beatNs || !this.parts.hears(observer, member))
      return false;
    return !this.parts.isLost(observer, member, beatNs);
  }
}
