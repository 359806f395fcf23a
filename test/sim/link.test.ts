import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError } from '../../sim/invariant.ts';
import { Link } from '../../sim/link.ts';

test('messages leave one after the other and arrive a latency later', () => {
  const link = new Link(1e9, 50_000);
  assert.is(link.send(0, 1250), 10_000 + 50_000);
  assert.is(link.send(2_000, 125), 11_000 + 50_000);
  assert.is(link.send(20_000, 125), 21_000 + 50_000);
  assert.is(link.bytes, 1500);
  assert.is(link.freeNs, 21_000);
  assert.is(link.busyNsUntil(20_500), 11_500);
  assert.is(link.busyNsUntil(1e6), 12_000);
});

test('an infinite bandwidth sends in no time', () => {
  const link = new Link(Number.POSITIVE_INFINITY, 7);
  assert.is(link.send(3, 1e9), 10);
  assert.is(link.busyNsUntil(3), 0);
});

test('what cannot be is a bug', () => {
  const isBug = (error: unknown) => error instanceof InvariantError;
  assert.throws(() => new Link(0, 1), isBug);
  assert.throws(() => new Link(1, -1), isBug);
  assert.throws(() => new Link(1, 0.5), isBug);
  const link = new Link(8e9, 0);
  link.send(10, 1);
  assert.throws(() => link.send(9, 1), isBug);
  assert.throws(() => link.send(11, -1), isBug);
  assert.throws(() => link.busyNsUntil(9), isBug);
});

test.run();
