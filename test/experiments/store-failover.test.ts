// The script with a tiny grid: a folder of CSVs per fault, and a report that says who lost what.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../experiments/lib/io.ts';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import { faultCases, main } from '../../experiments/store-failover.ts';
import { simulate } from '../../models/cluster.ts';
import { inFolder, tablesIn } from './helpers.ts';

const tiny = [
  '--strategies',
  'memcached-sticky,none',
  '--load',
  '60',
  '--nodes',
  '3',
  '--duration',
  '30',
  '--replications',
  '1',
];

const neverRuns = localRunner(() => {
  throw new Error('a run that was done is done again');
});

test('store-failover writes the tables of every fault and says who lost nothing', () =>
  inFolder(async (folder) => {
    const io = memoryIo();
    const code = await main([...tiny, '--quiet', '--out', folder], io, localRunner(simulate));
    assert.is(code, 0, io.stderr);
    for (const fault of Object.keys(faultCases)) {
      assert.ok(existsSync(join(folder, fault, 'manifest.json')), fault);
      assert.ok(tablesIn(join(folder, fault))['consistency.csv'].split('\n').length > 2);
      assert.match(io.stdout, new RegExp(`^${fault} +lost sessions`, 'm'));
    }
    assert.match(io.stdout, 'Nothing lost, nothing failed: memcached-sticky.');
    for (const line of io.stdout.split('\n')) assert.ok(line.length <= 160, line);
    const again = memoryIo();
    assert.is(await main([...tiny, '--quiet', '--resume', '--out', folder], again, neverRuns), 0, again.stderr);
    assert.is(again.stdout, io.stdout, 'a whole sweep that is resumed runs nothing and says the same');
  }));

test('--strategies all stands for every strategy', async () => {
  const io = memoryIo();
  assert.is(await main(['--strategies', 'al'], io, localRunner(simulate)), 2);
  assert.match(io.stderr, 'one of none, all-to-all');
});

test.run();
