// min-replicas-to-write: a Redis master that misses its replicas takes no writes, whoever is at fault.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../../models/cluster.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../../models/scenario/schema.ts';

type Faults = NonNullable<ScenarioInput['faults']>;
const RATE = 200;
const END_S = 11;

/** Seconds of failing requests in a run of 10 s, begun at 1 s. */
function failingS(redis: object, faults: Faults): number {
  const scenario = parseScenario({
    nodes: 2,
    load: { requestsPerSecond: RATE },
    session: { requestsMean: 5000, thinkTimeSMean: 0.5 },
    replication: { strategy: 'redis-manager' },
    stores: { redis: { downAfterMs: 300, ...redis } },
    faults,
    run: { warmUpS: 1, durationS: END_S - 1 },
  });
  const { failed_rps, offered_rps } = simulate(scenario, 0).throughput;
  return (failed_rps / offered_rps) * (END_S - 1);
}

function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) < 0.5, `${what}: ${actual.toFixed(2)} s of failures, expected ${expected}`);
}

const needsOne = { minReplicasToWrite: 1, minReplicasMaxLagS: 2 };
const replicaDies: Faults = [
  { atS: 3, crashStore: 'n2' },
  { atS: 6, restartStore: 'n2' },
];

test('a master whose only replica is killed refuses writes until it is back; without the setting nobody notices', () => {
  near(failingS(needsOne, replicaDies), 3, 'one replica needed');
  assert.is(failingS({}, replicaDies), 0);
  assert.is(failingS({ ...needsOne, minReplicasMaxLagS: 0 }, replicaDies), 0, 'a lag of 0 turns it off');
  assert.is(failingS({ ...needsOne, replicas: 2 }, replicaDies), 0, 'a second replica is enough');
});

test('a replica that falls silent counts for the lag that is allowed', () => {
  near(failingS(needsOne, [{ atS: 3, powerOffStore: 'n2' }]), END_S - 3 - 2, 'host gone');
  near(failingS(needsOne, [{ atS: 3, freezeStore: 'n2', forS: 5 }]), 5 - 2, 'frozen');
  near(failingS(needsOne, [{ atS: 3, partitionStore: ['n2'], forS: 5 }]), 5 - 2, 'cut off');
});

test('the replica that takes over has none itself, and refuses writes until the old master is back', () => {
  const masterDies: Faults = [
    { atS: 3, crashStore: 'n1' },
    { atS: 9, restartStore: 'n1' },
  ];
  near(failingS(needsOne, masterDies), 6, 'one replica needed');
  assert.ok(failingS({}, masterDies) < 4.5, 'else the failover ends it');
});

test.run();
