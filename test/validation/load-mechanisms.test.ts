// No check of capacity, latency and processor time is vacuous: each mechanism is taken away once, and a check that stands
// on it misses its bound.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadProfile } from '../../experiments/calibration/load-profile.ts';
import { withoutKnownCapacities } from '../../experiments/validation/capacity.ts';
import type { MeasuredRow } from '../../experiments/validation/check.ts';
import { latencyBy } from '../../experiments/validation/latency-load.ts';
import { isCarried, loadRun, OpenLoop } from '../../experiments/validation/load-run.ts';
import { loadScenario } from '../../experiments/validation/load-scenario.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';
import { Cluster } from '../../models/cluster.ts';
import { DispatchQueue } from '../../models/dispatch-queue.ts';
import { ProcessorCosts } from '../../models/processor-costs.ts';
import { RequestWork } from '../../models/request-work.ts';
import { requestDoes } from '../../models/requests.ts';
import { SendWindows } from '../../models/send-windows.ts';
import { MultiServer } from '../../sim/servers.ts';
import { ThrottledServers } from '../../sim/throttled-servers.ts';
import { type Patch, patched } from './patched.ts';

type Method = (...given: never[]) => unknown;

const files = readMeasured(new URL('../../experiments/validation/measured', import.meta.url).pathname);

function missedIn(name: string, keep: (row: MeasuredRow) => boolean, quantities = /./): string[] {
  const rows = files.find((one) => one.name === name)!.rows.filter(keep);
  const checks = (/^latency/.test(name) ? latencyBy(3) : validatorOf(name)!)
    .check({ name, rows }, files)
    .filter(({ quantity }) => quantities.test(quantity));
  assert.ok(checks.length > 0, 'something is checked');
  return checks
    .filter(({ ok, isByRange }) => !ok || isByRange)
    .map(({ quantity, configuration }) => `${quantity} ${JSON.stringify(configuration)}`);
}

function breaks(
  what: string,
  name: string,
  keep: (row: MeasuredRow) => boolean,
  patches: readonly Patch[],
  quantities?: RegExp,
): void {
  test(`${what}: ${name} notices`, () => {
    assert.equal(missedIn(name, keep, quantities), [], 'with the mechanism');
    withoutKnownCapacities(() =>
      patched(patches, () => assert.ok(missedIn(name, keep, quantities).length > 0, 'without it')),
    );
  });
}

const cluster =
  (manager: string, nodes: string, kind: string, options = '') =>
  (row: MeasuredRow) =>
    row.manager === manager &&
    row.nodes === nodes &&
    row.kind === kind &&
    row.op === 'inc' &&
    /all nodes$/.test(row.what) &&
    (options === '' || row.sendOptions === options);

/** Every job offered with another wake-up cost. */
function wakes(change: (workNs: number, wakeNs: number) => readonly [number, number]): Patch[] {
  return [MultiServer.prototype, ThrottledServers.prototype].map((prototype) => [
    prototype,
    'offer',
    (original) =>
      function (this: never, ...given: never[]) {
        const [arrivalNs, workNs, wakeNs = (this as unknown as MultiServer).wakeNs, kind] =
          given as unknown as number[];
        return original.call(this, ...([arrivalNs, ...change(workNs, wakeNs), kind] as unknown as never[]));
      },
  ]);
}

breaks(
  'threads that are awake for nothing',
  'cpu.csv',
  (row) => row.block === 'cpu_delta_8_3_500' && row.payload_bytes === '1000',
  wakes((workNs) => [workNs, 0]),
);
breaks(
  'a wake-up for each piece of work, busy or not',
  'cpu-demand.csv',
  cluster('none', '1', 'latency'),
  wakes((workNs, wakeNs) => [workNs + wakeNs, 0]),
);
breaks('a quota that nobody enforces', 'cpu-demand.csv', cluster('delta', '3', 'latency'), [
  [
    ThrottledServers.prototype,
    'takes',
    () =>
      function (this: never, server: number) {
        (this as unknown as { runtimeNs: Float64Array }).runtimeNs[server] += 1e6;
        return true;
      } as Method,
  ],
]);
const latencyAtHalf = (row: MeasuredRow): boolean => row.nodes === '3' && row.load_fraction === '0.7';
breaks('processors that never wait for each other', 'latency-load.csv', latencyAtHalf, [
  [ThrottledServers.prototype, 'rivalsAhead', () => () => 0],
]);
breaks('requests that no poller has to find', 'latency-load.csv', latencyAtHalf, [
  [
    RequestWork.prototype,
    'begin',
    () =>
      function (this: never, slot: number) {
        (this as unknown as { work(slot: number): void }).work(slot);
      } as Method,
  ],
]);
const synchronous = (row: MeasuredRow): boolean => row.sendOptions === '6' && row.manager === 'delta';
breaks('acknowledged messages that are received in batches', 'capacity.csv', synchronous, [
  [ProcessorCosts.prototype, 'aloneNs', () => () => 0],
]);
breaks('acknowledgements that cost nothing', 'capacity.csv', synchronous, [
  [
    Cluster.prototype,
    'runNs',
    () =>
      function (this: never) {
        return (this as unknown as Cluster).sim.nowNs;
      },
  ],
]);
const twoWithBackups = (row: MeasuredRow): boolean => row.manager === 'backup' && row.nodes === '2';
breaks('threads that are woken for a sender at no price', 'capacity.csv', twoWithBackups, [
  [
    Cluster.prototype,
    'runNs',
    (run) =>
      function (this: never, ...given: never[]) {
        const { sim, costs } = this as unknown as Cluster;
        return given[1] === costs.dispatchWakeNs ? sim.nowNs : run.apply(this, given);
      },
  ],
]);

const withoutWindows: Patch = [SendWindows.prototype, 'fullFor', () => () => null];
const everyRow = (): boolean => true;
breaks('connections that hold without end', 'overload-8-1200.csv', everyRow, [withoutWindows], /fullest sender/);
breaks('a backlog without end', 'overload-8-1200.csv', everyRow, [withoutWindows], /lag of the slow/);
breaks('healthy members that wait for nobody', 'overload-drain-8-1200.csv', everyRow, [withoutWindows], /healthy/);

const ofOneNode = {
  manager: 'delta',
  sendOptions: '8',
  nodes: '1',
  op: 'inc',
  payload_bytes: '1000',
  quota_cores: '0.15',
};

test('a session manager that keeps no account carries as much as none: the measured capacity lies below', () => {
  const profile = loadProfile('measured-2core', '.');
  const carried = (managerUs: unknown): boolean =>
    isCarried(
      loadRun(loadScenario(ofOneNode, { more: { calibration: { ...profile, managerUs } as never } }), {
        ...{ rates: [6300], does: requestDoes.WRITE, isSticky: true, seed: 1 },
      }),
    );
  assert.not(carried(profile.managerUs), 'capacity measured 5,654/s, 6,696/s without a session manager');
  assert.ok(carried(0));
});

test('messages that come in bursts are received by a thread that is awake; a sender that is busy sends in bursts', () => {
  const row = { ...ofOneNode, nodes: '3' };
  const drive = { rates: [1350, 0, 0], does: requestDoes.WRITE, isSticky: true, seed: 1 };
  const receivedUs = (): number => {
    const { cores, completedPerS } = loadRun(loadScenario(row, {}), drive);
    return (cores[2] / completedPerS) * 1e6;
  };
  const batchedUs = receivedUs();
  assert.ok(batchedUs < 75.1, 'measured 60 us at 1,350/s, 115 to 160 at 500/s');
  const laggingAlways: Patch = [
    DispatchQueue.prototype,
    'take',
    (take) =>
      function (this: never, ...[node, nowNs, bytes, writingNs]: never[]) {
        return take.call(this, node, nowNs, bytes, writingNs);
      },
  ];
  patched([laggingAlways], () => assert.ok(receivedUs() > batchedUs + 2, 'a lag beside the wait for a processor'));
  const serialising: Patch = [ProcessorCosts.prototype, 'ofDispatcher', () => (sendNs: number) => sendNs];
  patched([serialising], () => assert.ok(receivedUs() > batchedUs + 2, 'dispatcher threads that serialise'));
  patched([[ThrottledServers.prototype, 'isBatchRunning', () => () => false]], () =>
    assert.ok(receivedUs() > batchedUs + 10),
  );
});

function withFrozenPeer(poolSize: number): OpenLoop {
  const row = { manager: 'delta', sendOptions: '6', nodes: '2', op: 'inc', payload_bytes: '1000' };
  const faults = [{ atS: 2, freeze: 'node-2', forS: 20 }];
  const scenario = loadScenario(row, { faults, more: { channel: { sendOptions: 6, sender: { poolSize } } } });
  const loop = new OpenLoop(scenario, { rates: [100, 0], does: requestDoes.WRITE, isSticky: true, seed: 1 });
  loop.isCounting = true;
  loop.cluster.sim.runUntil(20e9);
  return loop;
}

test('above the capacity of option 6 the senders run out by the load alone, for a few messages in a hundred at most', () => {
  const row = { manager: 'delta', sendOptions: '6', nodes: '3', op: 'inc', payload_bytes: '1000', quota_cores: '0.15' };
  const drive = { rates: [500, 500, 500], does: requestDoes.WRITE, isSticky: true, seed: 1 };
  const loop = new OpenLoop(loadScenario(row, {}), drive);
  loop.isCounting = true;
  loop.cluster.sim.runUntil(loop.cluster.sim.nowNs + 12e9);
  const { refused } = loop.cluster.senders;
  assert.ok(refused > 0.001 * loop.completed && refused < 0.03 * loop.completed, `${refused} of ${loop.completed}`);
  assert.is(loop.errors, 0);
});

test('when the senders have run out for 3 s replication is dropped in silence, and the client gets 200', () => {
  const { cluster: run, errors, latenciesMs } = withFrozenPeer(25);
  assert.ok(run.senders.refused > 50, `${run.senders.refused} sends found no sender`);
  assert.is(run.channel.givenUp, run.senders.refused);
  assert.is(errors, 0);
  assert.ok(latenciesMs.some((latency) => latency > 3000));
  assert.is(withFrozenPeer(64).cluster.senders.refused, 0, 'with a sender for each connection none is lost');
});

test('a peer that stands still for a moment delays the acknowledgement by that moment, and a long one costs 5 s', () => {
  for (const manager of ['delta', 'backup']) {
    const longestMs = (forS: number): number => {
      const row = { manager, sendOptions: '6', nodes: '2', op: 'inc', payload_bytes: '1000' };
      const scenario = loadScenario(row, { faults: [{ atS: 3, freeze: 'node-2', forS }] });
      const loop = new OpenLoop(scenario, {
        rates: [forS < 1 ? 20 : 3, 0],
        does: requestDoes.WRITE,
        isSticky: true,
        seed: 1,
      });
      loop.isCounting = true;
      loop.cluster.sim.runUntil(20e9);
      return Math.max(...loop.latenciesMs);
    };
    const shortMs = longestMs(0.4);
    assert.ok(shortMs > 300 && shortMs < 410, `${manager}: ${shortMs} ms`);
    const longMs = longestMs(12);
    assert.ok(longMs > 4990 && longMs < 5100, `${manager}: ${longMs} ms`);
  }
});

test.run();
