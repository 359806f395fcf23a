// Changes of a scenario that must not change its results.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster } from '../../models/cluster.ts';
import { strategyTypes } from '../../models/replication/index.ts';
import type { RunResult } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { ScenarioInput, StrategyName } from '../../models/scenario/schema.ts';
import { run } from '../validation/runs.ts';

const strategies = Object.keys(strategyTypes) as StrategyName[];

/** What a user sees; the digest of the trajectory also tells apart in which order things of no consequence happen. */
function visible({ throughput, traffic, consistency, detection, nodeRequests }: RunResult): object {
  return { throughput, traffic, consistency, detection, nodeRequests };
}

test('every strategy does the same twice, the order of its events included', () => {
  for (const strategy of strategies) {
    const of = {
      replication: { strategy },
      faults: [
        { atS: 2, crash: 'node-1' },
        { atS: 3, crashStore: 'n1' },
      ],
    };
    const once = run(of);
    const again = run(of);
    assert.equal(visible(again), visible(once), strategy);
    assert.is(again.fingerprint, once.fingerprint, strategy);
  }
});

test('the order in which faults are listed does not matter', () => {
  const faults: ScenarioInput['faults'] = [
    { atS: 1.2, freeze: 'node-1', forS: 1.1 },
    { atS: 2, crash: 'node-2' },
    { atS: 2.5, partition: [['node-3'], ['node-4']], forS: 0.7 },
    { atS: 2.7, packetLoss: 0.02, forS: 1 },
    { atS: 3, restart: 'node-2' },
    { atS: 4, crashStore: 'n1' },
  ];
  for (const strategy of strategies) {
    const more = { replication: { strategy }, node: { startUpS: 0.3 } };
    const forward = run({ ...more, faults });
    const backward = run({ ...more, faults: [...faults].reverse() });
    assert.equal(visible(forward), visible(backward), strategy);
  }
});

test('servers that nobody uses do not matter', () => {
  for (const strategy of ['none', 'delta', 'backup'] as const) {
    const alone = run({ replication: { strategy } });
    const beside = run({ replication: { strategy }, stores: { memcached: { servers: 9 }, redis: {} } });
    assert.equal(visible(alone), visible(beside), strategy);
    assert.is(alone.fingerprint, beside.fingerprint, strategy);
  }
});

test('defaults written out, names of the run and options of other strategies do not matter', () => {
  const plain = run({});
  const written = run({ name: 'other', tomcatVersion: '10.1', channel: { sendOptions: 8 }, faults: [] });
  assert.is(plain.fingerprint, written.fingerprint);
  assert.equal(visible(plain), visible(written));
  const listed = run({ nodes: [{}, {}, {}, {}] });
  assert.equal(visible(plain), visible(listed));
});

test('a fault on nobody that counts changes no result, and parts the window all the same', () => {
  const plain = run({ replication: { strategy: 'delta' } });
  const store = run({ replication: { strategy: 'delta' }, faults: [{ atS: 2, crashStore: 'n1' }] });
  assert.is(store.throughput.before_faults_s, 1);
  const parted = Object.entries(plain.throughput).filter(([name]) => name.startsWith('before_faults_'));
  const unparted = { ...store, throughput: { ...store.throughput, ...Object.fromEntries(parted) } };
  assert.equal(visible(plain), visible(unparted));
});

/** Twenty clients that ask every 50 ms until 4 s, whatever comes after. */
function scripted(strategy: StrategyName, durationS: number): RunResult {
  const scenario = parseScenario({
    nodes: 3,
    replication: { strategy },
    faults: [{ atS: 2, crash: 'node-2' }],
    run: { warmUpS: 0, durationS },
  });
  const cluster = new Cluster(scenario, 0, undefined, true);
  const script = cluster.script!;
  for (let client = 0; client < 20; client += 1) {
    const ask = (row: number, node: number): void =>
      script.ask(row, node, 1, ({ session, isFailed }) => {
        if (script.sim.nowNs < 4e9) script.after(50e6, () => ask(session, isFailed ? (node + 1) % 3 : node));
      });
    script.after(client * 7e6, () => ask(script.client(), client % 3));
  }
  return cluster.run();
}

test('an idle second more at the end changes nothing but heartbeats, pings and rates', () => {
  for (const strategy of ['none', 'all-to-all', 'delta', 'backup'] as const) {
    const [short, long] = [scripted(strategy, 10), scripted(strategy, 11)];
    assert.ok(short.consistency.requests > 500);
    assert.equal(long.consistency, short.consistency, strategy);
    assert.equal(long.nodeRequests, short.nodeRequests, strategy);
    assert.equal(long.detection, short.detection, strategy);
    assert.is(long.throughput.latency_ms_mean, short.throughput.latency_ms_mean, strategy);
    const counts = (result: RunResult): [string, number, number][] =>
      result.traffic
        .filter(({ kind }) => !['heartbeat', 'map-ping', 'ack'].includes(kind))
        .map(({ kind, messages, bytes }) => [kind, messages, bytes]);
    assert.equal(counts(long), counts(short), strategy);
  }
});

test('twice the bandwidth, half the latency or no lag never make an unloaded cluster slower', () => {
  const latency = (network: ScenarioInput['network']): number =>
    run({ network, channel: { sendOptions: 6 }, load: { requestsPerSecond: 50 } }).throughput.latency_ms_mean!;
  const plain = latency({});
  assert.ok(latency({ bandwidthMbps: 2000 }) <= plain);
  assert.ok(latency({ latencyUs: 50 }) < plain);
});

test.run();
