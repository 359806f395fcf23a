// What lost packets cost, leg by leg, against sums that can be done by hand; and what the timeouts of clients make of it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ScenarioInput } from '../../models/scenario/schema.ts';
import { cluster, run } from './runs.ts';

const LOSS = 0.02;
const TIMEOUT_MS = 200.2;
/** Of a run, at least. */
const REQUESTS = 3500;

type Leg = 'nodes' | 'stores' | 'balancer';

/** So few requests that every message has its connection for itself. */
function quiet(more: ScenarioInput, legs: readonly Leg[], lossRatio = LOSS): ScenarioInput {
  return {
    session: { requestsMean: 1000, thinkTimeSMean: 40, writeRatio: 1 },
    service: { cpuMsMean: 0.1 },
    load: { requestsPerSecond: 20 },
    run: { warmUpS: 1, durationS: 200 },
    ...more,
    network: { lossRatio, lossLegs: [...legs] },
  };
}

/** Mean of the wait of one segment [ms]. */
function meanWait(ratio: number): number {
  return TIMEOUT_MS * (ratio + 2 * ratio ** 2 + 4 * ratio ** 3);
}

/** How much longer a request takes because of the losses of one leg, in the mean [ms]. */
function longerMs(more: ScenarioInput, leg: Leg): number {
  const lossy = run(quiet(more, [leg])).throughput.latency_ms_mean as number;
  return lossy - (run(quiet(more, [leg], 0)).throughput.latency_ms_mean as number);
}

/** Mean of n waits of which each is 200 ms with a probability of 2 %: within five standard errors over all requests. */
function isAbout(foundMs: number, segments: number, what: string): void {
  const expectedMs = segments * meanWait(LOSS);
  const errorMs = Math.sqrt((segments * LOSS * 1.2) / REQUESTS) * TIMEOUT_MS;
  assert.ok(
    Math.abs(foundMs - expectedMs) < 5 * errorMs,
    `${what}: ${foundMs} ms instead of ${expectedMs} +- ${errorMs}`,
  );
}

test('a request and its response wait for their own retransmissions, a SYN for its second', () => {
  const keptMs = longerMs({ balancer: { type: 'by-requests' } }, 'balancer');
  isAbout(keptMs, 2, 'kept-alive connections');
  const newMs = longerMs({ balancer: { type: 'round-robin' } }, 'balancer');
  const lost = 1 - (1 - LOSS) ** 2;
  const synMs = 1000 * (lost + 2 * lost ** 2 + 4 * lost ** 3);
  assert.ok(Math.abs(newMs - keptMs - synMs) < 5 * Math.sqrt(lost / REQUESTS) * 1000, `${newMs - keptMs} ms, ${synMs}`);
});

test('GET, SET and EXPIRE at Redis are six messages over connections of a pool', () => {
  isAbout(longerMs({ replication: { strategy: 'redis-manager' } }, 'stores'), 6, 'redis-manager');
});

test('option 6 waits for the last of three messages and three acknowledgements', () => {
  const foundMs = longerMs({ replication: { strategy: 'delta' }, channel: { sendOptions: 6 } }, 'nodes');
  // None of three waits is longer; two losses of one exchange add up.
  const expectedMs = TIMEOUT_MS * (1 - (1 - LOSS) ** 6);
  assert.ok(foundMs > 0.9 * expectedMs && foundMs < 1.25 * expectedMs, `${foundMs} ms instead of ${expectedMs}`);
});

test('BackupManager waits for its backup: message and acknowledgement', () => {
  isAbout(longerMs({ replication: { strategy: 'backup' } }, 'nodes'), 2, 'backup');
});

test('a synchronous memcached SET that is lost is given up after sessionBackupTimeout, and stored late all the same', () => {
  const replication = { strategy: 'memcached-sticky', sessionBackupAsync: false, sessionBackupTimeoutMs: 100 } as const;
  const found = run(quiet({ replication, balancer: { type: 'sticky-route' } }, ['stores'])).throughput;
  assert.ok(
    (found.latency_ms_p99 as number) > 100 && (found.latency_ms_p99 as number) < 150,
    `${found.latency_ms_p99}`,
  );
  const patient = { ...replication, sessionBackupTimeoutMs: 2000 };
  const waits = run(quiet({ replication: patient, balancer: { type: 'sticky-route' } }, ['stores'])).throughput;
  assert.ok((waits.latency_ms_p99 as number) > 200, `${waits.latency_ms_p99}`);
});

test('a command whose answer is lost fails after the timeout of its client', () => {
  const replication = { strategy: 'redis-manager', timeoutMs: 150 } as const;
  const { throughput } = run(quiet({ replication }, ['stores']));
  const share = throughput.failed_rps / (throughput.failed_rps + throughput.completed_rps);
  const expected = 1 - (1 - LOSS) ** 6;
  assert.ok(Math.abs(share - expected) < 5 * Math.sqrt(expected / REQUESTS), `${share} failed instead of ${expected}`);
  const patient = run(quiet({ replication: { ...replication, timeoutMs: 2000 } }, ['stores'])).throughput;
  assert.is(patient.failed_rps, 0);
});

test('on a busy connection what follows brings a lost segment, so that memcached waits far less than a pool', () => {
  const busy = (strategy: 'memcached-nonsticky' | 'redis-manager'): number => {
    const load = { load: { requestsPerSecond: 600 }, run: { warmUpS: 1, durationS: 10 } };
    const more: ScenarioInput = { replication: { strategy }, ...load, session: { thinkTimeSMean: 0.5, writeRatio: 1 } };
    return longerOf(more);
  };
  const longerOf = (more: ScenarioInput): number => {
    const lossy = run({ ...quiet(more, ['stores']), ...more }).throughput.latency_ms_mean as number;
    return lossy - (run({ ...quiet(more, ['stores'], 0), ...more }).throughput.latency_ms_mean as number);
  };
  const [shared, pool] = [busy('memcached-nonsticky'), busy('redis-manager')];
  assert.ok(shared > 0 && 4 * shared < pool, `${shared} and ${pool} ms`);
});

test('a leg that loses nothing costs nothing, and the others draw what they drew', () => {
  const none = cluster(
    quiet({ replication: { strategy: 'redis-manager' }, run: { warmUpS: 1, durationS: 20 } }, ['nodes']),
  );
  const whole = cluster(
    quiet({ replication: { strategy: 'redis-manager' }, run: { warmUpS: 1, durationS: 20 } }, [], 0),
  );
  assert.equal(none.run().throughput, whole.run().throughput);
});

test.run();
