// What each strategy loses and what it does not, as the definitions of lost session, lost update and stale read have it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { strategyNames } from '../../experiments/lib/vocabulary.ts';
import type { Cluster } from '../../models/cluster.ts';
import type { ScenarioInput, StrategyName } from '../../models/scenario/schema.ts';
import { cluster, losses, messages, run, trafficOf } from './runs.ts';

const crash: ScenarioInput['faults'] = [{ atS: 3, crash: 'node-2' }];
const VICTIM = 1;
const slowHandOver = { dispatchLagUsMean: 20_000 };
const reads = { requestsMean: 20, thinkTimeSMean: 0.3, writeRatio: 0 };

/** Runs a cluster and tells which sessions were asked for after a moment, and which were lost, with their node at it. */
function watch(one: Cluster, atNs: number): { asked: Set<number>; lost: number[]; ownedByVictim: Set<number> } {
  const asked = new Set<number>();
  const lost: number[] = [];
  const ownedByVictim = new Set<number>();
  const die = one.nodes.die.bind(one.nodes);
  one.nodes.die = (node, nowNs, isSilent) => {
    for (let row = 0; row < one.sessions.rows; row += 1)
      if (one.sessions.owner.get(row) === node) ownedByVictim.add(row);
    die(node, nowNs, isSilent);
  };
  const send = one.flow.send.bind(one.flow);
  one.flow.send = (session, creates, given) => {
    if (one.sim.nowNs > atNs && one.sim.nowNs < 5.9e9 && !creates) asked.add(session);
    send(session, creates, given);
  };
  const sessionLost = one.sessionLost.bind(one);
  one.sessionLost = (session) => {
    lost.push(session);
    return sessionLost(session);
  };
  return { asked, lost, ownedByVictim };
}

test('sticky only: a crash loses exactly the sessions of the crashed node that are used again', () => {
  for (let replication = 0; replication < 3; replication += 1) {
    const one = cluster({ session: reads, replication: { strategy: 'none' }, faults: crash }, replication);
    const { asked, lost, ownedByVictim } = watch(one, 3e9);
    const { consistency } = one.run();
    assert.ok(lost.length > 5, `${lost.length} sessions lost`);
    assert.is(consistency.lost_sessions, lost.length);
    assert.is(new Set(lost).size, lost.length, 'each once');
    for (const row of lost) assert.ok(ownedByVictim.has(row), `session ${row} lived at another node`);
    const used = [...asked].filter((row) => ownedByVictim.has(row));
    for (const row of used) assert.ok(lost.includes(row), `session ${row} was used again and not lost`);
  }
});

test('no fault, sticky: nobody loses anything', () => {
  const strategies = ['none', 'all-to-all', 'delta', 'backup', 'memcached-sticky'] as const;
  for (const strategy of strategies) {
    const { consistency } = run({ replication: { strategy }, load: { requestsPerSecond: 600 } });
    const { stale_reads, lost_updates, lost_sessions, failed_requests } = consistency;
    assert.equal([stale_reads, lost_updates, lost_sessions, failed_requests], [0, 0, 0, 0], strategy);
  }
});

test('who logs out loses nothing, though the last write is still on its way to a copy', () => {
  for (const strategy of strategyNames() as StrategyName[]) {
    const session = { requestsMean: 4, thinkTimeSMean: 0.3, writeRatio: 1, logoutRatio: 1 };
    const { consistency } = run({ replication: { strategy }, session });
    assert.equal([consistency.lost_updates, consistency.lost_sessions], [0, 0], strategy);
  }
});

test('sessions that are kept for as long as the schema allows', () => {
  for (const strategy of strategyNames() as StrategyName[]) {
    const given = { replication: { strategy }, session: { idleTimeoutS: 9e6 }, run: { warmUpS: 0, durationS: 0.1 } };
    const { consistency } = run({ ...given, load: { requestsPerSecond: 100 } });
    assert.ok(consistency.requests > 0 && consistency.lost_sessions === 0, strategy);
  }
});

test('asynchronous deltas lose the window at a crash; synchronous ones (6) lose no acknowledged write', () => {
  for (const strategy of ['delta', 'all-to-all'] as const) {
    const of = (sendOptions: 6 | 8) =>
      losses({ replication: { strategy }, channel: { sendOptions }, calibration: slowHandOver, faults: crash }, 10);
    const asynchronous = of(8);
    const synchronous = of(6);
    assert.ok(asynchronous.lost_updates > 5, `${strategy}, 8: ${asynchronous.lost_updates} lost updates`);
    assert.is(synchronous.lost_updates, 0, `${strategy}, 6`);
    assert.is(synchronous.stale_reads, 0, `${strategy}, 6`);
    assert.is(synchronous.lost_sessions, 0, `${strategy}, 6`);
  }
});

test('option 6 waits for the slowest receiver, 2 only for its receipt, 8, 10 and 14 for nothing', () => {
  const calibration = { messageReceiveUs: 2000, receiveLagUsMean: 0, dispatchLagUsMean: 0 };
  const latency = (sendOptions: 0 | 2 | 4 | 6 | 8 | 10 | 14): number =>
    run({ nodes: 3, calibration, channel: { sendOptions }, load: { requestsPerSecond: 30 } }).throughput
      .latency_ms_mean!;
  const eight = latency(8);
  for (const free of [0, 4, 10, 14] as const) {
    assert.ok(Math.abs(latency(free) - eight) < 0.05, `${free}: ${latency(free)} ms, 8: ${eight} ms`);
  }
  const [two, six] = [latency(2), latency(6)];
  assert.ok(two > eight + 0.15 && two < eight + 1.2, `2: ${two} ms, 8: ${eight} ms`);
  assert.ok(six > two + 1.8, `6: ${six} ms, 2: ${two} ms: one message of 2 ms`);
});

test('acknowledgements: one per delivery under 2, 6, 10, 14; none under 0, 4, 8, 12', () => {
  for (const sendOptions of [0, 2, 4, 6, 8, 10, 12, 14] as const) {
    const result = run({ nodes: 3, channel: { sendOptions } });
    const sent = messages(result, 'session-created', 'session-delta', 'session-expired');
    const acks = trafficOf(result, 'ack')?.messages ?? 0;
    if ((sendOptions & 2) === 0) assert.is(acks, 0, `option ${sendOptions}`);
    else assert.ok(Math.abs(acks - sent) <= 0.01 * sent, `option ${sendOptions}: ${acks} acks for ${sent} messages`);
  }
});

test('option 2 answers before the change is applied: the next node may still read the old value, with 6 it cannot', () => {
  const stale = (sendOptions: 2 | 6 | 8): number =>
    run({
      nodes: 3,
      balancer: { type: 'round-robin', jvmRoute: false },
      channel: { sendOptions },
      calibration: { messageReceiveUs: 3000 },
      load: { requestsPerSecond: 100 },
      session: { requestsMean: 20, thinkTimeSMean: 0.001, thinkTimeDistribution: 'constant', writeRatio: 1 },
    }).consistency.stale_reads;
  assert.ok(stale(2) > 50, `${stale(2)}`);
  assert.ok(stale(8) > 50, `${stale(8)}`);
  assert.is(stale(6), 0);
});

test('non-sticky: stale reads fade as the clients think longer', () => {
  const share = (thinkTimeSMean: number, latencyUs: number): number => {
    const { consistency } = run({
      nodes: 3,
      network: { latencyUs },
      balancer: { type: 'round-robin', jvmRoute: false },
      session: { requestsMean: 20, thinkTimeSMean, thinkTimeDistribution: 'constant', writeRatio: 1 },
      run: { warmUpS: 1, durationS: 10 },
    });
    return consistency.stale_reads / consistency.requests;
  };
  const stale = [0.0001, 0.0005, 0.002, 0.05].map((think) => share(think, 1));
  for (let place = 1; place < stale.length; place += 1) assert.ok(stale[place] <= stale[place - 1], `${stale}`);
  assert.ok(stale[0] > 0.02, `${stale}`);
  assert.ok(stale[3] < 0.002, `${stale}`);
  assert.ok(
    share(0.0001, 400) < stale[0] / 4,
    'a client thinks when the response has reached it, not when it has left',
  );
});

test('jvmRoute: after a crash each session that moves is renamed once, to every member; without routes never', () => {
  const renamed = (jvmRoute: boolean): number => {
    const one = cluster({ session: reads, balancer: { type: 'sticky-route', jvmRoute }, faults: crash });
    const { asked, ownedByVictim } = watch(one, 3e9);
    const moved = messages(one.run(), 'id-changed');
    const used = [...asked].filter((row) => ownedByVictim.has(row)).length;
    if (jvmRoute) assert.ok(moved >= 2 * used && moved <= 3 * (used + 5), `${moved} messages, ${used} sessions`);
    return moved;
  };
  assert.ok(renamed(true) > 10);
  assert.is(renamed(false), 0);
});

test('a backup: one crash loses no acknowledged update, nor does a second one after the re-publication', () => {
  const replication = { strategy: 'backup' } as const;
  const one = losses({ replication, faults: crash }, 10);
  assert.is(one.lost_updates, 0);
  assert.is(one.lost_sessions, 0);
  const late = losses(
    {
      replication,
      faults: [
        { atS: 1.5, crash: 'node-2' },
        { atS: 5, crash: 'node-3' },
      ],
    },
    10,
  );
  assert.is(late.lost_updates, 0);
  assert.is(late.lost_sessions, 0);
  const together = losses({ replication, faults: [...crash, { atS: 3, crash: 'node-3' }] }, 3);
  assert.ok(together.lost_updates > 100, `${together.lost_updates}`);
  assert.ok(together.lost_sessions > 10, `${together.lost_sessions}`);
});

test('a backup with N=2: after one death there is none left', () => {
  const one = cluster({ nodes: 2, replication: { strategy: 'backup' }, faults: [{ atS: 1.5, crash: 'node-2' }] });
  one.run();
  const { second, state, rows } = one.sessions;
  for (let row = 0; row < rows; row += 1) if (state.get(row) === 1) assert.is(second.get(row), -1);
});

test('memcached: a Tomcat loses only what was under way, a memcached nothing, both together sessions', () => {
  const replication = { strategy: 'memcached-sticky' } as const;
  const tomcat = losses({ replication, faults: crash }, 5);
  assert.ok(tomcat.lost_updates <= 3, `${tomcat.lost_updates}`);
  assert.is(tomcat.lost_sessions, 0);
  const waiting = { ...replication, sessionBackupAsync: false };
  assert.is(losses({ replication: waiting, faults: crash }, 5).lost_updates, 0);
  const store = losses({ replication, faults: [{ atS: 3, crashStore: 'n1' }] }, 5);
  assert.equal([store.lost_updates, store.lost_sessions], [0, 0]);
  const both = losses(
    {
      replication,
      faults: [
        { atS: 3, crashStore: 'n1' },
        { atS: 3.1, crash: 'node-2' },
      ],
    },
    5,
  );
  assert.ok(both.lost_updates > 50, `${both.lost_updates}`);
  assert.ok(both.lost_sessions > 10, `${both.lost_sessions}`);
});

test('a partition: both sides serve, nothing is merged when it heals', () => {
  const partition: [string[], string[]] = [
    ['node-1', 'node-2'],
    ['node-3', 'node-4'],
  ];
  const result = run({ faults: [{ atS: 1, partition, forS: 4.5 }], run: { warmUpS: 1, durationS: 6 } });
  assert.is(result.consistency.failed_requests, 0);
  assert.is(result.consistency.lost_updates, 0);
  assert.ok(result.consistency.diverged_sessions > 50, `${result.consistency.diverged_sessions}`);
});

test('a partition parts primaries from their backups; sticky clients lose nothing', () => {
  const partition: [string[], string[]] = [
    ['node-1', 'node-2'],
    ['node-3', 'node-4'],
  ];
  const faults = [{ atS: 2, partition, forS: 8 }];
  const replication = { strategy: 'backup', mapSendOptions: 8 } as const;
  const session = { requestsMean: 20, thinkTimeSMean: 0.3, writeRatio: 1, idleTimeoutS: 60 };
  const sum = losses({ replication, session, faults, run: { warmUpS: 1, durationS: 13 } }, 2);
  assert.equal([sum.stale_reads, sum.lost_updates, sum.lost_sessions], [0, 0, 0]);
});

test('a joining node asks the oldest member for everything, and opens after start, join and transfer', () => {
  const faults: ScenarioInput['faults'] = [
    { atS: 1, crash: 'node-2' },
    { atS: 5, restart: 'node-2' },
  ];
  const more = { node: { startUpS: 1.5 }, session: { ...reads, bytes: 5000 }, faults };
  const one = cluster({ ...more, run: { warmUpS: 1, durationS: 30 } });
  const donors: number[] = [];
  const copyState = one.plane.copyState.bind(one.plane);
  let askedNs = 0;
  one.plane.copyState = (node, donor, nowNs) => {
    donors.push(donor);
    askedNs = nowNs;
    copyState(node, donor, nowNs);
  };
  let openNs = 0;
  const opened = one.strategy.opened.bind(one.strategy);
  one.strategy.opened = (node) => {
    openNs = one.sim.nowNs;
    opened(node);
  };
  let firstNs = 0;
  const accepted = one.flow.accepted.bind(one.flow);
  one.flow.accepted = (slot, node) => {
    if (node === VICTIM && one.sim.nowNs > 5e9 && firstNs === 0) firstNs = one.sim.nowNs;
    accepted(slot, node);
  };
  const ages = [0, 2, 3].sort((a, b) => one.membership.bornNs(a) - one.membership.bornNs(b));
  const result = one.run();
  assert.equal(donors, [ages[0]]);
  const joinedNs = 5e9 + 1.5e9 + 2e9;
  assert.ok(askedNs > joinedNs && askedNs < joinedNs + 1e6, 'start-up, four heartbeat periods, and the question');
  const state = trafficOf(result, 'state-transfer')!;
  const transferNs = state.bytes * 8;
  assert.ok(openNs >= askedNs + transferNs, `${openNs - askedNs} ns for ${state.bytes} bytes on 1 Gbit/s`);
  const cpuNs = (state.bytes / 5000) * 1.1 * 2 * one.scenario.calibration.stateSessionUs * 1000;
  assert.ok(openNs < askedNs + 2.5 * transferNs + cpuNs + 100e6, `${openNs - askedNs} ns`);
  assert.is((openNs - joinedNs) % 100e6, 0, 'it looks every 100 ms');
  assert.ok(firstNs >= openNs, `no request before ${openNs}: ${firstNs}`);
  assert.is(result.consistency.lost_sessions, 0);
  const held = one.scenario.load.requestsPerSecond / 20;
  assert.ok(state.bytes > held * 1800 * 0.8 * 5000, `${state.bytes} bytes`);
});

test('a node that finds nobody opens empty', () => {
  const faults: ScenarioInput['faults'] = [
    { atS: 2, crash: 'node-1' },
    { atS: 2, crash: 'node-2' },
    { atS: 2, restart: 'node-1' },
  ];
  const balancer = { type: 'sticky-route', failTimeoutS: 0.5 } as const;
  const { consistency } = run({ nodes: 2, node: { startUpS: 0.2 }, session: reads, balancer, faults });
  assert.ok(consistency.lost_sessions > 20, `${consistency.lost_sessions}`);
});

test.run();
