// The law of a message's retransmissions against segments that are lost one by one, each as often as a coin says.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStreams } from '../../sim/random.ts';
import { fastWaitNs, longestWaitNs, RETRANSMISSION_NS, retransmissionNs } from '../../sim/retransmission.ts';

const ROUND_TRIP_NS = 200_000;
const TIMEOUT_NS = RETRANSMISSION_NS + ROUND_TRIP_NS;
const MESSAGES = 20_000;

/** How often in a row a segment is lost, three times at most. */
function flips(random: () => number, ratio: number): number {
  let lost = 0;
  while (lost < 3 && random() < ratio) lost += 1;
  return lost;
}

/** The same, segment by segment: what is lost before the last one is told of once, then the timeouts run. */
function bySegments(random: () => number, segments: number, ratio: number): number {
  let waitNs = 0;
  for (let segment = 0; segment < segments; segment += 1) {
    const lost = flips(random, ratio);
    const isLast = segment === segments - 1;
    const timeouts = isLast ? lost : lost - 1;
    const toldNs = isLast ? 0 : fastWaitNs(ROUND_TRIP_NS);
    if (lost > 0) waitNs = Math.max(waitNs, toldNs + TIMEOUT_NS * (2 ** timeouts - 1));
  }
  return waitNs;
}

function shares(waits: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const waitNs of waits) found.set(waitNs, (found.get(waitNs) ?? 0) + 1 / waits.length);
  return found;
}

for (const [segments, ratio] of [
  [1, 0.3],
  [2, 0.2],
  [7, 0.05],
  [40, 0.01],
] as const) {
  test(`${segments} segments, ${ratio} of them lost: the waits have the law of single segments`, () => {
    const stream = new RandomStreams(segments, 0).stream('coins');
    const coins = shares(Array.from({ length: MESSAGES }, () => bySegments(() => stream.next(), segments, ratio)));
    const drawn = shares(
      Array.from({ length: MESSAGES }, (_, message) => retransmissionNs(9, message, 3, segments, ratio, ROUND_TRIP_NS)),
    );
    for (const waitNs of new Set([...coins.keys(), ...drawn.keys()])) {
      const [one, other] = [coins.get(waitNs) ?? 0, drawn.get(waitNs) ?? 0];
      const spread = Math.sqrt((2 * Math.max(one, other)) / MESSAGES);
      assert.ok(Math.abs(one - other) < 5 * spread, `${waitNs} ns: ${other} instead of ${one}`);
    }
    assert.ok(drawn.size >= 4);
  });
}

test('a larger share or a longer message never comes sooner; nothing waits longer than the longest wait', () => {
  for (let message = 0; message < 2000; message += 1) {
    let beforeNs = 0;
    for (const ratio of [0, 0.001, 0.05, 0.3, 0.9, 1]) {
      const waitNs = retransmissionNs(4, message, 1, 3, ratio, ROUND_TRIP_NS);
      assert.ok(waitNs >= beforeNs && waitNs <= longestWaitNs(ROUND_TRIP_NS));
      assert.ok(retransmissionNs(4, message, 1, 9, ratio, ROUND_TRIP_NS) >= waitNs);
      beforeNs = waitNs;
    }
    assert.is(beforeNs, longestWaitNs(ROUND_TRIP_NS));
  }
});

test.run();
