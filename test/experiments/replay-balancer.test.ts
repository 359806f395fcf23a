import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../experiments/lib/io.ts';
import { main } from '../../experiments/replay-balancer.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const data = join(root, 'test/validation/data/balancing');
const folder = mkdtempSync(join(tmpdir(), 'replisim-replay-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: string[]): Promise<Ran> {
  const io = memoryIo();
  const status = await main(args, io);
  return { status, stdout: io.stdout, stderr: io.stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The last column of a CSV without quotes. */
function chosen(stdout: string): string[] {
  const [header, ...lines] = stdout.trim().split('\n');
  assert.ok(header.endsWith(',chosen'), header);
  return lines.map((line) => line.slice(line.lastIndexOf(',') + 1));
}

function nginx(block: string, keys: string, ...more: string[]): Promise<Ran> {
  const conf = file('nginx.conf', `http {\n  upstream app {\n${block}\n  }\n}\n`);
  return run('--nginx-conf', conf, '--upstream', 'app', '--keys', file('keys.csv', keys), ...more);
}

function httpd(text: string, keys: string, ...more: string[]): Promise<Ran> {
  return run('--httpd-conf', file('httpd.conf', text), '--balancer', 'app', '--keys', file('keys.csv', keys), ...more);
}

test('an upstream of the reference data, row by row', async () => {
  const { status, stdout, stderr } = await run(
    ...['--nginx-conf', join(data, 'nginx.conf'), '--upstream', 'ketama4', '--keys', join(data, 'nginx-choices.csv')],
  );
  assert.is(status, 0, stderr);
  const lines = stdout.trim().split('\n');
  assert.is(lines[0], 'upstream,key,server,chosen');
  assert.is(lines.length, 1501);
  for (const line of lines.slice(1)) {
    const [, , server, choice] = line.split(',');
    assert.is(choice, `127.23.254.${Number(server) + 2}:8080`, line);
  }
});

test('each worker process takes its own turns, unless a zone is shared', async () => {
  const servers = 'server a:1; server b:1; server c:1;';
  const keys = 'key,worker\n1,811\n2,812\n3,811\n4,812\n5,813\n';
  assert.equal(chosen((await nginx(servers, keys)).stdout), ['a:1', 'a:1', 'b:1', 'b:1', 'a:1']);
  assert.equal(chosen((await nginx(`zone z 64k; ${servers}`, keys)).stdout), ['a:1', 'b:1', 'c:1', 'a:1', 'b:1']);
});

test('a balancer of httpd: a given choice becomes expected, and stderr counts the agreement', async () => {
  const { status, stdout, stderr } = await run(
    ...['--httpd-conf', join(data, 'httpd.conf'), '--balancer', 'balancer://sticky3'],
    ...['--keys', join(data, 'httpd-choices.csv')],
  );
  assert.is(status, 0, stderr);
  assert.is(stdout.slice(0, stdout.indexOf('\n')), 'balancer,cookie,path_parameter,expected,chosen');
  assert.match(stderr, '300 of 300 agree');
});

test('every parameter of a server counts', async () => {
  const block = `
    server 10.0.0.1:8080 weight=2 max_fails=3 fail_timeout=1m30s max_conns=0;
    server 10.0.0.2:8080 down;
    server unix:/run/app.sock weight=1;
    server 10.0.0.4:8080 backup;
    zone app 64k;
    keepalive 16;`;
  const { status, stdout, stderr } = await nginx(block, 'request,key_kind,key\n0,seq,\n1,seq,\n2,seq,\n');
  assert.is(status, 0, stderr);
  assert.equal(chosen(stdout), ['10.0.0.1:8080', 'unix:/run/app.sock', '10.0.0.1:8080']);
});

test('whatever the hashed variable is called, key is its value; $binary_remote_addr is hashed as bytes', async () => {
  const servers = [1, 2, 3, 4].map((host) => `server 10.0.0.${host}:8080;`).join('\n');
  const keys = 'key\n192.0.2.1\n192.0.2.2\n198.51.100.7\n203.0.113.9\n';
  const text = chosen((await nginx(`hash $cookie_JSESSIONID consistent;\n${servers}`, keys)).stdout);
  assert.equal(text, chosen((await nginx(`hash $remote_addr$is_args consistent;\n${servers}`, keys)).stdout));
  const bytes = chosen((await nginx(`hash $binary_remote_addr consistent;\n${servers}`, keys)).stdout);
  assert.is.not(text.join(), bytes.join());
});

test('ip_hash of IPv4 by network, of IPv6 by all of the address, however it is written', async () => {
  const servers = 'ip_hash;\nserver 10.0.0.1:8080;\nserver 10.0.0.2:8080;';
  const keys =
    'key\n192.168.1.1\n192.168.1.200\n192.168.2.7\n2001:db8::1\n2001:0db8:0:0:0:0:0:0001\n::ffff:1.2.3.4\n::ffff:102:304\n';
  const [first, ...rest] = chosen((await nginx(servers, keys)).stdout);
  assert.is(first, '10.0.0.1:8080');
  assert.is(rest[0], first);
  assert.is(rest[1], '10.0.0.2:8080');
  assert.is(rest[3], rest[2]);
  assert.is(rest[5], rest[4]);
});

test('httpd: ProxySet, ProxyPass, standby, disabled, decimals, no route', async () => {
  const conf = `
<Proxy "balancer://app">
  BalancerMember http://10.0.0.1:8080 route=t1 loadfactor=1.5
  BalancerMember http://10.0.0.2:8080 status=+D route=t2
  BalancerMember http://10.0.0.3:8080
  BalancerMember http://10.0.0.4:8080 status=+H retry=5
</Proxy>
ProxyPass /app balancer://app/app stickysession=JSESSIONID|jsessionid nofailover=On maxattempts=1`;
  const { status, stdout, stderr } = await httpd(conf, 'cookie,path_parameter\n,\n,\n,\nA.t1,\nA.t1,B.t2\nA.t1,B.x\n');
  assert.is(status, 0, stderr);
  const picked = chosen(stdout);
  assert.equal(picked.slice(0, 4), ['t1', 'http://10.0.0.3:8080', 't1', 't1']);
  assert.is(picked[4], '', 'the path parameter wins, and its worker is disabled');
  assert.match(stderr, '1 found no server');
});

test('random two repeats with its seed', async () => {
  const block = 'random two least_conn;\nserver a:1;\nserver b:1;\nserver c:1;';
  const keys = `key\n${'x\n'.repeat(50)}`;
  const draw = async (seed: string): Promise<string> => (await nginx(block, keys, '--seed', seed)).stdout;
  assert.is(await draw('1'), await draw('1'));
  assert.is.not(await draw('1'), await draw('2'));
});

test('--json', async () => {
  const { stdout } = await nginx('server a:1;', 'request,key\n0,"x, ""y"""\n', '--json');
  assert.equal(JSON.parse(stdout), [{ request: '0', key: 'x, "y"', chosen: 'a:1' }]);
});

test('--help says how', async () => {
  const { status, stdout } = await run('--help');
  assert.is(status, 0);
  assert.match(stdout, 'Examples\n');
});

test('bad input: exit 2 and one line that says where', async () => {
  const server = 'server a:1;';
  const keys = 'key\nk\n';
  const refused: [() => Promise<Ran>, RegExp][] = [
    [() => run(), /one of --nginx-conf FILE and --httpd-conf FILE is needed/],
    [() => run('--nope'), /--nope: unknown flag/],
    [() => run('--nginx-conf', 'x', '--balancer', 'y'), /needs --upstream/],
    [() => run('--nginx-conf', 'x', '--upstream', 'y'), /--keys FILE.csv is needed/],
    [() => nginx('server a:1 weight=0;', keys), /nginx.conf:3: weight \(0\)/],
    [() => nginx('server a:1 wieght=2;', keys), /nginx.conf:3: invalid parameter "wieght=2"/],
    [() => nginx('server a:1 fail_timeout=500ms;', keys), /nginx.conf:3: fail_timeout/],
    [() => nginx('ip_hash;\nserver a:1 backup;', keys), /nginx.conf:4: balancing method does not support/],
    [() => nginx('least_time header;\nserver a:1;', keys), /nginx.conf:3: "least_time header" is not simulated/],
    [() => nginx('hash $a ketama;\nserver a:1;', keys), /nginx.conf:3: hash/],
    [() => nginx('zone a 1m;', keys), /nginx.conf:2: upstream app has no server/],
    [() => nginx(`ip_hash;\n${server}\nserver b:1;`, keys), /keys.csv:2: key \(k\) is not a client address/],
    [() => nginx(`hash $a;\n${server}`, 'id\nk\n'), /keys.csv:1: no column key/],
    [() => nginx(server, 'upstream,key\nother,k\n'), /keys.csv:1: no row has upstream app/],
    [() => nginx(server, 'key\n'), /keys.csv:1: no row/],
    [() => nginx(server, 'key\n"k\n'), /keys.csv:\d: not a CSV file/],
    [() => httpd('<Proxy balancer://other>\n</Proxy>', keys), /no balancer "app"; it has other/],
    [
      () => httpd('<Proxy balancer://app>\nBalancerMember http://a:1 loadfactor=0\n</Proxy>', keys),
      /httpd.conf:2: loadfactor/,
    ],
    [() => httpd('<Proxy balancer://app>\nBalancerMember http://a:1 rout=x\n</Proxy>', keys), /httpd.conf:2: "rout"/],
    [
      () => httpd('<Proxy balancer://app>\nBalancerMember http://a:1\nProxySet lbmethod=heartbeat\n</Proxy>', keys),
      /httpd.conf:3: lbmethod \(heartbeat\) is not simulated/,
    ],
  ];
  for (const [refusal, message] of refused) {
    const { status, stdout, stderr } = await refusal();
    assert.match(stderr, message);
    assert.is(stderr.trim().split('\n').length, 1, stderr);
    assert.is(status, 2, stderr);
    assert.is(stdout, '');
  }
});

test.run();
