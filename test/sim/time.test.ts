import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { microseconds, milliseconds, seconds } from '../../sim/time.ts';

test('units become whole nanoseconds', () => {
  assert.is(microseconds(1.5), 1500);
  assert.is(milliseconds(3000), 3_000_000_000);
  assert.is(seconds(0.1 + 0.2), 300_000_000);
  assert.is(microseconds(0.0004), 0);
  assert.is(seconds(0), 0);
});

test('what cannot be a time is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e10]) {
    assert.throws(
      () => seconds(value),
      (error: unknown) => error instanceof RangeError,
    );
    assert.throws(
      () => milliseconds(value * 1e3),
      (error: unknown) => error instanceof RangeError,
    );
    assert.throws(
      () => microseconds(value * 1e6),
      (error: unknown) => error instanceof RangeError,
    );
  }
});

test.run();
