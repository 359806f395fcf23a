// Files of the application that decide where sessions are: Spring Boot's properties and YAML, redisson.yaml.
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main as explain } from '../../../experiments/explain.ts';
import { sortFiles } from '../../../experiments/import/cluster-files.ts';
import { importCluster } from '../../../experiments/import/to-scenario.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import { server } from '../fixtures/lint-files.ts';
import { run } from '../helpers.ts';
import { fileWith, folderWith, refusal } from './helpers.ts';

function imported(files: Record<string, string | Uint8Array>) {
  const folder = folderWith(files);
  const result = importCluster(sortFiles(Object.keys(files).map((name) => join(folder, name))));
  parseScenario(result.scenario);
  const values = Object.fromEntries(
    result.used.map(({ path, value, line }) => [path, `${JSON.stringify(value)} :${line}`]),
  );
  return { ...result, values, notes: result.notModelled.map(({ what, line }) => `${what} :${line}`) };
}

test('application.properties: every setting of the session store, the later of two, none of another profile, no password', () => {
  const text = [
    '# Sitzungen für alle',
    'server.tomcat.threads.max=150',
    'server.servlet.session.timeout=20m',
    'spring.session.store-type=redis',
    'spring.session.redis.flushMode=immediate',
    'spring.session.redis.save-mode = \\',
    '  on-get-attribute',
    'spring.redis.sentinel.nodes=a:26379,b:26379,c:26379',
    'spring.redis.timeout=9s',
    'spring.redis.timeout=PT2S',
    'spring.redis.password=geheim',
    'spring.datasource.password=geheim',
    '#---',
    'spring.config.activate.on-profile=prod',
    'spring.redis.timeout=5s',
  ].join('\n');
  const { values, notes } = imported({ 'application.properties': Buffer.from(text, 'latin1') });
  assert.equal(values, {
    'replication.strategy': '"spring-session" :4',
    'replication.flushMode': '"IMMEDIATE" :5',
    'replication.saveMode': '"ON_GET_ATTRIBUTE" :6',
    'replication.timeoutMs': '2000 :10',
    'stores.redis.failover': '"sentinel" :8',
    'stores.redis.sentinels': '3 :8',
    'session.idleTimeoutS': '1200 :3',
    'node.maxThreads': '150 :2',
  });
  assert.equal(notes, [
    'spring.redis.password=*** :11',
    'spring.datasource.password: of neither sessions nor the server :12',
    '2 settings of the profile prod only: not used :14',
  ]);
});

test('application.yml: names of Boot 4, lists, defaults of placeholders; what comes from outside is told', () => {
  const { values, notes } = imported({
    'application.yml': `spring:
  data.redis:
    timeout: \${REDIS_TIMEOUT:1500ms}
    cluster:
      nodes: [ "a:6379", "b:6379" ]
  session:
    timeout: -1
    data:
      redis: { save-mode: "\${SAVE}", repository-type: indexed }
`,
  });
  assert.equal(values, {
    'replication.strategy': '"spring-session" :9',
    'replication.timeoutMs': '1500 :3',
    'stores.redis.failover': '"cluster" :5',
    'stores.redis.shards': '3 :5',
    'session.idleTimeoutS': '9000000 :7',
  });
  assert.match(notes.join('\n'), /save-mode=\$\{SAVE\}: set from outside the file; the default stands in :9/);
  assert.match(notes.join('\n'), /indexed: the commands for its indexes/);
});

test('a store of Spring Session that is not simulated is told; without one the sessions are those of Tomcat', async () => {
  const { scenario, findings } = imported({ 'application.properties': 'spring.session.store-type=jdbc' });
  assert.is(scenario.replication, undefined);
  assert.equal(
    findings.map(({ rule, message }) => [rule, message]),
    [['strategy-not-simulated', 'spring.session.store-type=jdbc: not simulated']],
  );
  const redis = { 'application.properties': 'spring.session.redis.flush-mode=on-save' };
  const [file] = Object.keys(redis).map((name) => join(folderWith(redis), name));
  assert.match((await run(explain, [file])).stdout, /before its response is sent: no\s+client sees/);
  const { values } = imported({ 'application.properties': 'server.port=8080' });
  assert.is(values['replication.strategy'], '"none" :1');
});

test('redisson.yaml beside its manager: times of the client, the servers, and reads of replicas told', () => {
  const manager = '<Manager className="org.redisson.tomcat.RedissonSessionManager" updateMode="AFTER_REQUEST"/>';
  const { values, notes } = imported({
    'context.xml': `<Context>${manager}</Context>`,
    'redisson.yaml': `masterSlaveServersConfig:
  timeout: 2500
  retryAttempts: 2
  retryInterval: 1000
  password: geheim
  masterAddress: "redis://user:geheim@a:6379"
  slaveAddresses: [ "redis://b:6379", "redis://c:6379" ]
codec: !<org.redisson.codec.Kryo5Codec> {}
`,
  });
  assert.equal(values, {
    'replication.strategy': '"redisson" :1',
    'replication.updateMode': '"AFTER_REQUEST" :1',
    'replication.timeoutMs': '2500 :2',
    'replication.retryAttempts': '2 :3',
    'replication.retryIntervalMs': '1000 :4',
    'stores.redis.replicas': '2 :7',
    'stores.redis.failover': '"none" :6',
  });
  assert.not.match(notes.join('\n'), /geheim/);
  assert.match(notes.join('\n'), /readMode is SLAVE unless it is said: reads of replicas are simulated/);
  assert.match(notes.join('\n'), /codec=.*Kryo5Codec/);
});

test('a PersistentManager: of one application of several the others are explained; of the only one what holds anyway', async () => {
  const persistent = '<Manager className="org.apache.catalina.session.PersistentManager"/>';
  const others = server({}).replace(/<\/Host>/, `<Context path="/admin">${persistent}</Context></Host>`);
  const { values, notes } = imported({ 'server.xml': others });
  assert.match(values['replication.strategy'], /^"delta"/);
  assert.match(notes.join('\n'), /PersistentManager of the Context \/admin is not simulated/);

  const folder = folderWith({ 'server.xml': server({}), 'context.xml': `<Context>${persistent}</Context>` });
  const files = ['server.xml', 'context.xml'].map((name) => join(folder, name));
  const told = await run(explain, files);
  assert.is(told.code, 0, told.stderr);
  assert.match(told.stdout, /^Sessions\n- PersistentManager, .*: not\s+simulated/);
  assert.match(told.stdout, /A killed node is missed/);
  assert.not.match(told.stdout, /Who sends what/);
  assert.is((await run(explain, [...files, '--json'])).code, 2);
});

test('wrong files are refused in a line each', () => {
  const refused = (name: string, text: string | Uint8Array): string =>
    refusal(() => importCluster(sortFiles([fileWith(name, text)])));
  assert.match(refused('application.yml', 'spring:\n  session: [\n'), /^application.yml:\d: not YAML/);
  assert.match(
    refused('application.properties', 'spring.redis.timeout=soon\nspring.session.timeout=1m'),
    /:1: soon is not a duration/,
  );
  assert.match(
    refused('application.properties', 'server.tomcat.threads.max=many'),
    /:1: server.tomcat.threads.max \(many\)/,
  );
  assert.match(refused('application.properties', new Uint8Array([0x73, 0xff, 0x00, 0x01])), /not UTF-8/);
  assert.match(
    refused('shop.yaml', 'nodes: 2\nreplication: { strategy: delta }\n'),
    /:1: a scenario; replisim simulate/,
  );
  const deep = `spring: ${'{a: '.repeat(500)}1${'}'.repeat(500)}`;
  assert.match(refused('application.yml', deep), /nested|not YAML/);
  const bomb = `a: &a [x, x]\n${Array.from({ length: 16 }, (_, at) => `a${at}: &a${at} [*a${at ? at - 1 : ''}, *a${at ? at - 1 : ''}]`).join('\n')}\nserver: 1`;
  assert.match(refused('application.yml', bomb), /entries|at most/);
});

test.run();
