// Our own measurements of configurations that no shipped file has: the simulator had not seen them when they were taken.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredRow } from '../../experiments/validation/check.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { checksOf } from '../../experiments/validation/refused.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';

const files = readMeasured(new URL('data/neighbours', import.meta.url).pathname);

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

test('DeltaManager, option 6, four nodes, payloads of 0 to 100,000 bytes, in turn and sticky', () =>
  allHold('traffic-delta-6-4.csv', () => true, 170));

test('BackupManager, option 6, four nodes', () => {
  const cells = ['create+100', 'pay10000', 'readonly', 'nosession_nocookie'];
  allHold('traffic-backup-6-4.csv', ({ cell }) => cells.includes(cell), 20);
});

test('a crash under option 6', () => allHold('crash-delta-6.csv', () => true, 5));

test.run();
