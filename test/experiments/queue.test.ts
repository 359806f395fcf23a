// Chunks of the queue; and, where a redis-server is installed, a sweep over a real one that this test starts itself.
// Kills, duplicates and many workers stand in test/long/distributed.ts.
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import { Chunker, chunkId, pack, unpack } from '../../experiments/queue/chunk.ts';
import { main } from '../../experiments/scale-sweep.ts';
import { main as worker } from '../../experiments/worker.ts';
import { simulate } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { finish, isInstalled, OwnRedis, start } from '../long/processes.ts';
import { inFolder, run, tablesIn } from './helpers.ts';

const scenario = parseScenario({ load: { requestsPerSecond: 1000 }, run: { warmUpS: 0, durationS: 40 } });

test('equal work has an equal name, other work another', () => {
  const tasks = [{ scenario, replication: 1 }];
  assert.is(chunkId(tasks, {}), chunkId(structuredClone(tasks), {}));
  const others = [
    chunkId([{ scenario, replication: 2 }], {}),
    chunkId([...tasks, ...tasks], {}),
    chunkId(tasks, { seconds: 1 }),
    chunkId([{ scenario, replication: 1, measure: 'detection' }], {}),
  ];
  assert.is(new Set([chunkId(tasks, {}), ...others]).size, 5);
  assert.match(chunkId(tasks, {}), /^chunk-[0-9a-f]{32}$/);
});

test('a chunk is full after its seconds of work, and packs to a few kilobytes', () => {
  const emitted: number[][] = [];
  const chunker = new Chunker(2.5, (numbers) => emitted.push([...numbers]));
  for (let task = 0; task < 5; task += 1) chunker.add(task, scenario);
  chunker.flush();
  chunker.flush();
  assert.equal(emitted, [
    [0, 1, 2],
    [3, 4],
  ]);
  const tasks = Array.from({ length: 50 }, (_, at) => ({ scenario, replication: at }));
  assert.ok(pack(tasks).length < 16_384);
  assert.equal(unpack(pack(tasks)), tasks);
});

test('what cannot be is one line', async () => {
  const argv = ['--nodes', '2', '--load', '50', '--strategies', 'none', '--quiet'];
  for (const more of [
    ['--redis', 'localhost'],
    ['--engine', 'kafka'],
    ['--chunk-seconds', '0'],
  ]) {
    const { code, stderr } = await run(main, [...argv, ...more]);
    assert.is(code, 2);
    assert.is(stderr.split('\n').length, 2);
  }
  const nobody = await run(worker as typeof main, ['--redis', 'redis://127.0.0.1:1']);
  assert.is(nobody.code, 2);
  assert.match(nobody.stderr, /^--redis redis:\/\/127.0.0.1:1: no Redis answers there/);
});

const isThere = isInstalled('redis-server');
const missing = 'redis-server is not installed; apt-get install redis-server';

test(isThere ? 'a sweep over a queue is the sweep, to the byte' : `left out: ${missing}`, async () => {
  if (!isThere) {
    assert.is.not(process.env.CI, 'true', missing);
    console.log(missing);
    return;
  }
  const small = ['--nodes', '2,3', '--load', '50,100', '--replications', '2', '--duration', '2', '--warm-up', '1'];
  const argv = [...small, '--strategies', 'none,delta', '--quiet'];
  await inFolder(async (folder) => {
    const redis = new OwnRedis(folder, 30_000 + (process.pid % 20_000));
    await redis.start();
    const helper = start('worker.ts', ['--redis', redis.url, '--jobs', '1', '--lock-seconds', '5']);
    try {
      const queued = ['--engine', 'bullmq', '--redis', redis.url, '--chunk-seconds', '0.2'];
      await finish('scale-sweep.ts', [...argv, ...queued, '--out', join(folder, 'queued')]);
      assert.is((await run(main, [...argv, '--out', join(folder, 'here')], localRunner(simulate))).code, 0);
      assert.equal(tablesIn(join(folder, 'queued')), tablesIn(join(folder, 'here')));
    } finally {
      helper.child.kill('SIGKILL');
      await redis.kill();
    }
  });
});

test.run();
