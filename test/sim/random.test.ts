import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError } from '../../sim/invariant.ts';
import { type RandomSource, RandomStreams } from '../../sim/random.ts';

function draws(source: RandomSource, count: number): number[] {
  return Array.from({ length: count }, () => source.next());
}

test('the first draws of a named stream are pinned', () => {
  const source = new RandomStreams(1, 0).stream('arrivals');
  assert.equal(
    draws(source, 4).map((u) => u * 2 ** 32),
    [2_395_002_526, 3_706_256_381, 2_457_186_453, 3_827_024_777],
  );
  assert.is(source.double(), 0.10460840970301144);
});

test('a stream depends on seed, replication and name, and on nothing else', () => {
  const alone = draws(new RandomStreams('s', 2).stream('b'), 50);
  const streams = new RandomStreams('s', 2);
  const first = streams.stream('a');
  const second = streams.stream('b');
  const mixed = Array.from({ length: 50 }, () => {
    first.next();
    first.double();
    return second.next();
  });
  assert.equal(mixed, alone);
  assert.equal(draws(new RandomStreams(7, 0).stream('x'), 5), draws(new RandomStreams('7', 0).stream('x'), 5));
  const others = [new RandomStreams('t', 2).stream('b'), new RandomStreams('s', 3).stream('b'), streams.stream('c')];
  for (const other of others) assert.not.equal(draws(other, 50), alone);
});

test('a name is given once', () => {
  const streams = new RandomStreams(1, 0);
  streams.stream('a');
  assert.throws(
    () => streams.stream('a'),
    (error: unknown) => error instanceof InvariantError && error.message === 'random stream "a" is taken',
  );
});

test('parts of seed, replication and name cannot run together', () => {
  const first = new RandomStreams('1', 23).stream('a');
  const second = new RandomStreams('12', 3).stream('a');
  const third = new RandomStreams('1', 2).stream('3a');
  assert.is(new Set([first.next(), second.next(), third.next()]).size, 3);
});

test('400 streams of similar names are not correlated, at lags 0, 1 and 2', () => {
  const count = 400;
  const length = 1000;
  const streams = new RandomStreams(1, 0);
  const rows = Array.from({ length: count }, (_, i) => {
    const source = streams.stream(`s-${i}`);
    return Float64Array.from({ length }, () => (source.next() - 0.5) * Math.sqrt(12));
  });
  for (const lag of [0, 1, 2]) {
    let squares = 0;
    let largest = 0;
    let pairs = 0;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < i; j++) {
        let sum = 0;
        for (let k = lag; k < length; k++) sum += rows[i][k] * rows[j][k - lag];
        const z = sum / Math.sqrt(length - lag);
        squares += z * z;
        largest = Math.max(largest, Math.abs(z));
        pairs++;
      }
    }
    const meanSquare = squares / pairs;
    assert.ok(Math.abs(meanSquare - 1) < 4 * Math.sqrt(2 / pairs), `lag ${lag}: mean squared z ${meanSquare}`);
    assert.ok(largest < 6, `lag ${lag}: largest z ${largest}`);
  }
});

test('draws are uniform: first draws over names, draws of one stream, their low bits, doubles, pairs', () => {
  const cells = 1024;
  const count = 400_000;
  const names = new RandomStreams(5, 1);
  const one = new RandomStreams(5, 2).stream('one');
  const doubles = new RandomStreams(5, 3).stream('doubles');
  const ways: [string, () => number][] = [
    ['first draws', () => names.stream(`node/${nextName++}`).next()],
    ['one stream', () => one.next()],
    ['low bits', () => (one.next() * 2 ** 20) % 1],
    ['doubles', () => doubles.double()],
    ['low bits of doubles', () => (doubles.double() * 2 ** 40) % 1],
    ['pairs', () => (Math.floor(one.next() * 32) + one.next()) / 32],
  ];
  let nextName = 0;
  for (const [name, draw] of ways) {
    const draws = name === 'first draws' ? count / 8 : count;
    const counts = new Float64Array(cells);
    for (let i = 0; i < draws; i++) counts[Math.floor(draw() * cells)]++;
    const chiSquared = counts.reduce((sum, n) => sum + (n - draws / cells) ** 2 / (draws / cells), 0);
    const z = (chiSquared - (cells - 1)) / Math.sqrt(2 * (cells - 1));
    assert.ok(Math.abs(z) < 4, `${name}: z ${z.toFixed(2)}`);
  }
});

test.run();
