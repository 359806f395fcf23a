/** Turns the bits of an int32 so that the high bits of a product reach the low ones. */
function turn(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/**
 * A running 64-bit fingerprint of the events of a run, in their order.
 *
 * Two runs with the same digest executed the same events; it tells that something moved, not what.
 */
export class Digest {
  private high = 0x243f6a88;
  private low = 0x5a308d31;

  /** Mixes one event in. */
  add(timeNs: number, kind: number, a: number, b: number): void {
    const timeHigh = (timeNs / 2 ** 32) | 0;
    const high = Math.imul(turn(this.high ^ (timeNs | 0), 13) + a, 0x9e3779b1);
    const low = Math.imul(turn(this.low ^ b, 17) + (timeHigh ^ (kind << 21)), 0x85ebca6b);
    this.high = high ^ (low >>> 15);
    this.low = low ^ turn(high, 11);
  }

  /** The digest so far: 16 hexadecimal digits. */
  toString(): string {
    return hex(this.high) + hex(this.low);
  }
}
