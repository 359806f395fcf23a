import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalQuantile } from '../../sim/normal-quantile.ts';
import { RandomStreams } from '../../sim/random.ts';
import { batchMeans, confidenceInterval, mser5 } from '../../sim/statistics.ts';

test('an interval of five values, by hand', () => {
  const { n, mean, low, high, halfWidth } = confidenceInterval([1, 2, 3, 4, 5]);
  assert.is(n, 5);
  assert.is(mean, 3);
  assert.ok(Math.abs(halfWidth - 2.776445105 * Math.sqrt(2.5 / 5)) < 1e-9);
  assert.equal([low, high], [3 - halfWidth, 3 + halfWidth]);
});

test('few values give no narrow interval', () => {
  assert.is(confidenceInterval([4]).halfWidth, Number.POSITIVE_INFINITY);
  assert.is(confidenceInterval([4]).mean, 4);
  assert.ok(Number.isNaN(confidenceInterval([]).mean));
  assert.is(confidenceInterval([2, 2, 2]).halfWidth, 0);
});

test('95 % and 80 % intervals of normal values cover the mean in as many of 2,000 trials', () => {
  const source = new RandomStreams('coverage', 0).stream('normal');
  for (const confidence of [0.95, 0.8]) {
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const values = Array.from({ length: 4 }, () => 10 + normalQuantile(source.double()));
      const { low, high } = confidenceInterval(values, confidence);
      if (low <= 10 && 10 <= high) covered++;
    }
    const z = (covered - 2000 * confidence) / Math.sqrt(2000 * confidence * (1 - confidence));
    assert.ok(Math.abs(z) < 4, `${covered} covered`);
  }
});

test('batch means leave an incomplete batch out', () => {
  assert.equal(batchMeans([1, 3, 5, 7, 9], 2), [2, 6]);
  assert.equal(batchMeans([], 2), []);
});

test('MSER-5 cuts a warm-up where it ends, and nothing where there is none', () => {
  const source = new RandomStreams('mser', 0).stream('noise');
  const noise = Array.from({ length: 2000 }, () => source.next());
  const warm = noise.map((value, i) => value + (i < 400 ? 10 * (1 - i / 400) : 0));
  const cut = mser5(warm);
  assert.ok(cut >= 350 && cut <= 420, `cut at ${cut}`);
  assert.is(cut % 5, 0);
  assert.ok(mser5(noise) < 1000);
  assert.is(mser5(Array.from({ length: 1000 }, (_, i) => i % 5)), 0);
  assert.is(mser5([1, 2, 3]), 0);
  assert.is(mser5([]), 0);
});

test('MSER-5 by hand: the cut with the smallest sum of squares over the squared number of batch means left', () => {
  const series = (means: readonly number[]): number[] =>
    means.flatMap((mean) => [mean - 1, mean, mean, mean, mean + 1]);
  // 44/16, 10.67/9, 0/4: two batches go. At most half may.
  assert.is(mser5(series([10, 6, 2, 2])), 10);
  // After the first: 1.714/49 = 0.035; after the second 1.5/36 = 0.042; then 0.048 and 0.0625.
  assert.is(mser5(series([10, 2, 3, 2, 3, 2, 3, 2])), 5);
  // A drift that never ends: half is cut, and no more.
  assert.is(mser5(series([8, 7, 6, 5, 4, 3, 2, 1])), 20);
  assert.is(mser5([1, 2, 3]), 0);
});

test.run();
