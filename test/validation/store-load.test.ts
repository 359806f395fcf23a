// The servers as queues: which of Tomcats and stores is full, what more of them change, and what every strategy must
// hold whatever goes wrong: the same run twice, and no request unaccounted for (checked at the end of each run).
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../models/cluster.ts';
import { strategyTypes } from '../../models/replication/index.ts';
import type { RunResult } from '../../models/results.ts';
import { parseScenario, storeServers } from '../../models/scenario/parse-scenario.ts';

function run(input: Record<string, unknown>, replication = 0): RunResult {
  return simulate(parseScenario(input), replication);
}

/** Carried load and use of the store of 16 fast Tomcats at 8,000 requests/s. */
function loaded(
  replication: Record<string, unknown>,
  stores: Record<string, unknown>,
  more = {},
): RunResult['throughput'] {
  return run({
    nodes: 16,
    service: { cpuMsMean: 0.5 },
    load: { requestsPerSecond: 8000 },
    replication,
    stores,
    run: { warmUpS: 1.5, durationS: 1.5 },
    ...more,
  }).throughput;
}

test('one Redis is the bottleneck of redisson; shards move it, Tomcats do not', () => {
  const one = loaded({ strategy: 'redisson' }, { redis: { shards: 1 } });
  assert.ok(one.store_utilisation_max! > 0.99, `Redis ${one.store_utilisation_max}`);
  assert.ok(one.cpu_utilisation_max < 0.7 && one.completed_rps < 0.8 * one.offered_rps);
  const four = loaded({ strategy: 'redisson' }, { redis: { shards: 4 } });
  assert.ok(four.store_utilisation_max! < 0.8 && four.completed_rps > 0.97 * four.offered_rps, 'four shards carry it');
  const moreNodes = loaded({ strategy: 'redisson' }, { redis: { shards: 1 } }, { nodes: 32 });
  assert.ok(moreNodes.completed_rps < 1.1 * one.completed_rps, 'twice the Tomcats carry no more');
});

test('one memcached is the bottleneck of large sessions; more servers move it', () => {
  const session = { bytes: 20_000 };
  const memcached = (servers: number): Record<string, unknown> => ({ memcached: { servers, memoryMB: 100_000 } });
  const few = loaded({ strategy: 'memcached-nonsticky' }, memcached(1), { session });
  assert.ok(few.store_utilisation_max! > 0.99, `memcached ${few.store_utilisation_max}`);
  const many = loaded({ strategy: 'memcached-nonsticky' }, memcached(8), { session });
  assert.ok(
    many.store_utilisation_max! < 0.9 && many.completed_rps > 0.97 * many.offered_rps,
    'eight servers carry it',
  );
});

test('a slow store holds the threads: latency grows, the connector fills, requests fail', () => {
  const slow = (factor: number): RunResult =>
    run({
      nodes: 2,
      node: { maxThreads: 20 },
      load: { requestsPerSecond: 300 },
      replication: { strategy: 'redis-manager' },
      faults: [{ atS: 2, slowStore: 'n1', factor, forS: 100 }],
      run: { warmUpS: 3, durationS: 12 },
    });
  const ordinary = slow(1);
  const starved = slow(2000);
  assert.is(ordinary.consistency.failed_requests, 0);
  assert.ok(starved.consistency.failed_requests > 100, `${starved.consistency.failed_requests} failed`);
  assert.ok(starved.throughput.completed_rps < 0.5 * ordinary.throughput.completed_rps);
});

test('memory that is short evicts sessions, more memory does not', () => {
  const lost = (memoryMB: number): number =>
    run({
      nodes: 2,
      load: { requestsPerSecond: 300 },
      session: { bytes: 50_000, writeRatio: 1 },
      replication: { strategy: 'memcached-nonsticky' },
      stores: { memcached: { memoryMB } },
      run: { warmUpS: 5, durationS: 15 },
    }).consistency.lost_sessions;
  assert.ok(lost(16) > 100, 'sessions are lost in 16 MB');
  assert.is(lost(4096), 0);
});

const troubles: Record<string, (both: [string, string]) => Record<string, unknown>[]> = {
  'a store dies and returns': ([, store]) => [
    { atS: 3, crashStore: store },
    { atS: 8, restartStore: store },
  ],
  'both die': ([node, store]) => [{ atS: 3, crashTogether: [node, store] }],
  'a store freezes, a node freezes': ([node, store]) => [
    { atS: 3, freezeStore: store, forS: 3 },
    { atS: 4, freeze: node, forS: 2 },
  ],
  'a store and a node are cut off': ([node, store]) => [{ atS: 3, partitionStore: [store, node], forS: 4 }],
  'a host vanishes': ([, store]) => [{ atS: 3, powerOffStore: store }],
};

for (const strategy of Object.keys(strategyTypes)) {
  test(`${strategy}: the same run twice, every request accounted for, whatever happens to its store`, () => {
    for (const faults of Object.values(troubles)) {
      const input = {
        nodes: 3,
        load: { requestsPerSecond: 40 },
        session: {
          thinkTimeSMean: 1,
          concurrentRatio: 0.2,
          mutateWithoutSetRatio: 0.1,
          touchOnlyRatio: 0.1,
          ignoreRatio: 0.1,
          logoutRatio: 0.3,
        },
        balancer: { type: 'round-robin', readTimeoutS: 5 },
        replication: { strategy },
        stores: { redis: { downAfterMs: 1000 }, terracotta: { electionS: 1, clientReconnectWindowS: 4 } },
        faults: faults(['node-1', 'n1']),
        run: { warmUpS: 2, durationS: 8 },
      };
      const first = run(input);
      assert.equal(run(input), first);
      assert.ok(first.consistency.requests > 0);
    }
  });
}

test('a fault names a server that there is', () => {
  const scenario = parseScenario({
    replication: { strategy: 'redisson' },
    stores: { redis: { shards: 3, replicas: 2 } },
  });
  assert.is(storeServers(scenario), 9);
  assert.throws(
    () => parseScenario({ replication: { strategy: 'terracotta' }, faults: [{ atS: 1, crashStore: 'n3' }] }),
    /n3: there are 2 store servers/,
  );
});

test.run();
