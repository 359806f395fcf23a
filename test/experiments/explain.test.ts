import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../experiments/explain.ts';
import { memoryIo } from '../../experiments/lib/io.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { contextNode, msmClass, msmNodes, node, server, web } from './fixtures/lint-files.ts';
import { folderWith } from './import/helpers.ts';

const scenarios = 'experiments/scenarios';
const shop = [`${scenarios}/shop-server.xml`, `${scenarios}/shop-nginx.conf`];

async function explain(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = memoryIo();
  const code = await main(args, io);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

/** The text with line breaks inside sentences removed. */
function flat(text: string): string {
  return text.replace(/\n {2}/g, ' ');
}

test('the clean pair: each sentence names its lines', async () => {
  const { code, stdout } = await explain(shop);
  assert.is(code, 0);
  const text = flat(stdout);
  assert.match(text, /The cluster has 4 nodes \(servers of the upstream\)\. \[.*shop-nginx\.conf:16\]/);
  assert.match(text, /sends what it set to each of the other 3 nodes/);
  assert.match(
    text,
    /waits for no other node: changes are queued and sent later \(option 8\)\. \[.*shop-server\.xml:12\]/,
  );
  assert.match(text, /missed 2\.5 to 3\.1 s after it died/);
  for (const line of text.split('\n').filter((one) => one.startsWith('- ')))
    assert.match(line, /\[(.+:\d+|default)\]$/, line);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
});

test('--json is the complete scenario that runs, and reads back as itself', async () => {
  const { stdout } = await explain([...shop, '--json']);
  const scenario = JSON.parse(stdout) as Scenario;
  assert.equal(parseScenario(scenario), scenario);
  assert.is(scenario.nodes, 4);
  assert.is(scenario.replication.strategy, 'delta');
  assert.is(scenario.balancer.type, 'sticky-route');
  assert.equal(scenario.balancer.serverNames.length, 4);
  assert.is(scenario.balancer.connectTimeoutS, 5);
});

const seeds: readonly [string, readonly string[], Partial<Record<keyof Scenario, unknown>>, RegExp][] = [
  [
    'seed-000',
    ['server.xml', 'server-2.xml', 'conf/web.xml'],
    { nodes: 2, replication: { strategy: 'none' } },
    /conf\/web\.xml has no effect/,
  ],
  [
    'seed-001',
    ['server.xml', 'nginx.conf', 'WEB-INF/web.xml'],
    { nodes: 2 },
    /from the second on a session stays where its id hashes to/,
  ],
  [
    'seed-002',
    ['server.xml', 'server-2.xml', 'nginx.conf', 'WEB-INF/web.xml'],
    { nodes: 2, tomcatVersion: '7.0' },
    /not sticky/,
  ],
  [
    'seed-002',
    ['memcached-server-1.xml', 'memcached-server-2.xml', 'nginx.conf'],
    { nodes: 2 },
    /stores the whole of it in one memcached/,
  ],
  [
    'seed-003',
    ['server.xml', 'server-2.xml', 'nginx.conf', 'WEB-INF/web.xml'],
    { nodes: 2, tomcatVersion: '7.0' },
    /replicationMode="pooled"/,
  ],
  [
    'seed-004',
    ['server.xml', 'context.xml', 'httpd-vhosts.conf', 'WEB-INF/web.xml'],
    { tomcatVersion: '7.0' },
    /no BalancerMember has a route/,
  ],
];

for (const [seed, files, expected, sentence] of seeds) {
  test(`${seed} ${files[0]} imports and is explained`, async () => {
    const paths = files.map((file) => `${scenarios}/${seed}/${file}`);
    const { code, stdout } = await explain(paths);
    assert.is(code, 0);
    assert.match(flat(stdout), sentence);
    const scenario = JSON.parse((await explain([...paths, '--json'])).stdout) as Scenario;
    for (const [key, value] of Object.entries(expected)) assert.equal(scenario[key as keyof Scenario], value, key);
  });
}

test('waiting and loss follow the send option', async () => {
  const sentence: [string, RegExp][] = [
    ['6', /waits until every other node has applied the change/],
    ['2', /waits until every other node has received the change/],
    ['4', /nobody acknowledges it \(option 4\)/],
    ['8', /changes are queued and sent later/],
  ];
  for (const [option, expected] of sentence) {
    const folder = folderWith({ 'server.xml': server({ cluster: `channelSendOptions="${option}"` }) });
    assert.match(flat((await explain([join(folder, 'server.xml')])).stdout), expected);
  }
});

test('a value that cannot be simulated is refused at its line', async () => {
  const cases: [string, RegExp][] = [
    [server({ connector: 'maxThreads="0"' }), /server\.xml:3: Connector maxThreads="0": node\.maxThreads 0: /],
    [server({ connector: 'maxThreads="many"' }), /server\.xml:3: Connector maxThreads \(many\) is not a whole number/],
    [server({ membership: 'frequency="3000"\ndropTime="500"' }), /server\.xml:10: .*dropTime="500".*must exceed/],
    [server({ cluster: 'channelSendOptions="900"' }), /server\.xml:6: channelSendOptions \(900\); 0 to 127/],
  ];
  for (const [text, line] of cases) {
    const folder = folderWith({ 'server.xml': text });
    const { code, stdout, stderr } = await explain([join(folder, 'server.xml')]);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr.trimEnd(), line);
    assert.is(stderr.split('\n').length, 2);
  }
});

test('nodes that differ become a list, a second node that agrees is not listed again', async () => {
  const folder = folderWith({ 'a.xml': node(1), 'b.xml': node(2, { connector: 'maxThreads="50"' }), 'web.xml': web() });
  const paths = ['a.xml', 'b.xml', 'web.xml'].map((name) => join(folder, name));
  const scenario = JSON.parse((await explain([...paths, '--json'])).stdout) as Scenario;
  assert.equal(
    (scenario.nodes as { maxThreads?: number }[]).map(({ maxThreads = scenario.node.maxThreads }) => maxThreads),
    [200, 50],
  );
  const text = flat((await explain(paths)).stdout);
  assert.match(text, /nodes\.1\.maxThreads = 50: Connector maxThreads="50" \[.*b\.xml:3\]/);
  assert.match(text, /values as in .*a\.xml: used, or listed, there/);
});

test('a store outside the Tomcats is told as what it is', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      'className="org.redisson.tomcat.RedissonSessionManager"',
      /Each setAttribute waits for Redis, during the request\./,
    ],
    [`${msmClass} ${msmNodes} sticky="false"`, /No session lives in a Tomcat/],
    ['className="x.RedisSessionManager"', /A request waits for Redis at its beginning and at its end\./],
  ];
  for (const [manager, sentence] of cases) {
    const folder = folderWith({ 'server.xml': contextNode(manager) });
    const text = flat((await explain([join(folder, 'server.xml')])).stdout);
    assert.match(text, sentence);
    assert.not.match(text, /What is lost depends on the store|The queue holds/);
  }
});

test('a mistake that is simulated is told with its line', async () => {
  const folder = folderWith({ 'server.xml': node(1, { receiver: 'address="127.0.0.1"' }) });
  const text = flat((await explain([join(folder, 'server.xml')])).stdout);
  assert.match(text, /advertises its loopback address: what it sends comes back to itself.*\[.*server\.xml:\d+\]/);
});

test('a strategy that is not simulated is said, not replaced', async () => {
  const folder = folderWith({ 'server.xml': contextNode('className="shop.OwnManager"') });
  const { code, stdout } = await explain([join(folder, 'server.xml')]);
  assert.is(code, 0);
  assert.match(flat(stdout), /^Sessions\n- OwnManager, the Manager of the Context: not simulated\. Nothing is said/);
  const { code: noScenario, stderr } = await explain([join(folder, 'server.xml'), '--json']);
  assert.is(noScenario, 2);
  assert.match(stderr, /server\.xml:7: OwnManager, the Manager of the Context: not simulated/);
});

test('files with text inside tags are refused', async () => {
  const { code, stderr } = await explain([`${scenarios}/seed-002/server-with-comments.xml`]);
  assert.is(code, 2);
  assert.match(stderr, /server-with-comments\.xml:15: a comment or other text inside the <Membership> tag/);
});

test.run();
