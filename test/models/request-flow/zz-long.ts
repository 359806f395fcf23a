// Whatever goes wrong, no request is lost count of: sent = completed + failed + under way, and what the balancer holds
// (sockets, open attempts) is what is under way.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { wanted } from '../../../models/requests.ts';
import { record } from './helpers.ts';

const strategies = ['none', 'delta', 'backup', 'all-to-all', 'memcached-sticky'];
const types = [
  'sticky-route',
  'round-robin',
  'consistent-hash',
  'least-conn',
  'random-two',
  'by-busyness',
  'jk-request',
];

const fault = fc
  .record({
    atS: fc.integer({ min: 1, max: 30 }),
    kind: fc.constantFrom('crash', 'powerOff', 'stop', 'restart', 'freeze'),
    node: fc.integer({ min: 1, max: 3 }),
    forS: fc.integer({ min: 1, max: 15 }),
  })
  .map(({ atS, kind, node, forS }) => ({ atS, [kind]: `node-${node}`, ...(kind === 'freeze' ? { forS } : {}) }));

const part = fc.record({
  strategy: fc.constantFrom(...strategies),
  type: fc.constantFrom(...types),
  faults: fc.array(fault, { maxLength: 5 }),
  balancer: fc.record({
    workerProcesses: fc.integer({ min: 1, max: 3 }),
    workerConnections: fc.constantFrom(0, 30, 100),
    zone: fc.boolean(),
    keepalive: fc.constantFrom(0, 2, 32),
    connectTimeoutS: fc.constantFrom(1, 3),
    readTimeoutS: fc.constantFrom(0.02, 1, 4),
    nonIdempotent: fc.boolean(),
    jk: fc.record({ replyTimeoutMs: fc.constantFrom(0, 1000), prepostTimeoutMs: fc.constantFrom(0, 500) }),
  }),
  writeMethod: fc.constantFrom('GET', 'POST'),
  sendOptions: fc.constantFrom(6, 8),
});

test('requests are conserved under random faults, strategies and balancers', () => {
  fc.assert(
    fc.property(part, ({ strategy, type, faults, balancer, writeMethod, sendOptions }) => {
      const { cluster, answers, result } = record({
        nodes: 3,
        node: { startUpS: 1, maxThreads: 8 },
        service: { cpuMsMean: 5, backendMsMean: 30 },
        session: { requestsMean: 10, thinkTimeSMean: 1 },
        load: { requestsPerSecond: 40, clients: { writeMethod } },
        replication: { strategy },
        channel: { sendOptions },
        faults,
        balancer: { ...balancer, type },
        run: { warmUpS: 0, durationS: 45 },
      });
      const { measurement, requests, router } = cluster;
      const { sentAll, completedAll, failedAll } = measurement;
      assert.is(sentAll, completedAll + failedAll + requests.underWay);
      assert.is(answers.length, completedAll + failedAll, 'each client hears of its request once');
      assert.is(answers.filter(({ isFailed }) => isFailed).length, failedAll);
      let entered = 0;
      for (let slot = 0; slot < requests.slots; slot += 1) {
        const isUnderWay = requests.isOpen[slot] === 1 && requests.wanted[slot] === wanted.BY_CLIENT;
        if (isUnderWay) entered += 1;
      }
      assert.is(router.connections.openRequests, entered, 'sockets are given back');
      assert.ok(result.consistency.executed_twice <= cluster.measurement.sentAll);
    }),
    { seed: 7, numRuns: 1500 },
  );
});

test('without faults nobody waits, nothing is repeated, whatever the balancer', () => {
  for (const type of types) {
    const { failures, result } = record({
      nodes: 3,
      load: { requestsPerSecond: 50 },
      replication: { strategy: 'delta' },
      balancer: { type, workerProcesses: 2 },
      run: { warmUpS: 2, durationS: 20 },
    });
    assert.is(failures.length, 0, type);
    assert.is(result.consistency.executed_twice, 0, type);
    assert.is(result.consistency.failed_requests, 0, type);
  }
});

test.run();
