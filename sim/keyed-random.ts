// Randomness as a function: the draw belongs to its key (seed, a, b), not to a place in a stream, so that the order in
// which things are looked at cannot change it. 128 bits of key are folded into two 32-bit words that no two keys of
// different `a` share for several `b`; both words enter every output.

const TWO_POW_MINUS_32 = 2 ** -32;
const TWO_POW_26 = 2 ** 26;
const TWO_POW_MINUS_52 = 2 ** -52;

/** A bijection of the int32 in which every input bit flips every output bit with a probability near one half. */
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** First word of a key's hash: everything of `a`, then `b`. */
function firstWord(seed: number, a: number, b: number): number {
  const aHigh = (a * TWO_POW_MINUS_32) | 0;
  return mix(mix((a | 0) ^ (Math.imul(seed ^ aHigh, 0x9e3779b1) + 0x3c6ef372)) + Math.imul(b | 0, 0x85ebca6b));
}

/** Second word of a key's hash: everything of `a` by another way. */
function secondWord(seed: number, a: number): number {
  const aHigh = (a * TWO_POW_MINUS_32) | 0;
  const word = Math.imul((a | 0) + Math.imul(aHigh, 0xc2b2ae35), 0x27d4eb2f) + seed;
  return Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
}

/**
 * Draws 32 random bits for a key.
 * @param seed - uint32, see `keySeed`.
 * @param a - integer, 0 to 2^53 - 1.
 * @param b - integer, 0 to 2^32 - 1.
 * @returns an integer, 0 to 2^32 - 1, equally likely.
 */
export function keyedUint32(seed: number, a: number, b: number): number {
  return mix(firstWord(seed, a, b) + secondWord(seed, a)) >>> 0;
}

/**
 * Draws a uniform number for a key.
 * @param seed - uint32, see `keySeed`.
 * @param a - integer, 0 to 2^53 - 1.
 * @param b - integer, 0 to 2^32 - 1.
 * @returns an odd multiple of 2^-53, above 0 and below 1; its first 26 bits are those of `keyedUint32`.
 */
export function keyedUniform(seed: number, a: number, b: number): number {
  const first = firstWord(seed, a, b);
  const second = secondWord(seed, a);
  const high = mix(first + second) >>> 6;
  const low = mix(Math.imul(first, 0x9e3779b1) ^ second ^ 0x5bd1e995) >>> 6;
  return (high * TWO_POW_26 + low + 0.5) * TWO_POW_MINUS_52;
}

/**
 * Turns a text into the uint32 seed of keyed draws. Different texts may share a seed with a probability of 2^-32.
 * @param masterSeed - for example the run's seed, replication and the purpose of the draws.
 */
export function keySeed(masterSeed: string): number {
  let hash = 0x811c9dc5 ^ masterSeed.length;
  for (let i = 0; i < masterSeed.length; i++) hash = mix(hash ^ masterSeed.charCodeAt(i)) + 0x9e3779b1;
  return mix(hash) >>> 0;
}
