// No check is vacuous: each mechanism is taken away once, and the checks that stand on it miss their bounds.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredRow } from '../../experiments/validation/check.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';
import { Cluster } from '../../models/cluster.ts';
import { Membership } from '../../models/membership/membership.ts';
import { effect } from '../../models/replication/delivery-plane.ts';
import { IrregularCopy } from '../../models/replication/irregular-copies.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { StalledConnections } from '../../models/stalled-connections.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';

type Methods = Record<string, (...given: never[]) => unknown>;

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

/** Runs `body` while one method of a class is another one. */
function without(
  prototype: object,
  method: string,
  make: (original: (...given: never[]) => unknown) => unknown,
  body: () => void,
) {
  const methods = prototype as unknown as Methods;
  const original = methods[method];
  methods[method] = make(original) as (typeof methods)[string];
  try {
    body();
  } finally {
    methods[method] = original;
  }
}

function breaks(
  what: string,
  name: string,
  keep: ((row: MeasuredRow) => boolean) | undefined,
  patch: Parameters<typeof without>,
  quantity: RegExp,
): void {
  test(`${what}: ${name} notices`, () => {
    assert.equal(missedIn(name, keep), [], 'with the mechanism');
    without(patch[0], patch[1], patch[2], () => {
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
  'messages arrive in order',
  'creation-race-delta-8.csv',
  undefined,
  [KeyedDelay.prototype, 'at', () => () => 0, nothing],
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
    nothing,
  ],
  /first attributes/,
);
breaks(
  'expiry without the granularity of its checks',
  'failure-detection-trials-kill-500-3000-load.csv',
  undefined,
  [Membership.prototype, 'nextCheck', () => (_observer: number, deadlineNs: number) => deadlineNs + 1, nothing],
  /detection/,
);
breaks(
  'members verified side by side',
  'failure-detection-trials-linkdown-500-3000-idle.csv',
  undefined,
  [
    Membership.prototype,
    'verify',
    (verify) =>
      function (this: { detectorFreeNs: Float64Array }, observer: number, member: number) {
        this.detectorFreeNs.fill(0);
        return verify.call(this as never, observer as never, member as never);
      },
    nothing,
  ],
  /by the victim/,
);
breaks(
  'failed sends unnoticed',
  'failure-detection-trials-kill-500-3000-load-opt6.csv',
  undefined,
  [Membership.prototype, 'sendFailed', () => nothing, nothing],
  /detection/,
);
breaks(
  'connections that a cut does not stall',
  'heal-8-15s.csv',
  undefined,
  [StalledConnections.prototype, 'releaseNs', () => () => Number.NaN, nothing],
  /first update/,
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
