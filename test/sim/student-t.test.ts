import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError } from '../../sim/invariant.ts';
import { incompleteBeta, studentT } from '../../sim/student-t.ts';

test('t quantiles of 0.975 are those of the tables', () => {
  const table: [degrees: number, t: number][] = [
    [1, 12.706204736],
    [2, 4.30265273],
    [4, 2.776445105],
    [9, 2.262157163],
    [29, 2.045229642],
    [99, 1.984216952],
  ];
  for (const [degrees, t] of table) assert.ok(Math.abs(studentT(0.975, degrees) - t) < 1e-9, `${degrees}`);
  assert.ok(Math.abs(studentT(0.975, 1e7) - 1.959963984540054) < 1e-6);
});

test('t quantiles of one and two degrees of freedom follow their closed forms', () => {
  for (const p of [0.001, 0.05, 0.3, 0.5, 0.8, 0.999]) {
    const one = Math.tan(Math.PI * (p - 0.5));
    const two = (2 * p - 1) / Math.sqrt(2 * p * (1 - p));
    assert.ok(Math.abs(studentT(p, 1) - one) <= 1e-10 * (1 + Math.abs(one)), `${p}: ${studentT(p, 1)}, ${one}`);
    assert.ok(Math.abs(studentT(p, 2) - two) <= 1e-10 * (1 + Math.abs(two)), `${p}: ${studentT(p, 2)}, ${two}`);
  }
});

test('the incomplete beta function has its closed forms and the quantile of F', () => {
  for (const x of [0, 0.01, 0.3, 0.77, 0.999, 1]) {
    assert.ok(Math.abs(incompleteBeta(x, 1, 3) - (1 - (1 - x) ** 3)) < 1e-14);
    assert.ok(Math.abs(incompleteBeta(x, 2.5, 1) - x ** 2.5) < 1e-14);
    assert.ok(Math.abs(incompleteBeta(x, 3, 4) + incompleteBeta(1 - x, 4, 3) - 1) < 1e-14);
  }
  const f = 3.32583453;
  assert.ok(Math.abs(incompleteBeta((5 * f) / (5 * f + 10), 2.5, 5) - 0.95) < 1e-9);
});

test('probabilities and degrees out of range are bugs', () => {
  for (const [p, degrees] of [
    [0, 5],
    [1, 5],
    [0.5, 0],
    [Number.NaN, 5],
  ]) {
    assert.throws(
      () => studentT(p, degrees),
      (error: unknown) => error instanceof InvariantError,
    );
  }
});

test.run();
