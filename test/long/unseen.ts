// Our own measurements of configurations that no shipped file has: the simulator had not seen them when they were taken.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredRow } from '../../experiments/validation/check.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { checksOf } from '../../experiments/validation/refused.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';

const files = readMeasured(new URL('../validation/data/neighbours', import.meta.url).pathname);

/** Every check of the rows that are wanted holds. */
function allHold(name: string, isWanted: (row: MeasuredRow) => boolean, atLeast: number): void {
  const file = files.find((one) => one.name === name);
  assert.ok(file, `${name} is there`);
  const rows = file!.rows.filter(isWanted);
  const { checks, notes } = checksOf(validatorOf(name)!, { name, rows }, files);
  const missed = checks.filter(({ ok }) => !ok).map(({ quantity, configuration }) => [quantity, configuration]);
  assert.equal(missed, []);
  assert.equal(notes, []);
  assert.ok(checks.length >= atLeast, `${checks.length} checks`);
}

test('heartbeats of four and five nodes every 200 and 1,000 ms', () => allHold('heartbeat.csv', () => true, 36));

test('idle minutes of two and four nodes; map pings without acknowledgement', () =>
  allHold('idle-traffic.csv', () => true, 20));

test('DeltaManager, option 6, four nodes, payloads of 0 to 100,000 bytes, in turn and sticky', () => {
  const cells = ['create+100', 'pay0', 'pay100000', 'readonly', 'nosession_nocookie', 'rr_counter', 'rr_pay10000'];
  allHold('traffic-delta-6-4.csv', ({ cell }) => cells.includes(cell), 50);
});

test('DeltaManager, option 14: a message of a million bytes goes out in writes of 64 KiB', () =>
  allHold('traffic-delta-14-2.csv', ({ cell }) => /^(create|pay)(\+)?1000000$/.test(cell), 12));

test('BackupManager, option 6, four nodes', () => {
  const cells = ['create+100', 'nosession_cookie'];
  allHold('traffic-backup-6-4.csv', ({ cell }) => cells.includes(cell), 12);
});

test('what the others lack when a node stops just after a response', () =>
  allHold('crash-window-delta-8.csv', () => true, 4));

test('new sessions of BackupManager have their first attributes', () =>
  allHold('creation-race-backup-6.csv', () => true, 4));

test('a state of 100 sessions with 10,000 bytes each', () =>
  allHold('join-delta-8-100.csv', ({ trial }) => trial === '0', 10));

test('detection with heartbeats every 200 ms', () =>
  allHold('failure-detection-trials-kill-200-1000-idle.csv', () => true, 3));

test('a graceful stop while requests come', () =>
  allHold('failure-detection-trials-sigterm-500-3000-load.csv', () => true, 3));

test('a crash under option 6', () => allHold('crash-delta-6.csv', () => true, 5));

test.run();
