import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalQuantile } from '../../sim/normal-quantile.ts';

/** Upper tail of the standard normal beyond x > 0, by Simpson's rule on the density times exp(x * x / 2). */
function upperTail(x: number): number {
  const steps = 20_000;
  const width = 40 / (x + 4) / steps;
  const scaled = (t: number) => Math.exp(-x * t - (t * t) / 2);
  let sum = scaled(0) + scaled(steps * width);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * scaled(i * width);
  return (((sum * width) / 3) * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

test('the quantile inverts the distribution function, from the centre to the far tail', () => {
  for (const x of [0.001, 0.1, 0.5, 1, 1.2, 1.43, 1.45, 1.96, 2.5, 3, 4, 5, 6, 6.9, 7.5, 9, 12, 20]) {
    const p = upperTail(x);
    assert.ok(Math.abs(normalQuantile(p) + x) < 1e-11 * (1 + x), `${x}: ${normalQuantile(p)}`);
  }
});

test('known values, symmetry and bounds', () => {
  assert.is(normalQuantile(0.5), 0);
  assert.ok(Math.abs(normalQuantile(0.975) - 1.959963984540054) < 1e-14);
  assert.ok(Math.abs(normalQuantile(0.995) - 2.5758293035489004) < 1e-14);
  for (const p of [0.01, 0.07, 0.075, 0.3]) assert.ok(Math.abs(normalQuantile(p) + normalQuantile(1 - p)) < 1e-13);
  assert.is(normalQuantile(0), Number.NEGATIVE_INFINITY);
  assert.is(normalQuantile(1), Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(normalQuantile(-0.1)) && Number.isNaN(normalQuantile(1.1)));
});

test('the quantile never decreases, also where its tables meet', () => {
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 1; i < 200_000; i++) {
    const x = normalQuantile(i / 200_000);
    if (x < last) assert.unreachable(`at ${i}`);
    last = x;
  }
});

test.run();
