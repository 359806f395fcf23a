import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../models/cluster.ts';
import { ForkableRun } from '../../models/forkable-run.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario, ScenarioInput } from '../../models/scenario/schema.ts';
import { InvariantError } from '../../sim/invariant.ts';
import { around } from '../validation/runs.ts';

const isBug = (error: unknown): boolean => error instanceof InvariantError;

function scenario(faults: ScenarioInput['faults'] = [], more: ScenarioInput = {}): Scenario {
  return parseScenario(around({ ...more, faults }));
}

const plans: readonly Scenario['faults'][] = [
  [],
  [{ atS: 2.5, crash: 'node-1' }],
  [
    { atS: 2.000000001, powerOff: 'node-2' },
    { atS: 3, restart: 'node-2' },
  ],
  [{ atS: 2.25, partition: [['node-1'], ['node-2', 'node-3']], forS: 1 }],
  [{ atS: 4, freeze: 'node-4', forS: 0.5 }],
];

test('one warm-up, many ways to go on: each equals its whole run, and results that are kept stay as they are', () => {
  for (const strategy of ['delta', 'backup'] as const) {
    const run = new ForkableRun(scenario([], { replication: { strategy } }), 1);
    run.runUntil(2);
    const kept = plans.map((faults) => run.finishWith(faults));
    const forks = plans.map((faults) => run.fork(faults));
    const forked = forks.map((fork) => fork.finish());
    for (const [place, faults] of plans.entries()) {
      const whole = simulate(scenario([...faults], { replication: { strategy } }), 1);
      assert.equal(kept[place], whole);
      assert.equal(forked[place], whole);
    }
    assert.equal(run.finish(), kept[0]);
  }
});

test('a fault that has begun stays; one that has not can be replaced up to the last nanosecond', () => {
  const before: Scenario['faults'] = [{ atS: 1.5, freeze: 'node-1', forS: 2 }];
  const run = new ForkableRun(scenario([...before, { atS: 3, crash: 'node-2' }]), 0);
  run.runUntilNs(3e9 - 1);
  const instead: Scenario['faults'] = [...before, { atS: 3, crash: 'node-3' }];
  assert.equal(run.finishWith(instead), simulate(scenario([...instead]), 0));
  assert.throws(() => run.fork([]), isBug);
  assert.throws(() => run.fork([{ atS: 1.5, freeze: 'node-2', forS: 2 }]), isBug);
  assert.throws(() => run.fork([...before, { atS: 2, crash: 'node-3' }]), isBug);
  run.runUntilNs(3e9);
  assert.throws(() => run.fork(instead), /fault 1 is of the past/);
});

test('a run before anything has happened can be forked, with a fault in its first moment', () => {
  const faults: Scenario['faults'] = [{ atS: 0, stop: 'node-4' }];
  assert.equal(new ForkableRun(scenario(), 0).finishWith(faults), simulate(scenario([...faults]), 0));
});

test('runs before and after the measurement opened, and with a timeline, fork alike', () => {
  for (const atS of [0.5, 1, 3.7, 6]) {
    const faults: Scenario['faults'] = [{ atS: 6, crash: 'node-1' }];
    const input = scenario(atS < 6 ? [...faults] : [], { run: { warmUpS: 1, durationS: 5, timelineS: 0.1 } });
    const run = new ForkableRun({ ...input, faults: [] }, 0);
    run.runUntil(atS);
    assert.equal(run.finishWith(input.faults), simulate(input, 0));
  }
});

test('a run that is over goes on in no way', () => {
  const run = new ForkableRun(scenario(), 0);
  assert.throws(() => run.runUntil(6.1), isBug);
  run.finish();
  assert.throws(() => run.finish(), isBug);
  assert.throws(() => run.fork(), isBug);
  assert.throws(() => run.finishWith([]), isBug);
  assert.throws(() => run.runUntil(6), isBug);
});

test.run();
