// Compared strategies see the same clients: when each arrives, what each of its requests does and costs, how long it
// thinks. Only what happens to the requests may differ. The same holds when nodes are added.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Cluster } from '../../models/cluster.ts';
import { strategyTypes } from '../../models/replication/index.ts';
import { draw } from '../../models/request-flow.ts';
import type { ScenarioInput, StrategyName } from '../../models/scenario/schema.ts';
import { cluster } from '../validation/runs.ts';

const strategies = Object.keys(strategyTypes) as StrategyName[];

const base: ScenarioInput = {
  session: { requestsMean: 10, thinkTimeSMean: 0.5, writeRatio: 0.4, mutateWithoutSetRatio: 0.1 },
  run: { warmUpS: 1, durationS: 3 },
};

interface Seen {
  /** When each client sent its first request [ns]. */
  arrivals: Map<number, number>;
  /** What each request of each client does, and its draws. */
  requests: Map<string, string>;
}

function watch(one: Cluster): Seen {
  const arrivals = new Map<number, number>();
  const requests = new Map<string, string>();
  const send = one.flow.send.bind(one.flow);
  one.flow.send = (session, creates, given) => {
    send(session, creates, given);
    const client = one.sessions.client.get(session);
    if (!arrivals.has(client)) arrivals.set(client, one.sim.nowNs);
    const draws = Object.values(draw).map((purpose) => one.drawFor(session, purpose));
    requests.set(`${client}/${one.sessions.request.get(session)}`, draws.join(' '));
  };
  one.run();
  return { arrivals, requests };
}

function same(left: Seen, right: Seen, what: string): void {
  assert.ok(left.arrivals.size > 50 && left.requests.size > 300, `${left.arrivals.size} clients`);
  assert.equal([...left.arrivals], [...right.arrivals], `${what}: arrivals`);
  let shared = 0;
  for (const [request, draws] of left.requests) {
    const other = right.requests.get(request);
    if (other === undefined) continue;
    shared += 1;
    assert.is(other, draws, `${what}: ${request}`);
  }
  assert.ok(shared > 0.9 * left.requests.size, `${what}: ${shared} of ${left.requests.size} requests in both`);
}

test('every strategy and balancer sees the same arrivals and draws', () => {
  const reference = watch(cluster({ ...base, replication: { strategy: 'none' } }));
  for (const strategy of strategies.filter((name) => name !== 'none')) {
    same(reference, watch(cluster({ ...base, replication: { strategy } })), strategy);
  }
  const synchronous = { replication: { strategy: 'delta' }, channel: { sendOptions: 6 } } as const;
  same(reference, watch(cluster({ ...base, ...synchronous })), 'delta, 6');
  for (const type of ['round-robin', 'ip-hash', 'least-conn', 'random-two'] as const) {
    same(reference, watch(cluster({ ...base, replication: { strategy: 'delta' }, balancer: { type } })), type);
  }
});

test('a node more, a fault, a slower processor or another store change no arrival and no draw', () => {
  const reference = watch(cluster(base));
  same(reference, watch(cluster({ ...base, nodes: 5 })), 'a node more');
  same(reference, watch(cluster({ ...base, nodes: 17 })), 'many more');
  same(reference, watch(cluster({ ...base, faults: [{ atS: 2, crash: 'node-1' }] })), 'a crash');
  same(reference, watch(cluster({ ...base, service: { cpuMsMean: 3 } })), 'a slower processor');
  same(reference, watch(cluster({ ...base, stores: { memcached: { servers: 7 } } })), 'another store');
});

test('another seed and another replication are other clients', () => {
  const reference = watch(cluster(base));
  for (const other of [watch(cluster(base, 1)), watch(cluster({ ...base, run: { ...base.run, seed: 2 } }))]) {
    const [client] = other.arrivals.keys();
    assert.is.not(other.arrivals.get(client), reference.arrivals.get(client));
    assert.is.not(other.requests.get('3/2'), reference.requests.get('3/2'));
  }
});

test.run();
