import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError } from '../../sim/invariant.ts';
import { LatencyHistogram, quantile } from '../../sim/quantiles.ts';

const isBug = (error: unknown) => error instanceof InvariantError;

test('quantiles follow R-7', () => {
  const values = [40, 10, 30, 20];
  assert.is(quantile(values, 0), 10);
  assert.is(quantile(values, 0.5), 25);
  assert.is(quantile(values, 0.9), 37);
  assert.is(quantile(values, 1), 40);
  assert.equal(values, [40, 10, 30, 20]);
  assert.is(quantile([7], 0.3), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
  assert.throws(() => quantile(values, 1.1), isBug);
});

const latency = fc.oneof(
  fc.nat(2000),
  fc.nat(2 ** 31 - 1),
  fc.maxSafeNat(),
  fc.constantFrom(0, 511, 512, 1023, 1024, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1),
);

test('a histogram is within 0.1 % of the exact nearest rank, merged or not', () => {
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1, maxLength: 60 }), fc.nat(60), (values, cut) => {
      const whole = new LatencyHistogram();
      const first = new LatencyHistogram();
      const second = new LatencyHistogram();
      values.forEach((value, i) => {
        whole.add(value);
        (i < cut ? first : second).add(value);
      });
      first.merge(second);
      const sorted = [...values].sort((a, b) => a - b);
      for (const p of [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1]) {
        const exact = sorted[Math.max(1, Math.ceil(p * sorted.length)) - 1];
        assert.ok(Math.abs(whole.quantile(p) - exact) <= exact / 1024, `${p}: ${whole.quantile(p)}, exact ${exact}`);
        assert.is(first.quantile(p), whole.quantile(p));
      }
      const sum = values.reduce((total, value) => total + BigInt(value), 0n);
      const mean = Number((sum * 1_000_000n) / BigInt(values.length)) / 1e6;
      assert.ok(Math.abs(whole.mean - mean) <= 1e-6 + mean * 1e-15);
      assert.ok(Math.abs(first.mean - mean) <= 1e-6 + mean * 1e-15);
      assert.is(first.count, values.length);
      assert.equal([first.min, first.max], [sorted[0], sorted[sorted.length - 1]]);
    }),
    { seed: 3, numRuns: 1000 },
  );
});

test('the mean stays exact past 2^53 in total', () => {
  const histogram = new LatencyHistogram();
  for (let i = 0; i < 1000; i++) histogram.add(2 ** 52 + i);
  assert.is(histogram.mean, 2 ** 52 + 499.5);
});

test('an empty histogram and wrong values', () => {
  const histogram = new LatencyHistogram();
  assert.ok(Number.isNaN(histogram.quantile(0.5)) && Number.isNaN(histogram.mean));
  for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) assert.throws(() => histogram.add(value), isBug);
  assert.throws(() => histogram.quantile(-0.1), isBug);
});

test.run();
