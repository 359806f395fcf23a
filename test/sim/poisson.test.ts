// The exact interval of a Poisson count: against printed tables, closed forms and its own coverage.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { incompleteGamma, poissonInterval } from '../../sim/poisson.ts';
import { RandomStreams } from '../../sim/random.ts';

const near = (is: number, expected: number, within: number): void =>
  assert.ok(Math.abs(is - expected) <= within, `${is}, expected ${expected}`);

test('the incomplete gamma function, where it has a closed form', () => {
  for (const x of [0.1, 1, 2.5, 7, 30]) {
    near(incompleteGamma(1, x), 1 - Math.exp(-x), 1e-14);
    near(incompleteGamma(3, x), 1 - Math.exp(-x) * (1 + x + (x * x) / 2), 1e-13);
  }
  assert.is(incompleteGamma(2, 0), 0);
});

test('the table of Garwood (1936), 95 %', () => {
  for (const [count, low, high] of [
    [0, 0, 3.689],
    [1, 0.0253, 5.572],
    [5, 1.623, 11.668],
    [10, 4.795, 18.39],
    [30, 20.241, 42.827],
  ]) {
    const found = poissonInterval(count);
    near(found.low, low, 6e-4);
    near(found.high, high, 6e-4);
  }
});

test('it covers the mean at least as often as it says', () => {
  const stream = new RandomStreams(7, 1).stream('poisson');
  for (const mean of [0.5, 2, 8]) {
    let covered = 0;
    for (let trial = 0; trial < 2000; trial += 1) {
      let count = -1;
      for (let product = 1; product > Math.exp(-mean); count += 1) product *= stream.next();
      const { low, high } = poissonInterval(count);
      if (mean >= low && mean <= high) covered += 1;
    }
    assert.ok(covered >= 0.945 * 2000, `${covered} of 2000 at ${mean}`);
  }
});

test.run();
