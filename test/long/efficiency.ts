// Two threads do a sweep in little more than half the time of one: parallel efficiency of at least 0.9 on two free cores.
// The best of a few tries counts, since other work on the machine only ever takes away.

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../experiments/lib/io.ts';
import { poolRunner } from '../../experiments/lib/run-pool.ts';
import { main } from '../../experiments/scale-sweep.ts';

const TRIES = 4;
const sweep = ['--nodes', '4,8', '--load', '1000,2000', '--replications', '4', '--duration', '6', '--quiet'];
const folder = mkdtempSync(join(tmpdir(), 'replisim-efficiency-'));

/** Time of the clock and of the processors [s]. */
interface Times {
  readonly wall: number;
  readonly cpu: number;
}

async function timesOf(jobs: number): Promise<Times> {
  const runner = poolRunner(jobs);
  // Threads and their code are there before the clock starts: a sweep of an hour starts once.
  await main([...sweep, '--out', join(folder, 'warm')], memoryIo(), { ...runner, close: async () => {} });
  const startedAt = performance.now();
  const before = process.cpuUsage();
  assert.is(await main([...sweep, '--out', join(folder, `${jobs}`)], memoryIo(), runner), 0);
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - startedAt) / 1000, cpu: (user + system) / 1e6 };
}

try {
  if (availableParallelism() < 2) console.log('left out: one core only');
  else {
    const none: Times = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
    const faster = (a: Times, b: Times): Times => (b.wall < a.wall ? b : a);
    let [one, two] = [none, none];
    for (let tries = 0; tries < TRIES && !(one.wall / two.wall / 2 >= 0.9); tries += 1) {
      one = faster(one, await timesOf(1));
      two = faster(two, await timesOf(2));
    }
    const efficiency = one.wall / two.wall / 2;
    const text = ({ wall, cpu }: Times): string => `${wall.toFixed(1)} s (${cpu.toFixed(1)} s of processors)`;
    console.log(`1 thread ${text(one)}, 2 threads ${text(two)}: efficiency ${efficiency.toFixed(2)}`);
    // One thread has the second core for its compiler and collector, two have not: what the threads themselves leave idle.
    console.log(`2 threads kept two cores busy for ${((50 * two.cpu) / two.wall).toFixed(0)} % of the time`);
    // Judged on request only: a busy machine is no fault of the code, and no test hangs on the time of one.
    if (process.argv.includes('--judge')) assert.ok(efficiency >= 0.9);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
