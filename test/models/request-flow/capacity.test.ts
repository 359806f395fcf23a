// What the balancer itself can carry: sockets that run out, connections that are kept or made, compression.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BalancerConnections } from '../../../models/balancer-connections.ts';
import { simulate } from '../../../models/cluster.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import { type Part, plain, record } from './helpers.ts';

/** Share of requests that find all of `servers` places taken under an offered load of `erlangs`. */
function erlangB(erlangs: number, servers: number): number {
  let blocked = 1;
  for (let place = 1; place <= servers; place += 1) blocked = (erlangs * blocked) / (place + erlangs * blocked);
  return blocked;
}

/** 100 ms at a back end with places for all: the only queue is the balancer's, and it has none. */
const waiting: Part = {
  ...plain,
  nodes: 4,
  service: { cpuMsMean: 0.001, distribution: 'constant', backendMsMean: 100 },
  network: { latencyUs: 0 },
};

for (const { workers, connections, rate } of [
  { workers: 1, connections: 20, rate: 100 },
  { workers: 4, connections: 21, rate: 300 },
]) {
  test(`worker_processes ${workers} x worker_connections ${connections}: requests are refused as Erlang's loss formula says`, () => {
    const load = { requestsPerSecond: rate };
    const balancer = { type: 'round-robin', workerProcesses: workers, workerConnections: connections };
    const session = { requestsMean: 1, writeRatio: 0, thinkTimeSMean: 1e5 };
    const scenario = parseScenario({ ...waiting, load, balancer, session, run: { warmUpS: 5, durationS: 400 } });
    const { consistency } = simulate(scenario, 1);
    const theory = erlangB((rate / workers) * 0.1, Math.floor(connections / 2));
    const share = consistency.failed_requests / consistency.requests;
    const standardError = Math.sqrt((theory * (1 - theory)) / (rate * 400)) * 3;
    assert.ok(theory > 0.05, `${theory}`);
    assert.ok(Math.abs(share - theory) < 4 * standardError, `${share}, theory ${theory} +- ${standardError}`);
  });
}

test('no limit is met where worker_connections is 0, or the balancer is not nginx', () => {
  const run = { warmUpS: 5, durationS: 20 };
  for (const balancer of [
    { type: 'round-robin', workerConnections: 0 },
    { type: 'by-requests', workerConnections: 2 },
    { type: 'jk-request', workerConnections: 2 },
  ]) {
    const { consistency } = simulate(parseScenario({ ...waiting, load: { requestsPerSecond: 200 }, balancer, run }), 1);
    assert.is(consistency.failed_requests, 0, balancer.type);
  }
});

test('an idle connection to a server takes a socket away from requests', () => {
  const { balancer, ...rest } = parseScenario({
    balancer: { type: 'round-robin', workerConnections: 5, keepalive: 4 },
  });
  const connections = new BalancerConnections({ ...rest, balancer }, 'nginx', 2);
  assert.ok(connections.enter(0) && connections.enter(0), '5 sockets are 2 requests');
  assert.not.ok(connections.enter(0));
  connections.leave(0);
  connections.keep(0, 0, 0);
  assert.ok(connections.enter(0));
  connections.leave(0);
  connections.keep(0, 1, 0);
  assert.not.ok(connections.enter(0), 'two idle ones and a request leave one');
  assert.is(connections.take(0, 1, 1), 1);
  assert.ok(connections.enter(0));
});

test('keepalive: the newest idle connection to the server, at most so many, none past its timeout', () => {
  const naive = (kept: number, timeoutNs: number) => {
    let idle: { server: number; ns: number }[] = [];
    return {
      take(server: number, nowNs: number): number {
        idle = idle.filter(({ ns }) => ns + timeoutNs > nowNs);
        const place = idle.findLastIndex((one) => one.server === server);
        if (place < 0) return 0;
        idle.splice(place, 1);
        return 1;
      },
      keep(server: number, ns: number): void {
        idle.push({ server, ns });
        if (idle.length > kept) idle.shift();
      },
      drop(server: number): void {
        idle = idle.filter((one) => one.server !== server);
      },
    };
  };
  const step = fc.record({
    does: fc.constantFrom('take', 'keep', 'keep', 'drop'),
    server: fc.integer({ min: 0, max: 3 }),
    gapS: fc.integer({ min: 0, max: 4 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (keepalive, steps) => {
      const scenario = parseScenario({
        balancer: { type: 'round-robin', keepalive, keepaliveTimeoutS: 10, workerProcesses: 2 },
      });
      const real = new BalancerConnections(scenario, 'nginx', 4);
      const model = naive(keepalive, 10e9);
      let nowNs = 0;
      for (const { does, server, gapS } of steps) {
        nowNs += gapS * 1e9;
        if (does === 'take') assert.is(real.take(1, server, nowNs), model.take(server, nowNs));
        else if (does === 'keep') {
          real.keep(1, server, nowNs);
          model.keep(server, nowNs);
        } else {
          real.drop(server);
          model.drop(server);
        }
        assert.is(real.take(0, server, nowNs), 0, 'the other process has none');
      }
    }),
    { seed: 20261121, numRuns: 300 },
  );
});

test('a new connection costs one round trip more than a kept one', () => {
  const latencyOf = (balancer: Part): number => {
    const part = { ...plain, nodes: 2, load: { requestsPerSecond: 20 }, network: { latencyUs: 5000 } };
    return record({ ...part, balancer, run: { warmUpS: 20, durationS: 20 } }).result.throughput.latency_ms_p50!;
  };
  const made = latencyOf({ type: 'round-robin' });
  const kept = latencyOf({ type: 'round-robin', keepalive: 32 });
  assert.ok(Math.abs(made - kept - 10) < 0.2, `${made} and ${kept} ms`);
  assert.ok(Math.abs(kept - 11) < 0.2, `${kept} ms = one round trip and 1 ms of processor`);
  assert.ok(Math.abs(latencyOf({ type: 'by-requests' }) - kept) < 0.2, 'httpd pools its connections');
});

test('gzip takes the processor of one worker: 1 MB at 30 MB/s is 33 ms, and it queues', () => {
  const run = { warmUpS: 20, durationS: 100 };
  const part = { ...plain, nodes: 4, network: { latencyUs: 0 }, run };
  const gzip = { enabled: true, megabytesPerS: 30 };
  const latencyOf = (rate: number, workerProcesses: number): number =>
    record({
      ...part,
      load: { requestsPerSecond: rate },
      balancer: { type: 'round-robin', responseBytes: 1e6, workerProcesses, gzip },
    }).result.throughput.latency_ms_mean!;
  const alone = latencyOf(0.5, 1);
  assert.ok(Math.abs(alone - 34.9) < 0.6, `${alone} ms, 1 of it at the node`);
  // M/D/1 at a load of 0.6: waiting is rho / (2 (1 - rho)) of the service time.
  const queued = latencyOf(18, 1);
  assert.ok(Math.abs(queued - 1 - 33.3 * (1 + 0.6 / 0.8)) < 5, `${queued} ms`);
  assert.ok(latencyOf(18, 8) < 40, 'eight workers have eight processors');
});

test('a connection stays with its worker; a client that comes back late may meet another', () => {
  const workersOf = (clientKeepaliveS: number): number => {
    const { choices } = record({
      ...plain,
      nodes: 2,
      load: { requestsPerSecond: 0.02 },
      session: { requestsMean: 1e6, thinkTimeSMean: 50, thinkTimeDistribution: 'constant', writeRatio: 0 },
      balancer: { type: 'round-robin', workerProcesses: 8, clientKeepaliveS },
      run: { warmUpS: 0, durationS: 3000 },
    });
    return new Set(choices.map(({ worker }) => worker)).size;
  };
  assert.ok(workersOf(75) <= 2, 'one or two clients');
  assert.ok(workersOf(40) >= 6);
});

test.run();
