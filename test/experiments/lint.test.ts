import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../experiments/lib/io.ts';
import type { Finding } from '../../experiments/lint/finding.ts';
import { rules } from '../../experiments/lint/rules.ts';
import { main } from '../../experiments/lint.ts';
import type { Files } from './fixtures/lint-case.ts';
import { lintCases } from './fixtures/lint-cases.ts';
import { folderWith } from './import/helpers.ts';

const scenarios = 'experiments/scenarios';

interface Linted {
  readonly code: number;
  readonly findings: Finding[];
  readonly stderr: string;
}

async function lint(files: readonly string[], ...flags: string[]): Promise<Linted> {
  const io = memoryIo();
  const code = await main([...files, '--json', ...flags], io);
  const findings = io.stdout === '' ? [] : (JSON.parse(io.stdout) as { findings: Finding[] }).findings;
  return { code, findings, stderr: io.stderr };
}

async function lintFiles(files: Files): Promise<Linted> {
  const folder = folderWith(files);
  return lint(Object.keys(files).map((name) => join(folder, name)));
}

test('every rule has its fixtures, and no fixture is without a rule', () => {
  assert.equal(lintCases.map(({ rule }) => rule).sort(), rules.map(({ id }) => id).sort());
  assert.is(new Set(rules.map(({ id }) => id)).size, rules.length);
});

for (const { rule, fires, at, quiet } of lintCases) {
  test(`${rule} fires at its line`, async () => {
    const { code, findings, stderr } = await lintFiles(fires);
    assert.is(stderr, '');
    assert.is(code, 1);
    const found = findings.find((one) => one.rule === rule);
    assert.ok(found, `only ${findings.map((one) => one.rule).join(', ')}`);
    const line = readFileSync(found!.file, 'utf8').split('\n')[found!.line - 1] ?? '';
    assert.ok(line.includes(at), `line ${found!.line} is ${line}`);
    for (const text of [found!.message, found!.consequence, found!.fix]) assert.match(text, /\S/);
  });

  test(`${rule} stays quiet`, async () => {
    const { findings, stderr } = await lintFiles(quiet);
    assert.is(stderr, '');
    assert.not.ok(findings.some((one) => one.rule === rule));
  });
}

test('the clean pair is clean', async () => {
  const { code, findings } = await lint([`${scenarios}/shop-server.xml`, `${scenarios}/shop-nginx.conf`]);
  assert.equal(findings, []);
  assert.is(code, 0);
});

const seeds: readonly [string, readonly string[], readonly string[]][] = [
  [
    'seed-000',
    ['server.xml', 'server-2.xml', 'conf/web.xml'],
    ['distributable-only-in-conf-web-xml', 'receiver-address-auto'],
  ],
  ['seed-001', ['server.xml', 'nginx.conf', 'WEB-INF/web.xml'], ['class-not-in-version', 'receiver-address-auto']],
  ['seed-001', ['server-with-comments.xml'], ['text-in-tag', 'text-between-elements']],
  ['seed-002', ['server-with-comments.xml'], ['text-in-tag']],
  ['seed-002', ['server.xml', 'server-2.xml', 'nginx.conf', 'WEB-INF/web.xml'], ['not-sticky', 'class-not-in-version']],
  [
    'seed-002',
    ['memcached-server-1.xml', 'memcached-server-2.xml', 'nginx.conf'],
    ['msm-failover-same', 'not-sticky', 'msm-ttl-not-refreshed'],
  ],
  [
    'seed-003',
    ['server.xml', 'server-2.xml', 'nginx.conf', 'WEB-INF/web.xml'],
    ['not-sticky', 'sender-pool-small', 'upstream-without-zone'],
  ],
  [
    'seed-004',
    ['server.xml', 'context.xml', 'httpd-vhosts.conf', 'WEB-INF/web.xml'],
    ['distributable-redundant', 'sticky-without-routes', 'deployer-in-engine'],
  ],
];

for (const [seed, files, expected] of seeds) {
  test(`${seed} ${files[0]}: the mistakes of its operator are found`, async () => {
    const { code, findings } = await lint(files.map((file) => `${scenarios}/${seed}/${file}`));
    assert.is(code, 1);
    const found = new Set(findings.map(({ rule }) => rule));
    for (const rule of expected) assert.ok(found.has(rule), `${rule} is missing; found ${[...found].join(', ')}`);
  });
}

test('comments in the Membership element are named with tag, line and text', async () => {
  const { findings } = await lint([`${scenarios}/seed-002/server-with-comments.xml`]);
  const [first, second, ...more] = findings.filter(({ rule }) => rule === 'text-in-tag');
  assert.is(first.line, 15);
  assert.match(first.message, /<Membership> tag: #a heartbeat/);
  assert.match(second.message, /<Receiver> tag/);
  assert.equal(more, []);
});

test('a version that is told decides which classes exist', async () => {
  const file = `${scenarios}/seed-001/server.xml`;
  const severities = async (version: string): Promise<string[]> =>
    (await lint([file], '--tomcat', version)).findings
      .filter(({ rule }) => rule === 'class-not-in-version')
      .map(({ severity }) => severity);
  assert.equal(await severities('7.0.109'), []);
  assert.equal(await severities('9'), ['error']);
});

test('unreadable files and wrong flags end in one line and exit code 2', async () => {
  const cases: [string[], RegExp][] = [
    [[`${scenarios}/seed-000/conf/web-as-pasted.xml`], /web-as-pasted.xml:1: not well-formed XML: malformed comment/],
    [
      [`${scenarios}/seed-001/server-tomcat7-docs.xml`],
      /server-tomcat7-docs.xml:39: .*<ClusterListener> of line 38 is not closed/,
    ],
    [['nowhere.xml'], /^nowhere.xml:1: no such file$/],
    [[scenarios], /not a regular file/],
    [['package.json'], /^package.json:1: not recognised/],
    [[], /^no file given/],
    [['--jsom', 'package.json'], /^--jsom: unknown flag; did you mean --json\?$/],
    [['--json=yes', 'package.json'], /^--json=yes: --json takes no value$/],
    [['package.json', '--tomcat', '3'], /^--tomcat 3: unknown version; 5.5, /],
    [['package.json', '--tomcat'], /^--tomcat: needs a version/],
    [['package.json', 'package.json'], /^package.json: given twice/],
  ];
  for (const [args, line] of cases) {
    const io = memoryIo();
    assert.is(await main(args, io), 2);
    assert.is(io.stdout, '');
    assert.match(io.stderr.trimEnd(), line);
    assert.is(io.stderr.split('\n').length, 2, io.stderr);
  }
});

test('the report fits 100 columns, the help names every rule', async () => {
  const io = memoryIo();
  await main([`${scenarios}/seed-003/server.xml`, `${scenarios}/seed-003/nginx.conf`], io);
  for (const line of io.stdout.split('\n')) assert.ok(line.length <= 100, line);
  const help = memoryIo();
  assert.is(await main(['--help'], help), 0);
  for (const { id } of rules) assert.ok(help.stdout.includes(id));
  for (const line of help.stdout.split('\n')) assert.ok(line.length <= 100, line);
});

test.run();
