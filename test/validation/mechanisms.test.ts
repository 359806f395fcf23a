// No check is vacuous: each mechanism is taken away once, and the checks that stand on it miss their bounds.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredRow } from '../../experiments/validation/check.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';
import { AcknowledgedSends } from '../../models/acknowledged-sends.ts';
import { Cluster } from '../../models/cluster.ts';
import { DispatchQueue } from '../../models/dispatch-queue.ts';
import { Heartbeats } from '../../models/membership/heartbeats.ts';
import { Membership } from '../../models/membership/membership.ts';
import { Packets } from '../../models/membership/packets.ts';
import { TcpFailureDetector } from '../../models/membership/tcp-failure-detector.ts';
import { kindCode, TomcatSizes } from '../../models/messages.ts';
import { NodeLife } from '../../models/node-life.ts';
import { Backup } from '../../models/replication/backup.ts';
import { BroadcastManager } from '../../models/replication/broadcast-manager.ts';
import { effect } from '../../models/replication/delivery-plane.ts';
import { Delta } from '../../models/replication/delta.ts';
import { IrregularCopy } from '../../models/replication/irregular-copies.ts';
import { MapPings } from '../../models/replication/map-upkeep.ts';
import { MemcachedLocks } from '../../models/replication/memcached-locks.ts';
import { MemcachedSizes } from '../../models/replication/memcached-sizes.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { SessionTable } from '../../models/sessions.ts';
import { StalledConnections } from '../../models/stalled-connections.ts';
import { WireMeter } from '../../models/wire-meter.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';
import { type Patch, patched } from './patched.ts';

const folder = new URL('../../experiments/validation/measured', import.meta.url).pathname;
const files = readMeasured(folder);

/** Quantities of a measured file, or of some of its rows, that miss their bounds. */
function missedIn(name: string, keep: (row: MeasuredRow) => boolean = () => true): string[] {
  const file = files.find((one) => one.name === name);
  assert.ok(file, `${name} is measured`);
  const checks = validatorOf(name)!.check({ name, rows: file!.rows.filter(keep) });
  assert.ok(checks.length > 0, 'something is checked');
  return checks.filter(({ ok }) => !ok).map(({ quantity }) => quantity);
}

function breaks(
  what: string,
  name: string,
  keep: ((row: MeasuredRow) => boolean) | undefined,
  patch: Patch,
  quantity: RegExp,
): void {
  test(`${what}: ${name} notices`, () => {
    assert.equal(missedIn(name, keep), [], 'with the mechanism');
    patched([patch], () => {
      const missed = missedIn(name, keep);
      assert.ok(
        missed.some((one) => quantity.test(one)),
        `missed: ${missed.join('; ')}`,
      );
    });
  });
}

const nothing = (): void => {};

breaks(
  'dispatcher threads that send at once',
  'lag-wire-8-1000.csv',
  undefined,
  [DispatchQueue.prototype, 'lagNs', () => () => 0],
  /delta complete/,
);
breaks(
  'receivers that start at once',
  'lag-wire-6-1000.csv',
  undefined,
  [KeyedDelay.prototype, 'at', () => () => 0],
  /delta complete/,
);

breaks(
  'messages arrive in order',
  'creation-race-delta-8.csv',
  undefined,
  [KeyedDelay.prototype, 'at', () => () => 0],
  /first attributes/,
);
breaks(
  'a delta for an unknown id is kept',
  'creation-race-delta-8.csv',
  undefined,
  [
    IrregularCopy.prototype,
    'push',
    (push) =>
      function (this: IrregularCopy, code: number, version: number, epoch: number, doneNs: number) {
        const kept = code === effect.UPDATE ? effect.REPLACE : code === effect.CREATE ? effect.NONE : code;
        return push.call(this, kept as never, version as never, epoch as never, doneNs as never);
      },
  ],
  /first attributes/,
);
breaks(
  'expiry without the granularity of its checks',
  'failure-detection-trials-kill-500-3000-load.csv',
  undefined,
  [Packets.prototype, 'nextLook', () => (_observer: number, deadlineNs: number) => deadlineNs + 1],
  /detection/,
);
breaks(
  'members verified side by side',
  'failure-detection-trials-linkdown-500-3000-idle.csv',
  undefined,
  [
    TcpFailureDetector.prototype,
    'verify',
    (verify) =>
      function (this: { freeNs: Float64Array }, observer: number, member: number, nowNs: number) {
        this.freeNs.fill(0);
        return verify.call(this as never, observer as never, member as never, nowNs as never);
      },
  ],
  /by the victim/,
);
breaks(
  'failed sends unnoticed',
  'failure-detection-trials-kill-500-3000-load-opt6.csv',
  undefined,
  [Membership.prototype, 'sendFailed', () => nothing],
  /detection/,
);
breaks(
  'connections that a cut does not stall',
  'heal-8-15s.csv',
  undefined,
  [StalledConnections.prototype, 'releaseNs', () => () => Number.NaN],
  /first update/,
);

const all = (): boolean => true;
const oneOf =
  (column: string, ...values: string[]) =>
  (row: MeasuredRow): boolean =>
    values.includes(row[column]);

breaks(
  'reads that send nothing on 10.1',
  'traffic-delta.csv',
  (row) => row.cell === 'readonly' && row.nodes === '2' && row.sendOptions === '8',
  [TomcatSizes.prototype, 'readDelta', () => () => 0],
  /messages per request/,
);
breaks(
  'a session that is not announced when it is created',
  'traffic-delta.csv',
  (row) => row.cell === 'create' && row.nodes === '2' && row.sendOptions === '8',
  [Delta.prototype, 'announce', () => nothing],
  /SESSION-MODIFIED/,
);
breaks(
  'acknowledgements that cost no frame',
  'traffic-delta.csv',
  (row) => row.cell === 'counter' && row.sendOptions === '6' && row.nodes === '3',
  [
    WireMeter.prototype,
    'message',
    (message) =>
      function (this: WireMeter, kind: number, ...rest: never[]) {
        if (kind !== kindCode.ack) message.call(this, kind as never, ...rest);
      },
  ],
  /acknowledgements per request/,
);
breaks(
  'receivers that acknowledge every second segment only',
  'traffic-delta.csv',
  (row) => row.cell === 'counter' && row.sendOptions === '8' && row.nodes === '3',
  [
    WireMeter.prototype,
    'acknowledge',
    (acknowledge) => {
      let turn = 0;
      return function (this: WireMeter, acks: number) {
        turn += acks;
        acknowledge.call(this, Math.floor(turn / 2) as never);
        turn %= 2;
      };
    },
  ],
  /packets per request/,
);
breaks(
  'one backup message per request, whatever the number of nodes: sent to all',
  'traffic-backup.csv',
  (row) => row.cell === 'create' && row.sendOptions === '6' && row.nodes === '3',
  [Backup.prototype, 'tellOthers', () => nothing],
  /MSG_PROXY/,
);
breaks(
  'maps that do not ping',
  'idle-traffic.csv',
  oneOf('manager', 'backup'),
  [MapPings.prototype, 'meter', () => nothing],
  /TCP payload bytes/,
);
breaks(
  'heartbeats without the work between them',
  'heartbeat.csv',
  all,
  [
    Heartbeats.prototype,
    'count',
    (count) =>
      function (this: Heartbeats, ...given: never[]) {
        return Math.round((count.call(this, ...given) as number) * 1.02);
      },
  ],
  /period/,
);
breaks(
  'a frozen process that refuses connections',
  'hang-freeze-8.csv',
  all,
  [
    NodeLife.prototype,
    'connect',
    (connect) =>
      function (this: NodeLife, from: number, to: number) {
        const self = this as unknown as { host: { nodes: { frozenUntilNs: Float64Array } }; sim: { nowNs: number } };
        return self.host.nodes.frozenUntilNs[to] > self.sim.nowNs
          ? 'refused'
          : connect.call(this, from as never, to as never);
      },
  ],
  /./,
);
breaks(
  'senders that wait for nobody in vain',
  'hang-linkdown-6.csv',
  all,
  [
    AcknowledgedSends.prototype,
    'fail',
    (fail) =>
      function (this: AcknowledgedSends, id: number, node: number) {
        fail.call(this, id as never, node as never, 'refused' as never);
      },
  ],
  /./,
);
breaks(
  'ids that stay when another node takes over',
  'staleness-delta-8-1.csv',
  oneOf('gap_target_ms', '50.0'),
  [
    BroadcastManager.prototype,
    'rename',
    () =>
      function (this: unknown, slot: number) {
        const { host } = this as {
          host: { sessions: SessionTable; requests: { session: Int32Array; node: Int16Array } };
        };
        host.sessions.route.set(host.requests.session[slot], host.requests.node[slot]);
      },
  ],
  /stale reads/,
);
breaks(
  'a change of the id that costs its request no time',
  'staleness-delta-8-1.csv',
  oneOf('gap_target_ms', '0.0'),
  [
    BroadcastManager.prototype,
    'cpuNs',
    () =>
      function (this: { endCpuNs(slot: number): number }, slot: number) {
        return this.endCpuNs(slot);
      },
  ],
  /new sessions/,
);
breaks(
  'a state without what its donor lacks',
  'join-delta-1000.csv',
  oneOf('trial', '0'),
  [KeyedDelay.prototype, 'at', () => () => 0],
  /largest message/,
);
breaks(
  'a joining map that asks for values, not for keys',
  'join-backup-1000.csv',
  oneOf('trial', '0'),
  [TomcatSizes.prototype, 'mapState', () => (sessions: number) => sessions * 2400],
  /TCP bytes to/,
);
breaks(
  'memcached-session-manager that writes deltas',
  'msm-ops-sticky-async.csv',
  oneOf('cell', 'counter'),
  [MemcachedSizes.prototype, 'value', () => () => 300],
  /stored value bytes/,
);
breaks(
  'locks that hold nobody up',
  'msm-nonsticky.csv',
  oneOf('lockingMode', 'auto'),
  [MemcachedLocks.prototype, 'add', () => () => true],
  /pairs/,
);

function idle(nodes: number, more: object, durationS: number): Cluster {
  const run = { warmUpS: 0, durationS, seed: 3 };
  return new Cluster(parseScenario({ nodes, run, ...more }), 0, undefined, true);
}

test('a frozen peer leaves the views once 51 probes have filled its backlog', () => {
  const cluster = idle(3, { faults: [{ atS: 10, freeze: 'node-3', forS: 400 }] }, 500);
  cluster.run();
  const gone = cluster.membership.detections.filter(
    ({ event, member }) => event === 'disappeared' && member === 'node-3',
  );
  assert.is(gone.length, 2, 'each of two observers');
  for (const { at_s } of gone) assert.ok(at_s > 120 && at_s < 160, `two probes per 5 s: about 130 s, not ${at_s}`);
});

test('without TcpFailureDetector a run of lost heartbeats drops a member, as often as the draws say', () => {
  const durationS = 4000;
  const lossRatio = 0.4;
  const membership = { tcpFailureDetector: { enabled: false } };
  const cluster = idle(3, { membership, network: { lossRatio } }, durationS);
  cluster.run();
  const drops = cluster.membership.detections.filter(({ event }) => event === 'disappeared').length;
  // Runs of six lost heartbeats or more; a run of five leaves 3.6 ms for a check.
  const expected = 6 * (durationS / 0.5006) * (1 - lossRatio) * lossRatio ** 6;
  assert.ok(Math.abs(drops - expected) < 5 * Math.sqrt(expected), `${drops} drops, ${expected.toFixed(0)} expected`);
  const back = cluster.membership.detections.filter(({ event }) => event === 'added').length;
  assert.ok(Math.abs(back - drops) <= 6, 'who is dropped comes back');
});

test.run();
