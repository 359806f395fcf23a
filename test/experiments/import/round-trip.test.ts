// The files of every operator run, and the scenario that explain prints is the one that runs.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main as explain } from '../../../experiments/explain.ts';
import { memoryIo } from '../../../experiments/lib/io.ts';
import { localRunner } from '../../../experiments/lib/run-pool.ts';
import { main as simulate } from '../../../experiments/simulate.ts';
import { simulate as model } from '../../../models/cluster.ts';
import { fileWith } from './helpers.ts';

const scenarios = 'experiments/scenarios';
const short = ['--duration', '2', '--warm-up', '1', '--replications', '1', '--quiet', '--json'];

async function output(main: typeof simulate | typeof explain, args: readonly string[]): Promise<string> {
  const io = memoryIo();
  const code = main === simulate ? await simulate(args, io, localRunner(model)) : await explain(args, io);
  assert.is(code, 0, io.stderr);
  return io.stdout;
}

const clusters: readonly (readonly string[])[] = [
  ['shop-server.xml', 'shop-nginx.conf'],
  ['seed-000/server.xml', 'seed-000/server-2.xml', 'seed-000/conf/web.xml'],
  ['seed-001/server.xml', 'seed-001/nginx.conf', 'seed-001/WEB-INF/web.xml'],
  ['seed-002/server.xml', 'seed-002/server-2.xml', 'seed-002/nginx.conf', 'seed-002/WEB-INF/web.xml'],
  ['seed-002/memcached-server-1.xml', 'seed-002/memcached-server-2.xml', 'seed-002/nginx.conf'],
  ['seed-003/server.xml', 'seed-003/server-2.xml', 'seed-003/nginx.conf', 'seed-003/WEB-INF/web.xml'],
  ['seed-004/server.xml', 'seed-004/context.xml', 'seed-004/httpd-vhosts.conf', 'seed-004/WEB-INF/web.xml'],
];

for (const files of clusters) {
  const paths = files.map((file) => `${scenarios}/${file}`);

  test(`${files[0]}: the explained scenario runs`, async () => {
    const scenario = fileWith('scenario.json', await output(explain, [...paths, '--json']));
    const result = JSON.parse(await output(simulate, ['--scenario', scenario, ...short]));
    assert.ok(result.throughput.completed_rps > 0);
  });

  test(`${files[0]}: the explained scenario runs to the same bytes as the files themselves`, async () => {
    const scenario = fileWith('scenario.json', await output(explain, [...paths, '--json']));
    const flags = paths.flatMap((path) => ['--config', path]);
    assert.is(await output(simulate, ['--scenario', scenario, ...short]), await output(simulate, [...flags, ...short]));
  });
}

test.run();
