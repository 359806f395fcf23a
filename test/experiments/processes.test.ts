// The scripts as they are started by a user: fresh processes, worker threads, kill -9, Ctrl-C. The real simulator runs.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import { main } from '../../experiments/scale-sweep.ts';
import { simulate } from '../../models/cluster.ts';
import { inFolder, type Ran, run, tablesIn } from './helpers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const small = ['--nodes', '2,3', '--load', '50,100', '--replications', '2', '--duration', '2', '--warm-up', '1'];
const sweepArguments = [...small, '--strategies', 'none,delta,backup'];

function start(script: string, argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', join(root, script), ...argv], { cwd: root });
}

/** Waits for a process; `code` is 128 + the signal's number where a signal ended it. */
function ended(child: ChildProcess): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), stdout, stderr }));
  });
}

function inProcess(script: string, argv: readonly string[]): Promise<Ran> {
  return ended(start(script, argv));
}

/** Waits until the journal of a sweep holds some runs. */
async function untilRuns(folder: string, runs: number): Promise<void> {
  const file = join(folder, 'journal.jsonl');
  for (let waited = 0; waited < 60_000; waited += 5) {
    if (existsSync(file) && readFileSync(file, 'utf8').split('\n').length - 2 >= runs) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`no ${runs} runs in ${file}`);
}

/** The tables as one thread of this process makes them. */
async function expected(argv: readonly string[]): Promise<Record<string, string>> {
  return inFolder(async (folder) => {
    assert.is((await run(main, [...argv, '--quiet', '--out', folder], localRunner(simulate))).code, 0);
    return tablesIn(folder);
  });
}

test('the same bytes in this thread, in a fresh process with one worker, and with two in another order', async () => {
  const tables = await expected(sweepArguments);
  const reordered = [...small, '--strategies', 'backup,delta,none'];
  for (const argv of [
    [...sweepArguments, '--jobs', '1'],
    [...reordered, '--jobs', '2'],
  ]) {
    await inFolder(async (folder) => {
      const { code, stderr } = await inProcess('experiments/scale-sweep.ts', [...argv, '--out', folder]);
      assert.is(code, 0, stderr);
      assert.equal(tablesIn(folder), tables);
    });
  }
});

test('kill -9 at several moments, with one worker or two, and --resume', async () => {
  const tables = await expected(sweepArguments);
  await inFolder(async (folder) => {
    const argv = [...sweepArguments, '--resume', '--out', folder];
    for (const [runs, jobs] of [
      [1, 1],
      [9, 2],
    ]) {
      const child = start('experiments/scale-sweep.ts', [...argv, '--jobs', String(jobs)]);
      const end = ended(child);
      await untilRuns(folder, runs);
      child.kill('SIGKILL');
      assert.is((await end).code, 137);
      assert.not(existsSync(join(folder, 'manifest.json')));
    }
    const { code, stderr } = await inProcess('experiments/scale-sweep.ts', [...argv, '--jobs', '2']);
    assert.is(code, 0, stderr);
    assert.match(stderr, /24 runs, \d+ of them done before; results go to /);
    assert.equal(tablesIn(folder), tables);
  });
});

test('Ctrl-C ends at once with 130, even inside a long run', () =>
  inFolder(async (folder) => {
    const endless = [
      '--nodes',
      '16',
      '--load',
      '5000',
      '--strategies',
      'all-to-all',
      '--duration',
      '3000',
      '--jobs',
      '1',
    ];
    const long = [...endless, '--out', folder];
    const child = start('experiments/scale-sweep.ts', long);
    const end = ended(child);
    child.stderr!.once('data', () => setTimeout(() => child.kill('SIGINT'), 300));
    const { code, stdout, stderr } = await end;
    assert.is(code, 130, stderr);
    assert.is(stdout, '');
    assert.match(stderr, 'interrupted after 0 of 5 runs; the same command with --resume continues\n');
    assert.not(existsSync(join(folder, '.lock')));
    assert.not(existsSync(join(folder, 'throughput.csv')));
  }));

test('simulate in worker threads says the same as one thread of this process', async () => {
  const argv = ['--scenario', 'experiments/scenarios/crash-delta-async.yaml', '--duration', '12', '--json'];
  const { main: simulateMain } = await import('../../experiments/simulate.ts');
  const here = await run(simulateMain, argv, localRunner(simulate));
  const there = await inProcess('experiments/simulate.ts', argv);
  assert.is(there.code, 0, there.stderr);
  assert.is(there.stdout, here.stdout);
});

test('bad usage is one line on standard error and exit code 2', async () => {
  const { code, stdout, stderr } = await inProcess('experiments/scale-sweep.ts', ['--strategies', 'detla']);
  assert.is(code, 2);
  assert.is(stdout, '');
  assert.match(stderr, /^--strategies detla: detla: unknown; did you mean delta\?[^\n]*\n$/);
});

test('a reader that closes the pipe early is no error', async () => {
  const child = start('experiments/scale-sweep.ts', ['--help']);
  child.stdout!.destroy();
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.is(code, 0);
});

test.run();
