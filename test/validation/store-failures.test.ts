// Known results of the stores, out of the mechanism: the measured failures of memcached-session-manager step by step,
// locks, and what a failover of Redis takes and loses.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { quietScenario } from '../../experiments/operations/modes.ts';
import { Probe } from '../../experiments/operations/probe.ts';
import { msmFailures } from '../../experiments/validation/msm-failures.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { requestDoes } from '../../models/requests.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { Batch } from '../../models/stores/store-batch.ts';
import { StoreCall, type StoreCaller } from '../../models/stores/store-call.ts';
import { cluster } from './runs.ts';

const SECOND_NS = 1e9;

test('memcached-sticky goes through the measured failures step by step', () => {
  const folder = new URL('../../experiments/validation/measured', import.meta.url).pathname;
  const file = readMeasured(folder).find(({ name }) => name === 'msm-failures.csv')!;
  const checks = msmFailures.check(file);
  assert.ok(checks.length > 100);
  const missed = checks.filter(({ ok }) => !ok).map(({ quantity, configuration }) => [quantity, configuration]);
  assert.equal(missed, []);
});

/** Pairs of concurrent requests of one session on two Tomcats. @returns share whose second write did not see the first. */
function overwrittenPairs(options: Record<string, unknown>, requestMs: number): number {
  const mode = { strategy: 'memcached-nonsticky', mode: '', options };
  const service = { cpuMsMean: requestMs, distribution: 'constant' };
  const probe = new Probe(quietScenario(mode, { service }));
  const PAIRS = 20;
  let overwritten = 0;
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const row = probe.client();
    probe.ask(row, 0, requestDoes.WRITE, requestMs * 1e6 + 1e8);
    overwritten += probe.overwrittenBy(row, [0, 1], 3 * requestMs * 1e6 + SECOND_NS) > 0 ? 1 : 0;
  }
  return overwritten / PAIRS;
}

test('concurrent requests of one session overwrite each other without a lock, not with one, until it runs out', () => {
  assert.is(overwrittenPairs({ lockingMode: 'none' }, 3), 1);
  assert.is(overwrittenPairs({ lockingMode: 'all' }, 3), 0);
  assert.is(overwrittenPairs({ lockingMode: 'auto' }, 3), 0);
  assert.is(
    overwrittenPairs({ lockingMode: 'all', lockExpireS: 1, operationTimeoutMs: 3000 }, 2500),
    1,
    'lock expired',
  );
  assert.is(overwrittenPairs({ lockingMode: 'all' }, 2500), 1, 'gone on without the lock after operationTimeout');
});

/** A Redis of its own with a clock, and clients that write one key each. */
class Writers implements StoreCaller {
  readonly probe: Probe;
  acknowledged: { row: number; atNs: number; node: number }[] = [];
  private readonly batch = new Batch([['SET', 100, 5]]);

  constructor(redis: Record<string, unknown>, seed: number) {
    const mode = { strategy: 'redis-manager', mode: '', options: {} };
    const more = { nodes: 5, stores: { redis }, run: { seed, warmUpS: 1e6 } };
    this.probe = new Probe(quietScenario(mode, more));
  }

  write(row: number, node: number): void {
    const { sessions, stores } = this.probe.cluster;
    const { redis } = stores;
    while (sessions.rows <= row) sessions.open();
    redis.begin(row, -1);
    const about = {
      ...{ slot: -1, session: row, node, server: redis.masterFor(node, 0), batch: this.batch },
      ...{ does: 0, version: 1, timeoutNs: 2e9 },
    };
    redis.send(new StoreCall(about, this, { generation: 0, epoch: 0, mutations: 0 }), this.probe.cluster.sim.nowNs);
  }

  storeApplied(call: StoreCall): void {
    this.probe.cluster.stores.redis.write(call, call.session, call.version);
  }

  storeAnswered(call: StoreCall, isAnswered: boolean): void {
    const atNs = this.probe.cluster.sim.nowNs;
    if (isAnswered) this.acknowledged.push({ row: call.session, atNs, node: call.node });
  }

  /** Acknowledged writes that the master does not have in the end. */
  get lost(): { row: number; atNs: number; node: number }[] {
    return this.acknowledged.filter(({ row }) => this.probe.cluster.stores.redis.survivor(row, 0) < 0);
  }
}

test('Redis with Sentinel loses what the old master acknowledged after the cut: 56 % of 2,000 writes', () => {
  const writers = new Writers({ replicas: 2 }, 1);
  const { redis } = writers.probe.cluster.stores;
  const WRITES = 2000;
  const BEFORE_CUT = 880;
  let cutNs = 0;
  for (let write = 0; write < WRITES; write += 1) {
    if (write === BEFORE_CUT) {
      cutNs = writers.probe.cluster.sim.nowNs;
      redis.cut(0, [0], [0, 1, 2, 3, 4], true);
    }
    writers.write(write, write % 5);
    writers.probe.wait(20e6);
  }
  writers.probe.wait(20 * SECOND_NS);
  assert.is(redis.failovers.length, 1);
  redis.cut(0, [0], [0, 1, 2, 3, 4], false);
  writers.probe.wait(SECOND_NS);
  const { acknowledged, lost } = writers;
  assert.is(acknowledged.length, WRITES);
  assert.is(lost.length / acknowledged.length, 0.56);
  const afterCut = acknowledged.filter(({ atNs }) => atNs > cutNs);
  assert.equal(lost, afterCut, 'everything acknowledged by the old master after the cut, and nothing else');
});

test('Redis Cluster: the minority master takes writes for node-timeout, then none', () => {
  const writers = new Writers({ replicas: 1, failover: 'cluster' }, 1);
  const { redis } = writers.probe.cluster.stores;
  redis.cut(0, [0], [0], true);
  for (let write = 0; write < 1000; write += 1) {
    writers.write(write, 0);
    writers.probe.wait(25e6);
  }
  const last = Math.max(...writers.acknowledged.map(({ row }) => row));
  assert.ok(Math.abs(last * 25 - 15000) <= 50, `the last write was taken after ${last * 25} ms`);
});

for (const { failover, from, to } of [
  { failover: 'sentinel', from: 31, to: 33 },
  { failover: 'cluster', from: 16, to: 18 },
]) {
  test(`a ${failover} failover takes about ${from} to ${to} s`, () => {
    const times: number[] = [];
    for (let seed = 1; seed <= 40; seed += 1) {
      const { probe } = new Writers({ failover }, seed);
      probe.cluster.store.crash(0, false);
      probe.wait(40 * SECOND_NS);
      const [only] = probe.cluster.stores.redis.failovers;
      times.push((only.untilNs - only.fromNs) / SECOND_NS);
    }
    const mean = times.reduce((sum, each) => sum + each, 0) / times.length;
    assert.ok(mean > from && mean < to, `mean ${mean} s`);
    const around = times.filter((each) => each > from - 0.5 && each < to + 0.5).length;
    assert.ok(around >= 0.95 * times.length, `${around} of ${times.length}: ${times.map((t) => t.toFixed(1))}`);
  });
}

test('a crash of the master loses what its replicas had not got, an empty master restarted fast loses everything', () => {
  const lossless = new Writers({ replicationLagMs: 1 }, 1);
  for (let write = 0; write < 100; write += 1) {
    lossless.write(write, 0);
    lossless.probe.wait(1e6);
  }
  lossless.probe.cluster.store.crash(0, false);
  lossless.probe.wait(40 * SECOND_NS);
  assert.ok(lossless.lost.length >= 1 && lossless.lost.length <= 3, `${lossless.lost.length} lost`);
  const emptied = new Writers({}, 1);
  for (let write = 0; write < 100; write += 1) emptied.write(write, 0);
  emptied.probe.wait(SECOND_NS);
  emptied.probe.cluster.store.crash(0, false);
  emptied.probe.wait(SECOND_NS);
  emptied.probe.cluster.store.restart(0);
  emptied.probe.wait(40 * SECOND_NS);
  assert.is(emptied.lost.length, 100);
  const kept = new Writers({ persistence: 'everysec' }, 1);
  for (let write = 0; write < 100; write += 1) kept.write(write, 0);
  kept.probe.wait(SECOND_NS);
  kept.probe.cluster.store.crash(0, false);
  kept.probe.cluster.store.restart(0);
  assert.is(kept.lost.length, 0);
});

test('a session larger than the largest item is never stored', () => {
  const mode = { strategy: 'memcached-sticky', mode: '', options: {} };
  const session = { requestsMean: 1_000_000, bytes: 1_100_000 };
  const probe = new Probe(quietScenario(mode, { session }));
  const row = probe.client();
  probe.ask(row, 0, requestDoes.WRITE);
  assert.is(probe.cluster.stores.memcached.items.tooLarge, 1);
  assert.ok(probe.ask(row, 1, requestDoes.READ).isNew);
});

test('a sticky session that is only read runs out of memcached, one that is written does not', () => {
  for (const does of [requestDoes.READ, requestDoes.WRITE]) {
    const mode = { strategy: 'memcached-sticky', mode: '', options: {} };
    const probe = new Probe(quietScenario(mode, { session: { requestsMean: 1_000_000, idleTimeoutS: 60 } }));
    const row = probe.client();
    probe.ask(row, 0, requestDoes.WRITE);
    for (let request = 0; request < 7; request += 1) probe.ask(row, 0, does, 10 * SECOND_NS);
    probe.crashNode(0);
    assert.is(probe.ask(row, 1, requestDoes.READ).isNew, does === requestDoes.READ);
  }
});

test('Terracotta: the election takes 5 s, and a client that died too costs the whole reconnect window', () => {
  for (const bothDie of [false, true]) {
    const mode = { strategy: 'terracotta', mode: '', options: { synchronousWrite: true } };
    const probe = new Probe(quietScenario(mode, { balancer: { readTimeoutS: 300 } }));
    const row = probe.client();
    probe.ask(row, 1, requestDoes.WRITE);
    if (bothDie) probe.crashNode(0);
    probe.cluster.store.crash(0, false);
    const answer = probe.ask(row, 1, requestDoes.WRITE, 200 * SECOND_NS);
    assert.ok(Math.abs(answer.latencyNs / SECOND_NS - (bothDie ? 125 : 5)) < 0.1, `${answer.latencyNs / SECOND_NS} s`);
    assert.not(answer.isNew);
  }
});

test('parsed defaults of the stores', () => {
  const { stores } = parseScenario({});
  assert.is(stores.redis.downAfterMs, 30000);
  assert.is(stores.terracotta.clientReconnectWindowS, 120);
});

test('a Tomcat that stands still neither hears an answer nor asks again', () => {
  for (const strategy of ['redis-manager', 'memcached-nonsticky'] as const) {
    const faults = [{ atS: 2, freeze: 'node-1', forS: 1.5 }];
    const more = { network: { latencyUs: 50_000 }, run: { warmUpS: 1, durationS: 4 } };
    const one = cluster({ replication: { strategy }, faults, ...more });
    const { used } = one.stores;
    const caller = one.strategy as unknown as StoreCaller;
    const seen = { answers: 0, inFreeze: 0, late: 0 };
    const answered = caller.storeAnswered.bind(caller);
    caller.storeAnswered = (call, isAnswered) => {
      seen.answers += 1;
      if (one.isFrozen(call.node)) seen.inFreeze += 1;
      if (one.sim.nowNs === 3.5 * SECOND_NS) seen.late += 1;
      answered(call, isAnswered);
    };
    const send = used.send.bind(used);
    used.send = (call, readyNs) => {
      send(call, readyNs);
      if (call.departNs < one.nodes.frozenUntilNs[call.node]) seen.inFreeze += 1;
    };
    one.run();
    assert.ok(seen.answers > 500 && seen.late > 0, `${strategy}: ${JSON.stringify(seen)}`);
    assert.is(seen.inFreeze, 0, strategy);
  }
});

test.run();
