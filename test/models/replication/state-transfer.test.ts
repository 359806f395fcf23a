// How a joining node gets its state: whom it asks, when it opens, and what it gets when that goes wrong.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster } from '../../../models/cluster.ts';
import { requestDoes } from '../../../models/requests.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../../models/scenario/schema.ts';
import { nodeState } from '../../../models/tomcat-nodes.ts';

const JOIN_NS = 2e9;
const POLL_NS = 100e6;

class Joining {
  readonly cluster: Cluster;
  readonly rows: number[] = [];
  readonly moments: number[] = [];

  /** A cluster with sessions on node 1, and node 3 away. */
  constructor(more: ScenarioInput, sessions = 40) {
    const node = { cores: 2, startUpS: 1 };
    const channel = { sendOptions: 6, ...more.channel } as const;
    const replication = { strategy: 'delta' } as const;
    const session = { bytes: 10_000 };
    this.cluster = new Cluster(
      parseScenario({ nodes: 3, node, replication, session, ...more, channel }),
      0,
      undefined,
      true,
    );
    const { script } = this.cluster;
    for (let at = 0; at < sessions; at += 1) {
      script!.ask(script!.client(), 0, requestDoes.WRITE, ({ session: row }) => this.rows.push(row));
    }
    this.run(1);
    this.cluster.life.crash(2, false);
    this.run(6);
  }

  run(seconds: number): void {
    this.cluster.sim.runUntil(this.cluster.sim.nowNs + seconds * 1e9);
  }

  /** Starts a node. @returns from its question to its opening [ns]. */
  join(node = 2, seconds = 90): number {
    const { sim, nodes, life } = this.cluster;
    life.restart(node);
    const askedNs = sim.nowNs + 1e9 + JOIN_NS;
    const endNs = sim.nowNs + seconds * 1e9;
    while (nodes.state[node] !== nodeState.SERVING && sim.nowNs < endNs) sim.runUntil(sim.nowNs + 1e6);
    return sim.nowNs - askedNs;
  }

  known(node = 2): number {
    this.cluster.catchUp(node);
    return this.rows.filter((row) => this.cluster.strategy.versionAt(node, row) > 0).length;
  }

  /** Makes the joining node ask this one. */
  oldest(node: number): void {
    const { membership } = this.cluster;
    const bornNs = membership.bornNs.bind(membership);
    membership.bornNs = (member) => (member === node ? -1e18 : bornNs(member));
  }
}

test('it opens at the first look, every 100 ms, after all has been applied', () => {
  const small = new Joining({});
  assert.is(small.join(), POLL_NS);
  assert.is(small.known(), 40);
  const slow = new Joining({ calibration: { stateSessionUs: 3000 } });
  assert.is(slow.join(), 3 * POLL_NS, '40 sessions, 3 ms at each end');
});

test('a joining JVM is cold: classes are loaded once, and of the sessions the first hundred cost more', () => {
  const calibration = { stateSessionUs: 0, stateColdMs: 0, stateInterpretedUs: 0 };
  const looks = (more: Record<string, number>, sessions: number, replication = {}): number => {
    const one = new Joining(
      { calibration: { ...calibration, ...more }, replication: { strategy: 'delta', ...replication } },
      sessions,
    );
    return one.join() / POLL_NS;
  };
  assert.is(looks({}, 40), 1);
  assert.is(looks({ stateColdMs: 150 }, 40), 2);
  assert.is(looks({ stateInterpretedUs: 4000 }, 40), 2, '160 ms');
  assert.is(looks({ stateInterpretedUs: 4000 }, 90), 4, '360 ms');
  assert.is(looks({ stateInterpretedUs: 4000 }, 180), 5, '400 ms and the wire');
  const batches = { sendAllSessions: false, sendAllSessionsSize: 60, sendAllSessionsWaitTimeMs: 1 };
  assert.is(looks({ stateColdMs: 50, stateInterpretedUs: 4000 }, 180, batches), 5, 'once, not per batch');
});

test('what a sender cannot write within its timeout is cut off: it opens empty, and nobody is told', () => {
  const limit = { bandwidthMbps: 1 };
  const one = new Joining({ network: limit, channel: { sender: { timeoutMs: 3000 } } });
  const openedNs = one.join();
  assert.ok(openedNs > 3e9 && openedNs < 3.3e9, `${openedNs} ns`);
  assert.is(one.known(), 0);
  const patient = new Joining({ network: limit, channel: { sender: { timeoutMs: 4000 } } });
  assert.ok(patient.join() > 3.3e9);
  assert.is(patient.known(), 40, '410 kB in 3.4 s');
});

test('batches get through where one message does not, with a pause after each but the last', () => {
  const replication = {
    strategy: 'delta',
    sendAllSessions: false,
    sendAllSessionsSize: 10,
    sendAllSessionsWaitTimeMs: 500,
  } as const;
  const one = new Joining({ network: { bandwidthMbps: 1 }, replication });
  const openedNs = one.join();
  assert.ok(openedNs > 3.4e9 + 3 * 0.5e9 && openedNs < 3.7e9 + 3 * 0.5e9, `${openedNs} ns`);
  assert.is(one.known(), 40);
});

test('a donor that dies leaves the joiner waiting for the timeout, and empty', () => {
  const one = new Joining({ network: { bandwidthMbps: 2 } });
  one.oldest(0);
  const { script, life } = one.cluster;
  script!.after(1e9 + JOIN_NS + 0.5e9, () => life.crash(0, false));
  assert.is(one.join(), 60e9 + POLL_NS);
  assert.is(one.known(), 0);
});

test('two nodes that start at the same moment ask each other: both wait for the timeout', () => {
  const one = new Joining({});
  const { life, nodes, sim } = one.cluster;
  life.crash(0, false);
  life.crash(1, false);
  one.run(5);
  life.restart(1);
  life.restart(2);
  one.run(1 + 2 + 30);
  assert.equal([nodes.state[1], nodes.state[2]], [nodeState.JOINING, nodeState.JOINING]);
  one.run(31);
  assert.equal([nodes.state[1], nodes.state[2]], [nodeState.SERVING, nodeState.SERVING], `${sim.nowNs}`);
});

test('a member without the application says so: the joiner opens empty at its next look', () => {
  const one = new Joining({ membership: { mcastFrequencyMs: 500 } });
  const { life } = one.cluster;
  one.oldest(1);
  life.crash(1, false);
  life.restart(2);
  one.run(1.5);
  life.restart(1);
  const { sim, nodes } = one.cluster;
  while (nodes.state[2] !== nodeState.SERVING) sim.runUntil(sim.nowNs + 1e6);
  assert.is(nodes.state[1], nodeState.JOINING);
  assert.is(one.known(), 0);
});

test('what is written while the state is on its way reaches the joiner', () => {
  const one = new Joining({ network: { bandwidthMbps: 2 } });
  const { script, strategy, sessions } = one.cluster;
  for (let at = 0; at < 10; at += 1) {
    script!.after(1e9 + JOIN_NS + 0.1e9 * (at + 1), () => script!.ask(one.rows[at], 0, requestDoes.WRITE, () => {}));
  }
  one.join();
  one.run(1);
  one.cluster.catchUp(2);
  for (const row of one.rows) assert.is(strategy.versionAt(2, row), sessions.latest.get(row));
});

test('BackupManager: INIT, keys, START; then the joiner can be a backup, and what had none gets one', () => {
  const kinds = new Map<string, number>();
  const replication = { strategy: 'backup' } as const;
  const one = new Joining({ nodes: 3, replication }, 0);
  const { cluster } = one;
  const { script } = cluster;
  cluster.life.crash(1, false);
  one.run(5);
  for (let at = 0; at < 20; at += 1)
    script!.ask(script!.client(), 0, requestDoes.WRITE, ({ session }) => one.rows.push(session));
  one.run(1);
  for (const row of one.rows) assert.is(cluster.sessions.second.get(row), -1, 'nobody else is there');
  cluster.traffic.observer = {
    message(_kind, from, to, bytes) {
      if (from >= 0 && to >= 0) kinds.set(`${from}>${to} ${bytes}`, (kinds.get(`${from}>${to} ${bytes}`) ?? 0) + 1);
    },
  };
  one.join(1);
  one.run(1);
  assert.is(kinds.get('1>0 700'), 2, 'INIT and START');
  assert.is(kinds.get('0>1 700'), 2, 'and their answers');
  assert.is(kinds.get('1>0 552'), 1);
  assert.is(kinds.get(`0>1 ${cluster.sizes.mapState(20, 0, 35)}`), 1);
  for (const row of one.rows) assert.is(cluster.strategy.versionAt(1, row), 1, 'the only other node is the backup now');
});

test.run();
