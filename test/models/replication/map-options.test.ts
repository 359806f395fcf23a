// What BackupManager's mapSendOptions decide: who waits, for what, and which acknowledgements cross the network.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster } from '../../../models/cluster.ts';
import { kindCode } from '../../../models/messages.ts';
import { requestDoes } from '../../../models/requests.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../../models/scenario/schema.ts';

interface Seen {
  readonly latencyMs: number;
  readonly messages: number;
  readonly acks: number;
  /** Whether the backup has the write when the response is there, and a second later. */
  readonly isThere: boolean;
  readonly isThereLater: boolean;
}

/** A new session, then one write to it, at a cluster whose receivers take 10 ms for a message. */
function writeUnder(mapSendOptions: number, more: ScenarioInput = {}): Seen {
  const scenario = parseScenario({
    nodes: 3,
    service: { cpuMsMean: 0.1, distribution: 'constant' },
    calibration: { messageReceiveUs: 10_000, messageSendUs: 10 },
    replication: { strategy: 'backup', mapSendOptions },
    network: { latencyUs: 100 },
    run: { warmUpS: 0 },
    ...more,
  });
  const cluster = new Cluster(scenario, 0, undefined, true);
  const { script, sim } = cluster;
  let messages = 0;
  let acks = 0;
  cluster.traffic.observer = {
    message(kind: number): void {
      if (kind === kindCode.ack) acks += 1;
      else if (kind === kindCode['backup-delta']) messages += 1;
    },
  };
  const session = script!.client();
  script!.ask(session, 0, requestDoes.WRITE, () => {});
  sim.runUntil(1e9);
  messages = 0;
  acks = 0;
  let latencyMs = Number.POSITIVE_INFINITY;
  let isThere = false;
  const isAtBackup = (): boolean => {
    const backup = cluster.sessions.second.get(session);
    cluster.catchUp(backup);
    return cluster.strategy.versionAt(backup, session) === cluster.sessions.latest.get(session);
  };
  script!.ask(session, 0, requestDoes.WRITE, ({ latencyNs }) => {
    latencyMs = latencyNs / 1e6;
    isThere = isAtBackup();
  });
  sim.runUntil(2e9);
  return { latencyMs, messages, acks, isThere, isThereLater: isAtBackup() };
}

test('with 6 a request waits until its backup has applied the change, with 2 until it has got it, else for nothing', () => {
  const applied = writeUnder(6);
  assert.ok(applied.latencyMs > 10 && applied.latencyMs < 12, JSON.stringify(applied));
  assert.ok(applied.isThere);
  const received = writeUnder(2);
  assert.ok(received.latencyMs > 0.2 && received.latencyMs < 1, JSON.stringify(received));
  for (const options of [4, 8, 10, 14]) {
    const { latencyMs } = writeUnder(options);
    assert.ok(latencyMs < received.latencyMs - 0.15, `${options}: ${latencyMs}`);
  }
  for (const options of [2, 4, 8, 10, 14]) {
    const { isThere, isThereLater } = writeUnder(options);
    assert.equal({ options, isThere, isThereLater }, { options, isThere: false, isThereLater: true });
  }
});

test('every message is acknowledged with 2, 6, 10 and 14, none with 4 and 8', () => {
  const counted = [2, 6, 10, 14, 4, 8].map((options) => {
    const { messages, acks } = writeUnder(options);
    return [options, messages, acks];
  });
  assert.equal(counted, [
    [2, 1, 1],
    [6, 1, 1],
    [10, 1, 1],
    [14, 1, 1],
    [4, 1, 0],
    [8, 1, 0],
  ]);
});

/** Whether a change reaches its backup if the node dies so long after the response, or in the middle of the send. */
function outlives(mapSendOptions: number, afterUs: number): boolean {
  const scenario = parseScenario({
    nodes: 3,
    calibration: { messageReceiveUs: 1000, messageSendUs: 10, dispatchLagUsMean: 0, receiveLagUsMean: 0 },
    replication: { strategy: 'backup', mapSendOptions },
    network: { latencyUs: 100, bandwidthMbps: 100 },
    session: { attributes: [{ name: 'p', type: 'byte[]', bytes: 10_000 }] },
    run: { warmUpS: 0 },
  });
  const cluster = new Cluster(scenario, 0, undefined, true);
  const { script, sim } = cluster;
  const session = script!.client();
  script!.ask(session, 0, requestDoes.WRITE, () => {});
  sim.runUntil(1e9);
  const backup = cluster.sessions.second.get(session);
  const before = cluster.strategy.versionAt(backup, session);
  cluster.traffic.observer = {
    message(kind: number): void {
      if (kind === kindCode['backup-delta']) script!.after(afterUs * 1000, () => cluster.life.crash(0, false));
    },
  };
  script!.ask(session, 0, requestDoes.WRITE, () => {});
  sim.runUntil(1.5e9);
  cluster.catchUp(backup);
  return cluster.strategy.versionAt(backup, session) > before;
}

test('what has left a node before it dies gets there, what is still on its card does not', () => {
  for (const options of [2, 4, 6, 8, 10, 14]) {
    // 11 kB take about 0.9 ms at 100 Mbit/s.
    assert.is(outlives(options, 500), false, `${options}`);
    assert.is(outlives(options, 1000), true, `${options}`);
    assert.is(outlives(options, 1500), true, `${options} late`);
  }
});

/** Writes of three sessions, one after the other, whose backups stand still for a while. @returns when their diffs left [ms]. */
function sentWhileFrozen(mapSendOptions: number, maxThreads: number): number[] {
  const scenario = parseScenario({
    nodes: 2,
    replication: { strategy: 'backup', mapSendOptions },
    channel: { dispatch: { maxThreads } },
    faults: [{ atS: 2, freeze: 'node-2', forS: 3 }],
    run: { warmUpS: 0 },
  });
  const cluster = new Cluster(scenario, 0, undefined, true);
  const { script, sim } = cluster;
  const sessions = Array.from({ length: 3 }, () => script!.client());
  for (const session of sessions) script!.ask(session, 0, requestDoes.WRITE, () => {});
  sim.runUntil(2.5e9);
  const sentMs: number[] = [];
  cluster.traffic.observer = {
    message(kind: number): void {
      if (kind === kindCode['backup-delta']) sentMs.push(Math.round(sim.nowNs / 1e6 - 2500));
    },
  };
  for (const session of sessions) script!.ask(session, 0, requestDoes.WRITE, () => {});
  sim.runUntil(7e9);
  return sentMs;
}

test('a dispatcher thread is held until its message is acknowledged; what comes after it queues', () => {
  const few = sentWhileFrozen(10, 2);
  assert.is(few.length, 3);
  assert.ok(few[0] < 100 && few[1] < 100 && few[2] > 2400 && few[2] < 2700, JSON.stringify(few));
  for (const sent of [sentWhileFrozen(10, 3), sentWhileFrozen(8, 2)]) {
    assert.ok(sent.length === 3 && sent.every((ms) => ms < 100), JSON.stringify(sent));
  }
});

test.run();
