import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PollingThread, serve, serveBatched } from '../../sim/polling-thread.ts';
import { MultiServer } from '../../sim/servers.ts';
import { ThreadPool } from '../../sim/thread-pool.ts';
import { ThrottledServers } from '../../sim/throttled-servers.ts';

/** One processor under a quota of half of it, in periods of 1,000 ns, with a price of 100 ns for waking. */
function limited(): ThrottledServers {
  const cpu = new ThrottledServers(1, { quotaNs: 500, periodNs: 1000, phaseNs: 0, seed: 1 });
  cpu.wakeNs = 100;
  return cpu;
}

test('what has come by the time the polling thread runs shares its pass', () => {
  const cpu = limited();
  const poller = new PollingThread(cpu);
  cpu.offer(0, 300, 0);
  assert.is(poller.passNs, 40);
  assert.is(poller.handsOutNs(10), 340, 'behind the request');
  assert.is(poller.handsOutNs(200), 340, 'found by the same pass');
  assert.is(poller.handsOutNs(341), 381, 'the next one');
  assert.is(cpu.busyNsUntil(1000), 380);
});

test('under a quota a thread of the pool is held until its message is done, waiting included', () => {
  const cpu = limited();
  const poller = new PollingThread(cpu);
  const threads = new ThreadPool(1);
  cpu.offer(0, 400, 0);
  const startNs = poller.handsOutNs(0);
  serve(poller, cpu, threads, startNs, 140, true);
  assert.is(cpu.lastDoneNs, 1040, '400 and 40, then 60 of 100 before the quota is used up');
  assert.is(threads.startNs(500), 1040);
});

test('a message among many holds its thread for its own time only, and without a quota so does every one', () => {
  for (const cpu of [limited(), new MultiServer(1)]) {
    const isLimited = cpu instanceof ThrottledServers;
    const poller = new PollingThread(cpu);
    assert.is(poller.hasTurns, isLimited);
    const threads = new ThreadPool(1);
    cpu.offer(0, 400, 0);
    if (isLimited) serveBatched(cpu, threads, 0, 50);
    else serve(poller, cpu, threads, 0, 50, true);
    assert.is(cpu.lastDoneNs, 450);
    assert.is(threads.startNs(10), 50);
  }
});

test('where waking costs nothing nobody waits for a turn', () => {
  const cpu = limited();
  cpu.wakeNs = 0;
  assert.not(new PollingThread(cpu).hasTurns);
});

test('it stands still with everything else, and forgets with its process', () => {
  const cpu = limited();
  const poller = new PollingThread(cpu);
  poller.handsOutNs(0);
  poller.standStill(10, 210);
  assert.is(poller.foundNs, 240);
  poller.reset();
  assert.is(poller.foundNs, Number.NEGATIVE_INFINITY);
});

test.run();
