import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Distribution,
  type DistributionKind,
  deterministic,
  distributionOf,
  erlang,
  exponential,
  geometric,
  hyperexponential,
  lognormal,
  pareto,
  poissonCount,
  uniform,
} from '../../sim/distributions.ts';
import { InvariantError } from '../../sim/invariant.ts';
import { RandomStreams } from '../../sim/random.ts';
import { Tally } from '../../sim/tally.ts';

const COUNT = 200_000;

interface Law {
  name: string;
  law: Distribution;
  mean: number;
  variance: number;
  /** Points and the exact chance of a sample at or below each. */
  cdf: [x: number, p: number][];
  /** The variance is tested where the fourth moment is tame. */
  skipVariance?: boolean;
}

const hyperP = (1 + Math.sqrt(3 / 5)) / 2;
const hyperCdf = (x: number) => 1 - hyperP * Math.exp(-hyperP * x) - (1 - hyperP) * Math.exp(-(1 - hyperP) * x);
const erlangCdf = (x: number) => 1 - Math.exp(-x) * (1 + x + (x * x) / 2 + x ** 3 / 6);
const laws: Law[] = [
  {
    name: 'exponential',
    law: exponential(3),
    mean: 3,
    variance: 9,
    cdf: [0.1, 1, 3, 9, 20].map((x) => [x, 1 - Math.exp(-x / 3)]),
  },
  {
    name: 'geometric',
    law: geometric(4),
    mean: 4,
    variance: 12,
    cdf: [1, 2, 3, 8, 20].map((x) => [x, 1 - 0.75 ** x]),
  },
  { name: 'uniform', law: uniform(2, 6), mean: 4, variance: 16 / 12, cdf: [2.5, 4, 5.9].map((x) => [x, (x - 2) / 4]) },
  {
    name: 'lognormal',
    law: lognormal(5, 0.5),
    mean: 5,
    variance: 6.25,
    // Median and the point one sigma above it.
    cdf: [
      [5 / Math.sqrt(1.25), 0.5],
      [(5 / Math.sqrt(1.25)) * Math.exp(Math.sqrt(Math.log(1.25))), 0.8413447460685429],
    ],
  },
  {
    name: 'pareto',
    law: pareto(2, 2.5),
    mean: 2,
    variance: 3.2,
    cdf: [1.3, 2, 5, 20].map((x) => [x, 1 - (1.2 / x) ** 2.5]),
    skipVariance: true,
  },
  {
    name: 'hyperexponential',
    law: hyperexponential(2, 4),
    mean: 2,
    variance: 16,
    cdf: [0.2, 1, 4, 15].map((x) => [x, hyperCdf(x)]),
  },
  { name: 'erlang', law: erlang(4, 4), mean: 4, variance: 4, cdf: [0.5, 2, 4, 8, 12].map((x) => [x, erlangCdf(x)]) },
];

for (const { name, law, mean, variance, cdf, skipVariance } of laws) {
  test(`${name}: mean, variance and distribution function within four standard errors`, () => {
    const source = new RandomStreams('distributions', 0).stream(name);
    const tally = new Tally();
    const squares = new Tally();
    const below = new Float64Array(cdf.length);
    for (let i = 0; i < COUNT; i++) {
      const x = law.sample(source.double());
      tally.add(x);
      squares.add((x - mean) ** 2);
      cdf.forEach(([point], k) => {
        if (x <= point) below[k]++;
      });
    }
    assert.is(law.mean, mean);
    assert.ok(Math.abs(tally.mean - mean) < 4 * Math.sqrt(variance / COUNT), `mean ${tally.mean}`);
    const spread = squares.standardDeviation / Math.sqrt(COUNT);
    if (!skipVariance) assert.ok(Math.abs(squares.mean - variance) < 4 * spread, `variance ${squares.mean}`);
    cdf.forEach(([point, p], k) => {
      const error = Math.sqrt((p * (1 - p)) / COUNT);
      assert.ok(Math.abs(below[k] / COUNT - p) < 4 * error, `P(X <= ${point}) ${below[k] / COUNT}, expected ${p}`);
    });
  });

  test(`${name}: finite for every u of [0, 1)`, () => {
    for (const u of [0, 2 ** -53, 2 ** -32, 0.5, 1 - 2 ** -32, 1 - 2 ** -53]) {
      const x = law.sample(u);
      assert.ok(Number.isFinite(x) && x >= 0, `${u}: ${x}`);
    }
  });

  if (name !== 'hyperexponential') {
    test(`${name}: never decreases in u`, () => {
      let last = 0;
      for (let i = 0; i < 5000; i++) {
        const x = law.sample(i / 5000);
        assert.ok(x >= last, `at ${i}: ${x} after ${last}`);
        last = x;
      }
    });
  }
}

test('the inverse of the Erlang distribution function is exact for 1 to 100 stages', () => {
  for (let i = 1; i < 1000; i++) {
    const u = i / 1000;
    assert.ok(Math.abs(erlang(1, 1).sample(u) - exponential(1).sample(u)) < 1e-10 * (1 + exponential(1).sample(u)));
    assert.ok(Math.abs(erlangCdf(erlang(4, 4).sample(u)) - u) < 1e-11);
    const x = erlang(100, 100).sample(u);
    assert.ok(x > 60 && x < 150);
  }
});

test('a law by name has the mean and the variation asked for', () => {
  const wanted: [DistributionKind, number][] = [
    ['constant', 0],
    ['uniform', 0.4],
    ['exponential', 1],
    ['erlang', 0.5],
    ['lognormal', 2],
    ['hyperexponential', 2],
    ['pareto', 0.5],
  ];
  for (const [kind, cv] of wanted) {
    const law = distributionOf(kind, 10, cv);
    const cells = 1_000_000;
    const tally = new Tally();
    for (let i = 0; i < cells; i++) tally.add(law.sample((i + 0.5) / cells));
    assert.ok(Math.abs(law.mean - 10) < 1e-12);
    assert.ok(Math.abs(tally.mean - 10) < 0.02, `${kind}: mean ${tally.mean}`);
    const variation = tally.standardDeviation / tally.mean;
    assert.ok(Math.abs(variation - cv) < 0.03 * (1 + cv), `${kind}: variation ${variation}`);
  }
  assert.is(distributionOf('geometric', 1).sample(0.99), 1);
  assert.is(deterministic(7).sample(0.3), 7);
});

test('laws that cannot be are bugs', () => {
  const isBug = (error: unknown) => error instanceof InvariantError;
  const wrong: (() => unknown)[] = [
    () => exponential(-1),
    () => exponential(Number.NaN),
    () => geometric(0.5),
    () => uniform(2, 1),
    () => lognormal(1, -1),
    () => pareto(1, 1),
    () => hyperexponential(1, 0.9),
    () => erlang(1, 0),
    () => distributionOf('uniform', 1, 0.6),
    () => distributionOf('gauss' as DistributionKind, 1),
  ];
  for (const make of wrong) assert.throws(make, isBug);
});

test('Poisson counts have the mean and the variance of their law', () => {
  for (const mean of [0.3, 5, 200]) {
    const source = new RandomStreams('poisson', 0).stream(`${mean}`);
    const tally = new Tally();
    for (let i = 0; i < 50_000; i++) tally.add(poissonCount(source, mean));
    assert.ok(Math.abs(tally.mean - mean) < 4 * Math.sqrt(mean / 50_000), `mean ${tally.mean}`);
    const error = Math.sqrt((2 * mean ** 2 + mean) / 50_000);
    assert.ok(Math.abs(tally.variance - mean) < 4 * error, `variance ${tally.variance} of mean ${mean}`);
  }
  assert.is(poissonCount(new RandomStreams(1, 0).stream('none'), 0), 0);
});

test.run();
