// What a cluster must show whatever its parameters: how traffic, capacity and memory grow with the number of nodes,
// and the laws of queues. Conservation of requests and messages is asserted inside every run.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunResult } from '../../models/results.ts';
import { cluster, messages, run, trafficOf } from './runs.ts';

type Strategy = 'none' | 'all-to-all' | 'delta' | 'backup' | 'memcached-sticky';

function near(actual: number, expected: number, ratio: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= ratio * Math.abs(expected), `${what}: ${actual}, expected ${expected}`);
}

test('deltas: N-1 messages per request to every node, their bytes in the same ratio', () => {
  const bytes: number[] = [];
  for (const nodes of [2, 4, 8]) {
    const result = run({ nodes, replication: { strategy: 'delta' } });
    const delta = trafficOf(result, 'session-delta')!;
    near(delta.messages_per_request!, nodes - 1, 0.01, `N=${nodes}`);
    near(messages(result, 'session-created') / delta.messages, 1 / 20, 0.3, 'one creation per session of 20 requests');
    bytes.push(delta.bytes_per_request! / (nodes - 1));
  }
  near(bytes[1], bytes[0], 0.01, 'bytes per destination');
  near(bytes[2], bytes[0], 0.01, 'bytes per destination');
});

test('the load that is offered is the one that was asked for, however many requests of a session come at once', () => {
  for (const [requestsMean, concurrentRatio] of [
    [1, 0.5],
    [3, 0.9],
    [6, 0.5],
    [6, 0],
  ]) {
    const session = { requestsMean, concurrentRatio, thinkTimeSMean: 0.1, writeRatio: 0 };
    const load = { requestsPerSecond: 1000 };
    const { throughput } = run({ session, load, nodes: 2, run: { warmUpS: 1, durationS: 12 } });
    near(throughput.offered_rps, 1000, 0.08, `${requestsMean} requests a session, ${concurrentRatio} of them at once`);
  }
});

test('all-to-all: N-1 whole sessions per request that writes', () => {
  for (const nodes of [2, 6]) {
    const session = { requestsMean: 20, thinkTimeSMean: 0.3, writeRatio: 0.5 };
    const result = run({ nodes, session, replication: { strategy: 'all-to-all' } });
    const share = 0.5 + 0.5 / 20;
    near(messages(result, 'session-whole') / result.consistency.requests, share * (nodes - 1), 0.05, `N=${nodes}`);
    const always = run({ nodes, session, replication: { strategy: 'all-to-all', useDirtyFlag: false } });
    near(trafficOf(always, 'session-whole')!.messages_per_request!, nodes - 1, 0.01, 'useDirtyFlag off');
  }
});

test('a backup costs one message per request whatever N; a session kept at its node none', () => {
  for (const nodes of [2, 4, 8]) {
    const backup = run({ nodes, replication: { strategy: 'backup' } });
    near(trafficOf(backup, 'backup-delta')!.messages_per_request!, 1, 0.01, `N=${nodes}`);
    const proxies = messages(backup, 'proxy') / Math.max(1, messages(backup, 'backup'));
    near(proxies, nodes - 2, 0.1, `N=${nodes}: proxies per creation`);
    const none = run({ nodes, replication: { strategy: 'none' } });
    assert.equal(
      none.traffic.map(({ kind }) => kind),
      ['heartbeat'],
    );
  }
});

test('Tomcat 9.0 sends nothing for reads, 10.1 a delta for each request', () => {
  const session = { requestsMean: 20, thinkTimeSMean: 0.3, writeRatio: 0.25 };
  for (const [tomcatVersion, share] of [
    ['9.0', 0.25 + 0.75 / 20],
    ['10.1', 1],
  ] as const) {
    const result = run({ nodes: 3, tomcatVersion, session, replication: { strategy: 'delta' } });
    near(trafficOf(result, 'session-delta')!.messages_per_request!, 2 * share, 0.06, tomcatVersion);
  }
});

test('heartbeats: N(N-1) receptions per period, whatever the load', () => {
  for (const nodes of [2, 5, 12]) {
    const result = run({ nodes, load: { requestsPerSecond: 20 }, replication: { strategy: 'none' } });
    const expected = (nodes * (nodes - 1) * 5) / 0.5006;
    near(messages(result, 'heartbeat'), expected, 0.11, `N=${nodes}`);
  }
});

/** Requests per second that the busiest processor would allow. */
function capacity(nodes: number, strategy: Strategy, more: object = {}): number {
  const { throughput } = run({
    nodes,
    node: { cores: 2 },
    service: { cpuMsMean: 1, distribution: 'constant' },
    session: { requestsMean: 20, thinkTimeSMean: 1, writeRatio: 1, bytes: 20_000, idleTimeoutS: 100_000 },
    load: { requestsPerSecond: 150 * nodes },
    replication: { strategy },
    run: { warmUpS: 1, durationS: 2 },
    ...more,
  });
  return throughput.completed_rps / throughput.cpu_utilisation_mean;
}

test('capacity: a wall where every node receives every write, none where it does not', () => {
  const sizes = [2, 8, 32];
  const of = (strategy: Strategy): number[] => sizes.map((nodes) => capacity(nodes, strategy));
  for (const strategy of ['none', 'memcached-sticky', 'backup'] as const) {
    const [few, , many] = of(strategy);
    near(many / few, 16, 0.15, `${strategy}: 16 times the nodes, 16 times the load`);
  }
  const wall = { 'all-to-all': 0, delta: 0 };
  for (const strategy of ['all-to-all', 'delta'] as const) {
    const [few, middle, many] = of(strategy);
    wall[strategy] = many;
    assert.ok(few < middle && middle < many, `${strategy} grows: ${[few, middle, many]}`);
    assert.ok(many / few < 12, `${strategy}: 16 times the nodes, only ${many / few} times the load`);
    assert.ok(many / middle < middle / few, `${strategy}: each step gains less`);
  }
  assert.ok(wall.delta > 1.3 * wall['all-to-all'], `deltas move the wall: ${wall.delta} against ${wall['all-to-all']}`);
});

test('with the rules of Tomcat 9.0 reads cost the others nothing: the wall stands further out', () => {
  const session = { requestsMean: 20, thinkTimeSMean: 1, writeRatio: 0.2, bytes: 20_000, idleTimeoutS: 100_000 };
  const nine = capacity(16, 'delta', { tomcatVersion: '9.0', session });
  const ten = capacity(16, 'delta', { session });
  assert.ok(nine > 1.2 * ten, `${nine} against ${ten}`);
});

test('memory: with deltas every node holds every session, with backups 2S/N, alone S/N', () => {
  const held = (nodes: number, strategy: Strategy): number =>
    run({ nodes, replication: { strategy } }).throughput.session_memory_bytes_max;
  for (const nodes of [4, 8]) {
    const all = held(nodes, 'delta');
    near(held(nodes, 'all-to-all'), all, 0.001, 'all-to-all');
    near(held(nodes, 'backup'), (2 * all) / nodes, 0.05, `backup, N=${nodes}`);
    near(held(nodes, 'none'), all / nodes, 0.05, `none, N=${nodes}`);
  }
});

test('processor utilisation is what requests and messages demand', () => {
  const none = run({ nodes: 3, replication: { strategy: 'none' }, run: { warmUpS: 1, durationS: 10 } });
  const perNode = none.throughput.completed_rps / 3;
  near(none.throughput.cpu_utilisation_mean, (perNode * 0.001) / 2, 0.05, 'requests alone');

  const nodes = 5;
  const delta = run({
    nodes,
    service: { cpuMsMean: 1, distribution: 'constant' },
    session: { requestsMean: 20, thinkTimeSMean: 0.3, writeRatio: 1, logoutRatio: 1 },
    calibration: { messageReceiveUs: 500, messageReceiveNsPerByte: 0, messageSendUs: 100, messageSendNsPerByte: 0 },
  });
  const kinds = ['session-delta', 'session-created', 'session-expired'];
  const received = messages(delta, ...kinds) / nodes / 5;
  const demand = (delta.throughput.completed_rps / nodes) * (0.001 + 0.0001) + received * 0.0005;
  near(delta.throughput.cpu_utilisation_mean, demand / 2, 0.01, 'requests and deltas');
});

test('an unloaded request takes its service, its back end and the network', () => {
  const unloaded = (more: object): number =>
    run({
      nodes: 2,
      service: { cpuMsMean: 3, distribution: 'constant' },
      load: { requestsPerSecond: 5 },
      replication: { strategy: 'none' },
      network: { latencyUs: 250 },
      run: { warmUpS: 5, durationS: 60 },
      ...more,
    }).throughput.latency_ms_p50!;
  const plain = unloaded({});
  assert.ok(plain >= 3.5 - 0.01 && plain <= 4 + 0.01, `${plain} ms: 3 ms of service, one or two round trips of 0.5 ms`);
  near(unloaded({ network: { latencyUs: 1250 } }) - plain, 2, 1.01, 'four or two ways more of 1 ms');
  const service = { cpuMsMean: 3, distribution: 'constant' as const, backendMsMean: 20 };
  assert.ok(unloaded({ service }) > plain + 10, 'median of an exponential back end of 20 ms: 13.9 ms');
});

test('one node saturates at cores over the processor time of a request', () => {
  const result = run({
    nodes: 1,
    node: { cores: 2, maxThreads: 50, acceptCount: 10, maxConnections: 60 },
    service: { cpuMsMean: 10, distribution: 'constant' },
    load: { requestsPerSecond: 400 },
    replication: { strategy: 'none' },
  });
  near(result.throughput.completed_rps, 200, 0.02, 'completed');
  near(result.throughput.cpu_utilisation_max, 1, 0.01, 'utilisation');
});

test("Little's law in every run: mean number of requests under way = rate x mean latency", () => {
  for (const strategy of ['none', 'all-to-all', 'delta', 'backup', 'memcached-sticky'] as const) {
    const one = cluster({ load: { requestsPerSecond: 1500 }, replication: { strategy }, network: { latencyUs: 0 } });
    const { sim } = one;
    let underWay = 0;
    let area = 0;
    let sinceNs = 1e9;
    const change = (by: number): void => {
      const nowNs = Math.min(Math.max(sim.nowNs, 1e9), 6e9);
      area += underWay * (nowNs - sinceNs);
      sinceNs = nowNs;
      underWay += by;
    };
    const send = one.flow.send.bind(one.flow);
    one.flow.send = (session, creates, given) => {
      change(1);
      send(session, creates, given);
    };
    const answered = one.clientAnswered.bind(one);
    one.clientAnswered = (session, isFailed, slot) => {
      change(-1);
      answered(session, isFailed, slot);
    };
    near(inSystem(one.run()), area / 5e9, 0.01, strategy);
  }
});

function inSystem(result: RunResult): number {
  return (result.throughput.completed_rps * result.throughput.latency_ms_mean!) / 1000;
}

test('M/M/2 by node: mean latency as queueing theory has it', () => {
  const load = 1400;
  const result = run({
    nodes: 1,
    node: { cores: 2, maxThreads: 10_000, maxConnections: 10_000 },
    service: { cpuMsMean: 1, distribution: 'exponential' },
    session: { requestsMean: 1, thinkTimeSMean: 1, writeRatio: 1 },
    load: { requestsPerSecond: load },
    replication: { strategy: 'none' },
    network: { latencyUs: 0 },
    run: { warmUpS: 2, durationS: 40 },
  });
  const rho = load / 2000;
  near(result.throughput.latency_ms_mean!, 1 / (1 - rho * rho), 0.06, 'W = S / (1 - rho^2) [ms]');
  near(inSystem(result), (2 * rho) / (1 - rho * rho), 0.06, 'L = 2 rho / (1 - rho^2)');
});

test.run();
