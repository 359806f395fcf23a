import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError, invariant } from '../../sim/invariant.ts';

test('a true condition passes and its message is never built', () => {
  invariant(true, () => {
    throw new Error('built');
  });
});

test('a false condition throws with either form of message', () => {
  for (const message of ['broken', () => 'broken']) {
    assert.throws(
      () => invariant(false, message),
      (error: unknown) => error instanceof InvariantError && error.message === 'broken',
    );
  }
});

test.run();
