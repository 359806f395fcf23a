// A sweep whose tables have more than a million rows in less than 500 MB: runs are in the journal, not in memory, and
// tables are written as they are made. The simulator is made up; everything else is real. RUNS=1000000 takes ten times as
// many.
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../experiments/lib/io.ts';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import { main } from '../../experiments/scale-sweep.ts';
import { fakeSimulate } from '../experiments/helpers.ts';

const RUNS = Number(process.env.RUNS ?? 100_000);
const strategies = ['none', 'delta', 'backup', 'all-to-all', 'memcached-sticky'];
const nodes = [2, 4, 8, 16];
const replications = 5;
const loads = Math.ceil(RUNS / strategies.length / nodes.length / replications);
const folder = mkdtempSync(join(tmpdir(), 'replisim-million-'));

/** Lines of a file, without holding it. */
function lines(file: string): number {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(1 << 20);
  let count = 0;
  for (let length = readSync(descriptor, chunk); length > 0; length = readSync(descriptor, chunk)) {
    for (let at = 0; at < length; at += 1) if (chunk[at] === 10) count += 1;
  }
  closeSync(descriptor);
  return count;
}

try {
  const io = memoryIo();
  const startedAt = Date.now();
  const argv = [
    ...['--strategies', strategies.join(','), '--nodes', nodes.join(','), '--replications', String(replications)],
    ...['--load', Array.from({ length: loads }, (_, at) => at + 1).join(','), '--max-points', '10000000'],
    ...['--out', folder, '--quiet'],
  ];
  // Many runs at once: each turn of the loop of events would else be one run.
  const runner = { ...localRunner(fakeSimulate), width: 64 };
  assert.is(await main(argv, io, runner), 0, io.stderr);
  const runs = lines(join(folder, 'runs.csv')) - 1;
  const rows = readdirSync(folder)
    .filter((name) => name.endsWith('.csv'))
    .reduce((sum, name) => sum + lines(join(folder, name)) - 1, 0);
  const peakMb = process.resourceUsage().maxRSS / 1000;
  const { size } = statSync(join(folder, 'journal.jsonl'));
  console.log(
    `${runs.toLocaleString('en-US')} runs, ${rows.toLocaleString('en-US')} rows in ${Math.round((Date.now() - startedAt) / 1000)} s, ` +
      `journal of ${Math.round(size / 1e6)} MB, answer of ${io.stdout.split('\n').length} lines; ${Math.round(peakMb)} MB at most`,
  );
  assert.ok(rows >= 1_000_000);
  assert.is(runs, strategies.length * nodes.length * loads * replications);
  assert.match(io.stdout, 'delta carries');
  assert.ok(peakMb < 500, `${peakMb} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
