import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KeyedDelay, lagLaw } from '../../sim/keyed-delay.ts';

const MESSAGES = 4000;
const STATIONS = 10;

function draws(delay: KeyedDelay, from = 0): number[] {
  const all: number[] = [];
  for (let message = from; message < from + MESSAGES; message += 1) {
    for (let station = 0; station < STATIONS; station += 1) all.push(delay.of(message, station));
  }
  return all;
}

test('a delay belongs to (seed, message, station), whoever asks, when and how often', () => {
  const one = new KeyedDelay(5, 1000);
  const other = new KeyedDelay(5, 1000);
  const backwards = draws(other).reverse();
  assert.equal(backwards.reverse(), draws(one));
  for (let message = 0; message < 100; message += 1) {
    assert.is(one.at(one.wordOf(message), message, 3), one.of(message, 3));
  }
  assert.ok(draws(new KeyedDelay(6, 1000)).some((delayNs, place) => delayNs !== backwards[place]));
});

test('it is exponential: mean, share beyond two means, whole nanoseconds, no more than 9 means', () => {
  const delay = new KeyedDelay(1, 60_000);
  const all = draws(delay);
  const mean = all.reduce((sum, delayNs) => sum + delayNs, 0) / all.length;
  // Five standard errors of the mean of an exponential, and of a share.
  assert.ok(Math.abs(mean - 60_000) < (5 * 60_000) / Math.sqrt(all.length), `mean ${mean}`);
  const share = all.filter((delayNs) => delayNs > 120_000).length / all.length;
  const expected = Math.exp(-2);
  assert.ok(Math.abs(share - expected) < 5 * Math.sqrt((expected * (1 - expected)) / all.length), `share ${share}`);
  assert.ok(all.every((delayNs) => Number.isInteger(delayNs) && delayNs >= 0 && delayNs <= delay.largestNs));
  assert.ok(delay.largestNs > 8.5 * 60_000 && delay.largestNs < 9.5 * 60_000, `largest ${delay.largestNs}`);
});

test('neighbouring stations and messages have nothing to do with each other', () => {
  const delay = new KeyedDelay(9, 1000);
  const median = 1000 * Math.LN2;
  let agree = 0;
  for (let message = 0; message < MESSAGES; message += 1) {
    if (delay.of(message, 0) < median === delay.of(message, 1) < median) agree += 1;
  }
  assert.ok(Math.abs(agree / MESSAGES - 0.5) < 5 * Math.sqrt(0.25 / MESSAGES), `${agree} of ${MESSAGES} agree`);
});

test('a mean of 0 is no delay', () => {
  const delay = new KeyedDelay(3, 0);
  assert.is(delay.largestNs, 0);
  assert.ok(draws(delay).every((delayNs) => delayNs === 0));
});

test('a law given as quantiles is straight in between, and takes the place of the mean', () => {
  const law = lagLaw(
    [
      [0, 1],
      [0.5, 3],
      [1, 11],
    ],
    60,
  );
  const delay = new KeyedDelay(4, law);
  const all = draws(delay);
  const below = all.filter((delayNs) => delayNs < 2000).length / all.length;
  assert.ok(Math.abs(below - 0.25) < 5 * Math.sqrt(0.1875 / all.length), `${below} below the first quarter`);
  assert.ok(all.every((delayNs) => delayNs >= 1000 && delayNs <= 11_000));
  assert.is(lagLaw([], 60), 60_000);
});

test('from a message on packets are lost: each loss waits for a retransmission, 200 ms and doubling', () => {
  const delay = new KeyedDelay(2, 0);
  delay.setLoss(MESSAGES, 0.25);
  assert.ok(
    draws(delay).every((delayNs) => delayNs === 0),
    'not before that message',
  );
  const all = draws(delay, MESSAGES);
  const counts = new Map<number, number>();
  for (const delayNs of all) counts.set(delayNs, (counts.get(delayNs) ?? 0) + 1);
  assert.equal(
    [...counts.keys()].sort((a, b) => a - b),
    [0, 200e6, 600e6, 1400e6],
  );
  for (const [delayNs, share] of [
    [0, 0.75],
    [200e6, 0.1875],
    [600e6, 0.046875],
    [1400e6, 0.015625],
  ] as const) {
    const found = (counts.get(delayNs) ?? 0) / all.length;
    assert.ok(Math.abs(found - share) < 5 * Math.sqrt((share * (1 - share)) / all.length), `${found} at ${delayNs}`);
  }
  assert.is(delay.largestNs, 1400e6);
  delay.setLoss(2 * MESSAGES, 0);
  assert.ok(
    draws(delay, 2 * MESSAGES).every((delayNs) => delayNs === 0),
    'it ends with a message as well',
  );
});

test.run();
