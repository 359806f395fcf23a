// The same scenario and seed give the same bytes: whatever the order of the flags, an interruption, a damaged journal.
// The same with worker threads and real kills stands in processes.test.ts.
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../experiments/lib/io.ts';
import { localRunner, type Runner } from '../../experiments/lib/run-pool.ts';
import { main } from '../../experiments/scale-sweep.ts';
import { fakeSimulate, inFolder, run, tablesIn } from './helpers.ts';

const grid = ['--nodes', '2,4', '--load', '100,900', '--replications', '2', '--quiet'];
const sweepArguments = [...grid, '--strategies', 'none,delta,backup'];

async function tables(argv: readonly string[], runner?: Runner): Promise<Record<string, string>> {
  return inFolder(async (folder) => {
    const { code, stderr } = await run(main, [...argv, '--out', folder], runner);
    assert.is(code, 0, stderr);
    return tablesIn(folder);
  });
}

/** Runs that end in another order than they began. */
function shuffledRunner(): Runner {
  let count = 0;
  const slow = localRunner(fakeSimulate);
  return {
    ...slow,
    width: 5,
    record: async (scenario, replication) => {
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, (count * 7) % 5));
      return slow.record(scenario, replication);
    },
  };
}

/** Sends Ctrl-C after some runs. */
function interruptedAfter(runs: number): { runner: Runner; signal: AbortSignal } {
  const controller = new AbortController();
  let left = runs;
  const runner = localRunner((scenario, replication) => {
    left -= 1;
    if (left === 0) controller.abort();
    return fakeSimulate(scenario, replication);
  });
  return { runner, signal: controller.signal };
}

async function interrupt(folder: string, runs: number, argv: readonly string[] = sweepArguments): Promise<void> {
  const { runner, signal } = interruptedAfter(runs);
  const io = memoryIo(signal);
  assert.is(await main([...argv, '--out', folder], io, runner), 130);
  assert.match(io.stderr, /^interrupted after \d+ of 24 runs; the same command with --resume continues\n$/);
  assert.is(io.stdout, '');
  assert.not(existsSync(join(folder, 'throughput.csv')));
}

test('twice in one process', async () => {
  assert.equal(await tables(sweepArguments), await tables(sweepArguments));
});

test('strategies, sizes and loads in another order', async () => {
  const reordered = [
    '--strategies',
    'backup,none,delta',
    '--quiet',
    '--replications',
    '2',
    '--load',
    '900,100',
    '--nodes',
    '4,2',
  ];
  assert.equal(await tables(reordered), await tables(sweepArguments));
});

test('runs that end in another order', async () => {
  assert.equal(await tables(sweepArguments, shuffledRunner()), await tables(sweepArguments));
});

test('a strategy more changes no row of the others', async () => {
  const few = await tables([...grid, '--strategies', 'none,delta']);
  const more = await tables(sweepArguments);
  for (const name of ['throughput.csv', 'traffic.csv', 'consistency.csv', 'summary.csv']) {
    const kept = more[name].split('\r\n').filter((line) => !line.startsWith('backup,'));
    assert.equal(kept, few[name].split('\r\n'), name);
  }
});

test('another seed changes the rows', async () => {
  const other = await tables([...sweepArguments, '--seed', '2']);
  assert.is.not(other['throughput.csv'], (await tables(sweepArguments))['throughput.csv']);
});

test('Ctrl-C and --resume, at every run', async () => {
  const whole = await tables(sweepArguments);
  for (const runs of [1, 2, 11, 23]) {
    await inFolder(async (folder) => {
      await interrupt(folder, runs);
      let again = 0;
      const counting = localRunner((scenario, replication) => {
        again += 1;
        return fakeSimulate(scenario, replication);
      });
      assert.is((await run(main, [...sweepArguments, '--resume', '--out', folder], counting)).code, 0);
      assert.equal(tablesIn(folder), whole);
      assert.is(again, 24 - (runs - 1), 'finished runs are not run again');
    });
  }
});

test('a journal cut anywhere', async () => {
  const whole = await tables(sweepArguments);
  await inFolder(async (folder) => {
    await run(main, [...sweepArguments, '--out', folder]);
    const file = join(folder, 'journal.jsonl');
    const journal = readFileSync(file);
    for (const at of [0, 1, 150, 300, 1000, journal.length - 1, Math.floor(journal.length / 2)]) {
      writeFileSync(file, journal);
      truncateSync(file, at);
      rmSync(join(folder, 'throughput.csv'), { force: true });
      assert.is((await run(main, [...sweepArguments, '--resume', '--out', folder])).code, 0);
      assert.equal(tablesIn(folder), whole);
    }
  });
});

test('a damaged or foreign line of the journal is a run to do again', async () => {
  const whole = await tables(sweepArguments);
  await inFolder(async (folder) => {
    await interrupt(folder, 8);
    const file = join(folder, 'journal.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    lines[2] = lines[2].replace('"completed_rps":', '"completed_rps":1');
    lines[3] = `${lines[3].slice(0, 40)}\u0000${lines[3].slice(41)}`;
    writeFileSync(file, lines.join('\n'));
    appendFileSync(file, '{"check":"0000000000000000","entry":{"key":{}}}\n[1,2\n');
    assert.is((await run(main, [...sweepArguments, '--resume', '--out', folder])).code, 0);
    assert.equal(tablesIn(folder), whole);
  });
});

test('--resume of a finished sweep runs nothing and writes the same', () =>
  inFolder(async (folder) => {
    const first = await run(main, [...sweepArguments, '--out', folder]);
    const before = tablesIn(folder);
    const never = localRunner(() => {
      throw new Error('ran again');
    });
    const second = await run(main, [...sweepArguments, '--resume', '--out', folder], never);
    assert.is(second.code, 0, second.stderr);
    assert.is(second.stdout, first.stdout);
    assert.equal(tablesIn(folder), before);
  }));

for (const [what, argv] of [
  ['another scenario', ['--set', 'service.cpuMsMean=3']],
  ['another scenario', ['--seed', '2']],
  ['another grid of points', ['--load', '100,900,1000']],
] as const) {
  test(`--resume refuses ${argv.join(' ')}`, () =>
    inFolder(async (folder) => {
      await interrupt(folder, 5);
      const journal = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
      const changed = [...sweepArguments.filter((_, at) => !(argv[0] === '--load' && (at === 2 || at === 3))), ...argv];
      const { code, stderr } = await run(main, [...changed, '--resume', '--out', folder]);
      assert.is(code, 2);
      assert.match(stderr, new RegExp(`journal.jsonl: was written by ${what} .*; leave out --resume to start over\n$`));
      assert.is(readFileSync(join(folder, 'journal.jsonl'), 'utf8'), journal);
    }));
}

test('--resume refuses other sources of the simulator', () =>
  inFolder(async (folder) => {
    await interrupt(folder, 5);
    const { sha256 } = await import('../../experiments/lib/canonical-json.ts');
    const file = join(folder, 'journal.jsonl');
    const [head, ...rest] = readFileSync(file, 'utf8').split('\n');
    const entry = { ...JSON.parse(head).entry, source_sha256: 'f'.repeat(64) };
    const check = sha256(JSON.stringify(entry)).slice(0, 16);
    writeFileSync(file, [JSON.stringify({ check, entry }), ...rest].join('\n'));
    const { code, stderr } = await run(main, [...sweepArguments, '--resume', '--out', folder]);
    assert.is(code, 2);
    assert.match(stderr, 'was written by a simulator with other sources (ffffffffffff, now ');
  }));

test('without --resume a sweep starts over, and says so', () =>
  inFolder(async (folder) => {
    await interrupt(folder, 5);
    const loud = sweepArguments.filter((text) => text !== '--quiet');
    const { code, stderr } = await run(main, [...loud, '--out', folder]);
    assert.is(code, 0);
    assert.match(stderr, 'holds an interrupted sweep; starting over (--resume would continue it)');
    assert.match(stderr, '24 runs in ');
  }));

test.run();
