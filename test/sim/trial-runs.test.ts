// Rows of independent trials of which only the long runs are drawn: that all ways to ask agree with one another, and
// that the law is that of independent trials, at the ends of stretches too.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RunLaw } from '../../sim/run-law.ts';
import { TrialRuns } from '../../sim/trial-runs.ts';

fc.configureGlobal({ seed: 20_261_121 });

const LAWS: readonly (readonly [number, number])[] = [
  [0.001, 5],
  [0.1, 1],
  [0.1, 5],
  [0.3, 2],
  [0.5, 6],
  [0.75, 3],
  [0.9, 6],
  [0.99, 5],
];

/** Chance of no run of failures in n trials, by the lengths of the run at the end. */
function noneByStates(p: number, run: number, trials: number, failures = 0): number {
  let states: number[] = Array.from({ length: run }, (_, length) => (length === failures ? 1 : 0));
  for (let trial = 0; trial < trials; trial += 1) {
    const all = states.reduce((sum, chance) => sum + chance, 0);
    states = [all * (1 - p), ...states.slice(0, -1).map((chance) => chance * p)];
  }
  return states.reduce((sum, chance) => sum + chance, 0);
}

test('chance of no run in n trials: that of the chain of run lengths, far into the tail', () => {
  for (const [p, run] of LAWS) {
    const law = new RunLaw(p, run);
    for (const n of [0, 1, run - 1, run, run + 1, 2 * run, 17, 100, 1000, 20_000]) {
      const expected = noneByStates(p, run, n);
      const found = law.noneIn(n);
      const isSame = Math.abs(found - expected) <= 1e-9 * expected || Math.max(found, expected) < 1e-16;
      assert.ok(isSame, `p ${p}, runs of ${run}, ${n} trials: ${found}, not ${expected}`);
    }
  }
});

test('the wait for a run is the smallest number of trials whose chance of none is at most u', () => {
  for (const [p, run] of LAWS) {
    const law = new RunLaw(p, run);
    for (const u of [0.999999, 0.9, 0.5, 0.1, 1e-3, 1e-9, 1e-14]) {
      const wait = law.wait(u);
      assert.ok(law.noneIn(wait) <= u * (1 + 1e-9) && law.noneIn(wait - 1) >= u * (1 - 1e-9), `${p} ${run} ${u}`);
    }
  }
});

test('between two runs a trial fails with the chance that no run leaves', () => {
  for (const [p, run] of LAWS) {
    const law = new RunLaw(p, run);
    for (const n of [1, 2, run, 3 * run, 80, 1000]) {
      for (let failures = 0; failures < run && noneByStates(p, run, n) > 1e-15; failures += 1) {
        const all = noneByStates(p, run, n, failures);
        const failed = failures + 1 < run ? p * noneByStates(p, run, n - 1, failures + 1) : 0;
        const found = law.failsAgain(failures, n);
        assert.ok(Math.abs(found - failed / all) < 1e-9, `p ${p}, ${failures} of ${run}, ${n}: ${found}`);
        assert.ok(found <= p, 'never more likely than by itself');
      }
    }
  }
});

const asked = fc.record({
  law: fc.constantFrom(...LAWS.filter(([p]) => p > 0.01)),
  seed: fc.nat(2 ** 31),
  from: fc.oneof(fc.constant(0), fc.nat(3000)),
  places: fc.array(fc.nat(600), { minLength: 1, maxLength: 30 }),
});

test('every way to ask sees the same row, in any order', () => {
  fc.assert(
    fc.property(asked, ({ law: [p, run], seed, from, places }) => {
      const runs = new TrialRuns(p, run).row(seed, 77);
      const mixed = new TrialRuns(p, run);
      const length = 1200;
      const fails = Array.from({ length }, (_, at) => runs.isFailure(from + at));
      for (const place of places) {
        mixed.row(seed ^ 1, 5).isFailure(place);
        mixed.row(seed, 77);
        const last = fails.slice(0, place + 1).lastIndexOf(false);
        const next = fails.indexOf(false, place);
        assert.is(mixed.isFailure(from + place), fails[place]);
        if (last >= 0) assert.is(mixed.successUpTo(from + place), from + last);
        if (next >= 0) assert.is(mixed.successFrom(from + place), from + next);
        const found = mixed.nextRun(from + place, from + length);
        const successes = [...(from === 0 ? [-1] : []), ...fails.flatMap((isFailure, at) => (isFailure ? [] : [at]))];
        const begin = successes.findIndex((at, number) => {
          const after = successes[number + 1];
          return after > place && after - at > run;
        });
        if (last < 0 && from > 0) continue;
        if (begin < 0) assert.ok(!found || mixed.after >= from + length, 'no run that is not there');
        else {
          const expected = [from + successes[begin], from + successes[begin + 1]];
          assert.equal([found, mixed.before, mixed.after], [true, ...expected]);
        }
      }
    }),
    { numRuns: 150 },
  );
});

/** Sum of squares of (count - expected) / sqrt(expected), over what is expected often enough; and how many those are. */
function deviation(counts: ReadonlyMap<number, number>, expected: (key: number) => number, keys: number) {
  let sum = 0;
  let cells = 0;
  let rare = 0;
  let rareExpected = 0;
  for (let key = 0; key < keys; key += 1) {
    const count = counts.get(key) ?? 0;
    if (expected(key) >= 10) {
      sum += (count - expected(key)) ** 2 / expected(key);
      cells += 1;
    } else {
      rare += count;
      rareExpected += expected(key);
    }
  }
  if (rareExpected >= 5) {
    sum += (rare - rareExpected) ** 2 / rareExpected;
    cells += 1;
  }
  return { sum, cells };
}

const WIDTH = 10;

test('ten trials in a row have the chances of independent ones, within a stretch and across its ends', () => {
  for (const [p, run] of LAWS.filter(([ratio]) => ratio > 0.01)) {
    const runs = new TrialRuns(p, run);
    const size = 2 ** runs.law.stretchBits;
    for (const from of [0, 13, size - 5, size / 2, 7 * size - 8]) {
      const rows = 20_000;
      const counts = new Map<number, number>();
      for (let row = 0; row < rows; row += 1) {
        runs.row(0x1234567, row);
        let key = 0;
        for (let at = 0; at < WIDTH; at += 1) key = key * 2 + (runs.isFailure(from + at) ? 1 : 0);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const chance = (key: number): number => {
        const failures = [...key.toString(2)].filter((digit) => digit === '1').length;
        return rows * p ** failures * (1 - p) ** (WIDTH - failures);
      };
      const { sum, cells } = deviation(counts, chance, 2 ** WIDTH);
      const limit = cells + 4 * Math.sqrt(2 * cells) + 8;
      assert.ok(sum < limit, `p ${p}, runs of ${run}, from ${from}: ${sum.toFixed(0)} for ${cells} cells`);
    }
  }
});

test('long runs: as often as Feller says, and as long as independent trials make them', () => {
  for (const [p, run] of LAWS.filter(([ratio]) => ratio > 0.01)) {
    const runs = new TrialRuns(p, run);
    const until = 200_000;
    let found = 0;
    let longer = 0;
    let trials = 0;
    for (let row = 0; row < 40; row += 1) {
      runs.row(99, row);
      // From a success on, so that a run that lies across the begin is left out.
      const first = runs.successFrom(0);
      trials += until - first;
      for (let at = first; runs.nextRun(at, until) && runs.before <= until; at = runs.after) {
        found += 1;
        longer += runs.after - runs.before - 1 - run;
      }
    }
    // A run begins at a success that run failures follow.
    const expected = trials * (1 - p) * p ** run;
    assert.ok(Math.abs(found - expected) < 4.5 * Math.sqrt(expected), `${p}, ${run}: ${found} runs, not ${expected}`);
    const extra = (found * p) / (1 - p);
    const spread = 4.5 * Math.sqrt((found * p) / (1 - p) ** 2);
    assert.ok(Math.abs(longer - extra) < spread, `${p}, ${run}: ${longer} failures more, not ${extra}`);
  }
});

test('the mean wait for a run of k failures is (1 - p^k) / (q p^k), and rows are independent', () => {
  for (const [p, run] of LAWS.filter(([ratio]) => ratio > 0.01)) {
    const runs = new TrialRuns(p, run);
    const rows = 20_000;
    const mean = (1 - p ** run) / ((1 - p) * p ** run);
    let sum = 0;
    let squares = 0;
    let products = 0;
    let previous = 0;
    for (let row = 0; row < rows; row += 1) {
      runs.row(4242, row);
      const begin = runs.successFrom(0);
      assert.ok(runs.nextRun(begin, 2 ** 40));
      const wait = runs.before + run - begin;
      sum += wait;
      squares += wait * wait;
      products += (wait - mean) * (previous - mean);
      previous = wait;
    }
    const variance = squares / rows - (sum / rows) ** 2;
    const text = `${p}, ${run}: ${sum / rows}, not ${mean}`;
    assert.ok(Math.abs(sum / rows - mean) < 4.5 * Math.sqrt(variance / rows), text);
    assert.ok(Math.abs(products / rows / variance) < 5 / Math.sqrt(rows), `rows ${p}, ${run}: ${products}`);
  }
});

test('a run that can never come is never found, and no trial fails for it', () => {
  const runs = new TrialRuns(1e-4, 400).row(7, 7);
  assert.is(runs.nextRun(0, 1e12), false);
  assert.is(runs.law.wait(1e-16), Number.POSITIVE_INFINITY);
});

test('a share of 1e-3 in rows of which nobody asks more than one trial', () => {
  const runs = new TrialRuns(0.001, 5);
  let failures = 0;
  for (let row = 0; row < 400_000; row += 1) if (runs.row(row, 3).isFailure(row % 1000)) failures += 1;
  assert.ok(Math.abs(failures - 400) < 90, `${failures}`);
});

test.run();
