import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MultiServer } from '../../sim/servers.ts';
import { SLICE_NS, ThrottledServers } from '../../sim/throttled-servers.ts';

const quota = (quotaNs: number, periodNs: number, phaseNs = 0, seed = 1) => ({ quotaNs, periodNs, phaseNs, seed });

const works = fc.array(fc.record({ gapNs: fc.nat(300), workNs: fc.nat(90) }), { minLength: 1, maxLength: 80 });

test('one processor runs until its quota is used up, and goes on in the next period', () => {
  const cpu = new ThrottledServers(1, quota(2, 10));
  assert.is(cpu.offer(0, 5), 0);
  assert.is(cpu.lastDoneNs, 21, '0 to 2, 10 to 12, 20 to 21');
  assert.is(cpu.offer(3, 1), 21, 'the third period has one left');
  assert.is(cpu.lastDoneNs, 22);
  assert.is(cpu.offer(24, 1), 30);
  assert.is(cpu.busyNsUntil(24), 6);
  assert.is(cpu.busyNsUntil(31), 7);
  assert.is(cpu.capacity, 0.2);
});

test('periods begin at their phase', () => {
  const cpu = new ThrottledServers(1, quota(2, 10, 7));
  cpu.offer(0, 3);
  assert.is(cpu.lastDoneNs, 8, 'the period before the first ends at 7');
});

test('what a slice leaves over is kept for the next period', () => {
  const cpu = new ThrottledServers(1, quota(4, 10));
  cpu.offer(0, 1);
  cpu.offer(12, 6);
  assert.is(cpu.lastDoneNs, 18, 'three left over and three of four');
});

test('a processor whose quota is its whole period is a server like any other', () => {
  fc.assert(
    fc.property(works, fc.nat(100), (jobs, wakeNs) => {
      const plain = new MultiServer(1);
      const limited = new ThrottledServers(1, quota(50, 50, 13));
      plain.wakeNs = wakeNs;
      limited.wakeNs = wakeNs;
      let nowNs = 0;
      for (const { gapNs, workNs } of jobs) {
        nowNs += gapNs;
        plain.offer(nowNs, workNs);
        limited.offer(nowNs, workNs);
        assert.is(limited.lastDoneNs, plain.lastDoneNs);
        assert.is(limited.busyNsUntil(nowNs), plain.busyNsUntil(nowNs));
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('in no stretch of periods more than their quotas and what was kept is used, and all work gets done', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 300 }), works, (servers, quotaNs, jobs) => {
      const cpu = new ThrottledServers(servers, quota(quotaNs, 100));
      let nowNs = 0;
      let workNs = 0;
      let lastNs = 0;
      const busy: number[] = [];
      for (const job of jobs) {
        nowNs += job.gapNs;
        cpu.offer(nowNs, job.workNs);
        assert.ok(cpu.lastDoneNs >= nowNs + job.workNs, 'no job ends before it can');
        workNs += job.workNs;
        lastNs = Math.max(lastNs, cpu.lastDoneNs);
      }
      for (let atNs = Math.ceil(nowNs / 100) * 100; atNs <= lastNs + 100; atNs += 100) busy.push(cpu.busyNsUntil(atNs));
      assert.is(cpu.busyNsUntil(lastNs + 100), workNs);
      const kept = servers * Math.min(quotaNs, SLICE_NS);
      busy.forEach((until, at) => {
        for (let from = 0; from < at; from += 1) assert.ok(until - busy[from] <= (at - from) * quotaNs + kept);
      });
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('with a quota below a slice, a thread on the other processor waits for a period that its processor wins', () => {
  const waits: number[] = [];
  for (let seed = 0; seed < 400; seed += 1) {
    const cpu = new ThrottledServers(2, quota(1e6, 1e7, 0, seed));
    cpu.offer(0, 1e8);
    const startNs = cpu.offer(5e6, 1e5);
    waits.push((startNs - 1e7) / 1e7);
  }
  const isFirst = waits.filter((periods) => periods === 0).length / waits.length;
  assert.ok(isFirst < 0.05, 'the long job has booked the periods before anybody else came');
  const alternating: number[] = [];
  for (let seed = 0; seed < 400; seed += 1) {
    const cpu = new ThrottledServers(2, quota(1e6, 1e7, 0, seed));
    cpu.offer(0, 1.5e6);
    cpu.offer(1, 1.5e6);
    alternating.push(cpu.lastDoneNs);
  }
  assert.ok(new Set(alternating).size > 3, 'chance decides how long the other one waits');
});

test('after a reset everything is free, and after a pause everything is later', () => {
  const cpu = new ThrottledServers(1, quota(2, 10));
  cpu.offer(0, 50);
  cpu.reset(11);
  assert.is(cpu.busyNsUntil(11), 3);
  assert.is(cpu.offer(20, 1), 20);
  const paused = new ThrottledServers(1, quota(2, 10));
  paused.offer(0, 1);
  paused.standStill(0, 7);
  assert.is(paused.offer(1, 1), 8);
});

test.run();
