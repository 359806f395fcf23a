// The calibration profile: what is shipped is what calibrate.ts makes of the measurements, and of nothing else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../experiments/calibrate.ts';
import { fitSums } from '../../experiments/calibration/least-squares.ts';
import { loadProfile } from '../../experiments/calibration/load-profile.ts';
import { lawBetween } from '../../experiments/calibration/wire-lags.ts';
import { fileLayer, loadScenario } from '../../experiments/lib/load-scenario.ts';
import { measured2core } from '../../experiments/validation/measured-2core.ts';
import { run } from './helpers.ts';

const root = new URL('../../experiments/', import.meta.url).pathname;
const measured = (name: string): string => join(root, 'validation', 'measured', name);
const cpu = ['--cpu', measured('cpu.csv'), '--cpu', measured('cpu-demand.csv')];
const stages = ['--stages', join(root, 'calibrations', 'lag-stages.csv')];
const lag = ['--lag', measured('lag-wire-6-1000.csv'), '--lag', measured('lag-wire-8-1000.csv')];

test('the shipped profile is what calibrate.ts makes of cpu, cpu-demand, lag-wire and our stages', async () => {
  const { code, stdout } = await run(main, ['--name', 'measured-2core', ...cpu, ...lag, ...stages, '--json']);
  assert.is(code, 0);
  assert.is(stdout, readFileSync(join(root, 'calibrations', 'measured-2core.json'), 'utf8'));
});

test('it says how well each parameter is determined, and which are not', async () => {
  const { stdout } = await run(main, [...cpu, ...lag]);
  assert.match(stdout, /^requestUs +21 +2\.975 +well/m);
  assert.match(stdout, /^managerUs +\S+ +\S+ +roughly/m);
  assert.match(stdout, /^dispatchWakeUs +\S+ +\S+ +hardly determined/m);
  assert.match(stdout, 'Not determined by these files: messageSendUs, receiveLagUsMean.');
  const alone = await run(main, ['--cpu', measured('cpu.csv')]);
  assert.match(alone.stdout, /^requestWakeUs +0 +not told apart/m);
});

test('parameters come back from sums made of them', () => {
  const truth: Record<string, number> = { a: 20, b: 70, c: 5 };
  const terms = [{ a: 1 }, { a: 1, b: 2 }, { a: 1, c: 3 }, { b: 1, c: 1 }, { a: 2, b: 1, c: 2 }];
  const equations = terms.map((one, place) => ({
    terms: one as Record<string, number>,
    value: Object.entries(one).reduce((sum, [name, count]) => sum + count * truth[name], 0),
    place: String(place),
  }));
  const { estimates, residual } = fitSums(equations, ['a', 'b', 'c', 'absent']);
  for (const [name, value] of Object.entries(truth)) assert.ok(Math.abs(estimates.get(name)!.value - value) < 1e-6);
  assert.ok(residual < 1e-9);
  assert.is(estimates.get('absent'), undefined);
});

test('no parameter is negative', () => {
  const { estimates } = fitSums(
    [
      { terms: { a: 1 }, value: 10, place: '' },
      { terms: { a: 1, b: 1 }, value: 8, place: '' },
    ],
    ['a', 'b'],
  );
  assert.is(estimates.get('b')!.value, 0);
  assert.ok(estimates.get('a')!.value > 8);
});

test('a leap between quantiles is a step between two branches, and the tail is geometric', () => {
  const shares = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 1];
  const at = (lags: number[]): [number, number][] => shares.map((share, place) => [share, lags[place]]);
  const leap = lawBetween(at([0, 10, 30, 330, 340, 350, 400, 1600, 2000]));
  assert.equal(
    leap.filter(([share]) => share === 0.375),
    [
      [0.375, 43],
      [0.375, 325],
    ],
  );
  assert.equal(
    leap.filter(([share]) => share > 0.99 && share < 0.999).map(([, us]) => us),
    [566, 800, 1131],
  );
  const smooth = lawBetween(at([0, 10, 50, 100, 150, 190, 200, 210, 220]));
  assert.is(smooth.filter(([share]) => share === 0.375).length, 0);
});

test('what the consistency of sessions is checked with is the shipped profile', () => {
  const { requestWakeUs, ...rest } = measured2core.calibration;
  const { requestWakeUs: shipped, ...others } = loadProfile('measured-2core', '.');
  assert.equal(rest, others);
  assert.is(requestWakeUs, 0);
  assert.ok(Number(shipped) > 0);
});

test("a scenario names a shipped profile or the user's own file", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
  const own = join(folder, 'mine.json');
  const made = await run(main, [...cpu, '--out', own]);
  assert.is(made.code, 0);
  assert.equal(loadProfile('mine.json', folder).requestUs, 21);
  assert.is(loadProfile('measured-2core', '.').dispatchWakeUs, loadProfile('mine.json', folder).dispatchWakeUs);
  const file = join(folder, 'scenario.yaml');
  for (const [calibration, requestUs] of [
    ['measured-2core', 21],
    ['mine.json', 21],
    ['{ requestUs: 1 }', 1],
  ] as const) {
    writeFileSync(file, `nodes: 2\ncalibration: ${calibration}\n`);
    assert.is(loadScenario([fileLayer(file)], []).scenario.calibration.requestUs, requestUs);
  }
  const sets = [
    { path: 'calibration', text: 'measured-2core' },
    { path: 'calibration.ackReceiveUs', text: '3' },
  ];
  const { calibration } = loadScenario([], sets).scenario;
  assert.equal([calibration.requestUs, calibration.ackReceiveUs], [21, 3]);
  writeFileSync(file, 'calibration: nobodys\n');
  assert.throws(() => fileLayer(file), /calibration: nobodys: neither a shipped profile \(measured-2core\) nor a file/);
  rmSync(folder, { recursive: true });
});

test('files with other columns are refused', async () => {
  for (const argv of [
    ['--cpu', measured('heartbeat.csv')],
    ['--lag', measured('cpu.csv')],
    ['--cpu', '/nowhere.csv'],
    [...stages],
    [...lag, '--stages', measured('cpu.csv')],
    [],
  ]) {
    const { code, stderr } = await run(main, argv);
    assert.is(code, 2);
    assert.is(stderr.trim().split('\n').length, 1, stderr);
  }
});

test.run();
