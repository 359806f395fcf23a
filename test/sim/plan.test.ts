// A plan of events that can be replaced: as if it had been there from the start.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventQueue } from '../../sim/event-queue.ts';
import { InvariantError } from '../../sim/invariant.ts';
import type { PlannedEvent } from '../../sim/planned-event.ts';
import { LimitError, Simulation } from '../../sim/simulation.ts';

const MOST = 100;

/** Pops everything, as text. */
function drain(queue: EventQueue): string[] {
  const found: string[] = [];
  while (queue.pop()) found.push(`${queue.timeNs} ${queue.kind} ${queue.a} ${queue.b}`);
  return found;
}

const moment = fc.oneof(fc.nat(12), fc.nat(100), fc.nat(100), fc.nat(20_000));
const planned = fc.array(moment, { minLength: 1, maxLength: 12 });

/** Pushes an event; every other one so that it cannot be cancelled, once they are far apart. */
function push(queue: EventQueue, timeNs: number, kind: number, a: number, isFirm: boolean): number {
  if (isFirm) {
    queue.pushFirm(timeNs, kind, a);
    return -1;
  }
  queue.push(timeNs, kind, a, 0);
  return queue.handle();
}

for (const scale of [1, 2 ** 27, 2 ** 38])
  test(`a plan that replaces another comes out as if it had been pushed first, moments times ${scale}`, () => {
    const counts = { tied: 0, free: 0 };
    fc.assert(
      fc.property(
        fc.record({ early: fc.array(moment, { maxLength: 40 }), before: planned, instead: planned }),
        fc.array(moment, { minLength: 60, maxLength: 400 }),
        fc.nat(60),
        fc.array(fc.nat(500), { maxLength: 20 }),
        ({ early, before, instead }, late, pops, cancels) => {
          const eventsOf = (times: readonly number[], fromNs: number): PlannedEvent[] =>
            times
              .map((time, a) => ({ timeNs: time * scale, kind: 1, a, b: 7 }))
              .filter(({ timeNs }) => timeNs >= fromNs);
          const make = (plan: readonly number[]): { queue: EventQueue; first: number; handles: number[] } => {
            const queue = new EventQueue();
            const isFirm = (a: number): boolean => scale > 1 && a % 2 === 1;
            for (const [a, time] of early.entries()) push(queue, time * scale, 2, a, isFirm(a));
            const first = queue.reserve(MOST);
            queue.plan(first, first + MOST, eventsOf(plan, 0));
            const handles = late.map((time, a) => push(queue, time * scale, 3, a, isFirm(a)));
            for (const choice of cancels) queue.cancel(handles[choice % handles.length] ?? -1);
            return { queue, first, handles };
          };
          const replaced = make(before);
          const whole = make(instead);
          // Both get to the same moment, then the one takes the plan of the other.
          for (let i = 0; i < pops; i++) if (!replaced.queue.pop()) break;
          const nowNs = replaced.queue.timeNs;
          while (replaced.queue.popUntil(nowNs));
          while (whole.queue.popUntil(nowNs));
          const rest = eventsOf(instead, nowNs + 1);
          const taken = new Set([...early, ...late].map((time) => time * scale));
          if (rest.some(({ timeNs }) => taken.has(timeNs))) counts.tied += 1;
          else counts.free += 1;
          replaced.queue.plan(replaced.first, replaced.first + MOST, rest);
          assert.is(replaced.queue.size, whole.queue.size);
          for (const { queue } of [replaced, whole]) queue.push(nowNs + 5, 4, 0, 0);
          for (const [place, handle] of replaced.handles.entries()) {
            if (place % 5 === 0) assert.is(replaced.queue.cancel(handle), whole.queue.cancel(whole.handles[place]));
          }
          assert.equal(drain(replaced.queue), drain(whole.queue));
        },
      ),
      { seed: 20_261_121, numRuns: scale === 1 ? 1000 : 250 },
    );
    assert.ok(counts.tied > 50 && counts.free > 50, JSON.stringify(counts));
  });

test('planned events run, at one moment, between what was scheduled before and after the place was kept', () => {
  const simulation = new Simulation();
  const seen: number[] = [];
  simulation.on(0, 'note', (a) => seen.push(a));
  simulation.scheduleAt(10, 0, 1);
  const plan = simulation.reserve(10);
  simulation.scheduleAt(10, 0, 4);
  const event = (timeNs: number, a: number): PlannedEvent => ({ timeNs, kind: 0, a, b: 0 });
  simulation.plan(plan, [event(5, 99), event(10, 98)]);
  simulation.plan(plan, [event(10, 2), event(10, 3)]);
  simulation.runUntil(10);
  assert.equal(seen, [1, 2, 3, 4]);
  simulation.plan(plan, [event(12, 5)]);
  simulation.runUntil(20);
  assert.equal(seen, [1, 2, 3, 4, 5]);
});

test('a plan in the past, of an unknown kind, too long, or beyond what may be pending is an error', () => {
  const simulation = new Simulation({ maxPending: 2 });
  simulation.on(0, 'note', () => {});
  const plan = simulation.reserve(3);
  const events = (...times: number[]): PlannedEvent[] => times.map((timeNs) => ({ timeNs, kind: 0, a: 0, b: 0 }));
  const isBug = (error: unknown): boolean => error instanceof InvariantError;
  simulation.runUntil(10);
  assert.throws(() => simulation.plan(plan, events(9)), isBug);
  assert.throws(() => simulation.plan(plan, [{ timeNs: 11, kind: 1, a: 0, b: 0 }]), isBug);
  assert.throws(() => simulation.plan(plan, events(11, 12, 13, 14)), isBug);
  assert.throws(() => simulation.plan(plan + 1, events(11)), isBug);
  assert.throws(
    () => simulation.plan(plan, events(11, 12, 13)),
    (error: unknown) => error instanceof LimitError,
  );
});

test.run();
