import { invariant } from './invariant.ts';

const BITS_PER_BYTE = 8;
const NS_PER_S = 1e9;

/**
 * A link that sends one message after the other, first come first served, and delivers each a latency after its last bit.
 *
 * Model: no loss, no frames, no sharing among messages. An infinite bandwidth sends in no time.
 */
export class Link {
  /** Bytes accepted so far. */
  bytes = 0;
  /** When the sender is free again [ns]. */
  freeNs = 0;
  private lastSendNs = 0;
  private sendingNsSum = 0;

  /**
   * @param bandwidthBitsPerS - above 0, +Infinity allowed [bit/s].
   * @param latencyNs - from the last bit sent to the arrival [ns], 0 or more.
   */
  constructor(
    readonly bandwidthBitsPerS: number,
    readonly latencyNs: number,
  ) {
    invariant(bandwidthBitsPerS > 0, () => `a bandwidth of ${bandwidthBitsPerS} bit/s`);
    invariant(Number.isSafeInteger(latencyNs) && latencyNs >= 0, () => `a latency of ${latencyNs} ns`);
  }

  /** How long a message occupies the sender [ns], rounded to the nearest nanosecond. */
  sendingNs(bytes: number): number {
    return Math.round((bytes * BITS_PER_BYTE * NS_PER_S) / this.bandwidthBitsPerS);
  }

  /**
   * Accepts a message.
   * @param nowNs - [ns], not before the message accepted last.
   * @param bytes - size, 0 or more.
   * @returns when it has arrived [ns].
   */
  send(nowNs: number, bytes: number): number {
    invariant(nowNs >= this.lastSendNs, () => `a message at ${nowNs} ns after one at ${this.lastSendNs} ns`);
    invariant(bytes >= 0, () => `a message of ${bytes} bytes`);
    const sendingNs = this.sendingNs(bytes);
    this.lastSendNs = nowNs;
    this.bytes += bytes;
    this.sendingNsSum += sendingNs;
    this.freeNs = Math.max(nowNs, this.freeNs) + sendingNs;
    return this.freeNs + this.latencyNs;
  }

  /**
   * Total time the sender was busy up to a moment [ns].
   * @param timeNs - not before the message accepted last.
   */
  busyNsUntil(timeNs: number): number {
    invariant(timeNs >= this.lastSendNs, () => `asked for ${timeNs} ns after a message of ${this.lastSendNs} ns`);
    return this.sendingNsSum - Math.max(0, this.freeNs - timeNs);
  }
}
