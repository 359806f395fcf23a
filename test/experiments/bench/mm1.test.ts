import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mm1WithDepartures, mm1WithServers } from '../../../experiments/bench/mm1.ts';

test('both models of the bench are M/M/1: 9 customers in the system at a load of 0.9', () => {
  // Their means over 400,000 customers scatter by 0.4 or so; streams are those of one seed.
  for (const run of [mm1WithDepartures, mm1WithServers]) assert.ok(Math.abs(run(400_000).inSystem - 9) < 1, run.name);
});

test('departures as events and departures by recursion are the same queue', () => {
  // The last customers leave after the first count has ended: by their few, not by luck, the two differ.
  const [events, recursion] = [mm1WithDepartures(100_000).inSystem, mm1WithServers(100_000).inSystem];
  assert.ok(Math.abs(events - recursion) < 1e-6 * recursion, `${events} and ${recursion}`);
});

test.run();
