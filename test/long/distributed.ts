// The same bytes, however a sweep is carried out: by 1, 2 and 4 threads, in 3 parts, over a queue with 1, 2 and 4 workers,
// after 20 kills at random moments of the sweep, a worker or Redis, with chunks that were enqueued and run twice, and
// as an array of a real Slurm. Starts its own redis-server and Slurm; nothing else is touched.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { tablesIn } from '../experiments/helpers.ts';
import { finish, needs, OwnRedis, pause, randomFrom, type Started, start } from './processes.ts';
import { withSlurm } from './slurm.ts';

const KILLS = Number(process.env.KILLS ?? 20);
const sweep = [
  ...['--nodes', '2,4,8', '--load', '400,1500', '--replications', '4', '--duration', '6', '--warm-up', '1', '--quiet'],
  ...['--strategies', 'none,delta,backup,all-to-all'],
];
const folder = mkdtempSync(join(tmpdir(), 'replisim-distributed-'));
const random = randomFrom(Number(process.env.SEED ?? 2026));
const at = (name: string): string => join(folder, name);
const say = (text: string): void => console.log(text);

let expected: Record<string, string> = {};
const same = (name: string): void => assert.equal(tablesIn(at(name)), expected, `${name} differs`);

async function threads(): Promise<void> {
  await finish('scale-sweep.ts', [...sweep, '--jobs', '1', '--out', at('jobs-1')]);
  expected = tablesIn(at('jobs-1'));
  assert.is(Object.keys(expected).length, 7);
  for (const jobs of ['2', '4']) {
    await finish('scale-sweep.ts', [...sweep, '--jobs', jobs, '--out', at(`jobs-${jobs}`)]);
    same(`jobs-${jobs}`);
  }
  say('ok   1, 2 and 4 threads');
}

async function parts(): Promise<void> {
  for (const part of ['1/3', '2/3', '3/3'])
    await finish('scale-sweep.ts', [...sweep, '--shard', part, '--out', at('parts')]);
  await finish('merge.ts', [at('parts'), '--quiet']);
  same('parts');
  say('ok   3 parts merged');
}

const worker = (redis: OwnRedis, ...more: string[]): Started =>
  start('worker.ts', ['--redis', redis.url, '--jobs', '1', '--lock-seconds', '3', ...more]);

const queued = (redis: OwnRedis, out: string, ...more: string[]): string[] => [
  ...sweep,
  ...['--engine', 'bullmq', '--redis', redis.url, '--chunk-seconds', '0.5', '--out', out, ...more],
];

async function stop(workers: readonly Started[]): Promise<void> {
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ end }) => end));
}

async function workers(redis: OwnRedis): Promise<void> {
  for (const count of [1, 2, 4]) {
    const shared = count === 2 ? ['--shared', at('shared')] : [];
    const running = Array.from({ length: count }, () => worker(redis, ...shared));
    await finish('scale-sweep.ts', queued(redis, at(`workers-${count}`), ...shared));
    await stop(running);
    same(`workers-${count}`);
  }
  say('ok   BullMQ with 1, 2 (results in a shared folder) and 4 workers');
}

/** Two sweeps ask for the same chunks at the same time: each chunk is enqueued twice, and some are run twice. */
async function duplicates(redis: OwnRedis): Promise<void> {
  const running = [worker(redis), worker(redis)];
  const names = ['twin-1', 'twin-2'];
  await Promise.all(names.map((name) => finish('scale-sweep.ts', queued(redis, at(name)))));
  await stop(running);
  names.forEach(same);
  say('ok   duplicated chunks');
}

/** Kills somebody at a random moment and starts him again, until the sweep is done; goes on with another sweep after it. */
async function kills(redis: OwnRedis): Promise<void> {
  const killed = { sweep: 0, worker: 0, redis: 0 };
  const running = [worker(redis), worker(redis)];
  let count = 0;
  for (let round = 1; count < KILLS; round += 1) {
    const out = at(`killed-${round}`);
    let isDone = false;
    while (!isDone) {
      const parent = start('scale-sweep.ts', [...queued(redis, out), '--resume']);
      let isKilled = false;
      const over = parent.end.then(({ code, stderr }) => {
        if (isKilled) return;
        // Redis was killed before the sweep had ever reached it: it says so and ends, and is started again.
        isKilled = code === 2 && stderr.includes('no Redis answers there');
        if (isKilled) return;
        assert.is(code, 0, stderr);
        isDone = true;
      });
      while (!isDone && !isKilled && count < KILLS) {
        await Promise.race([over, pause(500 + 3500 * random())]);
        if (isDone) break;
        const victim = (['sweep', 'worker', 'redis'] as const)[Math.floor(3 * random())];
        killed[victim] += 1;
        count += 1;
        if (victim === 'sweep') {
          isKilled = true;
          parent.child.kill('SIGKILL');
        } else if (victim === 'redis') {
          await redis.kill();
          await pause(500 * random());
          await redis.start();
        } else {
          const which = Math.floor(running.length * random());
          running[which].child.kill('SIGKILL');
          await running[which].end;
          running[which] = worker(redis);
        }
      }
      await over;
    }
    same(`killed-${round}`);
  }
  await stop(running);
  say(
    `ok   ${count} kills: ${killed.sweep} of the sweep, ${killed.worker} of a worker, ${killed.redis} of redis-server`,
  );
}

/** Kills of a sweep with threads of its own, and of the same with a process per run. */
async function localKills(): Promise<void> {
  for (const more of [[], ['--max-run-memory', '1000']]) {
    const name = `local-${more.length}`;
    for (let kill = 0; kill < 3; kill += 1) {
      const parent = start('scale-sweep.ts', [...sweep, ...more, '--resume', '--out', at(name)]);
      await pause(1500 + 3000 * random());
      parent.child.kill('SIGKILL');
      await parent.end;
    }
    await finish('scale-sweep.ts', [...sweep, ...more, '--resume', '--out', at(name)]);
    same(name);
  }
  say('ok   kill -9 of a sweep with threads, and of one with processes');
}

async function slurm(): Promise<void> {
  const hasRun = await withSlurm(at('slurm'), async (submit) => {
    await submit(['--array=0-2', join('experiments', 'cluster', 'slurm-array.sh'), ...sweep, '--out', at('array')]);
    await finish('merge.ts', [at('array'), '--quiet']);
    same('array');
  });
  if (hasRun) say('ok   an array of 3 tasks under Slurm');
}

try {
  await threads();
  await parts();
  await localKills();
  if (needs('redis-server', 'redis-server')) {
    mkdirSync(at('redis'));
    const redis = new OwnRedis(at('redis'), 20_000 + (process.pid % 20_000));
    await redis.start();
    try {
      await workers(redis);
      await duplicates(redis);
      await kills(redis);
    } finally {
      await redis.kill();
    }
  }
  await slurm();
} finally {
  if (process.env.KEEP !== 'true') rmSync(folder, { recursive: true, force: true });
}
