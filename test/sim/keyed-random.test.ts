import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keyedUint32, keyedUniform, keySeed } from '../../sim/keyed-random.ts';

const SEED = keySeed('keyed-random');

/** Flips one bit of a non-negative integer below 2^53. */
function flip(value: number, bit: number): number {
  return Math.floor(value / 2 ** bit) % 2 === 1 ? value - 2 ** bit : value + 2 ** bit;
}

/** Asserts that each of the 32 output bits flips in about half of the trials; 5.5 standard errors allow 3,400 bits. */
function assertAvalanche(name: string, changed: (trial: number) => number): void {
  const trials = 4096;
  const flips = new Array<number>(32).fill(0);
  for (let trial = 0; trial < trials; trial++) {
    const difference = changed(trial);
    for (let bit = 0; bit < 32; bit++) flips[bit] += (difference >>> bit) & 1;
  }
  flips.forEach((count, bit) => {
    const z = (count - trials / 2) / Math.sqrt(trials / 4);
    assert.ok(Math.abs(z) < 5.5, `${name}, output bit ${bit}: z ${z.toFixed(2)}`);
  });
}

test('every bit of seed, a and b flips every output bit half of the time', () => {
  const key = (trial: number) => ({ a: trial * 2_147_483_659 + trial, b: trial * 31 });
  for (let bit = 0; bit < 32; bit++) {
    assertAvalanche(`seed bit ${bit}`, (trial) => {
      const { a, b } = key(trial);
      return keyedUint32(trial, a, b) ^ keyedUint32(flip(trial, bit), a, b);
    });
    assertAvalanche(`b bit ${bit}`, (trial) => {
      const { a, b } = key(trial);
      return keyedUint32(SEED, a, b) ^ keyedUint32(SEED, a, flip(b, bit));
    });
  }
  for (let bit = 0; bit < 53; bit++) {
    assertAvalanche(`a bit ${bit}`, (trial) => {
      const { a, b } = key(trial);
      return keyedUint32(SEED, a, b) ^ keyedUint32(SEED, flip(a, bit), b);
    });
  }
});

test('the draws are uniform over a, over b and over the seed', () => {
  const cells = 1000;
  const draws = 1_000_000;
  const ways: [string, (i: number) => number][] = [
    ['a', (i) => keyedUniform(SEED, i, 3)],
    ['b', (i) => keyedUniform(SEED, 5, i)],
    ['seed', (i) => keyedUniform(i, 1, 2)],
    ['both', (i) => keyedUniform(SEED, Math.floor(i / 1000), i % 1000)],
    ['uint32', (i) => keyedUint32(SEED, i, i) / 2 ** 32],
    ['low bits', (i) => (keyedUniform(SEED, i, 3) * 2 ** 26) % 1],
    ['large a', (i) => keyedUniform(SEED, 2 ** 53 - 1 - i * 2 ** 32, 3)],
  ];
  for (const [name, draw] of ways) {
    const counts = new Float64Array(cells);
    for (let i = 0; i < draws; i++) counts[Math.floor(draw(i) * cells)]++;
    const expected = draws / cells;
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    const z = (chiSquared - (cells - 1)) / Math.sqrt(2 * (cells - 1));
    assert.ok(Math.abs(z) < 4, `${name}: z ${z.toFixed(2)}`);
  }
});

test('neighbours in a, b and seed are not correlated, nor are the halves of a draw', () => {
  const draws = 500_000;
  const u = (seed: number, a: number, b: number) => keyedUniform(seed, a, b) - 0.5;
  const pairs: [string, (i: number) => number][] = [
    ['a, a+1', (i) => u(SEED, i, 0) * u(SEED, i + 1, 0)],
    ['b, b+1', (i) => u(SEED, 0, i) * u(SEED, 0, i + 1)],
    ['a, b swapped', (i) => u(SEED, i, i + 1) * u(SEED, i + 1, i)],
    ['a+1, b-1', (i) => u(SEED, i, 1024) * u(SEED, i + 1, 1023)],
    ['seed, seed+1', (i) => u(SEED, i, 7) * u(SEED + 1, i, 7)],
    ['a, a+2^32', (i) => u(SEED, i, 7) * u(SEED, i + 2 ** 32, 7)],
    ['halves', (i) => u(SEED, i, 7) * (((keyedUniform(SEED, i, 7) * 2 ** 26) % 1) - 0.5)],
  ];
  for (const [name, product] of pairs) {
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += product(i);
    const z = (sum * 12) / Math.sqrt(draws);
    assert.ok(Math.abs(z) < 4, `${name}: z ${z.toFixed(2)}`);
  }
});

test('messages do not share their draws: as few equal values as chance has', () => {
  const values: number[] = [];
  for (let a = 0; a < 4096; a++) for (let b = 0; b < 256; b++) values.push(keyedUint32(SEED, a, b));
  const equal = values.length - new Set(values).size;
  const expected = values.length ** 2 / 2 / 2 ** 32;
  assert.ok(Math.abs(equal - expected) < 5 * Math.sqrt(expected), `${equal} equal, ${expected} expected`);
});

test('a draw is never 0 or 1 and always the same', () => {
  let low = 1;
  let high = 0;
  for (let a = 0; a < 1_000_000; a++) {
    const u = keyedUniform(SEED, a, a);
    if (u < low) low = u;
    if (u > high) high = u;
  }
  assert.ok(low > 0 && low < 1e-5);
  assert.ok(high < 1 && high > 1 - 1e-5);
  assert.is(keyedUniform(SEED, 2 ** 40 + 1, 9), keyedUniform(SEED, 2 ** 40 + 1, 9));
});

test('pinned draws', () => {
  assert.equal([keySeed(''), keySeed('a'), keySeed('run 1')], [1_947_474_976, 625_469_222, 1_175_225_955]);
  assert.equal([keyedUint32(1, 2, 3), keyedUint32(0, 0, 0)], [3_072_987_732, 3_074_714_144]);
  assert.is(keyedUniform(1, 2, 3), 0.7154857193828051);
});

test('seeds of texts differ', () => {
  const seeds = new Set<number>();
  for (let i = 0; i < 10_000; i++) seeds.add(keySeed(`seed/${i}`));
  assert.is(seeds.size, 10_000);
  assert.is.not(keySeed('ab'), keySeed('ba'));
});

test.run();
