// Every script with a tiny grid: what it prints, and that what is generated is current.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { losses, throughputNames, trafficNames } from '../../experiments/lib/columns.ts';
import { main as scaleSweep } from '../../experiments/scale-sweep.ts';
import { generatedFiles, outdatedFiles, main as schema } from '../../experiments/schema.ts';
import { main as simulate } from '../../experiments/simulate.ts';
import { inFolder, run, tablesIn } from './helpers.ts';

const tiny = ['--nodes', '2,4', '--load', '500,3000', '--strategies', 'none,delta', '--replications', '2'];

function fits(text: string): void {
  for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
}

test('scale-sweep answers first, within 100 columns and without colours', () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await run(scaleSweep, [...tiny, '--out', folder]);
    assert.is(code, 0, stderr);
    fits(stdout);
    assert.not.match(stdout, '\u001b');
    const [head, ...rows] = stdout.split('\n');
    assert.match(head, /^strategy +nodes +carries req\/s +capacity req\/s +bytes per request +sent per node$/);
    assert.match(rows[0], /^delta +2 +500 +[\d,.]+ \+-[\d,.]+ /);
    assert.match(rows[3], /^none +4 +>= 3,000 /);
    assert.match(stdout, 'Counts per run with crash of node-1 at 6 s.');
    assert.match(stdout, /^- none carries 3,000 requests\/s at 4 nodes; /m);
    assert.match(stderr, /^16 runs; results go to /);
    assert.match(stderr, /16 runs in [\d.]+ s; results are in /);
  }));

test('--quiet says nothing but the answer, --json says it for programs', () =>
  inFolder(async (folder) => {
    const { stdout, stderr } = await run(scaleSweep, [...tiny, '--out', folder, '--quiet', '--json']);
    assert.is(stderr, '');
    const { answers, sentences, objective } = JSON.parse(stdout);
    assert.is(objective.latencyMsP95Max, 500);
    assert.is(sentences.length, 2);
    assert.equal(
      answers.map((answer: { strategy: string; nodes: number; carried_rps: number }) => [
        answer.strategy,
        answer.nodes,
        answer.carried_rps,
      ]),
      [
        ['delta', 2, 500],
        ['delta', 4, 3000],
        ['none', 2, 500],
        ['none', 4, 3000],
      ],
    );
  }));

test('several balancers get a column of their own', () =>
  inFolder(async (folder) => {
    const argv = [...tiny, '--balancers', 'round-robin,sticky-route', '--out', folder];
    const { code, stdout } = await run(scaleSweep, argv);
    assert.is(code, 0);
    fits(stdout);
    assert.match(stdout, /^strategy +balancer +nodes/);
    assert.match(stdout, /^- delta behind round-robin carries /m);
  }));

test('a scenario file adds its own size and load, and its strategy is compared with none', () =>
  inFolder(async (folder) => {
    const scenario = 'experiments/scenarios/partition.yaml';
    const { code, stdout, stderr } = await run(scaleSweep, [
      '--scenario',
      scenario,
      '--replications',
      '1',
      '--out',
      folder,
    ]);
    assert.is(code, 0, stderr);
    assert.equal([...new Set(stdout.match(/^(delta|none|backup) +\d+/gm))].length, 10);
    assert.match(stdout, 'partition node-1 node-2 | node-3 node-4 at 20 s');
    assert.match(tablesIn(folder)['throughput.csv'], 'delta,round-robin,4,200,1,1,');
  }));

test('a cluster read from its files is swept with them, every value named with its line', () =>
  inFolder(async (folder) => {
    const files = [
      '--server-xml',
      'experiments/scenarios/shop-server.xml',
      '--nginx-conf',
      'experiments/scenarios/shop-nginx.conf',
    ];
    const { code, stdout, stderr } = await run(scaleSweep, [...files, '--replications', '1', '--out', folder]);
    assert.is(code, 0, stderr);
    assert.match(stderr, 'shop-server.xml:12: channelSendOptions="8" -> channel.sendOptions = 8\n');
    assert.match(stderr, /\nRead but not modelled:\n( {2}\S+:\d+: [^\n]+\n)+/);
    assert.match(stderr, 'server names: used at 4 nodes only; other sizes run with equal nodes\n');
    assert.equal([...new Set(stdout.match(/^(delta|none|backup) +\d+/gm))].length, 12);
    assert.match(tablesIn(folder)['throughput.csv'], 'delta,sticky-route,4,');
  }));

test('explicit flags are stronger than the files', () =>
  inFolder(async (folder) => {
    const files = ['--server-xml', 'experiments/scenarios/shop-server.xml'];
    const flags = [
      '--strategies',
      'backup',
      '--nodes',
      '3',
      '--load',
      '70',
      '--seed',
      '9',
      '--set',
      'channel.sendOptions=6',
    ];
    const { code, stderr } = await run(scaleSweep, [...files, ...flags, '--quiet', '--out', folder]);
    assert.is(code, 0, stderr);
    assert.is(stderr, '');
    assert.match(tablesIn(folder)['throughput.csv'], '\nbackup,sticky-route,3,70,1,9,');
    const { scenario } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    assert.is(scenario.channel.sendOptions, 6);
    assert.is(scenario.channel.receiver.maxThreads, 6);
  }));

test('simulate prints every metric of one scenario', async () => {
  const { code, stdout, stderr } = await run(simulate, ['--scenario', 'experiments/scenarios/crash-delta-async.yaml']);
  assert.is(code, 0, stderr);
  fits(stdout);
  assert.match(stdout, /^crash-delta-async: 4 nodes, delta behind sticky-route, 800 requests\/s/);
  for (const name of [...throughputNames, ...losses]) assert.match(stdout, name);
  assert.match(stdout, /session-delta +[\d,]+ /);
  assert.match(stdout, /node-2 +disappeared +node-1/);
});

test('simulate --json has the columns of the tables', async () => {
  const { stdout } = await run(simulate, ['--replications', '2', '--json']);
  const { throughput, traffic, consistency, detection } = JSON.parse(stdout);
  assert.equal(Object.keys(throughput), throughputNames);
  assert.equal(Object.keys(traffic[0]), ['kind', ...trafficNames]);
  const perMillion = losses.map((name) => `${name}_per_million`);
  assert.equal(Object.keys(consistency), ['requests', ...losses, ...perMillion, 'executed_twice']);
  assert.equal(Object.keys(detection[0]), ['replication', 'at_s', 'observer', 'member', 'event', 'after_ms']);
});

test('simulate --replication replays one run', async () => {
  const { stdout } = await run(simulate, ['--replication', '7', '--json']);
  const { runs, detection } = JSON.parse(stdout);
  assert.equal(
    runs.map(({ replication }: { replication: number }) => replication),
    [7],
  );
  assert.is(detection.length, 1);
});

test('simulate --out writes the same tables as a sweep', () =>
  inFolder(async (folder) => {
    const point = ['--nodes', '3', '--load', '70', '--strategies', 'backup', '--replications', '2'];
    await run(simulate, [...point, '--out', join(folder, 'a'), '--quiet', '--set', 'faults=[]']);
    await run(scaleSweep, [
      ...point,
      '--out',
      join(folder, 'b'),
      '--quiet',
      '--set',
      'faults=[]',
      '--warm-up',
      '10',
      '--duration',
      '60',
    ]);
    const [a, b] = ['a', 'b'].map((name) => tablesIn(join(folder, name)));
    for (const name of ['throughput.csv', 'traffic.csv', 'consistency.csv', 'summary.csv'])
      assert.is(a[name], b[name], name);
  }));

test('every script has a help page with examples', async () => {
  for (const main of [scaleSweep, simulate, schema]) {
    const { code, stdout, stderr } = await run(main, ['--help']);
    assert.is(code, 0);
    assert.is(stderr, '');
    assert.match(stdout, /^Usage: tsx experiments\/[a-z-]+\.ts \[flags\]\n/);
    assert.match(stdout, '\nExamples\n');
    fits(stdout.split('\nExamples\n')[0]);
  }
});

test('the JSON Schema, the table of keys and the data dictionary are current', async () => {
  assert.equal(outdatedFiles(), [], 'run: npx tsx experiments/schema.ts');
  assert.is((await run(schema, ['--check'])).code, 0);
  for (const name of generatedFiles().keys()) assert.ok(existsSync(new URL(`../../${name}`, import.meta.url)));
});

test('the JSON Schema is draft-07, closed, and describes every section', () => {
  const text = generatedFiles().get('experiments/scenarios/scenario.schema.json')!;
  const { $schema, additionalProperties, properties } = JSON.parse(text);
  assert.is($schema, 'http://json-schema.org/draft-07/schema#');
  assert.is(additionalProperties, false);
  for (const key of [
    'nodes',
    'service',
    'session',
    'load',
    'replication',
    'membership',
    'channel',
    'balancer',
    'faults',
    'run',
  ]) {
    assert.ok(key in properties, key);
  }
});

test.run();
