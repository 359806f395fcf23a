import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../experiments/lib/io.ts';
import { main } from '../../experiments/validate.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';

const folder = new URL('../../experiments/validation/measured', import.meta.url).pathname;

/** Files whose every check passes. */
const passing = [
  'traffic-delta.csv',
  'traffic-delta-tomcat9.csv',
  'heartbeat.csv',
  'idle-traffic.csv',
  'failure-detection.csv',
  'hang-freeze-8.csv',
  'hang-linkdown-6.csv',
  'heal-8-5s.csv',
  'heal-8-15s.csv',
  'crash-backup-6.csv',
  'creation-race-delta-6.csv',
  'creation-race-delta-8.csv',
  'join-backup-1000.csv',
  'join-backup-state-time.csv',
  'join-delta-1000.csv',
  'lag-wire-6-1000.csv',
  'lag-wire-8-1000.csv',
  'overload-8-1200.csv',
  'overload-drain-8-1200.csv',
  'msm-nonsticky.csv',
];

for (const name of passing) {
  test(`${name}: every check passes`, () => {
    const files = readMeasured(folder);
    const file = files.find((one) => one.name === name);
    assert.ok(file, `${name} is measured`);
    const checks = validatorOf(name)!.check(file!, files);
    assert.ok(checks.length > 0, 'something is checked');
    const missed = checks.filter(({ ok }) => !ok).map(({ quantity, configuration }) => [quantity, configuration]);
    assert.equal(missed, []);
  });
}

test('validate.ts prints JSON and writes validation.csv', async () => {
  const out = mkdtempSync(join(tmpdir(), 'validate-'));
  const io = memoryIo();
  await main(['--only', 'traffic', '--json', '--out', out], io);
  const { checks } = JSON.parse(io.stdout) as { checks: Record<string, unknown>[] };
  assert.equal(Object.keys(checks[0]), ['quantity', 'file', 'configuration', 'measured', 'simulated', 'bound', 'ok']);
  const lines = readFileSync(join(out, 'validation.csv'), 'utf8').split('\r\n');
  assert.is(lines.length, checks.length + 2);
  rmSync(out, { recursive: true });
});

test('a file of no known kind is said, and so is one in which nothing is found', async () => {
  const measured = mkdtempSync(join(tmpdir(), 'validate-'));
  writeFileSync(join(measured, 'weather-8.csv'), 'sendOptions\n8\n');
  writeFileSync(join(measured, 'lag-wire-8.csv'), '\n');
  copyFileSync(join(folder, 'heartbeat.csv'), join(measured, 'heartbeat.csv'));
  const io = memoryIo();
  await main(['--measured', measured, '--out', measured], io);
  assert.match(io.stdout, /Not checked.*: lag-wire-8\.csv, weather-8\.csv/);
  rmSync(measured, { recursive: true });
});

test('a configuration that is not modelled is a check that is missed, and the others are made', async () => {
  const measured = mkdtempSync(join(tmpdir(), 'validate-'));
  const [head, ...rows] = readFileSync(join(folder, 'heartbeat.csv'), 'utf8').split(/\r?\n/);
  writeFileSync(join(measured, 'heartbeat.csv'), `${head},manager\n${rows[0]},gossip\n${rows[1]},delta\n`);
  const io = memoryIo();
  assert.is(await main(['--measured', measured, '--out', measured], io), 1);
  assert.match(io.stdout, /Not simulated: heartbeat\.csv: replication\.strategy: .*gossip/);
  assert.match(io.stdout, /heartbeat\.csv +(\d+) +\d+/);
  const [, checks] = io.stdout.match(/heartbeat\.csv +(\d+) +\d+/)!;
  assert.ok(Number(checks) > 1, 'the other row is checked');
  rmSync(measured, { recursive: true });
});

test.run();
