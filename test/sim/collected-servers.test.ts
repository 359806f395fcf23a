import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CollectedServers, type Collection } from '../../sim/collected-servers.ts';
import { MultiServer, placement } from '../../sim/servers.ts';
import { ThrottledServers } from '../../sim/throttled-servers.ts';

/** A generation of 100 bytes. */
const heap = (more: Partial<Collection> = {}): Collection => ({
  edenBytes: 100,
  requestBytes: 40,
  messageBytes: 10,
  threads: 1,
  youngNs: 30,
  promotedBytes: 0,
  oldBytes: 1000,
  fullNs: 0,
  seed: 1,
  ...more,
});

/** Servers whose eden is empty at 0. */
function made(inner: MultiServer, more: Partial<Collection> = {}): CollectedServers {
  const cpu = new CollectedServers(inner, heap(more));
  cpu.reset(0);
  return cpu;
}

test('the job whose allocation no longer fits waits for the collection', () => {
  const cpu = made(new MultiServer(1));
  assert.is(cpu.offer(0, 5, 0, placement.SHARED), 0);
  assert.is(cpu.offer(10, 5, 0, placement.SHARED), 10);
  assert.is(cpu.offer(20, 5, 0, placement.SHARED), 50, '120 of 100 bytes: 30 ns, then the job');
  assert.is(cpu.lastDoneNs, 55);
  assert.is(cpu.busyNsUntil(55), 45, 'the collection is work');
  cpu.offer(60, 1, 0, placement.SHARED);
  assert.is(cpu.offer(70, 1, 0, placement.SHARED), 100, '20 bytes more than fitted, and two jobs');
  assert.is(cpu.collections, 2);
});

test('every kind of job takes what it takes', () => {
  const cpu = made(new MultiServer(1));
  for (let job = 0; job < 9; job += 1) cpu.offer(0, 0, 0, job % 2 === 0 ? placement.BATCH : placement.ALONE);
  cpu.offer(0, 0, 0, placement.HOME);
  assert.is(cpu.collections, 0, '90 bytes');
  cpu.allocate(10);
  assert.is(cpu.offer(0, 0, 0, placement.ANY), 30);
});

test('all processors stand still, and those that have no part in the work are not busy', () => {
  for (const servers of [2, 3]) {
    const cpu = made(new MultiServer(servers));
    cpu.allocate(100);
    assert.is(cpu.offer(10, 5, 0, placement.SHARED), 40);
    assert.is(cpu.offer(12, 5, 0, placement.SHARED), 40);
    assert.is(cpu.busyNsUntil(12), 2);
    assert.is(cpu.busyNsUntil(40), 30);
    assert.is(cpu.busyNsUntil(45), 40);
  }
});

test('collector threads share the work', () => {
  const cpu = made(new MultiServer(3), { threads: 3 });
  cpu.allocate(100);
  assert.is(cpu.offer(10, 5, 0, placement.SHARED), 20);
  assert.is(cpu.busyNsUntil(20), 30);
});

test('under a quota a collection lasts a multiple of its work, and its processor competes with nobody', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const cpu = made(new ThrottledServers(2, { quotaNs: 10, periodNs: 100, phaseNs: 0, seed }));
    cpu.allocate(100);
    assert.is(cpu.offer(0, 5, 0, placement.SHARED), 300, '0 to 10, 100 to 110, 200 to 210, and the pool is empty');
    assert.is(cpu.busyNsUntil(300), 30);
  }
});

test('what is promoted makes a full collection necessary', () => {
  const cpu = made(new MultiServer(1), { promotedBytes: 500, fullNs: 1000 });
  const starts = [0, 10_000, 20_000, 30_000].map((atNs) => {
    cpu.allocate(100);
    return cpu.offer(atNs, 0, 0, placement.ANY) - atNs;
  });
  assert.equal(starts, [30, 1030, 30, 1030]);
  assert.is(cpu.fullCollections, 2);
  assert.is(cpu.stoppedNs, 2120);
});

const jobs = fc.array(fc.record({ gapNs: fc.nat(300), workNs: fc.nat(90) }), { minLength: 1, maxLength: 80 });

test('where nothing is allocated the processors are those without a collector', () => {
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 4 }), (given, servers) => {
      const plain = new MultiServer(servers);
      const collected = new CollectedServers(new MultiServer(servers), heap({ requestBytes: 0 }));
      let atNs = 0;
      for (const { gapNs, workNs } of given) {
        atNs += gapNs;
        assert.is(collected.offer(atNs, workNs, 7, placement.SHARED), plain.offer(atNs, workNs, 7, placement.SHARED));
        assert.is(collected.lastDoneNs, plain.lastDoneNs);
        assert.is(collected.busyNsUntil(atNs), plain.busyNsUntil(atNs));
      }
    }),
    { seed: 20_261_121 },
  );
});

test('work is conserved: in the end the processors have done all jobs and all collections', () => {
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (given, servers, threads) => {
      const cpu = new CollectedServers(new MultiServer(servers), heap({ threads, youngNs: 24 }));
      let atNs = 0;
      let workNs = 0;
      for (const job of given) {
        atNs += job.gapNs;
        workNs += job.workNs;
        cpu.offer(atNs, job.workNs, 0, placement.SHARED);
        assert.ok(cpu.busyNsUntil(atNs) >= 0 && cpu.busyNsUntil(atNs) <= servers * atNs + 1e-9);
      }
      assert.is(cpu.busyNsUntil(1e9), workNs + 24 * cpu.collections);
    }),
    { seed: 20_261_121 },
  );
});

test.run();
