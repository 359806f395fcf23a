import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { patched } from './patched.ts';

class Clock {
  now(): number {
    return 1;
  }
}
class LocalClock extends Clock {}

const two = (): unknown => () => 2;

test('a method is another one until the body ends, however it ends', () => {
  assert.is(
    patched([[Clock.prototype, 'now', two]], () => new Clock().now()),
    2,
  );
  assert.throws(() =>
    patched([[Clock.prototype, 'now', two]], () => {
      throw new Error('a check that fails');
    }),
  );
  assert.is(new Clock().now(), 1);
});

test('what a class inherits is inherited again afterwards', () => {
  patched([[LocalClock.prototype, 'now', two]], () =>
    assert.equal([new LocalClock().now(), new Clock().now()], [2, 1]),
  );
  assert.not(Object.hasOwn(LocalClock.prototype, 'now'));
});

test('a method that is gone is an error, and what was taken away before it is back', () => {
  assert.throws(
    () =>
      patched(
        [
          [Clock.prototype, 'now', two],
          [Clock.prototype, 'tick', two],
        ],
        () => assert.unreachable(),
      ),
    /Clock has no method 'tick'/,
  );
  assert.is(new Clock().now(), 1);
});

test.run();
