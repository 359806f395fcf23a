import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvariantError } from '../../sim/invariant.ts';
import { LimitError, Simulation } from '../../sim/simulation.ts';

const isBug = (error: unknown) => error instanceof InvariantError;

test('events run in the order of time, then of scheduling', () => {
  const simulation = new Simulation();
  const seen: string[] = [];
  simulation.on(0, 'note', (a, b) => {
    seen.push(`${simulation.nowNs}:${a}:${b}`);
    if (a === 1) simulation.schedule(0, 0, 9, 9);
  });
  simulation.schedule(20, 0, 3);
  simulation.schedule(10, 0, 1, 5);
  simulation.scheduleAt(10, 0, 2);
  simulation.runUntil(100);
  assert.equal(seen, ['10:1:5', '10:2:0', '10:9:9', '20:3:0']);
  assert.is(simulation.eventsRun, 4);
});

test('the clock ends exactly at the end, and events of that moment have run', () => {
  const simulation = new Simulation();
  let runs = 0;
  simulation.on(0, 'tick', () => {
    runs++;
    simulation.schedule(10, 0);
  });
  simulation.schedule(0, 0);
  simulation.runUntil(30);
  assert.is(runs, 4);
  assert.is(simulation.nowNs, 30);
  simulation.runUntil(39);
  assert.is(runs, 4);
  assert.is(simulation.nowNs, 39);
  assert.is(simulation.pending, 1);
  simulation.runUntil(39);
  simulation.runUntil(40);
  assert.is(runs, 5);
});

test('a cancelled event does not run', () => {
  const simulation = new Simulation();
  simulation.on(0, 'never', () => assert.unreachable());
  simulation.schedule(5, 0);
  const handle = simulation.lastScheduled();
  assert.ok(simulation.cancel(handle));
  assert.not(simulation.cancel(handle));
  assert.is(simulation.pending, 0);
  simulation.runUntil(10);
  assert.is(simulation.eventsRun, 0);
});

test('the past, fractions and unknown kinds are refused', () => {
  const simulation = new Simulation();
  simulation.on(0, 'tick', () => simulation.runUntil(1));
  simulation.runUntil(10);
  for (const delayNs of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(() => simulation.schedule(delayNs, 0), isBug);
  }
  assert.throws(() => simulation.scheduleAt(9, 0), /"tick" scheduled at 9 ns, in the past of 10 ns/);
  assert.throws(() => simulation.schedule(1, 1), /no handler for event kind 1/);
  assert.throws(() => simulation.on(0, 'twice', () => {}), isBug);
  assert.throws(() => simulation.on(-1, 'below', () => {}), isBug);
  assert.throws(() => simulation.on(1022, 'above', () => {}), isBug);
  assert.throws(() => simulation.runUntil(9), isBug);
  simulation.schedule(1, 0);
  assert.throws(() => simulation.runUntil(20), /runUntil was called by an event/);
});

test('a limit names itself and the busiest kind of event', () => {
  const build = (limits: object) => {
    const simulation = new Simulation(limits);
    simulation.on(0, 'rare', () => {});
    simulation.on(1, 'busy', () => {
      simulation.schedule(1, 1);
      simulation.schedule(1_000_000, 0);
    });
    simulation.schedule(0, 0);
    simulation.schedule(0, 1);
    return simulation;
  };
  const failsWith = (limit: string, text: RegExp) => (error: unknown) =>
    error instanceof LimitError && error.limit === limit && text.test(error.message);
  assert.throws(() => build({ maxEvents: 100 }).runUntil(1000), failsWith('maxEvents', /most events run: "busy", 99$/));
  assert.throws(
    () => build({ maxPending: 50 }).runUntil(1000),
    failsWith('maxPending', /50 passed at 49 ns; most events pending: "rare", 49$/),
  );
  assert.throws(() => build({ maxTimeNs: 200 }).runUntil(201), failsWith('maxTimeNs', /"busy", 201$/));
  build({ maxTimeNs: 200 }).runUntil(200);
});

test('the digest is that of the events, whatever else was scheduled and cancelled', () => {
  const run = (extra: boolean, secondArgument = 1) => {
    const simulation = new Simulation();
    simulation.on(0, 'a', () => {});
    simulation.schedule(1, 0, 1, 2);
    if (extra) {
      simulation.schedule(1, 0, 7);
      simulation.cancel(simulation.lastScheduled());
    }
    simulation.schedule(1, 0, secondArgument, 1);
    simulation.runUntil(5);
    return simulation.digest();
  };
  assert.is(run(false), run(true));
  assert.is.not(run(false), run(false, 2));
});

test.run();
