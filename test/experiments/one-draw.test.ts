import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { oneDraw } from '../../experiments/validation/check.ts';

const place = { file: 'latency-load.csv', configuration: {} };
const draws = [10, 11, 12, 13, 90];
const judged = (measured: number) => oneDraw(place, { quantity: 'p95', measured }, draws, 1.5);

test('near the middle of the draws: the bound holds', () => {
  for (const measured of [8.1, 12, 17.9])
    assert.equal([judged(measured).ok, judged(measured).isByRange], [true, false]);
});

test('away from the middle, where other draws lie: told apart', () => {
  for (const measured of [18.1, 60, 90]) assert.equal([judged(measured).ok, judged(measured).isByRange], [true, true]);
  assert.match(judged(60).bound, /one of 5 draws: 10\.\.90/);
});

test('where no draw lies: missed', () => {
  for (const measured of [7.9, 90.1]) assert.equal([judged(measured).ok, judged(measured).isByRange], [false, false]);
});

test.run();
