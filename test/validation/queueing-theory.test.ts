// Over 100 seeds, the 95 % interval of each figure must cover the closed form in 90 to 99 of them: fewer means a bias or
// too narrow an interval, 100 too wide a one. And the mean over all replications of all seeds, which is ten times as exact
// as an interval, must lie within 3.5 standard errors of the closed form. Each interval comes from independent replications. Every replication starts
// in the steady state (its first state is drawn from the known law), so that no warm-up biases it, and each figure is a
// sum over a fixed number of customers or a fixed time, so that no ratio does.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deterministic, exponential, geometric, hyperexponential, uniform } from '../../sim/distributions.ts';
import { type RandomSource, RandomStreams } from '../../sim/random.ts';
import { confidenceInterval } from '../../sim/statistics.ts';
import { Tally } from '../../sim/tally.ts';
import { mg1Wait, mmc, mmck, mmckChances } from './closed-forms.ts';
import { FiniteQueue, SERVICE_NS } from './finite-queue.ts';

const SEEDS = 100;
const ERRORS_MAX = 3.5;

/** Counts over the seeds how often each figure's interval covers its true value, and looks how far all of them are off. */
function assertCoverage(
  truth: Record<string, number>,
  replications: number,
  replicate: (seed: number, replication: number, start: RandomSource) => Record<string, number>,
): void {
  const covered = new Map<string, number>();
  const all = new Map(Object.keys(truth).map((figure) => [figure, new Tally()]));
  for (let seed = 1; seed <= SEEDS; seed++) {
    const results = Array.from({ length: replications }, (_, replication) =>
      replicate(seed, replication, new RandomStreams(seed, replication).stream('start')),
    );
    for (const [figure, value] of Object.entries(truth)) {
      for (const result of results) all.get(figure)!.add(result[figure]);
      const { low, high } = confidenceInterval(results.map((result) => result[figure]));
      covered.set(figure, (covered.get(figure) ?? 0) + (low <= value && value <= high ? 1 : 0));
    }
  }
  for (const [figure, count] of covered) {
    assert.ok(count >= 90 && count <= 99, `${figure}: ${count} of ${SEEDS} intervals cover ${truth[figure]}`);
    const { mean, standardDeviation, count: runs } = all.get(figure)!;
    const errors = (mean - truth[figure]) / (standardDeviation / Math.sqrt(runs));
    assert.ok(Math.abs(errors) <= ERRORS_MAX, `${figure}: ${mean} is ${errors} standard errors from ${truth[figure]}`);
  }
}

const exponentialService = exponential(SERVICE_NS);

/** Exponential services for as many jobs as a queue holds in the steady state. */
function jobs(count: number, start: RandomSource): number[] {
  return Array.from({ length: count }, () => Math.round(exponentialService.sample(start.double())));
}

function drawIndex(chances: readonly number[], start: RandomSource): number {
  let rest = start.double();
  return Math.max(
    0,
    chances.findIndex((chance) => {
      rest -= chance;
      return rest < 0;
    }),
  );
}

function testMmc(servers: number, load: number, options: { places?: number; services: number }): void {
  const { places } = options;
  const name = places === undefined ? `M/M/${servers}` : `M/M/${servers}/${places}`;
  const truth =
    places === undefined
      ? { number: mmc(servers, load).number, wait: mmc(servers, load).wait, delayed: mmc(servers, load).delayed }
      : { number: mmck(servers, load, places).number, blocked: mmck(servers, load, places).blocked };
  const chances = mmckChances(servers, load, places ?? 2000);
  test(`${name} at a load of ${load}: ${Object.keys(truth).join(', ')}`, () => {
    assertCoverage(truth, 20, (seed, replication, start) => {
      const queue = new FiniteQueue({
        seed,
        replication,
        load,
        servers,
        ...(places === undefined ? {} : { places }),
        service: exponentialService,
        initialServicesNs: jobs(drawIndex(chances, start), start),
      });
      const untilNs = options.services * SERVICE_NS;
      queue.runUntil(untilNs);
      const expectedArrivals = load * options.services;
      return {
        number: queue.inSystemNs / untilNs,
        wait: queue.waitingNs / untilNs / load,
        delayed: queue.delayed / expectedArrivals,
        blocked: queue.turnedAway / expectedArrivals,
      };
    });
  });
}

testMmc(1, 0.8, { services: 1250 });
testMmc(2, 1.6, { services: 750 });
testMmc(4, 3.2, { services: 400 });
testMmc(16, 14.4, { services: 300 });
testMmc(1, 0.9, { places: 10, services: 750 });
testMmc(4, 3.2, { places: 20, services: 400 });
testMmc(4, 4.8, { places: 20, services: 400 });

/**
 * M/G/1: the work found at time 0 is a geometric number of residual services (Pollaczek and Khinchine), so that the first
 * arrival already sees the steady state.
 */
function testMg1(cs2: number, customers: number): void {
  const rho = 0.8;
  // The residual service: uniform on a constant one, exponential, or either phase of the hyperexponential alike.
  const phase = Math.sqrt(3 / 5);
  const laws = {
    0: { service: deterministic(SERVICE_NS), residuals: [uniform(0, SERVICE_NS)] },
    1: { service: exponentialService, residuals: [exponentialService] },
    4: {
      service: hyperexponential(SERVICE_NS, 4),
      residuals: [exponential(SERVICE_NS / (1 + phase)), exponential(SERVICE_NS / (1 - phase))],
    },
  };
  const { service, residuals } = laws[cs2 as 0 | 1 | 4];
  const trials = geometric(1 / (1 - rho));
  test(`M/G/1 at a load of ${rho}, squared variation ${cs2}: wait`, () => {
    assertCoverage({ wait: mg1Wait(rho, cs2) }, 20, (seed, replication, start) => {
      let foundNs = 0;
      for (let left = trials.sample(start.double()) - 1; left > 0; left--) {
        const residual = residuals[Math.floor(start.next() * residuals.length)];
        foundNs += residual.sample(start.double());
      }
      const queue = new FiniteQueue({
        seed,
        replication,
        load: rho,
        servers: 1,
        service,
        initialServicesNs: [Math.round(foundNs)],
        customers,
      });
      queue.runUntil(20 * customers * SERVICE_NS);
      assert.is(queue.arrived, customers);
      return { wait: queue.waitNsSum / customers / SERVICE_NS };
    });
  });
}

testMg1(0, 2500);
testMg1(1, 2500);
testMg1(4, 5000);

test.run();
