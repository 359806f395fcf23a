// `hash $cookie_JSESSIONID consistent` in front of nodes that rename session ids (jvmRoute, JvmRouteBinderValve): the
// key changes with every move, so a share of the sessions moves with every request. What that costs, against the same
// cluster without a route in the ids.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../../models/cluster.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';

interface Cost {
  /** Share of requests that met another node than the one before of their session. */
  readonly movedShare: number;
  readonly perRequest: (kind: string) => number;
  readonly stalePerMillion: number;
  readonly lostSessions: number;
  readonly lostUpdates: number;
  readonly diverged: number;
  readonly bytesPerRequest: number;
}

function cost(strategy: string, nodes: number, jvmRoute: boolean, more: object = {}): Cost {
  const result = simulate(
    parseScenario({
      nodes,
      load: { requestsPerSecond: 60 * nodes },
      session: { requestsMean: 1000, thinkTimeSMean: 8 },
      replication: { strategy },
      balancer: { type: 'consistent-hash', key: 'cookie', jvmRoute },
      run: { warmUpS: 32, durationS: 24, timelineS: 24 },
      ...more,
    }),
    1,
  );
  const { consistency, traffic, timeline } = result;
  const { requests } = consistency;
  return {
    movedShare: timeline.reduce((sum, { moved }) => sum + moved, 0) / requests,
    perRequest: (kind) => (traffic.find((row) => row.kind === kind)?.messages ?? 0) / requests,
    stalePerMillion: (consistency.stale_reads / requests) * 1e6,
    lostSessions: consistency.lost_sessions,
    lostUpdates: consistency.lost_updates,
    diverged: consistency.diverged_sessions,
    bytesPerRequest: traffic.reduce((sum, { bytes }) => sum + bytes, 0) / requests,
  };
}

const near = (value: number, wanted: number, tolerance: number): void =>
  assert.ok(Math.abs(value - wanted) <= tolerance, `${value}, not ${wanted} +- ${tolerance}`);

for (const [nodes, percent] of [
  [2, 25],
  [3, 36],
  [4, 42],
  [8, 59],
] as const) {
  test(`delta, ${nodes} nodes: ${percent} % of the requests move, and each tells all nodes the new id`, () => {
    const renamed = cost('delta', nodes, true);
    near(100 * renamed.movedShare, percent, 4);
    near(renamed.perRequest('id-changed'), renamed.movedShare * (nodes - 1), 0.02 * nodes);
    const control = cost('delta', nodes, false);
    assert.ok(control.movedShare < 0.01, `${control.movedShare}: a session settles with its second request`);
    assert.is(control.perRequest('id-changed'), 0);
    near(renamed.perRequest('session-delta'), control.perRequest('session-delta'), 0.01 * nodes);
    assert.ok(renamed.bytesPerRequest > control.bytesPerRequest);
    // A delta that overtakes the new id is dropped: the next node lacks the write.
    assert.ok(renamed.stalePerMillion > 1000, `${renamed.stalePerMillion} stale reads per million`);
    assert.ok(control.stalePerMillion < renamed.stalePerMillion / 10, `${control.stalePerMillion} without renaming`);
    assert.ok(renamed.lostUpdates >= control.lostUpdates);
    assert.ok(renamed.diverged > 2 && control.diverged <= 1, `${renamed.diverged}, ${control.diverged}`);
    assert.is(renamed.lostSessions + control.lostSessions, 0);
  });
}

test('backup, 4 nodes: the session is fetched, published and renamed with every move; nothing is stale', () => {
  const renamed = cost('backup', 4, true);
  const control = cost('backup', 4, false);
  near(100 * renamed.movedShare, 42, 4);
  near(renamed.perRequest('id-changed'), renamed.movedShare * 3, 0.05);
  assert.is(control.perRequest('id-changed'), 0);
  // A move meets the backup, which has the session, or one of the two proxies, which ask the backup for it.
  assert.ok(renamed.perRequest('retrieve') > 0.3 * renamed.movedShare, `${renamed.perRequest('retrieve')}`);
  assert.ok(control.perRequest('retrieve') < 0.02);
  for (const kind of ['backup', 'proxy']) {
    assert.ok(renamed.perRequest(kind) > 5 * control.perRequest(kind), `${kind}: ${renamed.perRequest(kind)}`);
  }
  assert.ok(renamed.bytesPerRequest > 2 * control.bytesPerRequest, `${renamed.bytesPerRequest}`);
  assert.is(renamed.stalePerMillion + control.stalePerMillion, 0);
  assert.is(renamed.lostSessions + control.lostSessions, 0);
});

test('a crash costs wandering sessions no more than settled ones under delta, and under backup both lose some', () => {
  for (const strategy of ['delta', 'backup']) {
    let lost = 0;
    // Few are on their way at one moment: several crashes.
    for (const atS of [40, 46, 50]) {
      const crash = { faults: [{ atS, crash: 'node-2' }] };
      const renamed = cost(strategy, 4, true, crash);
      const control = cost(strategy, 4, false, crash);
      lost += renamed.lostSessions;
      if (strategy === 'delta') assert.is(renamed.lostSessions + control.lostSessions, 0);
      assert.ok(renamed.movedShare > 5 * control.movedShare);
    }
    if (strategy === 'backup') assert.ok(lost > 2, `${lost}`);
  }
});

test('without replication renaming changes nothing: a client loses n - 1 sessions on average until one fits its node', () => {
  for (const jvmRoute of [true, false]) {
    const fast = { session: { requestsMean: 1e5, thinkTimeSMean: 2 }, run: { warmUpS: 0, durationS: 60 } };
    const { lostSessions } = cost('none', 4, jvmRoute, fast);
    const clients = 60 * 4 * 2;
    near(lostSessions / clients, 3, 0.5);
  }
});

test.run();
