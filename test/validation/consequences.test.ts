// Each mistake of real operators, simulated: the numbers show what the lint rules say of it.
// Sources: Tomcat 10.1 and Tribes as cited in models/scenario/misconfiguration-schema.ts; the mechanisms are derived
// from the sources and only partly measured, so the tests hold signs, ratios and zeros, never a fitted number.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster, simulate } from '../../models/cluster.ts';
import type { RunResult } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../models/scenario/schema.ts';

/** Three nodes, a sticky balancer, half of all requests write; node-1 dies in the middle of the window. */
const base: ScenarioInput = {
  nodes: 3,
  load: { requestsPerSecond: 150 },
  session: { requestsMean: 10, thinkTimeSMean: 2, writeRatio: 0.5 },
  service: { cpuMsMean: 10 },
  node: { cores: 4 },
  balancer: { type: 'sticky-route' },
  faults: [{ atS: 20, crash: 'node-1' }],
  run: { warmUpS: 10, durationS: 20, seed: 7 },
};

function run(scenario: ScenarioInput): RunResult {
  return simulate(parseScenario({ ...base, ...scenario }), 0);
}

function messages(result: RunResult, kind: string): number {
  return result.traffic.find((row) => row.kind === kind)?.messages ?? 0;
}

const delta: ScenarioInput = { replication: { strategy: 'delta' } };
const sound = run(delta);
const local = run({ replication: { strategy: 'none' } });
const noDetector: ScenarioInput['membership'] = { tcpFailureDetector: { enabled: false } };

test('a sound cluster loses no session with one node', () => {
  assert.is(sound.consistency.lost_sessions, 0);
  assert.is(sound.detection.filter(({ event }) => event === 'disappeared').length, 2);
});

test('a missing <distributable/>: every session of the dead node that is asked for again is lost', () => {
  assert.ok(local.consistency.lost_sessions > 20);
  assert.is(messages(local, 'session-delta'), 0);
});

test('all Receivers on loopback: as many messages, all back to their senders; failover loses what it would without replication', () => {
  const { consistency, traffic, detection } = run({ ...delta, misconfiguration: { loopbackReceivers: 'all' } });
  assert.ok(consistency.lost_sessions >= local.consistency.lost_sessions);
  const sent = traffic.find(({ kind }) => kind === 'session-created')!.messages;
  assert.ok(sent > messages(sound, 'session-created') * 0.9, 'heartbeats and counters look healthy');
  assert.is(detection.length, 0, 'the verification of a dead member reaches the node that asks');
});

test('all Receivers on loopback: CREATED comes back during the request, and its first write is gone without any fault', () => {
  const quiet: ScenarioInput = { ...delta, faults: [] };
  assert.is(run(quiet).consistency.lost_updates, 0);
  for (const sendOptions of [8, 6] as const) {
    const channel = { sendOptions };
    const { consistency, throughput } = run({ ...quiet, channel, misconfiguration: { loopbackReceivers: 'all' } });
    assert.ok(consistency.lost_updates > 50, `option ${sendOptions}: ${consistency.lost_updates}`);
    assert.is(throughput.failed_rps, 0, 'every response is HTTP 200');
  }
});

test('one Receiver on loopback: the others never see that node, and what they hold does not reach it', () => {
  const misconfiguration = { loopbackReceivers: ['node-3'] };
  const { consistency, detection } = run({ ...delta, misconfiguration, balancer: { type: 'round-robin' } });
  assert.ok(consistency.lost_sessions > 20);
  assert.is(run({ ...delta, balancer: { type: 'round-robin' } }).consistency.lost_sessions, 0);
  assert.is(detection.filter(({ member }) => member === 'node-3').length, 0);
  const believed = new Cluster(parseScenario({ ...base, ...delta, misconfiguration }), 0).membership;
  assert.equal([...believed.view(0)], [1, 1, 0]);
  assert.equal([...believed.view(2)], [1, 1, 1], 'it sees them, and what it sends arrives');
});

test('a closed TCP port with a detector: heartbeats pass, and the cluster never forms', () => {
  for (const tcpPort of ['refused', 'dropped'] as const) {
    const result = run({ ...delta, misconfiguration: { tcpPort } });
    assert.is(result.consistency.lost_sessions, local.consistency.lost_sessions);
    assert.is(messages(result, 'session-created'), 0);
    assert.ok(messages(result, 'heartbeat') > 0);
    assert.is(result.detection.length, 0);
  }
});

test('a closed TCP port without a detector: members on paper; a synchronous send fails at once or after its timeout', () => {
  const without: ScenarioInput = { ...delta, membership: noDetector, faults: [] };
  const channel = { sendOptions: 6 } as const;
  const refused = run({ ...without, channel, misconfiguration: { tcpPort: 'refused' } });
  assert.ok(refused.throughput.latency_ms_mean! < 2 * run(without).throughput.latency_ms_mean!);
  const dropped = run({ ...without, channel, misconfiguration: { tcpPort: 'dropped' } });
  assert.ok(dropped.throughput.latency_ms_p50! > 3000, 'maxWait of the sender pool, behind senders held for 5 s');
  assert.is(messages(dropped, 'session-created'), 0);
  const failing = run({ ...delta, membership: noDetector, misconfiguration: { tcpPort: 'refused' } });
  assert.ok(failing.consistency.lost_sessions >= local.consistency.lost_sessions);
});

test('TcpFailureDetector above the dispatcher: a killed node is noticed by missing heartbeats, below it by the next send', () => {
  const noticedMs = (tcpFailureDetector: object, sendOptions: 8 | 14 | 4): number => {
    const membership = { tcpFailureDetector };
    const { detection } = run({ ...delta, membership, channel: { sendOptions } });
    const times = detection.filter(({ event }) => event === 'disappeared').map((one) => one.after_ms!);
    assert.is(times.length, 2);
    return Math.max(...times);
  };
  for (const sendOptions of [8, 14] as const) {
    assert.ok(noticedMs({}, sendOptions) > 2400, 'dropTime 3000 ms less what had passed since the last heartbeat');
    assert.ok(noticedMs({ seesAsynchronousSends: true }, sendOptions) < 150, `option ${sendOptions}`);
  }
  assert.ok(noticedMs({}, 4) < 150, 'a send that does not pass the dispatcher is seen in any case');
});

test('no multicast: every node is alone', () => {
  const result = run({ ...delta, misconfiguration: { multicast: 'closed' } });
  assert.is(result.consistency.lost_sessions, local.consistency.lost_sessions);
  assert.equal(
    result.traffic.map(({ kind }) => kind),
    [],
  );
});

test('a shared multicast group: every message goes to the members of both clusters', () => {
  const shared = run({ ...delta, faults: [], misconfiguration: { sharedGroupMembers: 3 } });
  const own = run({ ...delta, faults: [] });
  for (const kind of ['session-created', 'session-delta']) {
    assert.is(messages(shared, kind) / messages(own, kind), 5 / 2, `${kind}: 2 + 3 receivers in place of 2`);
  }
  assert.is(Math.round((messages(shared, 'heartbeat') / messages(own, 'heartbeat')) * 10), 25);
  assert.ok(shared.throughput.cpu_utilisation_mean > own.throughput.cpu_utilisation_mean);
});

test('a shared multicast group: a joining node asks the oldest member, which is a stranger, and starts empty', () => {
  const faults = [
    { atS: 12, crash: 'node-1' },
    { atS: 13, restart: 'node-1' },
  ];
  const joining: ScenarioInput = { ...delta, faults, balancer: { type: 'round-robin' } };
  const own = run(joining).consistency.lost_sessions;
  assert.ok(own < 5, 'created while node-1 joined');
  const shared = run({ ...joining, misconfiguration: { sharedGroupMembers: 3 } });
  assert.ok(shared.consistency.lost_sessions > 20);
  const younger = { sharedGroupMembers: 3, sharedGroupIsOlder: false };
  assert.is(run({ ...joining, misconfiguration: younger }).consistency.lost_sessions, own);
});

test('clocks that differ: a joining node drops queued deltas that its donor has not seen', () => {
  const scenario: ScenarioInput = {
    ...base,
    replication: {
      strategy: 'delta',
      sendAllSessions: false,
      sendAllSessionsSize: 20000,
      sendAllSessionsWaitTimeMs: 2000,
    },
    faults: [
      { atS: 11, crash: 'node-3' },
      { atS: 12, restart: 'node-3' },
    ],
    balancer: { type: 'round-robin' },
    calibration: { stateSessionUs: 0 },
  };
  const { membership } = new Cluster(parseScenario(scenario), 0);
  const donor = membership.bornNs(0) < membership.bornNs(1) ? 0 : 1;
  const ahead = (node: number): RunResult =>
    run({ ...scenario, misconfiguration: { clockOffsetsS: [0, 1].map((other) => (other === node ? 5 : 0)) } });
  const equal = run(scenario);
  assert.ok(ahead(donor).consistency.stale_reads > equal.consistency.stale_reads + 5);
  assert.ok(ahead(donor).consistency.diverged_sessions > equal.consistency.diverged_sessions);
  const options = { ...scenario.replication, strategy: 'delta', stateTimestampDrop: false } as const;
  const off = run({
    ...scenario,
    replication: options,
    misconfiguration: { clockOffsetsS: donor === 0 ? [5] : [0, 5] },
  });
  assert.equal(off.consistency, equal.consistency, 'nor one whose joiners compare no clocks');
  assert.equal(ahead(1 - donor).consistency, equal.consistency, 'a donor that is behind drops nothing');
});

test('a nested object that cannot be serialised: the delta is lost for good, and the client sees no error', () => {
  for (const strategy of ['delta', 'backup'] as const) {
    const moving: ScenarioInput = { replication: { strategy }, faults: [], balancer: { type: 'round-robin' } };
    const whole = run(moving);
    const broken = run({ ...moving, misconfiguration: { unserialisableRatio: 0.2 } });
    assert.ok(broken.consistency.lost_updates > whole.consistency.lost_updates + 50, strategy);
    assert.is(broken.throughput.failed_rps, 0, strategy);
    assert.ok(Math.abs(broken.consistency.lost_sessions - whole.consistency.lost_sessions) <= 2, 'the sessions live');
  }
  const sent = (ratio: number): number =>
    messages(run({ ...delta, faults: [], misconfiguration: { unserialisableRatio: ratio } }), 'session-delta');
  assert.ok(sent(1) < sent(0) * 0.6 && sent(1) > 0, 'every write is missing, reads still send theirs');
});

test('no ReplicationValve: every session is known everywhere, and nothing that a request changes leaves its node', () => {
  for (const strategy of ['delta', 'backup', 'all-to-all'] as const) {
    const replication: ScenarioInput['replication'] = { strategy };
    const { consistency, traffic } = run({ replication, misconfiguration: { noReplicationValve: 'all' } });
    const kind = strategy === 'backup' ? 'backup-delta' : strategy === 'delta' ? 'session-delta' : 'session-whole';
    assert.is(traffic.find((row) => row.kind === kind)?.messages ?? 0, 0, strategy);
    const whole = run({ replication }).consistency;
    assert.ok(consistency.lost_updates > whole.lost_updates + 50, `${strategy}: ${consistency.lost_updates}`);
    if (strategy === 'all-to-all') continue;
    assert.ok(consistency.lost_sessions <= whole.lost_sessions + 2, `${strategy}: empty, but there`);
  }
  const one = run({ ...delta, faults: [], misconfiguration: { noReplicationValve: ['node-2'] } });
  const sent = messages(run({ ...delta, faults: [] }), 'session-delta');
  assert.ok(Math.abs(messages(one, 'session-delta') / sent - 2 / 3) < 0.03, 'the other two send as before');
});

test('no JvmRouteBinderValve: the id keeps the route of the node that made it, and clients go back to it', () => {
  const back: ScenarioInput = {
    ...delta,
    faults: [
      { atS: 12, crash: 'node-1' },
      { atS: 13, restart: 'node-1' },
    ],
  };
  const kept = run({ ...back, misconfiguration: { noBinderValve: true } });
  const bound = run(back);
  assert.is(messages(kept, 'id-changed'), 0);
  assert.ok(messages(bound, 'id-changed') > 50);
  assert.ok(kept.nodeRequests[0] > bound.nodeRequests[0] * 1.2, `${kept.nodeRequests} against ${bound.nodeRequests}`);
});

test('no ClusterSessionListener on one node: it sends its sessions and takes none', () => {
  const dies = (node: string): RunResult =>
    run({ ...delta, misconfiguration: { noSessionListener: ['node-2'] }, faults: [{ atS: 20, crash: node }] });
  const { consistency } = dies('node-1');
  const half = local.consistency.lost_sessions / 2;
  assert.ok(Math.abs(consistency.lost_sessions - half) < 0.35 * half, 'those whose clients come to it');
  assert.ok(dies('node-2').consistency.lost_sessions <= 2, 'what it had, the others have');
  const quiet = run({ ...delta, misconfiguration: { noSessionListener: ['node-2'] }, faults: [] });
  for (const kind of ['session-created', 'session-delta']) {
    const ratio = messages(quiet, kind) / messages(run({ ...delta, faults: [] }), kind);
    assert.ok(Math.abs(ratio - 1) < 0.01, `as many messages as ever: ${ratio}`);
  }
  const joining = run({
    ...delta,
    misconfiguration: { noSessionListener: ['node-2'] },
    faults: [
      { atS: 11, crash: 'node-2' },
      { atS: 12, restart: 'node-2' },
    ],
    run: { warmUpS: 10, durationS: 90, seed: 7 },
  });
  const openS = 12 + 5 + 2 + 60;
  const share = joining.nodeRequests[1] / joining.nodeRequests[0];
  assert.ok(share < (100 - openS) / 80, `it waits 60 s for a state that it does not hear: ${share}`);
});

test('Cluster in the Engine here, in the Host there: two clusters in one group', () => {
  for (const strategy of ['delta', 'backup'] as const) {
    const mixed: ScenarioInput = {
      replication: { strategy },
      nodes: 4,
      misconfiguration: { otherPlacement: ['node-3', 'node-4'] },
    };
    const whole = run({ ...mixed, misconfiguration: {} });
    const { consistency } = run(mixed);
    const alone = run({ ...mixed, replication: { strategy: 'none' } }).consistency.lost_sessions;
    assert.ok(consistency.lost_sessions > 0.4 * alone && consistency.lost_sessions < 0.95 * alone, strategy);
    assert.ok(whole.consistency.lost_sessions <= 2, strategy);
    const moving = run({ ...mixed, faults: [], balancer: { type: 'round-robin' } });
    assert.ok(moving.consistency.lost_sessions > 500, 'without stickiness every other request meets a stranger');
  }
  const sent = messages(run({ ...delta, nodes: 4, misconfiguration: { otherPlacement: ['node-4'] } }), 'session-delta');
  const whole = messages(run({ ...delta, nodes: 4 }), 'session-delta');
  assert.ok(Math.abs(sent / whole - 1) < 0.05, 'every message travels to all members, and half of them for nothing');
});

test('expireSessionsOnShutdown: one graceful stop logs out the whole cluster; without it nobody is', () => {
  const stopped: ScenarioInput = { faults: [{ atS: 20, stop: 'node-1' }] };
  for (const strategy of ['delta', 'all-to-all'] as const) {
    for (const sendOptions of [8, 6] as const) {
      const stop = (expireSessionsOnShutdown: boolean): RunResult =>
        run({ ...stopped, channel: { sendOptions }, replication: { strategy, expireSessionsOnShutdown } });
      const [kept, expired] = [stop(false), stop(true)];
      assert.ok(kept.consistency.lost_sessions <= 2, `${strategy}, option ${sendOptions}`);
      const everybody = 150 * 2 * 0.9;
      assert.ok(expired.consistency.lost_sessions > everybody * 0.8, 'all who come back within the window');
      const more = messages(expired, 'session-expired') - messages(kept, 'session-expired');
      assert.ok(more > 2 * (everybody + 0.8 * 27_000), 'a message to each of two members for each session known');
    }
  }
  const killed = run({ replication: { strategy: 'delta', expireSessionsOnShutdown: true } });
  assert.ok(killed.consistency.lost_sessions <= 2, 'a kill sends nothing');
});

test('a change in place without setAttribute: what each store keeps of it', () => {
  const session = { ...base.session, writeRatio: 0.1, mutateWithoutSetRatio: 0.5 };
  const lost = (replication: ScenarioInput['replication']): number =>
    run({ session, replication, balancer: { type: 'round-robin' }, faults: [] }).consistency.lost_updates;
  assert.ok(lost({ strategy: 'redisson' }) > 50, 'Redisson DEFAULT writes what is set');
  assert.is(lost({ strategy: 'redisson', readMode: 'MEMORY', updateMode: 'AFTER_REQUEST' }), 0);
  assert.ok(lost({ strategy: 'spring-session' }) > 50, 'Spring ON_SET_ATTRIBUTE writes what is set');
  assert.is(lost({ strategy: 'spring-session', saveMode: 'ON_GET_ATTRIBUTE' }), 0);
  assert.is(lost({ strategy: 'memcached-nonsticky', lockingMode: 'all', sessionBackupAsync: false }), 0);
});

test('a change in place without setAttribute: lost under DeltaManager and BackupManager, kept in memcached', () => {
  const session = { ...base.session, writeRatio: 0, mutateWithoutSetRatio: 0.5 };
  for (const strategy of ['delta', 'backup'] as const) {
    const { lost_updates: lost, lost_sessions: sessions } = run({ session, replication: { strategy } }).consistency;
    assert.ok(lost > 10, `${strategy}: ${lost}`);
    assert.ok(sessions <= 2, strategy);
  }
  const kept = run({ session, replication: { strategy: 'memcached-sticky', sessionBackupAsync: false } });
  assert.is(kept.consistency.lost_updates, 0);
});

test.run();
