import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SenderPool } from '../../models/sender-pool.ts';
import { Simulation } from '../../sim/simulation.ts';

const MS = 1e6;

/** A pool of `poolSize` senders of one node whose threads run one after the other, `wakeNs` each, once they are woken. */
function poolOf(poolSize: number, wakeNs: number) {
  const sim = new Simulation();
  const granted: [number, number][] = [];
  const refused: number[] = [];
  const state = { woken: 0, freeNs: 0 };
  const costs = { dispatchWakeNs: wakeNs } as never;
  const runNs = (_node: number, workNs: number): number => {
    state.woken += 1;
    state.freeNs = Math.max(sim.nowNs, state.freeNs) + workNs;
    return state.freeNs;
  };
  const pool = new SenderPool({ sim, costs, runNs }, 1, { poolSize, maxWaitMs: 3000 });
  const user = {
    senderGranted: (id: number) => void granted.push([id, sim.nowNs]),
    senderRefused: (id: number) => void refused.push(id),
  };
  for (let id = 0; id < poolSize; id += 1) assert.ok(pool.take(0, user, id));
  return { sim, pool, user, granted, refused, state };
}

test('the thread that has waited least gets the sender that is given back, and the oldest ones give up after 3 s', () => {
  const { sim, pool, user, granted, refused } = poolOf(1, 0);
  for (const id of [10, 11, 12]) assert.not(pool.take(0, user, id));
  sim.runUntil(MS);
  pool.release(0);
  assert.equal(granted, [[12, MS]]);
  sim.runUntil(4000 * MS);
  assert.equal(refused, [10, 11]);
  assert.is(pool.refused, 2);
});

test('every thread that waits is woken, one after the other, whether there is a sender for it or not', () => {
  const { sim, pool, user, granted, state } = poolOf(2, 10_000);
  for (const id of [10, 11, 12, 13]) pool.take(0, user, id);
  sim.runUntil(MS);
  pool.release(0);
  sim.runUntil(2 * MS);
  assert.equal(granted, [[13, MS + 10_000]]);
  assert.is(state.woken, 4);
  pool.release(0);
  sim.runUntil(3 * MS);
  assert.equal(granted[1], [12, 2 * MS + 10_000]);
  assert.is(state.woken, 7, 'the three that are left');
});

test('senders given back while threads are being woken wake nobody a second time', () => {
  const { sim, pool, user, granted, state } = poolOf(3, 10_000);
  for (let id = 10; id < 15; id += 1) pool.take(0, user, id);
  sim.runUntil(MS);
  for (let turn = 0; turn < 3; turn += 1) pool.release(0);
  sim.runUntil(2 * MS);
  assert.equal(
    granted.map(([id]) => id),
    [14, 13, 12],
  );
  assert.is(state.woken, 5);
});

test('a sender that is given back while nobody waits wakes nobody', () => {
  const { pool, user, state } = poolOf(1, 10_000);
  pool.release(0);
  assert.is(state.woken, 0);
  assert.ok(pool.take(0, user, 1));
});

test.run();
