// Every row of a measurement gives a check or a line that says why not, also where its columns are not those that were expected.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredRow, Validator } from '../../experiments/validation/check.ts';
import { within } from '../../experiments/validation/check.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';
import { checksOf, type FileChecks } from '../../experiments/validation/refused.ts';
import { validatorOf } from '../../experiments/validation/registry.ts';

const files = readMeasured(new URL('../../experiments/validation/measured', import.meta.url).pathname);

/** The checks of the first row of a file, some of whose columns say something else; undefined: the column is gone. */
function checksWith(name: string, columns: Readonly<Record<string, string | undefined>>): FileChecks {
  const [first] = files.find((file) => file.name === name)!.rows;
  const entries = Object.entries({ ...first, ...columns }).filter(([, value]) => value !== undefined);
  return checksOf(validatorOf(name)!, { name, rows: [Object.fromEntries(entries) as MeasuredRow] }, files);
}

/** What is refused, and why. */
function refusals({ checks }: FileChecks): string[] {
  return checks.filter(({ quantity, ok }) => quantity === 'not simulated' && !ok).map(({ bound }) => bound);
}

test('what says something unknown is refused by its name, and is no pass', () => {
  const cases: [string, Record<string, string | undefined>, RegExp][] = [
    ['heartbeat.csv', { nodes: 'abc' }, /nodes: a number is expected, not "abc"/],
    ['heartbeat.csv', { frequency_ms: 'Infinity' }, /frequency_ms: a number/],
    ['heartbeat.csv', { tomcat_version: '12.0.1' }, /tomcatVersion: "12\.0"/],
    ['idle-traffic.csv', { seconds: undefined }, /seconds: missing/],
    ['traffic-delta.csv', { cell: 'teapot' }, /cell: "teapot"/],
    ['traffic-delta.csv', { cell: undefined }, /cell: missing/],
    ['traffic-delta.csv', { jvmRoute: 'perhaps' }, /0 or 1/],
    ['traffic-delta.csv', { manager: 'gossip' }, /replication\.strategy: "gossip"/],
    ['creation-race-delta-8.csv', { first_request: 'teapot' }, /first_request: "teapot"/],
    ['staleness-delta-8-0.csv', { gap_target_ms: '' }, /gap_target_ms: missing/],
    ['crash-window-delta-8.csv', { trials: '' }, /trials: missing/],
    ['crash-window-delta-8.csv', { trials: '0' }, /trials: 0, so nothing was measured/],
    ['join-delta-1000.csv', { sessions: '' }, /sessions: missing/],
    ['crash-delta-8.csv', { nodes: '1' }, /cannot be simulated/],
    ['hang-freeze-8.csv', { outage_s: '' }, /outage_s: missing/],
    ['heal-8-5s.csv', { outage_s: 'long' }, /outage_s: a number/],
    ['lag-wire-8-1000.csv', { metric: 'colour' }, /metric: "colour"/],
    ['mechanism-8.csv', { next_request: 'colour' }, /next_request: "colour"/],
    ['msm-ops-sticky-async.csv', { config: 'round' }, /config: "round"/],
    ['msm-nonsticky.csv', { test: 'colour' }, /test: "colour"/],
    ['cpu-demand.csv', { what: 'colour' }, /what: "colour"/],
    ['failure-detection.csv', { case: '' }, /case: missing/],
  ];
  for (const [name, columns, reason] of cases) {
    const found = checksWith(name, columns);
    assert.is(refusals(found).length, 1, `${name}: ${JSON.stringify(columns)}`);
    assert.match(refusals(found)[0], reason);
    assert.is(found.checks.length, 1);
  }
});

test('what is not measured is not judged, and is said; what says the same in other words is judged alike', () => {
  const whole = checksWith('heartbeat.csv', {});
  assert.ok(whole.checks.length === 4 && whole.checks.every(({ ok }) => ok) && whole.notes.length === 0);
  for (const nothing of ['', 'nan', 'None', undefined]) {
    const without = checksWith('heartbeat.csv', { ip_bytes: nothing, period_min_ms: nothing, period_p95_ms: nothing });
    assert.is(without.checks.length, 3);
    assert.ok(without.checks.every(({ ok }) => ok));
    assert.equal(without.notes, ['heartbeat.csv: IP bytes: not measured (1 times)']);
  }
  const values = ({ checks }: FileChecks) => checks.map(({ simulated, ok }) => [simulated, ok]);
  const [cell] = ['traffic-delta.csv'];
  const plain = values(checksWith(cell, {}));
  assert.equal(values(checksWith(cell, { jvmRoute: 'True', sendOptions: '8.0', colour: 'blue' })), plain);
  const [first] = files.find(({ name }) => name === cell)!.rows;
  const rows = [Object.fromEntries(Object.entries(first).reverse())];
  assert.equal(values(checksOf(validatorOf(cell)!, { name: cell, rows }, files)), plain);
});

test('a figure that is wrong is missed at neighbours as well', () => {
  for (const nodes of ['2', '5', '8']) assert.ok(checksWith('traffic-delta.csv', { nodes }).checks.length > 0, nodes);
  assert.ok(checksWith('traffic-delta.csv', { nodes: '5' }).checks.some(({ ok }) => !ok));
  assert.ok(checksWith('heartbeat.csv', { frequency_ms: '200' }).checks.some(({ ok }) => !ok));
});

test('rows of several configurations in one file are told apart; one that gives nothing has a line', () => {
  const seen: string[][] = [];
  const validator: Validator = {
    prefix: 'test-',
    configuration: ['nodes'],
    check: ({ name, rows }) => {
      seen.push(rows.map(({ trial }) => trial));
      const place = { file: name, configuration: {} };
      return rows[0].nodes === '5' ? [] : [within(place, { quantity: 'q', measured: 1, simulated: 1 }, 0)];
    },
  };
  const rows = ['3 1', '4 1', '3 2', '5 1', '5 2'].map((text) => {
    const [nodes, trial] = text.split(' ');
    return { nodes, trial };
  });
  const { checks, notes } = checksOf(validator, { name: 'test-a.csv', rows }, []);
  assert.equal(seen, [['1', '2'], ['1'], ['1', '2']]);
  assert.is(checks.length, 2);
  assert.equal(notes, ['test-a.csv, lines 5 to 6: nothing in it is judged']);
});

test.run();
