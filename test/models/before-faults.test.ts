// What a run says of the time before its first fault is what a run says that ends there.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../models/cluster.ts';
import { ForkableRun } from '../../models/forkable-run.ts';
import type { Throughput } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../models/scenario/schema.ts';

const base = { nodes: 4, load: { requestsPerSecond: 400 }, membership: { memberDropTimeMs: 1000 } } as const;

const run = (more: ScenarioInput, durationS = 6) =>
  simulate(parseScenario({ ...base, ...more, run: { warmUpS: 2, durationS } }), 1);

const columns = (throughput: Throughput): Partial<Throughput> =>
  Object.fromEntries(Object.entries(throughput).filter(([name]) => name.startsWith('before_faults_')));

const strategies = ['none', 'delta', 'backup', 'memcached-nonsticky', 'redisson', 'terracotta'] as const;

for (const strategy of strategies) {
  test(`${strategy}: before a crash at 5 s a run is the run that ends at 5 s`, () => {
    const crashed = run({ replication: { strategy }, faults: [{ atS: 5, crash: 'node-2' }] });
    const short = run({ replication: { strategy } }, 3);
    const before = columns(crashed.throughput);
    assert.equal(before, columns(short.throughput));
    const { completed_rps, cpu_utilisation_max, store_utilisation_max } = short.throughput;
    const bytes = short.traffic.reduce((sum, row) => sum + row.bytes, 0);
    assert.equal(before, {
      before_faults_s: 3,
      before_faults_completed_rps: completed_rps,
      before_faults_utilisation_max: Math.max(cpu_utilisation_max, store_utilisation_max ?? 0),
      before_faults_bytes_per_request: bytes / short.consistency.requests,
      before_faults_bytes_per_s: bytes / 3,
    });
    assert.is.not(crashed.throughput.completed_rps, completed_rps);
  });
}

test('only the first fault counts, and one in the warm-up leaves nothing undisturbed', () => {
  const faults = [
    { atS: 4, freeze: 'node-1', forS: 1 },
    { atS: 5, crash: 'node-2' },
  ];
  assert.is(run({ faults }).throughput.before_faults_s, 2);
  for (const atS of [1, 2]) {
    const { throughput } = run({ faults: [{ atS, crash: 'node-2' }] });
    assert.equal(columns(throughput), {
      before_faults_s: 0,
      before_faults_completed_rps: null,
      before_faults_utilisation_max: null,
      before_faults_bytes_per_request: null,
      before_faults_bytes_per_s: null,
    });
  }
});

test('a fork after the fault still knows what was before it', () => {
  const scenario = parseScenario({
    ...base,
    replication: { strategy: 'backup' },
    faults: [{ atS: 4, crash: 'node-2' }],
    run: { warmUpS: 2, durationS: 6 },
  });
  const warm = new ForkableRun(scenario, 1);
  warm.runUntil(5);
  assert.equal(warm.finishWith().throughput, simulate(scenario, 1).throughput);
});

test.run();
