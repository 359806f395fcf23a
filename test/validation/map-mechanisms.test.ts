// No check of BackupManager with mapSendOptions 8 is vacuous: each mechanism is taken away once, and the checks that stand
// on it miss their bounds. And what the mechanisms mean where nothing was measured.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';
import { simulate } from '../../models/cluster.ts';
import { BackupDispatched } from '../../models/replication/backup-dispatched.ts';
import { sends } from '../../models/replication/map-message.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { SessionTable } from '../../models/sessions.ts';
import { WireMeter } from '../../models/wire-meter.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';
import { patched } from './patched.ts';

type Method = (...given: never[]) => unknown;

const name = 'traffic-backup.csv';
const measured = readMeasured(new URL('../../experiments/validation/measured', import.meta.url).pathname);
const table = measured.find((file) => file.name === name)!;
const unordered = table.rows.filter(({ cell, sendOptions }) => cell === 'rr_pay1000' && sendOptions === '8');

function missed(rows = unordered): string[] {
  const checks = validatorOf(name)!.check({ name, rows });
  assert.ok(checks.length > 4, 'something is checked');
  return checks.filter(({ ok }) => !ok).map(({ quantity }) => quantity);
}

test('with the mechanisms the cells are met', () => assert.equal(missed(), []));

test('messages of the map that arrive in the order of their sending: nothing is removed twice, no session is lost', () => {
  const without = patched([[KeyedDelay.prototype, 'at', () => () => 0]], () => missed());
  assert.ok(
    without.some((quantity) => /MSG_REMOVE/.test(quantity)),
    without.join('; '),
  );
});

test('an entry that is put without removing what an overtaken message has left', () => {
  const forgetful = (): Method =>
    function (this: never, ...given: never[]) {
      const { requests } = (this as unknown as { host: { requests: { node: Int16Array } } }).host;
      if (given[1] === requests.node[given[0]]) return;
      BackupDispatchedRemove.apply(this, given);
    };
  const BackupDispatchedRemove = (BackupDispatched.prototype as unknown as Record<string, Method>).remove;
  const without = patched([[BackupDispatched.prototype, 'remove', forgetful]], () => missed());
  assert.ok(
    without.some((quantity) => /MSG_REMOVE|MSG_BACKUP/.test(quantity)),
    without.join('; '),
  );
});

test('removals that come late and take nothing away: sessions are not lost', () => {
  const late = (apply: Method): Method =>
    function (this: never, ...given: never[]) {
      const message = given[0] as unknown as { does: number; key: number; session: number };
      const { sessions } = (this as unknown as { host: { sessions: SessionTable } }).host;
      if (message.does === sends.REMOVE && sessions.route.get(message.session) === message.key) return;
      apply.apply(this, given);
    };
  const without = patched([[BackupDispatched.prototype, 'unicastApplied', late]], () => missed());
  assert.ok(
    without.some((quantity) => /MSG_BACKUP/.test(quantity)),
    without.join('; '),
  );
});

test('a pool that has never made a third sender: packets of 10 kB', () => {
  const large = table.rows.filter(({ cell, sendOptions }) => cell === 'pay10000' && sendOptions === '8');
  assert.equal(missed(large), []);
  const two = (connectionOf: Method): Method =>
    function (this: never, ...given: never[]) {
      return (connectionOf.apply(this, given) as number) % 2;
    };
  const without = patched([[WireMeter.prototype, 'connectionOf', two]], () => missed(large));
  assert.equal(without, ['packets per request']);
});

interface Losses {
  readonly stale: number;
  readonly lost: number;
}

function shares(given: object): Losses {
  const scenario = parseScenario({
    nodes: 3,
    load: { requestsPerSecond: 100 },
    session: { requestsMean: 20, thinkTimeSMean: 0.5, writeRatio: 1 },
    replication: { strategy: 'backup', mapSendOptions: 8 },
    run: { warmUpS: 5, durationS: 60 },
    ...given,
  });
  const { requests, stale_reads, lost_sessions } = simulate(scenario, 0).consistency;
  return { stale: stale_reads / requests, lost: lost_sessions / requests };
}

test('only a balancer that does not keep sessions at their node, with renaming, loses sessions', () => {
  const renamed = shares({ balancer: { type: 'round-robin', jvmRoute: true } });
  assert.ok(renamed.lost > 0.02 && renamed.stale > 0.02, JSON.stringify(renamed));
  const unnamed = shares({ balancer: { type: 'round-robin', jvmRoute: false } });
  assert.ok(unnamed.lost < 0.001 && unnamed.stale > 0.002, JSON.stringify(unnamed));
  assert.equal(shares({ balancer: { type: 'sticky-route', jvmRoute: true } }), { stale: 0, lost: 0 });
  const awaited = { strategy: 'backup', mapSendOptions: 6 };
  assert.equal(shares({ balancer: { type: 'round-robin', jvmRoute: true }, replication: awaited }), {
    stale: 0,
    lost: 0,
  });
});

test('runs with deaths, partitions and stops end, and give the same again', () => {
  const faults = [
    [
      { atS: 6, crash: 'node-1' },
      { atS: 9, restart: 'node-1' },
    ],
    [{ atS: 6, partition: [['node-1'], ['node-2']], forS: 5 }],
    [{ atS: 6, stop: 'node-1' }],
  ];
  for (const [seed, plan] of faults.entries()) {
    const scenario = parseScenario({
      nodes: 4,
      node: { startUpS: 1 },
      load: { requestsPerSecond: 150 },
      session: { requestsMean: 8, thinkTimeSMean: 0.02, writeRatio: 0.6, concurrentRatio: 0.2, logoutRatio: 0.1 },
      replication: { strategy: 'backup', mapSendOptions: 8 },
      balancer: { type: 'round-robin', jvmRoute: true },
      faults: plan as never,
      run: { warmUpS: 2, durationS: 12, seed },
    });
    assert.is(simulate(scenario, 0).fingerprint, simulate(scenario, 0).fingerprint);
  }
});

test.run();
