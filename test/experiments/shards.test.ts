// A sweep in parts: shards and their merge, budgets that become rows, and what a dry run says.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPoints, gridPoints, indexOfPoint, pointAt } from '../../experiments/lib/grid.ts';
import { orderOf } from '../../experiments/lib/grid-driver.ts';
import { memoryIo } from '../../experiments/lib/io.ts';
import { localRunner, machineRunner } from '../../experiments/lib/run-pool.ts';
import { comparePoints } from '../../experiments/lib/run-record.ts';
import { shardFrom } from '../../experiments/lib/sweep-flags.ts';
import { main as merge } from '../../experiments/merge.ts';
import { main } from '../../experiments/scale-sweep.ts';
import { LimitError } from '../../sim/simulation.ts';
import { cellsOf, fakeSimulate, inFolder, run, tablesIn } from './helpers.ts';

const grid = ['--nodes', '2,4,8', '--load', '100,900', '--replications', '2', '--quiet', '--strategies', 'none,delta'];

const shardsOf = async (folder: string, parts: readonly string[], argv: readonly string[] = grid): Promise<void> => {
  for (const part of parts) {
    const { code, stdout, stderr } = await run(main, [...argv, '--shard', part, '--out', folder]);
    assert.is(code, 0, stderr);
    assert.is(stdout, '', 'a part has no answer');
  }
};

async function merged(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = memoryIo();
  const code = await merge(argv, io);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

test('three shards merged are the whole, to the byte, and say the same', () =>
  inFolder(async (folder) => {
    const whole = await run(main, [...grid, '--out', join(folder, 'whole')]);
    await shardsOf(join(folder, 'parts'), ['2/3', '3/3', '1/3']);
    const { code, stdout, stderr } = await merged(join(folder, 'parts'), '--quiet');
    assert.is(code, 0, stderr);
    assert.is(stdout, whole.stdout);
    assert.equal(tablesIn(join(folder, 'parts')), tablesIn(join(folder, 'whole')));
  }));

test('shards with --precision and mser5 as well', () =>
  inFolder(async (folder) => {
    const rules = ['--precision', '0.02', '--metric', 'lost_updates', '--max-replications', '7', '--warm-up', 'mser5'];
    const argv = [...grid.filter((_, at) => at !== 4 && at !== 5), ...rules];
    assert.is((await run(main, [...argv, '--out', join(folder, 'whole')])).code, 0);
    await shardsOf(join(folder, 'parts'), ['1/2', '2/2'], argv);
    assert.is((await merged(join(folder, 'parts'), '--out', join(folder, 'there'), '--quiet')).code, 0);
    assert.equal(tablesIn(join(folder, 'there')), tablesIn(join(folder, 'whole')));
  }));

test('a part that is missing, unfinished or of another sweep is named, and nothing is written', () =>
  inFolder(async (folder) => {
    const parts = join(folder, 'parts');
    await shardsOf(parts, ['1/3', '3/3']);
    assert.is((await merged(parts)).stderr, 'part 2 of 3 missing; nothing was merged\n');
    await shardsOf(parts, ['2/3'], [...grid, '--seed', '9']);
    const other = await merged(parts);
    assert.is(other.code, 2);
    assert.match(other.stderr, /shard-2-of-3\/journal.jsonl: was written by another scenario/);
    rmSync(join(parts, 'shard-2-of-3', 'shard.json'));
    assert.match((await merged(parts)).stderr, /no complete part of a sweep; run it again with --resume/);
    assert.not(existsSync(join(parts, 'throughput.csv')));
    assert.is((await merged(join(folder, 'nowhere'))).code, 2);
    assert.is((await merged(folder)).code, 2);
    assert.is((await merged()).code, 2);
  }));

test('the part comes from a Slurm array or a Kubernetes Indexed Job as well', () => {
  const of = (environment: Record<string, string>) => shardFrom(undefined, environment).shard;
  assert.equal(of({ SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_COUNT: '4' }), { index: 1, count: 4 });
  const fromOne = { SLURM_ARRAY_TASK_ID: '4', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '1' };
  assert.equal(of(fromOne), { index: 4, count: 4 });
  assert.equal(of({ JOB_COMPLETION_INDEX: '2', COMPLETIONS: '3' }), { index: 3, count: 3 });
  assert.is(of({ JOB_COMPLETION_INDEX: '2' }), undefined);
  assert.is(shardFrom({ index: 1, count: 1 }, fromOne).shard, undefined);
  assert.throws(() => of({ SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_COUNT: '4' }), /part 10 of 4/);
  assert.throws(() => of({ SLURM_ARRAY_TASK_ID: 'x', SLURM_ARRAY_TASK_COUNT: '4' }), /a whole number is expected/);
});

test('every point belongs to one shard, and its place in the order of the files is known both ways', () => {
  const all = {
    ...{ strategies: ['a', 'b', 'c'], balancers: ['x', 'y'], nodes: [2, 10], loads: [1, 20, 300], replications: 1 },
    cases: ['p', 'q'],
  };
  const points = [...gridPoints(all)];
  assert.equal(points, [...points].sort(comparePoints));
  points.forEach((point, at) => {
    assert.is(indexOfPoint(all, point), at);
    assert.equal(pointAt(all, at), point);
  });
  assert.is(indexOfPoint(all, { ...points[0], load_rps: 7 }), -1);
  const dealt = [1, 2, 3, 4, 5].flatMap((index) => [...orderOf(all, { index, count: 5 })]);
  assert.equal(
    dealt.sort((a, b) => a - b),
    Array.from({ length: countPoints(all) }, (_, at) => at),
  );
});

test('a run over its events is a row with its status, in runs.csv only', () =>
  inFolder(async (folder) => {
    const limited = localRunner((scenario, replication) => {
      if (scenario.load.requestsPerSecond > 500 && replication === 2) throw new LimitError('maxEvents', 'too many');
      return fakeSimulate(scenario, replication);
    });
    const loud = grid.filter((text) => text !== '--quiet');
    const { code, stderr } = await run(main, [...loud, '--out', folder], limited);
    assert.is(code, 0, stderr);
    assert.match(stderr, '6 runs went over a budget; runs.csv tells which');
    const rows = cellsOf(readFileSync(join(folder, 'runs.csv'), 'utf8')).slice(1);
    assert.is(rows.length, 24);
    assert.is(rows.filter((row) => row[6] === 'events-exceeded' && row[8] === '').length, 6);
    const throughput = cellsOf(readFileSync(join(folder, 'throughput.csv'), 'utf8'));
    assert.is(throughput.length, 1 + 18);
    const n = cellsOf(readFileSync(join(folder, 'summary.csv'), 'utf8')).filter((row) => row[4] === 'completed_rps');
    assert.equal(new Set(n.map((row) => `${row[3]} ${row[5]}`)), new Set(['100 2', '900 1']));
    const before = tablesIn(folder);
    const never = localRunner(() => {
      throw new Error('ran again');
    });
    assert.is((await run(main, [...grid, '--resume', '--out', folder], never)).code, 0);
    assert.equal(tablesIn(folder), before);
  }));

test('events, time and memory of a real run in its thread', async () => {
  const big = ['--strategies', 'all-to-all', '--replications', '1', '--quiet'];
  const eight = ['--nodes', '8', '--load', '3000'];
  for (const [argv, budget, status] of [
    [[...eight, '--max-run-events', '1000', '--duration', '1'], {}, 'events-exceeded'],
    [[...eight, '--duration', '100000'], { seconds: 3 }, 'time-exceeded'],
    [[...eight, '--duration', '100000'], { memoryMb: 150 }, 'memory-exceeded'],
  ] as const) {
    await inFolder(async (folder) => {
      const { code, stderr } = await run(main, [...big, ...argv, '--out', folder], await machineRunner(1, budget));
      assert.is(code, 0, stderr);
      const [, row] = cellsOf(readFileSync(join(folder, 'runs.csv'), 'utf8'));
      assert.is(row[6], status);
    });
  }
});

test('a dry run says what would happen, and does nothing', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'none');
    const { code, stdout } = await run(main, [...grid, '--dry-run', '--duration', '1', '--out', out]);
    assert.is(code, 0);
    assert.match(
      stdout,
      /^points {11}12\nruns {13}24 \(2 replications\)\nexpected events {2}[\d,.e]+\nexpected time {4}\d+ \w+ with/,
    );
    assert.not(existsSync(out));
  }));

test.run();
