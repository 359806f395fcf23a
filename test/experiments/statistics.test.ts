// What summary.csv says of uncertainty: the method of every interval, when a point has enough replications, how the
// warm-up is found. With the made-up simulator; the real one over 200 seeds stands in test/long/coverage.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { differenceOf } from '../../experiments/lib/differences.ts';
import { countEstimate, estimate } from '../../experiments/lib/estimate.ts';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import { neededReplications, type StatisticsRules } from '../../experiments/lib/statistics-rules.ts';
import { pilotOf, warmUpMeasures, withWarmUp } from '../../experiments/lib/warm-up.ts';
import { main } from '../../experiments/scale-sweep.ts';
import type { RunResult } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { RandomStreams } from '../../sim/random.ts';
import { confidenceInterval } from '../../sim/statistics.ts';
import { cellsOf, fakeSimulate, inFolder, run } from './helpers.ts';

test('nothing seen is an upper bound: three over the runs', () => {
  const { mean, ci95_low, ci95_high, half_width, method } = countEstimate([0, 0, 0, 0, 0]);
  assert.equal([mean, ci95_low, method], [0, 0, 'rule-of-three']);
  assert.ok(Math.abs(ci95_high! - 2.9957 / 5) < 1e-4);
  assert.is(half_width, ci95_high);
});

test('a rare count has the exact interval, widened by its dispersion; a frequent one Student s', () => {
  const even = countEstimate([1, 1, 1, 1, 1]);
  assert.is(even.method, 'poisson');
  assert.ok(Math.abs(even.ci95_low! - 1.623 / 5) < 1e-3 && Math.abs(even.ci95_high! - 11.668 / 5) < 1e-3);
  const clustered = countEstimate([5, 0, 0, 0, 0]);
  assert.is(clustered.mean, even.mean);
  assert.ok(clustered.ci95_high! > 1.5 * even.ci95_high!);
  assert.equal(countEstimate([90, 110, 120, 80, 100]), estimate([90, 110, 120, 80, 100]));
  assert.is(countEstimate([3]).method, 'none');
  // Five runs that agree by luck: not narrower than 2,500 independent events make it.
  const lucky = countEstimate([500, 501, 500, 499, 500]);
  assert.ok(lucky.method === 'poisson' && Math.abs(lucky.half_width! - (1.96 * 50) / 5) < 0.5);
});

test('a paired difference says whether it is clear of 0', () => {
  assert.is(differenceOf([1, 2, 3]).is_clear, 0);
  assert.is(differenceOf([2, 2.1, 1.9]).is_clear, 1);
  assert.equal(differenceOf([4]), {
    ...{ n: 1, difference: 4, ci95_low: null, ci95_high: null, half_width: null, is_clear: null },
  });
});

const precise = (precision: number, min = 5, max = 200): StatisticsRules => ({
  replications: { precision, confidence: 0.95, metric: 'completed_rps', min, max },
  warmUp: 'stated',
});

test('replications stop when the interval is narrow, not before the least and not after the most', () => {
  const rules = precise(0.05, 5, 12);
  assert.is(neededReplications(rules, 0, []), 5);
  assert.is(neededReplications(rules, 5, [100, 100.1, 99.9, 100, 100]), 5);
  assert.is(neededReplications(rules, 5, [100, 150, 50, 120, 80]), 7);
  assert.is(neededReplications(rules, 11, [1, 2]), 12);
  assert.is(neededReplications(rules, 12, [1, 2]), 12);
});

test('the interval at which replications stop still covers: 90 to 99 % of 1,000 trials, narrow and wide', () => {
  const stream = new RandomStreams(11, 1).stream('trials');
  const normal = (): number => Math.sqrt(-2 * Math.log(stream.double())) * Math.cos(2 * Math.PI * stream.double());
  for (const [deviation, precision] of [
    [0.1, 0.05],
    [0.3, 0.1],
    [0.05, 0.05],
  ]) {
    let covered = 0;
    for (let trial = 0; trial < 1000; trial += 1) {
      const values: number[] = [];
      for (let needed = 5; values.length < needed; ) {
        while (values.length < needed) values.push(1 + deviation * normal());
        needed = neededReplications(precise(precision), needed, values);
      }
      const { low, high } = confidenceInterval(values);
      if (low <= 1 && high >= 1) covered += 1;
    }
    assert.ok(covered >= 900 && covered <= 990, `${covered} of 1000 at deviation ${deviation}`);
  }
});

const tiny = ['--nodes', '2', '--load', '500', '--strategies', 'none,delta', '--quiet'];

async function summaryOf(argv: readonly string[], simulate = fakeSimulate): Promise<string[][]> {
  return inFolder(async (folder) => {
    const { code, stderr } = await run(main, [...tiny, ...argv, '--out', folder], localRunner(simulate));
    assert.is(code, 0, stderr);
    return cellsOf(readFileSync(join(folder, 'summary.csv'), 'utf8'));
  });
}

test('--precision: as many replications as the metric needs, told in n; the most where it never gets narrow', async () => {
  const n = (rows: string[][]): number[] =>
    rows.filter((row) => row[4] === 'lost_updates' && row[0] === 'delta').map((row) => Number(row[5]));
  assert.equal(n(await summaryOf(['--precision', '0.5', '--metric', 'completed_rps'])), [5]);
  const tight = ['--precision', '0.001', '--metric', 'lost_updates', '--max-replications', '9'];
  assert.equal(n(await summaryOf(tight)), [9]);
});

/** A simulator whose latency settles after a third of its time. */
function settling(scenario: Scenario, replication: number): RunResult {
  const result = fakeSimulate(scenario, replication);
  const { timelineS, warmUpS, durationS } = scenario.run;
  if (timelineS === 0) return result;
  const timeline = Array.from({ length: Math.round(durationS / timelineS) }, (_, at) => ({
    ...{ at_s: warmUpS + at * timelineS, completed: 5, failed: 0, moved: 0, node_requests: [5] },
    latency_ms_mean: at * timelineS < durationS / 3 ? 50 - at / 5 : 4 + (at % 7) / 10,
    latency_ms_max: 60,
  }));
  return { ...result, timeline };
}

test('--warm-up mser5 cuts what a pilot shows, the same for all strategies, and says so', async () => {
  const rows = await summaryOf(['--warm-up', 'mser5', '--duration', '10', '--replications', '2'], settling);
  const [first] = rows.slice(1);
  assert.equal(first.slice(-1), ['mser5']);
  const cuts = new Set(rows.slice(1).map((row) => row.at(-2)));
  assert.is(cuts.size, 1);
  // The pilot lasts 2 s + 10 s; a third of it is 4 s, and MSER-5 counts in steps of 5 x 60 ms.
  assert.ok(Number([...cuts][0]) >= 4 && Number([...cuts][0]) <= 5, [...cuts][0]);
});

test('a pilot has no fault; another warm-up keeps the faults where they are in the window', () => {
  const scenario = parseScenario({
    faults: [{ atS: 15, crash: 'node-1' }],
    run: { warmUpS: 10, durationS: 20 },
  });
  assert.equal(pilotOf(scenario).faults, []);
  assert.is(pilotOf(scenario).run.durationS, 30);
  assert.equal(withWarmUp(scenario, 4).faults, [{ atS: 9, crash: 'node-1' }]);
  assert.is(withWarmUp(scenario, 4).run.warmUpS, 4);
  const result = { ...fakeSimulate(scenario, 1), timeline: [] };
  assert.equal(warmUpMeasures(pilotOf(scenario), result), { warm_up_s: 0 });
});

test('what excludes each other or means nothing alone is refused', async () => {
  for (const [argv, message] of [
    [['--confidence', '0.9'], '--confidence: means nothing without --precision'],
    [
      ['--precision', '0.1', '--replications', '3'],
      '--replications: a fixed number and --precision exclude each other',
    ],
    [
      ['--precision', '0.1', '--metric', 'speed'],
      '--metric speed: a metric of summary.csv is expected, for example completed_rps',
    ],
    [
      ['--precision', '0.1', '--min-replications', '9', '--max-replications', '5'],
      '--max-replications 5: at least --min-replications, 9',
    ],
    [['--redis', 'redis://x'], undefined],
    [['--warm-up', 'mser6'], '--warm-up mser6: a number from 0 to 1000000 is expected'],
  ] as const) {
    const { code, stderr } = await run(main, [...tiny, ...argv, '--out', '/nowhere/at-all']);
    if (message === undefined) continue;
    assert.is(code, 2, stderr);
    assert.is(stderr, `${message}\n`);
  }
});

test.run();
