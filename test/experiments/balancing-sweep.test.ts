// The sweep over balancers and client populations: its files, its answer, and what it says of failure and return.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { balanceRow, interruptionOf, timelineRows } from '../../experiments/balancing/balance-rows.ts';
import { balanceTable, timelineTable } from '../../experiments/balancing/balance-tables.ts';
import { main } from '../../experiments/balancing-sweep.ts';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import type { FinishedRun } from '../../experiments/lib/run-record.ts';
import { simulate } from '../../models/cluster.ts';
import type { TimelineRow } from '../../models/timeline.ts';
import { cellsOf, inFolder, run, write } from './helpers.ts';

const small = ['--balancers', 'consistent-hash,ip-hash,sticky-route', '--nodes', '4', '--replications', '1'];
const fast = ['--strategies', 'delta', '--clients', 'no-route,office', '--load', '60', '--duration', '120'];

const real = () => localRunner(simulate);

test('balance.csv and timeline.csv: one row per population, run and interval; the answer fits a terminal', () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await run(main, [...small, ...fast, '--out', folder], real());
    assert.is(code, 0, stderr);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
    assert.equal(readdirSync(folder).sort(), ['balance.csv', 'datapackage.json', 'no-route', 'office', 'timeline.csv']);
    assert.ok(readdirSync(join(folder, 'office')).includes('manifest.json'));
    const [head, ...rows] = cellsOf(readFileSync(join(folder, 'balance.csv'), 'utf8'));
    assert.equal(
      head,
      balanceTable.columns.map(({ name }) => name),
    );
    assert.is(rows.length, 2 * 3);
    const keys = rows.map((row) => row.slice(0, 3).join(' '));
    assert.equal(keys, [...keys].sort(), 'sorted by key');
    const ratio = (clients: string, balancer: string): number =>
      Number(rows.find((row) => row[0] === clients && row[2] === balancer)![head.indexOf('node_requests_max_ratio')]);
    assert.ok(
      ratio('office', 'ip-hash') > 1.8,
      `half of the clients at one of four nodes: ${ratio('office', 'ip-hash')}`,
    );
    assert.ok(ratio('no-route', 'ip-hash') < 1.5);
    const [times, ...intervals] = cellsOf(readFileSync(join(folder, 'timeline.csv'), 'utf8'));
    assert.equal(
      times,
      timelineTable.columns.map(({ name }) => name),
    );
    assert.is(intervals.length, 2 * 3 * 30);
    assert.match(stdout, /Behind consistent-hash sessions bounce twice/);
    assert.not.match(stdout, /Behind sticky-route sessions bounce twice/);
  }));

test('under consistent hash sessions move when their server dies and once more when it is back; sticky ones stay', () =>
  inFolder(async (folder) => {
    const { stdout } = await run(main, [...small, ...fast, '--out', folder, '--json', '--quiet'], real());
    const { answers, faults } = JSON.parse(stdout);
    assert.is(faults, 'crash of node-1 at 34 s, restart of node-1 at 50 s');
    const of = (balancer: string) =>
      answers.find(
        (one: { balancer: string; clients: string }) => one.balancer === balancer && one.clients === 'no-route',
      ).means;
    const hashed = of('consistent-hash');
    const sticky = of('sticky-route');
    // A quarter of the 300 sessions with a client at work.
    assert.ok(hashed.extra_moves_after_failure > 30, `${hashed.extra_moves_after_failure}`);
    assert.ok(hashed.extra_moves_after_restart > 30, `${hashed.extra_moves_after_restart}`);
    assert.ok(sticky.extra_moves_after_failure > 30, `${sticky.extra_moves_after_failure}`);
    assert.ok(sticky.extra_moves_after_restart < 10, `${sticky.extra_moves_after_restart}`);
    assert.ok(hashed.return_s >= 5 && hashed.return_s <= 25, 'fail_timeout after the node is up again');
  }));

const interval = (at_s: number, moved: number, node_requests: number[]): TimelineRow => ({
  at_s,
  completed: node_requests.reduce((sum, count) => sum + count, 0),
  failed: 0,
  moved,
  latency_ms_mean: 1,
  latency_ms_max: 2,
  node_requests,
});

test('rows of a run: balance before the failure, moves beyond the usual, return after the restart', () => {
  const faults = [
    { atS: 20, powerOff: 'node-2' },
    { atS: 40, restart: 'node-2' },
  ];
  const interruption = interruptionOf(faults)!;
  assert.equal(interruption, { node: 1, failsS: 20, restartsS: 40 });
  const timeline = [
    interval(10, 2, [30, 10]),
    interval(20, 12, [40, 0]),
    interval(30, 2, [40, 0]),
    interval(40, 2, [36, 4]),
    interval(50, 9, [20, 20]),
  ];
  const key = { strategy: 'none', balancer: 'ip-hash', nodes: 2, load_rps: 4, replication: 1, seed: 1 };
  const record = { throughput: {}, consistency: {}, timeline } as unknown as FinishedRun['record'];
  const row = balanceRow('office', { key, record }, { interruption, intervalS: 10 });
  assert.is(row.node_requests_max_ratio, 1.5);
  assert.is(row.node_requests_cv, 0.5);
  assert.is(row.moved_per_s_before, 0.2);
  assert.is(row.extra_moves_after_failure, 10);
  assert.is(row.extra_moves_after_restart, 7);
  assert.is(row.return_s, 10);
  assert.is(timelineRows('office', { key, record }, interruption)[3].dying_node_requests, 4);
  assert.is(interruptionOf([{ atS: 5, packetLoss: 0.1, forS: 3 }]), null);
});

test('a failure in the first interval leaves nothing to compare with: empty cells, and no word of bouncing', () =>
  inFolder(async (folder) => {
    const args = [...small, '--strategies', 'delta', '--clients', 'no-route', '--load', '60', '--duration', '5'];
    const timeline = ['--set', 'run.timelineS=5', '--out', folder];
    const { code, stdout, stderr } = await run(main, [...args, ...timeline], real());
    assert.is(code, 0, stderr);
    const [head, first] = cellsOf(readFileSync(join(folder, 'balance.csv'), 'utf8'));
    assert.is(first[head.indexOf('moved_per_s_before')], '');
    assert.not.match(stdout, /bounce/);
  }));

test('a scenario that says where its clients are is the only population', () =>
  inFolder(async (folder) => {
    const text = 'name: own\nload: { requestsPerSecond: 20, clients: { networks: [{ kind: mobile }] } }\n';
    const file = write(folder, 'own.yaml', text);
    const out = join(folder, 'out');
    const args = [
      '--scenario',
      file,
      '--balancers',
      'ip-hash',
      '--nodes',
      '2',
      '--strategies',
      'none',
      '--duration',
      '20',
    ];
    const { code, stderr } = await run(main, [...args, '--replications', '1', '--out', out], real());
    assert.is(code, 0, stderr);
    assert.ok(readdirSync(out).includes('scenario'));
  }));

test('wrong flags are told in one line, help has every flag', async () => {
  const wrong = await run(main, ['--clients', 'ofice']);
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean office\?/);
  const help = await run(main, ['--help']);
  assert.is(help.code, 0);
  for (const flag of ['--clients', '--balancers', '--resume', '--json']) assert.match(help.stdout, flag);
});

test.run();
