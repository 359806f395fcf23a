import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importCluster } from '../../../experiments/import/to-scenario.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import {
  contextNode,
  httpd,
  interceptor,
  msmClass,
  msmNodes,
  nginx,
  node,
  server,
  sticky,
  web,
  workers,
} from '../fixtures/lint-files.ts';
import { folderWith } from './helpers.ts';

type Paths = Parameters<typeof importCluster>[0];

function imported(
  files: Record<string, string>,
  version?: '5.5' | '7.0' | '9.0',
): ReturnType<typeof importCluster> & { folder: string } {
  const folder = folderWith(files);
  const of = (pattern: RegExp): string[] =>
    Object.keys(files)
      .filter((name) => pattern.test(name))
      .map((name) => join(folder, name));
  const paths: Paths = {
    serverXml: of(/server\d?\.xml$/),
    contextXml: of(/context\.xml$/),
    webXml: of(/web(-fragment)?\.xml$/),
    nginxConf: of(/nginx\.conf$/),
    httpdConf: of(/httpd\.conf$/),
    workersProperties: of(/workers\.properties$/),
  };
  return { ...importCluster(paths, version), folder };
}

function at(scenario: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], scenario);
}

test('every used value stands in the scenario and names a line that holds it', () => {
  const { scenario, used } = imported({
    'server.xml': server({ connector: 'maxThreads="150"' }),
    'nginx.conf': nginx({ method: sticky, servers: 'server a:1 weight=2 route=t1;\nserver b:1 route=t2;' }),
    'WEB-INF/web.xml': web('<distributable/>\n<session-config><session-timeout>20</session-timeout></session-config>'),
  });
  for (const { path, value, file, line } of used) {
    assert.equal(at(scenario, path), value, path);
    assert.match(file, /^\/.*\.(xml|conf)$/);
    assert.ok(Number.isInteger(line) && line > 0);
  }
  assert.is(at(scenario, 'session.idleTimeoutS'), 1200);
  assert.equal(at(scenario, 'balancer.weights'), [2, 1]);
  parseScenario(scenario);
});

test('each attribute of the cluster is converted once, with its unit', () => {
  const { scenario } = imported({
    'server.xml': server({
      cluster: 'channelSendOptions="6" heartbeatBackgroundEnabled="true"',
      manager:
        'className="org.apache.catalina.ha.session.DeltaManager" stateTransferTimeout="90" sendAllSessions="false" sendAllSessionsSize="500" sendAllSessionsWaitTime="1000"',
      membership: 'address="228.1.2.3" frequency="1000" dropTime="9000"',
      receiver: 'address="10.0.0.1" maxThreads="20"',
      transport: 'poolSize="50" maxWait="1000" timeout="6000"',
      interceptors: [
        interceptor('MessageDispatchInterceptor', 'maxQueueSize="1000000" maxThreads="4" alwaysSend="false"'),
        interceptor('TcpFailureDetector', 'connectTimeout="250" performReadTest="true" readTestTimeout="2000"'),
      ],
    }),
  });
  const expected: Record<string, unknown> = {
    'channel.sendOptions': 6,
    'channel.heartbeatSleepTimeMs': 10_000,
    'channel.receiver.maxThreads': 20,
    'channel.dispatch': { maxThreads: 4, maxQueueSizeBytes: 1_000_000, alwaysSend: false },
    'channel.sender': { poolSize: 50, maxWaitMs: 1000, ackTimeoutMs: 10_000 },
    'membership.mcastFrequencyMs': 1000,
    'membership.memberDropTimeMs': 9000,
    'membership.tcpFailureDetector': {
      enabled: true,
      connectTimeoutMs: 250,
      seesAsynchronousSends: true,
      performReadTest: true,
      readTestTimeoutMs: 2000,
    },
    'replication.stateTransferTimeoutS': 90,
    'replication.sendAllSessions': false,
    'replication.sendAllSessionsSize': 500,
    'replication.sendAllSessionsWaitTimeMs': 1000,
  };
  for (const [path, value] of Object.entries(expected)) assert.equal(at(scenario, path), value, path);
});

test('what misconfigurations make of the cluster is what is simulated', () => {
  const cases: [Record<string, string>, string, unknown][] = [
    [{ 'server.xml': server(), 'WEB-INF/web.xml': web('') }, 'replication.strategy', 'none'],
    [
      { 'server.xml': server(), 'WEB-INF/web.xml': web(), 'web-fragment.xml': '<web-fragment/>' },
      'replication.strategy',
      'none',
    ],
    [
      { 'server.xml': server(), 'context.xml': '<Context><Manager pathname=""/></Context>' },
      'replication.strategy',
      'none',
    ],
    [{ 'server.xml': server({ interceptors: [interceptor('TcpFailureDetector')] }) }, 'channel.sendOptions', 0],
    [
      { 'server.xml': server({ interceptors: [interceptor('MessageDispatchInterceptor')] }) },
      'membership.tcpFailureDetector.enabled',
      false,
    ],
    [{ 'server.xml': server({ engine: '' }) }, 'balancer.jvmRoute', false],
    [
      { 'server.xml': server(), 'httpd.conf': httpd({ members: 'BalancerMember http://a\nBalancerMember http://b' }) },
      'balancer.type',
      'by-requests',
    ],
    [{ 'server.xml': server({ engine: 'jvmRoute="x"' }), 'httpd.conf': httpd() }, 'balancer.type', 'by-requests'],
    [{ 'server.xml': server(), 'httpd.conf': httpd() }, 'balancer.type', 'sticky-route'],
    [{ 'server.xml': server(), 'workers.properties': workers() }, 'balancer.over', 'jk-request'],
    [
      { 'workers.properties': workers({ lb: 'worker.lb.sticky_session=0\nworker.lb.method=B' }) },
      'balancer.type',
      'jk-busyness',
    ],
    [{ 'nginx.conf': nginx({ method: 'hash $remote_addr consistent;' }) }, 'balancer.key', 'address'],
    [{ 'nginx.conf': nginx({ method: 'least_conn;' }) }, 'balancer.type', 'least-conn'],
    [{ 'nginx.conf': nginx({ method: 'random two;' }) }, 'balancer.type', 'random-two'],
    [{ 'nginx.conf': nginx({ servers: 'server a:1;\nserver b:1 down;\nserver c:1;' }) }, 'nodes', 2],
    [{ 'server1.xml': node(1), 'server2.xml': node(2), 'server3.xml': node(3) }, 'nodes', 3],
  ];
  for (const [files, path, value] of cases) {
    assert.equal(at(imported(files).scenario, path), value, `${path} of ${Object.keys(files)}`);
  }
});

test('the load balancer knows all nodes, the server.xml at hand may be those of a few', () => {
  const upstream = nginx({ servers: 'server a:1;\nserver b:1;\nserver c:1;' });
  const alike = imported({ 'server1.xml': node(1), 'server2.xml': node(2), 'nginx.conf': upstream });
  assert.is(alike.scenario.nodes, 3);
  assert.ok(alike.notModelled.some(({ what }) => what.includes('3 servers of the upstream, 2 server.xml files')));
  const second = node(2, { connector: 'maxThreads="50"' });
  const mixed = imported({ 'server1.xml': node(1), 'server2.xml': second, 'nginx.conf': upstream });
  assert.equal(mixed.scenario.nodes, [{}, { maxThreads: 50 }, {}]);
});

test('other versions: their names, their rules', () => {
  const one = imported({ 'server.xml': server({ interceptors: [interceptor('MessageDispatchInterceptor')] }) }, '7.0');
  assert.is(at(one.scenario, 'channel.dispatch.maxThreads'), 1);
  const pooled = imported({ 'server.xml': server({ interceptors: [interceptor('MessageDispatch15Interceptor')] }) });
  assert.is(pooled.scenario.tomcatVersion, '8.5');
  assert.is(at(pooled.scenario, 'channel.dispatch.maxThreads'), undefined);
  const old = importCluster({ serverXml: ['experiments/scenarios/seed-003/server.xml'] });
  assert.is(at(old.scenario, 'membership.memberDropTimeMs'), 3000);
  assert.is(at(old.scenario, 'channel.receiver.maxThreads'), 6);
  assert.is(at(old.scenario, 'channel.sendOptions'), 6);
  assert.ok(old.notModelled.some(({ what }) => what.includes('Tomcat 5.5 is simulated with the rules of 7.0')));
});

test('memcached-session-manager', () => {
  const { scenario } = imported({
    'server.xml': contextNode(
      `${msmClass} ${msmNodes} failoverNodes="n2" sessionBackupAsync="false" sessionBackupTimeout="250"`,
    ),
  });
  assert.equal(scenario.replication, {
    strategy: 'memcached-sticky',
    sessionBackupAsync: false,
    sessionBackupTimeoutMs: 250,
    failoverNodes: ['n2'],
  });
  assert.is(at(scenario, 'stores.memcached.servers'), 2);
});

test('every other manager outside the Tomcats has its strategy', () => {
  const kryo = 'transcoderFactoryClass="de.javakaffee.web.msm.serializer.kryo.KryoTranscoderFactory"';
  const managers: readonly (readonly [string, Record<string, unknown>])[] = [
    [
      `${msmClass} ${msmNodes} sticky="false" lockingMode="uriPattern:/cart" lockExpire="7" ${kryo}`,
      {
        strategy: 'memcached-nonsticky',
        lockingMode: 'uriPattern',
        lockExpireS: 7,
        transcoderFactoryClass: 'kryo',
      },
    ],
    [
      'className="org.redisson.tomcat.RedissonSessionManager" readMode="MEMORY" updateMode="after_request"',
      { strategy: 'redisson', readMode: 'MEMORY', updateMode: 'AFTER_REQUEST' },
    ],
    [
      'className="com.orangefunction.tomcat.redissessions.RedisSessionManager" sessionPersistPolicies="DEFAULT,SAVE_ON_CHANGE"',
      { strategy: 'redis-manager', sessionPersistPolicies: 'SAVE_ON_CHANGE' },
    ],
  ];
  for (const [manager, replication] of managers) {
    const { scenario, findings } = imported({ 'server.xml': contextNode(manager) });
    assert.equal(scenario.replication, replication);
    assert.not(findings.some(({ rule }) => rule === 'strategy-not-simulated'));
    parseScenario(scenario);
  }
});

test('a strategy the simulator lacks leaves no replication key and one error', () => {
  const { scenario, findings, notModelled } = imported({ 'server.xml': contextNode('className="shop.OwnManager"') });
  assert.is(scenario.replication, undefined);
  assert.is(findings[0].rule, 'strategy-not-simulated');
  assert.ok(notModelled.some(({ what }) => what.includes('not simulated')));
});

test('nothing is passed over in silence: every attribute and directive is used or listed', () => {
  const { used, notModelled } = imported({
    'server.xml': server({
      connector: 'maxThreads="150" compression="on"',
      receiver: 'address="10.0.0.1" selectorTimeout="100" soLingerTime="9"',
    }),
    'nginx.conf': nginx({ method: 'least_conn;', http: 'gzip on;\ninclude mime.types;\ngeo $x { default 1; }' }),
    'WEB-INF/web.xml': web('<distributable/><servlet/><servlet/><filter/>'),
  });
  const listed = notModelled.map(({ what }) => what);
  for (const what of [
    'Connector compression="on"',
    'Receiver selectorTimeout="100": only how often an idle selector wakes up',
    'Receiver soLingerTime="9"',
    'include mime.types: no such file below the folder',
    'geo $x { ... }',
    '<servlet> and 1 more',
    '<filter>',
  ]) {
    assert.equal(listed.filter((one) => one === what).length, 1, `${what} is missing in\n${listed.join('\n')}`);
  }
  assert.ok(used.some(({ path, value }) => path === 'balancer.gzip.enabled' && value === true));
  assert.is(new Set(used.map(({ path }) => path)).size, used.length);
});

test('values from outside the file keep their default and are listed', () => {
  const placeholder = ['$', '{threads}'].join('');
  const { scenario, notModelled } = imported({ 'server.xml': server({ connector: `maxThreads="${placeholder}"` }) });
  assert.is(at(scenario, 'node.maxThreads'), undefined);
  assert.ok(notModelled.some(({ what }) => what.includes('set from outside the file')));
});

test.run();
