import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Digest } from '../../sim/digest.ts';

type Event = [timeNs: number, kind: number, a: number, b: number];

function digestOf(...events: Event[]): string {
  const digest = new Digest();
  for (const event of events) digest.add(...event);
  return digest.toString();
}

test('every field of every event and the order of events count', () => {
  const events: Event[] = [
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [2 ** 32, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [0, 0, -1, 0],
    [0, 0, 0, -1],
  ];
  const seen = new Set(events.map((event) => digestOf(event)));
  for (const first of events) for (const second of events) seen.add(digestOf(first, second));
  assert.is(seen.size, events.length + events.length ** 2);
});

test('a million similar pairs of events have a million digests, in either half', () => {
  const whole = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    for (let j = 0; j < 1000; j++) whole.add(digestOf([i * 1000, 0, j, 0], [i * 1000 + j, 1, 0, i]));
  }
  assert.is(whole.size, 1_000_000);
});

test('the digest is pinned', () => {
  assert.match(digestOf([1, 2, 3, 4]), /^[0-9a-f]{16}$/);
  assert.is(digestOf([123_456_789_012, 3, 7, -2], [123_456_789_013, 0, 1, 1]), '65929fe398f8a340');
});

test.run();
