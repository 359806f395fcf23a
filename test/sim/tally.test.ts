import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError } from '../../sim/invariant.ts';
import { Tally, TimeWeightedMean } from '../../sim/tally.ts';

test('a tally knows count, mean, variance and range', () => {
  const tally = new Tally();
  for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) tally.add(value);
  assert.is(tally.count, 8);
  assert.is(tally.mean, 5);
  assert.ok(Math.abs(tally.variance - 32 / 7) < 1e-14);
  assert.ok(Math.abs(tally.standardDeviation - Math.sqrt(32 / 7)) < 1e-14);
  assert.equal([tally.min, tally.max], [2, 9]);
});

test('a tally of little says so', () => {
  const tally = new Tally();
  assert.ok(Number.isNaN(tally.mean) && Number.isNaN(tally.variance));
  tally.add(3);
  assert.is(tally.mean, 3);
  assert.ok(Number.isNaN(tally.variance));
});

test('the variance keeps its digits far from zero', () => {
  const tally = new Tally();
  for (let i = 0; i < 1000; i++) tally.add(1e15 + (i % 2));
  assert.ok(Math.abs(tally.variance - 0.25 * (1000 / 999)) < 1e-3, `${tally.variance}`);
});

test('a mean over time weighs each value by how long it held', () => {
  const length = new TimeWeightedMean(100, 1);
  length.set(110, 3);
  length.add(130, -2);
  assert.is(length.current, 1);
  assert.is(length.max, 3);
  assert.is(length.mean(140), (10 + 60 + 10) / 40);
  assert.is(length.mean(180), (10 + 60 + 50) / 80);
  length.restart(180);
  assert.ok(Number.isNaN(length.mean(180)));
  length.set(190, 5);
  assert.is(length.mean(200), 3);
  assert.is(length.max, 5);
  assert.throws(
    () => length.set(199, 1),
    (error: unknown) => error instanceof InvariantError,
  );
});

test.run();
