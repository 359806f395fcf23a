// Runs of a sweep that share what is the same in them: the same tables to the last byte as from runs of their own.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main as failover } from '../../experiments/failover.ts';
import { noted, readsAlike } from '../../experiments/lib/noted-scenario.ts';
import { localRunner, type Runner } from '../../experiments/lib/run-pool.ts';
import { recordRun } from '../../experiments/lib/run-task.ts';
import { sharedMoments } from '../../experiments/lib/shared-moments.ts';
import { SharedRuns } from '../../experiments/lib/shared-runs.ts';
import { ThreadLines } from '../../experiments/lib/thread-lines.ts';
import { main as sensitivity } from '../../experiments/sensitivity.ts';
import { simulate } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario, ScenarioInput } from '../../models/scenario/schema.ts';
import { around } from '../validation/runs.ts';
import { inFolder, run, tablesIn } from './helpers.ts';

function sharingRunner(shared: SharedRuns): Runner {
  return {
    ...localRunner(simulate),
    record: async (scenario, replication, measure, sharedNs) =>
      recordRun({ scenario, replication, measure }, (one, number) =>
        sharedNs === undefined ? simulate(one, number) : shared.simulate(one, number, sharedNs),
      ),
  };
}

function scenario(more: ScenarioInput = {}): Scenario {
  return parseScenario(around(more));
}

async function check(main: typeof failover, argv: readonly string[]): Promise<SharedRuns> {
  const tables = (runner: Runner): Promise<Record<string, string>> =>
    inFolder(async (folder) => {
      const { code, stderr } = await run(main, [...argv, '--quiet', '--out', folder], runner);
      assert.is(code, 0, stderr);
      return tablesIn(folder);
    });
  const shared = new SharedRuns();
  assert.equal(await tables(sharingRunner(shared)), await tables(localRunner(simulate)));
  return shared;
}

test('the cases of failover share their warm-ups, and its tables are the same', async () => {
  const times = ['--warm-up', '2', '--duration', '12', '--load', '300', '--nodes', '3', '--replications', '2'];
  const shared = await check(failover, ['--strategies', 'delta,none', ...times, '--war-mb', '1']);
  // Six cases that differ in their faults only, and two that deploy: 5 + 1 of 10, for two strategies and replications.
  assert.is(shared.sharedWarmUps, 4 * 6);
});

test('settings that a strategy does not look at cost no run of their own, and the tables are the same', async () => {
  const times = ['--warm-up', '0.5', '--duration', '1', '--load', '40', '--nodes', '2', '--replications', '1'];
  const shared = await check(sensitivity, ['--strategies', 'none', ...times]);
  assert.ok(shared.sharedRuns >= 5, `${shared.sharedRuns} shared`);
});

test('a run is shared only where nothing that it has read is different', () => {
  const one = scenario({ replication: { strategy: 'none' } });
  const { scenario: watched, read } = noted(one);
  assert.equal(simulate(watched, 0), simulate(one, 0));
  const isAlike = (more: ScenarioInput): boolean => {
    const other = scenario({ replication: { strategy: 'none' }, ...more });
    const alike = readsAlike(one, other, read);
    if (alike) assert.equal(simulate(other, 0), simulate(one, 0));
    return alike;
  };
  assert.ok(isAlike({}));
  assert.ok(isAlike({ name: 'another' }));
  assert.not(isAlike({ load: { requestsPerSecond: 301 } }));
  assert.not(isAlike({ faults: [{ atS: 2, crash: 'node-1' }] }));
  assert.not(isAlike({ nodes: 5 }));
  assert.not(isAlike({ run: { warmUpS: 1, durationS: 5, seed: 2 } }));
  assert.not(isAlike({ replication: { strategy: 'delta' } }));
});

test('what is noted is what is read: values, lists as a whole, and whatever copies a section', () => {
  const { scenario: watched, read } = noted(scenario());
  assert.is(read.size, 0);
  assert.is(watched.service.cpuMsMean, 1);
  assert.is(watched.service.cpuMsMean, 1);
  assert.equal([...read], ['service.cpuMsMean']);
  assert.equal(watched.faults, []);
  const copy = { ...watched.membership.tcpFailureDetector };
  assert.equal(copy, { ...scenario().membership.tcpFailureDetector });
  for (const path of ['faults', 'membership.tcpFailureDetector.enabled']) assert.ok(read.has(path), path);
  assert.not(read.has('membership.mcastFrequencyMs'));
  assert.equal(JSON.parse(JSON.stringify(watched)), scenario());
});

test('other keys, other kinds of values and other values that were read are not alike', () => {
  const read = new Set(['a', 'c.d', 'e']);
  const one = { a: 1, b: 2, c: { d: 3 }, e: [1] };
  assert.ok(readsAlike(one, { a: 1, b: 5, c: { d: 3 }, e: [1] }, read));
  for (const other of [
    { a: 2, b: 2, c: { d: 3 }, e: [1] },
    { a: 1, b: 2, c: { d: 4 }, e: [1] },
    { a: 1, b: 2, c: { d: 3 }, e: [2] },
    { a: 1, b: 2, c: { d: 3, x: 1 }, e: [1] },
    { a: 1, b: { y: 1 }, c: { d: 3 }, e: [1] },
    { a: 1, b: 2, c: 3, e: [1] },
    { a: 1, x: 2, c: { d: 3 }, e: [1] },
    { a: 1, b: 2, c: { d: 3 } },
  ]) {
    assert.not(readsAlike(one, other, read), JSON.stringify(other));
  }
});

test('the moment up to which runs are the same is the last one before any of their faults', () => {
  const cases: Record<string, ScenarioInput> = {
    late: { faults: [{ atS: 4, crash: 'node-1' }] },
    early: { faults: [{ atS: 3, freeze: 'node-2', forS: 1 }] },
    calm: {},
    idle: { load: { requestsPerSecond: 100 }, faults: [{ atS: 4, crash: 'node-1' }] },
    still: { load: { requestsPerSecond: 100 }, faults: [{ atS: 5, crash: 'node-1' }] },
    begun: {
      faults: [
        { atS: 0, stop: 'node-1' },
        { atS: 2, restart: 'node-1' },
      ],
    },
    other: { faults: [{ atS: 2, crash: 'node-1' }], service: { cpuMsMean: 2 } },
    long: { faults: [{ atS: 1.1, crash: 'node-1' }], run: { warmUpS: 1, durationS: 50 } },
    longer: { faults: [{ atS: 9, crash: 'node-1' }], run: { warmUpS: 1, durationS: 50 } },
  };
  const point = { strategy: 'delta', balancer: 'sticky-route', nodes: 4, load_rps: 300 };
  const moments = sharedMoments<typeof point & { case?: string }>(Object.keys(cases), (one) =>
    scenario({ load: { requestsPerSecond: 400 }, ...cases[one.case ?? 'calm'] }),
  );
  const found = Object.keys(cases).map((name) => moments({ ...point, case: name }));
  assert.equal(found, [3e9 - 1, 3e9 - 1, 3e9 - 1, 0, 0, 0, 0, 0, 0]);
  assert.is(sharedMoments<typeof point>(undefined, () => scenario())(point), undefined);
});

test('where the first runs are all different nothing is kept, and where they are not all are looked at', () => {
  const loads = Array.from({ length: 40 }, (_, place) => scenario({ load: { requestsPerSecond: 20 + place } }));
  const different = new SharedRuns();
  for (const one of loads) different.simulate(one, 0, 0);
  assert.equal(different.simulate(loads[39], 0, 0), simulate(loads[39], 0));
  assert.is(different.sharedRuns, 0);
  const alike = new SharedRuns();
  for (const one of [loads[0], ...loads]) alike.simulate(one, 0, 0);
  assert.equal(alike.simulate(loads[39], 0, 0), simulate(loads[39], 0));
  assert.is(alike.sharedRuns, 2);
});

test('many scenarios with warm-ups of their own keep their results', () => {
  const shared = new SharedRuns();
  const faults: Scenario['faults'] = [{ atS: 2, crash: 'node-1' }];
  for (const round of [0, 1]) {
    for (let load = 50; load < 65; load += 1) {
      const one = scenario({ load: { requestsPerSecond: load }, faults: round === 0 ? [] : [...faults] });
      assert.equal(shared.simulate(one, 0, 2e9 - 1).fingerprint, simulate(one, 0).fingerprint);
    }
  }
});

test('the work of a group goes to the thread that had the last of it, unless a thread would stand still', async () => {
  const lines = new ThreadLines(2, 1);
  const went: string[] = [];
  const ends: (() => void)[] = [];
  const all = ['a1', 'b1', 'b2', 'a2', 'a3', 'a4'].map((name) =>
    lines.on(name[0], async (thread) => {
      went.push(`${name} on ${thread}`);
      await new Promise<void>((end) => {
        ends[thread] = end;
      });
    }),
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const done = async (thread: number): Promise<void> => {
    ends[thread]();
    await settled();
  };
  await settled();
  // Thread 0 passes b2 by, thread 1 takes it; then nothing of b is left, and thread 1 helps with a.
  for (const thread of [0, 0, 1, 1]) await done(thread);
  assert.equal(went, ['a1 on 0', 'b1 on 1', 'a2 on 0', 'a3 on 0', 'b2 on 1', 'a4 on 1']);
  for (const thread of [0, 1]) await done(thread);
  await Promise.all(all);
});

test.run();
