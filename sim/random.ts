import seedrandom from 'seedrandom';
import { invariant } from './invariant.ts';
import { keySeed } from './keyed-random.ts';

/** A stream of uniform random numbers. */
export interface RandomSource {
  /** Next multiple of 2^-32, 0 included, 1 excluded. */
  next(): number;
  /** Next odd multiple of 2^-53, 0 and 1 excluded: use it where tails matter; it takes two draws. */
  double(): number;
}

/**
 * Marsaglia's xorwow, seeded by seedrandom and stepped here.
 *
 * Why: the same numbers as the library's, without a call into a closure for each; and the state is in plain fields.
 * @see G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003), section 3.
 */
class Stream implements RandomSource {
  // Numbers from the start: a field that was ever undefined has its type checked at every use.
  private x = 0;
  private y = 0;
  private z = 0;
  private w = 0;
  private v = 0;
  private d = 0;

  constructor(seed: string) {
    const { x, y, z, w, v, d } = seedrandom.xorwow(seed, { state: true }).state() as unknown as XorwowState;
    this.x = x;
    this.y = y;
    this.z = z;
    this.w = w;
    this.v = v;
    this.d = d;
  }

  next(): number {
    return (this.int32() >>> 0) * 2 ** -32;
  }

  double(): number {
    return ((this.int32() >>> 6) * 2 ** 26 + (this.int32() >>> 6) + 0.5) * 2 ** -52;
  }

  private int32(): number {
    const oldest = this.x ^ (this.x >>> 2);
    const { v } = this;
    this.x = this.y;
    this.y = this.z;
    this.z = this.w;
    this.w = v;
    this.v = v ^ (v << 4) ^ (oldest ^ (oldest << 1));
    this.d = (this.d + 362437) | 0;
    return (this.d + this.v) | 0;
  }
}

/** Words of the generator, int32 each. */
interface XorwowState {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly w: number;
  readonly v: number;
  readonly d: number;
}

/** Hashes a text to 128 bits, as 8 characters of 16 bits each. */
function scramble(text: string): string {
  let scrambled = '';
  for (let part = 0; part < 4; part++) {
    const word = keySeed(`${part}${text}`);
    scrambled += String.fromCharCode(word >>> 16, word & 0xffff);
  }
  return scrambled;
}

/**
 * The random streams of one run, by name.
 *
 * A stream depends on (seed, replication, name) alone: not on the order in which streams are asked for, nor on what is
 * drawn from others, so that adding a node or a draw moves nothing else and compared strategies see the same arrivals.
 *
 * Why xorwow of seedrandom's variants: 2.6 ns a draw, 24 bytes of state, and a period known to be 2^192 - 2^32. tychei
 * is as fast, but its last rotation as released takes bits of another word, so that its step is no permutation of its
 * state and its period is unknown. xorwow starts slowly from similar seeds; therefore names are hashed to 128 bits.
 */
export class RandomStreams {
  private readonly taken = new Set<string>();

  /**
   * @param seed - the run's seed; a number and its decimal text are the same seed.
   * @param replication - 0 or more; replications of one seed are independent.
   */
  constructor(
    readonly seed: number | string,
    readonly replication: number,
  ) {
    invariant(Number.isSafeInteger(replication) && replication >= 0, () => `replication ${replication}`);
  }

  /**
   * Opens a stream, from its start.
   * @param name - for example "node/3/heartbeat".
   * @throws InvariantError - when the name was asked for before: two users would draw the same numbers.
   */
  stream(name: string): RandomSource {
    invariant(!this.taken.has(name), () => `random stream "${name}" is taken`);
    this.taken.add(name);
    return new Stream(scramble(JSON.stringify([String(this.seed), this.replication, name])));
  }
}
