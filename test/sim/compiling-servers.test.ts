import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Compilation, CompilingServers } from '../../sim/compiling-servers.ts';
import { MultiServer, placement } from '../../sim/servers.ts';
import { ThrottledServers } from '../../sim/throttled-servers.ts';

const MS = 1e6;

const what = (more: Partial<Compilation> = {}): Compilation => ({
  curve: [
    [1, 0],
    [1000, 100 * MS],
    [2000, 150 * MS],
  ],
  taskNs: MS,
  served: 0,
  seed: 1,
  ...more,
});

/** Serves so many requests, one per millisecond. */
function serve(cpu: MultiServer, count: number, fromNs = 0): void {
  for (let request = 0; request < count; request += 1) cpu.offer(fromNs + request * MS, 1000, 0, placement.SHARED);
}

test('what is compiled follows the curve, straight on a logarithmic axis, and on beyond its end', () => {
  for (const [served, count, ms] of [
    [0, 1000, 100],
    [1000, 1000, 50],
    [4000, 4000, 50],
    [4000, 12_000, 100],
  ]) {
    const cpu = new CompilingServers(new MultiServer(4), what({ served }));
    serve(cpu, count);
    assert.ok(Math.abs(cpu.compiledNs / MS - ms) <= 2.5, `${served} + ${count}: ${cpu.compiledNs / MS} ms`);
  }
});

test('after a restart everything is compiled again', () => {
  const cpu = new CompilingServers(new MultiServer(4), what({ served: 1e9 }));
  serve(cpu, 1000);
  assert.is(cpu.compiledNs, 0);
  cpu.reset(2000 * MS);
  serve(cpu, 1000, 2000 * MS);
  assert.ok(Math.abs(cpu.compiledNs / MS - 100) <= 2.5);
});

test('a request waits for a slice at most, where there is one processor, and not at all where there are two', () => {
  for (const [servers, longestNs] of [
    [1, 1.4 * MS],
    [2, 0],
  ]) {
    const cpu = new CompilingServers(new MultiServer(servers), what({ taskNs: 20 * MS, served: 500 }));
    let waitedNs = 0;
    for (let request = 0; request < 500; request += 1) {
      const startNs = cpu.offer(request * 3 * MS, 1000, 0, placement.SHARED);
      waitedNs = Math.max(waitedNs, startNs - request * 3 * MS);
    }
    assert.is(waitedNs, longestNs);
  }
});

test('messages and requests count, whatever else is done does not', () => {
  const cpu = new CompilingServers(new MultiServer(1), what());
  for (let job = 0; job < 3000; job += 1) cpu.offer(job * MS, 10, 0, [placement.ANY, placement.HOME][job % 2]);
  assert.is(cpu.compiledNs, 0);
  for (let job = 3000; job < 6000; job += 1) cpu.offer(job * MS, 10, 0, [placement.BATCH, placement.ALONE][job % 2]);
  assert.ok(cpu.compiledNs > 100 * MS);
});

test('the work of the compiler is conserved, with and without a quota', () => {
  const gaps = fc.array(fc.nat(3_000_000), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(gaps, fc.boolean(), (given, isLimited) => {
      const quota = { quotaNs: MS, periodNs: 7 * MS, phaseNs: 0, seed: 3 };
      const inner = isLimited ? new ThrottledServers(2, quota) : new MultiServer(2);
      const cpu = new CompilingServers(inner, what());
      let atNs = 0;
      for (const gapNs of given) {
        atNs += gapNs;
        cpu.offer(atNs, 1000, 0, placement.SHARED);
      }
      assert.is(cpu.busyNsUntil(1e12), given.length * 1000 + cpu.compiledNs);
    }),
    { seed: 20_261_121 },
  );
});

test.run();
