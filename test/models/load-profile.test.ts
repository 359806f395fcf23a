import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../models/cluster.ts';
import { LoadProfile } from '../../models/load-profile.ts';
import { parseScenario, ScenarioError } from '../../models/scenario/parse-scenario.ts';

const day = { startS: 0, periodS: 100 };
const halves = [
  { atS: 0, factor: 2 },
  { atS: 50, factor: 0 },
  { atS: 75, factor: 0.5 },
];

test('a gap is stretched through the pieces, over silence and over the end of the period', () => {
  const profile = new LoadProfile(halves, day);
  assert.is(profile.stretch(0, 10e9), 5e9);
  assert.is(profile.stretch(45e9, 10e9), 5e9, 'ends with its piece');
  assert.is(profile.stretch(45e9, 11e9), 32e9, 'waits out the silence, then at half the rate');
  assert.is(profile.stretch(80e9, 12e9), 21e9, '10 until the end of the period, 2 at twice the rate');
  assert.is(new LoadProfile(halves, { ...day, startS: 45 }).stretch(0, 11e9), 32e9);
  assert.is(profile.factorAt(160e9), 0);
});

test('before its first piece the factor is 1, and a flat profile changes no gap', () => {
  const late = new LoadProfile([{ atS: 10, factor: 3 }], day);
  assert.is(late.factorAt(5e9), 1);
  assert.is(late.factorAt(15e9), 3);
  assert.is(new LoadProfile([], day).stretch(7, 123.456), 123.456);
});

test('a flat profile runs to the same events as none', () => {
  const run = { warmUpS: 1, durationS: 4 };
  const plain = simulate(parseScenario({ run }), 0);
  const flat = simulate(parseScenario({ run, load: { profile: [{ atS: 0, factor: 1 }] } }), 0);
  assert.is(flat.fingerprint, plain.fingerprint);
});

test('pieces out of order, beyond the period or all silent are refused', () => {
  const refused = (profile: { atS: number; factor: number }[]): void =>
    assert.throws(
      () => parseScenario({ load: { profile } }),
      (error: unknown) => error instanceof ScenarioError,
    );
  refused([
    { atS: 10, factor: 1 },
    { atS: 10, factor: 2 },
  ]);
  refused([{ atS: 90_000, factor: 1 }]);
  refused([{ atS: 0, factor: 0 }]);
});

test.run();
