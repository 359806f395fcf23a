import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError } from '../../sim/invariant.ts';
import { MultiServer } from '../../sim/servers.ts';

interface Job {
  startNs: number;
  doneNs: number;
}

/** The reference: each job takes the server that is free first; the busy time is summed over the jobs. */
function naive(servers: number, jobs: readonly { arrivalNs: number; serviceNs: number }[]): Job[] {
  const free = new Array<number>(servers).fill(0);
  return jobs.map(({ arrivalNs, serviceNs }) => {
    const first = free.indexOf(Math.min(...free));
    const startNs = Math.max(arrivalNs, free[first]);
    free[first] = startNs + serviceNs;
    return { startNs, doneNs: free[first] };
  });
}

function busyNs(jobs: readonly Job[], untilNs: number): number {
  return jobs.reduce(
    (sum, job) => sum + Math.max(0, Math.min(untilNs, job.doneNs) - Math.min(untilNs, job.startNs)),
    0,
  );
}

const arrivals = fc.array(fc.record({ gapNs: fc.nat(20), serviceNs: fc.nat(50) }), { maxLength: 60 });

test('starts, ends and busy time are those of servers followed one by one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), arrivals, fc.nat(100), (servers, gaps, restNs) => {
      let nowNs = 0;
      const jobs = gaps.map(({ gapNs, serviceNs }) => {
        nowNs += gapNs;
        return { arrivalNs: nowNs, serviceNs };
      });
      const server = new MultiServer(servers);
      const found = jobs.map((job, i) => {
        const startNs = server.offer(job.arrivalNs, job.serviceNs);
        assert.is(server.busyNsUntil(job.arrivalNs), busyNs(naive(servers, jobs.slice(0, i + 1)), job.arrivalNs));
        return { startNs, doneNs: server.lastDoneNs };
      });
      assert.equal(found, naive(servers, jobs));
      assert.is(server.busyNsUntil(nowNs + restNs), busyNs(found, nowNs + restNs));
      assert.is(server.jobs, jobs.length);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('the first free server is known', () => {
  for (const servers of [1, 2, 3, 8]) {
    const server = new MultiServer(servers);
    for (let i = 0; i < servers; i++) server.offer(10, 100 - i);
    assert.is(server.earliestFreeNs(), 10 + 100 - (servers - 1));
    assert.is(server.backlogNs(10), 100 * servers - (servers * (servers - 1)) / 2);
  }
});

test('a reset drops the work and keeps the busy time', () => {
  for (const servers of [1, 2, 5]) {
    const server = new MultiServer(servers);
    for (let i = 0; i < 20; i++) server.offer(0, 100);
    server.reset(50);
    assert.is(server.busyNsUntil(50), 50 * servers);
    assert.is(server.busyNsUntil(80), 50 * servers);
    assert.is(server.offer(60, 10), 60);
    assert.is(server.busyNsUntil(100), 50 * servers + 10);
  }
});

test('a pause is no work: not while it lasts, not once it is over, not if a reset ends it', () => {
  for (const servers of [1, 2, 3]) {
    const [whole, cut] = [new MultiServer(servers), new MultiServer(servers)];
    for (const queue of [whole, cut]) {
      queue.offer(0, 100);
      queue.standStill(40, 1000);
      queue.offer(500, 30);
      queue.standStill(1000, 1200);
      assert.equal(
        [600, 1100, 1200].map((timeNs) => queue.busyNsUntil(timeNs)),
        [40, 40, 40],
        `${servers} servers`,
      );
    }
    assert.is(whole.busyNsUntil(2000), 130);
    cut.reset(1100);
    assert.is(cut.busyNsUntil(2000), 40);
  }
});

test('what cannot be is a bug', () => {
  const isBug = (error: unknown) => error instanceof InvariantError;
  for (const servers of [0, -1, 1.5, Number.NaN]) assert.throws(() => new MultiServer(servers), isBug);
  const server = new MultiServer(2);
  server.offer(10, 1);
  assert.throws(() => server.offer(9, 1), isBug);
  assert.throws(() => server.offer(10, -1), isBug);
  assert.throws(() => server.offer(Number.NaN, 1), isBug);
  assert.throws(() => server.busyNsUntil(9), isBug);
});

test('a job that finds a free server pays for waking a thread, one that waits does not', () => {
  for (const servers of [1, 2, 3]) {
    const server = new MultiServer(servers);
    server.wakeNs = 7;
    for (let job = 0; job < servers; job += 1) {
      server.offer(0, 10);
      assert.is(server.lastDoneNs, 17);
    }
    server.offer(5, 10);
    assert.is(server.lastDoneNs, 27, 'a thread that is awake takes it');
    server.offer(17, 10, 100);
    assert.is(server.lastDoneNs, servers === 1 ? 37 : 127, 'its own price');
  }
});

test.run();
