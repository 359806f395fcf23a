import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CompilingServers } from '../../sim/compiling-servers.ts';
import { DiscardedCode, type Discards } from '../../sim/discarded-code.ts';
import { MultiServer, placement } from '../../sim/servers.ts';
import { ThrottledServers } from '../../sim/throttled-servers.ts';

const MS = 1e6;
const what: Discards = { everyJobs: 1000, hotJobs: 50, slowFactor: 3, compileNs: 20 * MS, seed: 7 };

test('code is slow from a discard until it has been compiled, and discards come as often as is said', () => {
  const code = new DiscardedCode(what);
  let slow = 0;
  const jobs = 400_000;
  for (let job = 0; job < jobs; job += 1) {
    if (code.next(job) === 3) slow += 1;
    if (code.takeDueNs() > 0) code.compiled(job + 1);
  }
  assert.is(slow, code.discards * 51, 'the job that breaks it, and 50 more');
  // Gaps of 1,000 jobs and 51 slow ones: the count of 381 has a standard deviation of 19.
  assert.ok(Math.abs(code.discards - jobs / 1051) < 60, `${code.discards} discards`);
});

test('it stays slow until the compiler gets round to it', () => {
  const code = new DiscardedCode(what);
  let job = 0;
  while (code.next(job) === 1) job += 1;
  for (let more = 0; more < 500; more += 1) assert.is(code.next(job + more), 3);
  assert.is(code.takeDueNs(), 20 * MS);
  assert.is(code.takeDueNs(), 0, 'told once');
  code.compiled(job + 1000);
  assert.is(code.next(job + 999), 3);
  assert.is(code.next(job + 1000), 1);
});

function served(kind: number, more: Partial<Discards>, isLimited: boolean): CompilingServers {
  const quota = { quotaNs: MS, periodNs: 5 * MS, phaseNs: 0, seed: 3 };
  const inner = isLimited ? new ThrottledServers(2, quota) : new MultiServer(2);
  const cpu = new CompilingServers(inner, {
    curve: [],
    taskNs: MS,
    served: 0,
    seed: 1,
    discards: { ...what, ...more },
  });
  for (let job = 0; job < 20_000; job += 1) cpu.offer(job * MS, 10_000, 0, kind);
  return cpu;
}

test('what is slow and what is compiled anew is work of the processors, with and without a quota', () => {
  for (const isLimited of [false, true]) {
    const cpu = served(placement.SHARED, {}, isLimited);
    assert.ok(cpu.discards > 5, `${cpu.discards} discards`);
    assert.is(cpu.compiledNs % (20 * MS), 0);
    const extraNs = cpu.busyNsUntil(1e15) - 20_000 * 10_000 - cpu.compiledNs;
    // Each discard: 50 jobs until it is due, and those that come while it is compiled, of 20,000 ns more each.
    const leastNs = (cpu.compiledNs / (20 * MS)) * 50 * 20_000;
    assert.ok(extraNs >= leastNs && extraNs <= leastNs * (isLimited ? 4 : 2), `${extraNs} of ${leastNs}`);
  }
});

test('requests and messages have code of their own, and other work has none', () => {
  assert.is(served(placement.HOME, {}, false).discards, 0);
  const both = (kind: number): number => served(kind, { everyJobs: 300 }, false).discards;
  assert.is.not(both(placement.SHARED), 0);
  assert.is.not(both(placement.BATCH), both(placement.SHARED));
});

test('a restart forgets that code was slow', () => {
  const code = new DiscardedCode(what);
  let job = 0;
  while (code.next(job) === 1) job += 1;
  code.reset();
  assert.is(code.next(job + 1), 1);
});

test.run();
