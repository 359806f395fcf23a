// Every mistake gets one line that names the place, the value and what is allowed, exit code 2, and nothing written.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Main } from '../../experiments/lib/run-script.ts';
import { main as scaleSweep } from '../../experiments/scale-sweep.ts';
import { main as simulate } from '../../experiments/simulate.ts';
import { inFolder, run, write } from './helpers.ts';

/** Arguments, and what the one line says. */
const wrongFlags: [string[], RegExp][] = [
  [['--nodez', '2'], /^--nodez: unknown flag; did you mean --nodes\?$/],
  [['--strategy', 'delta'], /^--strategy: unknown flag; did you mean --strategies\?$/],
  [['-x'], /^-x: unknown flag; see --help$/],
  [['delta'], /^delta: not a flag; flags start with "--", see --help$/],
  [['--nodes'], /^--nodes: needs a value, LIST$/],
  [['--nodes', ''], /^--nodes: needs a value, LIST$/],
  [['--nodes='], /^--nodes: needs a value, LIST$/],
  [['--nodes', '--load', '5'], /^--nodes: needs a value, LIST$/],
  [
    ['--nodes', '2,,4'],
    /^--nodes 2,,4: an empty entry; a whole number from 1 to 1024, separated by commas, is expected$/,
  ],
  [['--nodes', 'four'], /^--nodes four: a whole number from 1 to 1024 is expected$/],
  [['--nodes', '0'], /^--nodes 0: a whole number from 1 to 1024 is expected$/],
  [['--nodes', '2.5'], /^--nodes 2.5: a whole number from 1 to 1024 is expected$/],
  [['--nodes', '2000'], /^--nodes 2000: a whole number/],
  [['--nodes', '2,4,2'], /^--nodes 2,4,2: 2 stands there twice; list each value once$/],
  [['--nodes', '2', '--nodes', '4'], /^--nodes: given twice; give it once$/],
  [['--load', '-5'], /^--load -5: a number from 0.001 to 10000000 is expected$/],
  [['--load', '1e99'], /^--load 1e99: a number from/],
  [['--load', 'NaN'], /^--load NaN: a number from/],
  [['--load', 'Infinity'], /^--load Infinity: a number from/],
  [['--load', '0x10'], /^--load 0x10: a number from/],
  [['--strategies', 'detla'], /^--strategies detla: detla: unknown; did you mean delta\? one of none, /],
  [['--strategies', 'mongodb'], /^--strategies mongodb: mongodb: unknown; one of none, all-to-all, delta/],
  [['--strategies', 'delta,delta'], /^--strategies delta,delta: delta stands there twice/],
  [['--balancers', 'roundrobin'], /^--balancers roundrobin: roundrobin: unknown; did you mean round-robin\?/],
  [['--replications', '0'], /^--replications 0: a whole number from 1 to 100000 is expected$/],
  [['--seed', '1.5'], /^--seed 1.5: a whole number from 0 to 9007199254740991 is expected$/],
  [['--seed', '99999999999999999999'], /^--seed 99999999999999999999: a whole number/],
  [['--duration', '0'], /^--duration 0: a number from 0.001 to 1000000 is expected$/],
  [['--warm-up', 'ten'], /^--warm-up ten: a number from 0 to 1000000 is expected$/],
  [['--jobs', '0'], /^--jobs 0: a whole number from 1 to 256 is expected$/],
  [['--json=yes'], /^--json=yes: --json takes no value$/],
  [['--out', '  '], /^--out: needs a value, DIR$/],
  [['--set', 'nodes'], /^--set nodes: path=value is expected/],
  [['--set', '=5'], /^--set =5: path=value is expected/],
  [['--set', 'channel.sendOptions='], /^--set channel.sendOptions=: the value is empty$/],
  [
    ['--set', 'channel.sendOptions=5'],
    /^--set channel.sendOptions=5: channel.sendOptions: 5: one of 0, 2, 4, 6, 8, 10, 12, 14 is expected$/,
  ],
  [
    ['--set', 'channel.sendOption=6'],
    /^--set channel.sendOption=6: channel.sendOption: unknown key; did you mean sendOptions\?$/,
  ],
  [['--set', 'balancer.sendTimeoutS=7'], /^--set .*: balancer.sendTimeoutS: not a key: a request has no body here/],
  [['--set', 'chanel.sendOptions=6'], /^--set chanel.sendOptions=6: chanel: unknown key; did you mean channel\?$/],
  [
    ['--set', 'channel.sendOptions.x=6'],
    /^--set channel.sendOptions.x=6: channel.sendOptions is a single value, it has no x$/,
  ],
  [
    ['--set', '__proto__.polluted=1'],
    /^--set __proto__.polluted=1: a dotted path such as channel.sendOptions is expected$/,
  ],
  [['--set', 'node.constructor.x=1'], /^--set node.constructor.x=1: a dotted path/],
  [['--set', 'node..cores=1'], /^--set node..cores=1: a dotted path/],
  [['--set', 'node.cores=[1'], /^--set node.cores=\[1: the value is not valid YAML/],
  [['--set', 'service.cpuMsMean=.inf'], /^--set service.cpuMsMean=.inf: a finite number is expected$/],
  [['--set', 'faults.5.atS=1'], /^--set faults.5.atS=1: faults has 1 entries, numbered from 0$/],
  [
    ['--set', 'faults=[{atS: 1, crahs: node-1}]'],
    /^--set faults=\[.*: faults.0.crahs: unknown key; did you mean crash\?$/,
  ],
  [
    ['--set', 'replication.mapSendOption=8'],
    /no strategy of this run has the option mapSendOption; did you mean replication.mapSendOptions\?$/,
  ],
  [
    ['--strategies', 'delta', '--set', 'replication.mapSendOptions=8'],
    /has the option mapSendOptions; add its strategy to --strategies$/,
  ],
  [
    ['--strategies', 'backup', '--set', 'replication.mapSendOptions=7'],
    /^--set replication.mapSendOptions=7: backup, 2 nodes: replication.mapSendOptions: 7: one of 0, 2, 4, 6, 8, 10, 12, 14 is expected$/,
  ],
  [
    ['--set', 'membership.memberDropTimeMs=100'],
    /^--set membership.memberDropTimeMs=100: membership.memberDropTimeMs: 100: must exceed mcastFrequencyMs \(500\)/,
  ],
  [
    ['--max-points', '10'],
    /^--max-points: 10 strategies x 1 balancers x 6 cluster sizes x 3 loads x 5 replications are 900 runs; at most 10 are allowed$/,
  ],
  [['--replications', '100000'], /^--max-points: .* are 18000000 runs; at most 100000 are allowed$/],
  [['--scenario', 'no-such-file.yaml'], /^no-such-file.yaml:1: no such file$/],
  [['--scenario', '.'], /^\.:1: /],
  [['--server-xml', 'no-such-file.xml'], /^no-such-file.xml:1: no such file$/],
  [['--nginx-conf', 'no-such.conf'], /^no-such.conf:1: no such file$/],
];

/** Scenario files: name, content, and what follows `FILE:` on the one line. */
const wrongScenarios: [string, string | Uint8Array, RegExp][] = [
  ['a.yaml', 'nodes: 2\nnodez: 3\n', /^2: nodez: unknown key; did you mean nodes\?$/],
  [
    'a.yaml',
    'channel:\n  receiver:\n    maxThread: 3\n',
    /^3: channel.receiver.maxThread: unknown key; did you mean maxThreads\?$/,
  ],
  ['a.yaml', 'cpuMsMean: 2\n', /^1: cpuMsMean: unknown key here; did you mean service.cpuMsMean\?$/],
  ['a.yaml', 'nodes: 2\nnodes: 3\n', /^2: Map keys must be unique$/],
  [
    'a.yaml',
    'nodes: four\n',
    /^1: nodes: "four": a whole number from 1 to 1024, or a list of 1 to 1024 entries is expected$/,
  ],
  ['a.yaml', 'run:\n  seed: 1\n  durationS: .inf\n', /^3: .inf: a finite number is expected$/],
  ['a.yaml', 'run: { durationS: .nan }\n', /^1: .nan: a finite number is expected$/],
  ['a.yaml', 'run: { durationS: 1e999 }\n', /^1: 1e999: a finite number is expected$/],
  ['a.yaml', 'run:\n', /^1: run: null: a mapping with keys out of warmUpS, /],
  [
    'a.yaml',
    'replication: { strategy: detla }\n',
    /^1: replication.strategy: "detla": did you mean delta\? one of none, /,
  ],
  [
    'a.yaml',
    'replication: { strategy: delta, mapSendOptions: 6 }\n',
    /^1: replication.mapSendOptions: unknown key here; it is an option of backup$/,
  ],
  ['a.yaml', 'service:\n  distribution: normal\n', /^2: service.distribution: "normal": one of exponential, /],
  ['a.yaml', 'name: ../../etc/passwd\n', /^1: name: "..\/..\/etc\/passwd": letters, digits/],
  ['a.yaml', 'name: "=1+1"\n', /^1: name: "=1\+1": letters, digits/],
  ['a.yaml', 'faults:\n  - { atS: 3, crahs: node-1 }\n', /^2: faults.0.crahs: unknown key; did you mean crash\?$/],
  [
    'a.yaml',
    'faults:\n  - { atS: 3, freeze: node-1 }\n',
    /^2: faults.0.forS: missing: a number above 0, at most 4000000 is expected$/,
  ],
  [
    'a.yaml',
    'faults:\n  - { atS: 3, crash: node-1, stop: node-2 }\n',
    /^2: faults.0: crash and stop: one kind per fault/,
  ],
  [
    'a.yaml',
    'faults: [{ atS: 3, crash: tomcat1 }]\n',
    /^1: faults.0.crash: "tomcat1": node-1, node-2, ... is expected$/,
  ],
  ['a.yaml', 'nodes: 2\nfaults:\n  - { atS: 3, crash: node-3 }\n', /^3: faults.0: node-3: there are 2 nodes$/],
  [
    'a.yaml',
    'nodes: 4\nfaults: [{ atS: 1, partition: [[node-1], [node-1]], forS: 3 }]\n',
    /^2: faults.0.partition: node-1 stands on both sides$/,
  ],
  [
    'a.yaml',
    'load: { clients: { networks: [] } }\n',
    /^1: load.clients.networks: \[\]: a list of 1 to 10000 entries is expected$/,
  ],
  ['a.yaml', 'nodes: 3\nbalancer: { weights: [1, 2] }\n', /^2: balancer.weights: 2 weights for 3 nodes$/],
  ['a.yaml', 'service:\n  distribution: hyperexponential\n  cv: 0.5\n', /^3: service.cv: 0.5: .*at least 1/],
  [
    'a.yaml',
    'stores: { memcached: { servers: 1 } }\nreplication: { strategy: memcached-sticky, failoverNodes: [n1] }\n',
    /^2: replication.failoverNodes: leave at least one/,
  ],
  ['a.yaml', '- nodes: 2\n', /^1: a scenario is a mapping of keys/],
  ['a.yaml', '', /^1: a scenario is a mapping of keys/],
  ['a.yaml', 'nodes: 2\n---\nnodes: 3\n', /^2: Source contains multiple documents; one is expected$/],
  ['a.yaml', 'nodes: [2\n', /^\d: Flow sequence/],
  ['a.yaml', '\tnodes: 2\n', /^1: Tabs are not allowed as indentation$/],
  ['a.yaml', 'nodes: !!js/function 2\n', /^1: Unresolved tag/],
  ['a.yaml', 'nodes: *none\n', /^1: Unresolved alias/],
  ['a.yaml', '? [a, b]\n: 1\n', /^1: a key that is a list or a mapping; keys are words$/],
  ['a.yaml', '__proto__: { polluted: 1 }\n', /^1: __proto__: unknown key; known here: /],
  ['a.yaml', 'constructor: { prototype: { polluted: 1 } }\n', /^1: constructor: unknown key/],
  [
    'a.yaml',
    `${Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(10)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(',')}]`,
    ).join('\n')}\n`,
    /^1: Excessive alias count/,
  ],
  ['a.yaml', `nodes: ${'['.repeat(3000)}${']'.repeat(3000)}\n`, /^1: nested more than 64 deep$/],
  ['a.yaml', 'x'.repeat(1024 * 1024 + 1), /^1: 1048577 bytes; at most 1048576 are read/],
  ['a.yaml', new Uint8Array([110, 58, 32, 0xff, 0xfe]), /^1: not UTF-8/],
  ['a.yaml', 'nodes: 2\0\n', /^1: a NUL byte/],
  ['a.yaml', 'nodes: "\u001b[31mred"\n', /^1: nodes: "\\u001b\[31mred": a whole number/],
  ['a.json', '{\n  "nodes": 2,\n}\n', /^3: not JSON: Expected double-quoted property name$/],
  ['a.json', '{\n  "nodes": 2,\n  "nodes": 3\n}\n', /^3: Map keys must be unique$/],
  [
    'a.json',
    '{\n  "nodes": 2,\n  "run": {"seed": -1}\n}\n',
    /^3: run.seed: -1: a whole number of at least 0 is expected$/,
  ],
  ['a.json', 'nodes: 2\n', /^1: not JSON: Unexpected token 'o'$/],
  ['a.json', '[1]\n', /^1: a scenario is a mapping of keys/],
];

for (const [argv, expected] of wrongFlags) {
  test(`scale-sweep ${argv.join(' ')}`, () =>
    inFolder(async (folder) => {
      const out = join(folder, 'out');
      const given = argv.includes('--out') ? argv : [...argv, '--out', out];
      const { code, stdout, stderr } = await run(scaleSweep, given);
      assert.is(stderr.replace(/\n$/, '').includes('\n'), false, stderr);
      assert.match(stderr.trimEnd(), expected);
      assert.is(code, 2);
      assert.is(stdout, '');
      assert.not(existsSync(out));
    }));
}

/** A bad file is refused with one line that begins with its name. */
async function oneLineAbout(file: string, expected: RegExp, main: Main, argv: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(main, argv);
  assert.ok(stderr.startsWith(`${file}:`), stderr);
  const line = stderr.slice(file.length + 1).replace(/\n$/, '');
  assert.not.match(line, '\n');
  assert.match(line, expected);
  assert.is(code, 2);
  assert.is(stdout, '');
}

for (const [name, text, expected] of wrongScenarios) {
  test(`${name}: ${JSON.stringify(String(text)).slice(0, 60)}`, () =>
    inFolder(async (folder) => {
      const file = write(folder, name, text);
      await oneLineAbout(file, expected, simulate, ['--scenario', file, '--out', join(folder, 'out')]);
      assert.not(existsSync(join(folder, 'out')));
    }));
}

const shop = 'experiments/scenarios/shop-server.xml';

/** Configuration files: name, content, further arguments, and what follows `FILE:` on the one line. */
const wrongFiles: [string, string, string[], RegExp][] = [
  ['server.xml', '<Server><Service></Server>', [], /^1: .*unexpected close tag/],
  ['server.xml', '<Server', [], /^1: /],
  ['server.xml', '', [], /^1: /],
  ['server.xml', '<!DOCTYPE x [<!ENTITY a "b">]><Server/>', [], /^1: .*DOCTYPE/],
  ['server.xml', '<Server>&xxe;</Server>', [], /^1: /],
  ['nginx.conf', 'http { upstream a { server 10.0.0.1:8080', [], /^1: /],
  ['nginx.conf', 'http {\n  upstream a {\n    server 10.0.0.1:8080 weight=x;\n  }\n}\n', [], /^3: /],
];

for (const [name, text, argv, expected] of wrongFiles) {
  test(`${name}: ${text.slice(0, 60)}`, () =>
    inFolder(async (folder) => {
      const file = write(folder, name, text);
      const flag = name.endsWith('.xml') ? '--server-xml' : '--nginx-conf';
      await oneLineAbout(file, expected, scaleSweep, [flag, file, ...argv, '--out', join(folder, 'out')]);
      assert.not(existsSync(join(folder, 'out')));
    }));
}

test('good files with a wrong flag are one line too', async () => {
  const { code, stderr } = await run(scaleSweep, ['--server-xml', shop, '--max-points', '1']);
  assert.is(code, 2);
  assert.match(stderr, /^--max-points: [^\n]+\n$/);
});

test('several mistakes in one file are one line each', () =>
  inFolder(async (folder) => {
    const file = write(folder, 'a.yaml', 'nodes: 0\nrun:\n  seed: -1\nchanel: {}\n');
    const { code, stderr } = await run(simulate, ['--scenario', file]);
    assert.is(code, 2);
    assert.equal(
      stderr.split('\n').map((line) => line.replace(file, '').split(': ').slice(0, 2).join(': ')),
      [':1: nodes', ':3: run.seed', ':4: chanel', ''],
    );
  }));

test('simulate takes one value where a sweep takes several', async () => {
  const { code, stderr } = await run(simulate, ['--nodes', '2,4']);
  assert.is(code, 2);
  assert.is(stderr, '--nodes 2,4: one value is expected; scale-sweep.ts takes several\n');
});

test('a file where the folder should be', () =>
  inFolder(async (folder) => {
    const out = write(folder, 'out', 'mine');
    const { code, stderr } = await run(scaleSweep, ['--nodes', '2', '--out', out]);
    assert.is(code, 2);
    assert.match(stderr, `--out ${out}: a file stands there; a folder is expected`);
  }));

test('a folder in which another process writes', () =>
  inFolder(async (folder) => {
    write(folder, '.lock', JSON.stringify({ pid: process.ppid }));
    const { code, stderr } = await run(scaleSweep, ['--nodes', '2', '--out', folder, '--quiet']);
    assert.is(code, 2);
    assert.match(stderr, `process ${process.ppid} is writing there`);
  }));

test('a lock whose process is gone counts for nothing', () =>
  inFolder(async (folder) => {
    write(folder, '.lock', JSON.stringify({ pid: 2 ** 22 + 1 }));
    const { code } = await run(scaleSweep, ['--nodes', '2', '--load', '10', '--out', folder, '--quiet']);
    assert.is(code, 0);
    assert.not(existsSync(join(folder, '.lock')));
  }));

test('a results file that is a symbolic link is replaced, not followed', () =>
  inFolder(async (folder) => {
    const target = write(folder, 'precious', 'mine');
    const out = join(folder, 'out');
    mkdirSync(out);
    symlinkSync(target, join(out, 'throughput.csv'));
    symlinkSync(target, join(out, 'journal.jsonl'));
    assert.is((await run(scaleSweep, ['--nodes', '2', '--load', '10', '--out', out, '--quiet'])).code, 0);
    const { readFileSync } = await import('node:fs');
    assert.is(readFileSync(target, 'utf8'), 'mine');
  }));

test.run();
