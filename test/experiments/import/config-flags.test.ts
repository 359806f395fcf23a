// Every kind of file that explain and lint read can be run, and the mistakes in it are simulated.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../../experiments/lib/io.ts';
import { localRunner } from '../../../experiments/lib/run-pool.ts';
import { main as sweep } from '../../../experiments/scale-sweep.ts';
import { main as simulateMain } from '../../../experiments/simulate.ts';
import { simulate as model } from '../../../models/cluster.ts';
import type { Scenario } from '../../../models/scenario/schema.ts';
import { server } from '../fixtures/lint-files.ts';
import { inFolder } from '../helpers.ts';
import { folderWith } from './helpers.ts';

const scenarios = 'experiments/scenarios';
const seeds: readonly (readonly string[])[] = [
  ['seed-000/server.xml', 'seed-000/server-2.xml', 'seed-000/conf/web.xml'],
  ['seed-001/server.xml', 'seed-001/nginx.conf', 'seed-001/WEB-INF/web.xml'],
  ['seed-002/memcached-server-1.xml', 'seed-002/memcached-server-2.xml', 'seed-002/nginx.conf'],
  ['seed-003/server.xml', 'seed-003/server-2.xml', 'seed-003/nginx.conf', 'seed-003/WEB-INF/web.xml'],
  ['seed-004/server.xml', 'seed-004/context.xml', 'seed-004/httpd-vhosts.conf', 'seed-004/WEB-INF/web.xml'],
];
const tiny = ['--nodes', '2', '--load', '20', '--duration', '2', '--warm-up', '1', '--replications', '1', '--json'];

function flagsOf(flag: string, files: readonly string[]): string[] {
  return files.flatMap((file) => [flag, file]);
}

for (const files of seeds) {
  test(`${files[0]}: the files of this operator run in scale-sweep.ts`, async () => {
    await inFolder(async (folder) => {
      const io = memoryIo();
      const paths = files.map((file) => `${scenarios}/${file}`);
      const args = [...flagsOf('--config', paths), ...tiny, '--out', folder];
      assert.is(await sweep(args, io, localRunner(model)), 0, io.stderr);
      assert.ok(JSON.parse(io.stdout));
      assert.match(io.stderr, 'Used of the configuration files:');
    });
  });
}

/** The scenario that simulate.ts runs with these arguments. */
async function scenarioRun(args: readonly string[]): Promise<Scenario> {
  const seen: Scenario[] = [];
  const io = memoryIo();
  const runner = localRunner((scenario, replication) => {
    seen.push(scenario);
    return model(scenario, replication);
  });
  const short = ['--duration', '1', '--warm-up', '0', '--replications', '1', '--quiet', '--json'];
  assert.is(await simulateMain([...args, ...short], io, runner), 0, io.stderr);
  return seen[0];
}

const loopback = server({ receiver: 'address="127.0.0.1"' });
const sound = server({ receiver: 'address="10.0.0.2"' });

test('options that acknowledge nothing and a dropTime that is too short are mistakes as well', async () => {
  const membership = 'address="228.1.2.3" port="45600" frequency="500" dropTime="900"';
  const folder = folderWith({ 'server.xml': server({ cluster: 'channelSendOptions="4"', membership }) });
  const mistaken = await scenarioRun(['--with-faults-of', `${folder}/server.xml`]);
  assert.is(mistaken.channel.sendOptions, 4);
  assert.equal(
    [mistaken.membership.memberDropTimeMs, mistaken.channel.receiver.maxThreads],
    [900, 15],
    'and nothing else of the file',
  );
  const clean = folderWith({ 'server.xml': server({ cluster: 'channelSendOptions="6"' }) });
  assert.is((await scenarioRun(['--with-faults-of', `${clean}/server.xml`])).channel.sendOptions, 8);
});

test('a receiver on loopback in every file, or in one of two', async () => {
  const folder = folderWith({ 'a/server.xml': loopback, 'b/server.xml': sound });
  const one = await scenarioRun(flagsOf('--config', [`${folder}/a/server.xml`, `${folder}/b/server.xml`]));
  assert.equal(one.misconfiguration.loopbackReceivers, ['node-1']);
  const set = ['tcpPort=dropped', 'clockOffsetsS=[5,0]', 'unserialisableRatio=0.05'];
  const byHand = await scenarioRun(set.flatMap((one) => ['--set', `misconfiguration.${one}`]));
  const { tcpPort, clockOffsetsS, unserialisableRatio } = byHand.misconfiguration;
  assert.equal([tcpPort, clockOffsetsS, unserialisableRatio], ['dropped', [5, 0], 0.05], 'what no file tells');
  const all = await scenarioRun(['--with-faults-of', `${folder}/a/server.xml`, '--nodes', '3']);
  assert.is(all.misconfiguration.loopbackReceivers, 'all');
  const none = await scenarioRun(['--config', `${folder}/b/server.xml`]);
  assert.equal(none.misconfiguration.loopbackReceivers, []);
});

test('two clusters on one group, and a ttl of 0', async () => {
  const folder = folderWith({
    'a/server.xml': server({ cluster: 'clusterName="one"', receiver: 'address="10.0.0.1"' }),
    'b/server.xml': server({ cluster: 'clusterName="two"', receiver: 'address="10.0.0.2"' }),
    'c/server.xml': server({ membership: 'address="228.1.2.3" ttl="0"', receiver: 'address="10.0.0.3"' }),
  });
  const shared = await scenarioRun(flagsOf('--with-faults-of', [`${folder}/a/server.xml`, `${folder}/b/server.xml`]));
  assert.is(shared.misconfiguration.sharedGroupMembers, 1);
  const alone = await scenarioRun(['--with-faults-of', `${folder}/c/server.xml`]);
  assert.is(alone.misconfiguration.multicast, 'closed');
  assert.is(alone.balancer.type, 'sticky-route', 'nothing but the mistake is taken over');
});

test('a missing <distributable/> of another cluster makes sessions local', async () => {
  const files = ['seed-000/server.xml', 'seed-000/conf/web.xml'].map((file) => `${scenarios}/${file}`);
  const local = await scenarioRun(flagsOf('--with-faults-of', files));
  assert.is(local.replication.strategy, 'none');
});

test.run();
