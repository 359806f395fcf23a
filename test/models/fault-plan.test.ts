// Faults that meet: several of a kind under way at once, at the same moment, at a process that is gone.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunResult } from '../../models/results.ts';
import type { ScenarioInput, StrategyName } from '../../models/scenario/schema.ts';
import { nodeState } from '../../models/tomcat-nodes.ts';
import { cluster, run } from '../validation/runs.ts';

type Faults = NonNullable<ScenarioInput['faults']>;

const more: ScenarioInput = {
  node: { startUpS: 0.2 },
  membership: { mcastFrequencyMs: 100, memberDropTimeMs: 501 },
  stores: { redis: { downAfterMs: 700, nodeTimeoutMs: 700, replicas: 1 }, terracotta: { electionS: 0.5 } },
  load: { requestsPerSecond: 100 },
};

function visible(strategy: StrategyName, faults: Faults): Omit<RunResult, 'events' | 'fingerprint' | 'deliveries'> {
  const { events, fingerprint, deliveries, ...seen } = run({ ...more, replication: { strategy }, faults });
  return seen;
}

function same(strategies: readonly StrategyName[], faults: Faults, others: Faults, what: string): void {
  for (const strategy of strategies) assert.equal(visible(strategy, faults), visible(strategy, others), what);
}

/** What is done at the very moment between two pauses may change places. */
function close(strategies: readonly StrategyName[], faults: Faults, others: Faults): void {
  for (const strategy of strategies) {
    const [one, other] = [faults, others].map((each) => visible(strategy, each));
    assert.equal(one.consistency, other.consistency, strategy);
    assert.equal(one.detection, other.detection, strategy);
    const [latencyMs, otherMs] = [one, other].map(({ throughput }) => throughput.latency_ms_mean!);
    assert.ok(Math.abs(latencyMs - otherMs) < 0.001 * otherMs, `${strategy}: ${latencyMs} and ${otherMs} ms`);
  }
}

const memory = ['delta', 'backup'] as const;
const stores = ['memcached-sticky', 'redisson', 'spring-session', 'terracotta'] as const;

test('a node stands still until the last of its pauses is over', () => {
  const long: Faults = [{ atS: 2, freeze: 'node-1', forS: 1.5 }];
  same(memory, [...long, { atS: 2.2, freeze: 'node-1', forS: 0.3 }], long, 'one within the other');
  const two: Faults = [
    { atS: 2, freeze: 'node-1', forS: 1 },
    { atS: 2.5, freeze: 'node-1', forS: 1 },
  ];
  same(memory, two, long, 'one after the other');
});

test('a new process knows nothing of a pause of the old one', () => {
  const back: Faults = [
    { atS: 2.5, crash: 'node-1' },
    { atS: 2.6, restart: 'node-1' },
  ];
  const long: Faults = [{ atS: 2, freeze: 'node-1', forS: 3 }, ...back];
  same(memory, [{ atS: 2, freeze: 'node-1', forS: 2 }, ...back], long, 'a pause that a crash ends');
});

test('two nodes are cut off until the last of the partitions between them is over', () => {
  const long: Faults = [{ atS: 2, partition: [['node-1'], ['node-2', 'node-3', 'node-4']], forS: 2 }];
  same(memory, [...long, { atS: 2.5, partition: [['node-1'], ['node-3']], forS: 0.5 }], long, 'one within the other');
});

test('of several shares of lost packets the one that began last holds', () => {
  const nested: Faults = [
    { atS: 2, packetLoss: 0.05, forS: 2 },
    { atS: 2.5, packetLoss: 0.3, forS: 0.5 },
  ];
  const parts: Faults = [
    { atS: 2, packetLoss: 0.05, forS: 0.5 },
    { atS: 2.5, packetLoss: 0.3, forS: 0.5 },
    { atS: 3, packetLoss: 0.05, forS: 1 },
  ];
  same(['delta', 'none'], nested, parts, 'packet loss');
});

test('a store stands still, is slow and cut off until the last fault of the kind is over', () => {
  const frozen: Faults = [{ atS: 2, freezeStore: 'n1', forS: 1.5 }];
  same(stores, [...frozen, { atS: 2.2, freezeStore: 'n1', forS: 0.3 }], frozen, 'a pause within another');
  const two: Faults = [
    { atS: 2, freezeStore: 'n1', forS: 1 },
    { atS: 2.5, freezeStore: 'n1', forS: 1 },
  ];
  close(stores, two, frozen);
  const slow: Faults = [
    { atS: 2, slowStore: 'n1', factor: 50, forS: 2 },
    { atS: 2.5, slowStore: 'n1', factor: 5, forS: 0.5 },
  ];
  const parts: Faults = [
    { atS: 2, slowStore: 'n1', factor: 50, forS: 0.5 },
    { atS: 2.5, slowStore: 'n1', factor: 5, forS: 0.5 },
    { atS: 3, slowStore: 'n1', factor: 50, forS: 1 },
  ];
  same(stores, slow, parts, 'slow');
  const cut: Faults = [{ atS: 2, partitionStore: ['n1'], forS: 2 }];
  same(stores, [...cut, { atS: 2.5, partitionStore: ['n1'], forS: 0.5 }], cut, 'a cut within another');
  same(stores, [...cut, { atS: 2.5, freezeStore: 'n1', forS: 0.2 }], cut, 'a pause within a cut');
});

test('as many cuts of a store as a run has are told apart; two names for one do not matter', () => {
  const many: Faults = Array.from({ length: 40 }, (_, place) => ({
    atS: 1 + place / 10,
    partitionStore: ['n1', 'node-1'],
    forS: 0.25,
  }));
  const one: Faults = [{ atS: 1, partitionStore: ['n1', 'node-1'], forS: 4.15 }];
  same(stores, many, one, 'forty cuts, three at once');
});

test('a host that has vanished does not come back because its process is killed or stopped as well', () => {
  const vanished: Faults = [{ atS: 2, powerOff: 'node-1' }];
  same(memory, [...vanished, { atS: 3, crash: 'node-1' }, { atS: 3.5, stop: 'node-1' }], vanished, 'vanished');
});

test('a node that stands still stops when it runs again', () => {
  const input: ScenarioInput = {
    ...more,
    load: { requestsPerSecond: 1 },
    faults: [
      { atS: 2, freeze: 'node-1', forS: 1 },
      { atS: 2.5, stop: 'node-1' },
    ],
  };
  const stopped = cluster(input);
  stopped.sim.runUntil(2.9e9);
  assert.is(stopped.nodes.state[0], nodeState.STOPPING);
  stopped.sim.runUntil(3.2e9);
  assert.is(stopped.nodes.state[0], nodeState.DOWN);
});

test.run();
