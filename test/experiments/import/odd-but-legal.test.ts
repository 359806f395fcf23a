// Files that are unusual, and right: what Tomcat, httpd and mod_jk make of them is what the scenario says.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { recogniseFile } from '../../../experiments/import/cluster-files.ts';
import { importCluster } from '../../../experiments/import/to-scenario.ts';
import { fileWith, refusal } from './helpers.ts';

const catalina = 'org.apache.catalina';
const cluster = `<Cluster className="${catalina}.ha.tcp.SimpleTcpCluster" channelSendOptions="6"/>`;

function staticCluster(attributes = ''): string {
  const member = (last: number): string => `className="x.StaticMember" host="10.0.0.${last}" port="4000"`;
  return `<Cluster className="x.SimpleTcpCluster"${attributes}><Channel className="x.GroupChannel">
    <Membership className="${catalina}.tribes.membership.StaticMembershipService">
      <LocalMember ${member(1)}/><Member ${member(2)}/><Member ${member(3)}/>
    </Membership></Channel></Cluster>`;
}

function serverXml(engine: string, connectors = '<Connector port="8080"/>'): string {
  const host = `<Host name="localhost">${engine}</Host>`;
  return `<Server><Service name="shop">${connectors}<Engine name="shop" jvmRoute="n1">${host}</Engine></Service></Server>`;
}

type Imported = ReturnType<typeof importCluster>;

function imported(text: string | Uint8Array): Imported {
  return importCluster({ serverXml: [fileWith('server.xml', text)] });
}

const rules = ({ findings }: Imported): string[] => findings.map(({ rule }) => rule);
const notes = ({ notModelled }: Imported): string => notModelled.map(({ what }) => what).join('\n');

test('the Service that holds the Cluster is simulated, wherever it stands', () => {
  const admin = `<Service name="admin"><Connector port="9090" maxThreads="10"/><Engine name="admin" jvmRoute="a1">
    <Host name="admin"><Context path="/a"><Manager className="${catalina}.session.PersistentManager"/></Context></Host></Engine></Service>`;
  const connector = '<Connector port="8080" maxThreads="300"/>';
  const both = imported(serverXml(cluster, connector).replace('<Service', `${admin}<Service`));
  assert.equal(both.scenario.node, { maxThreads: 300 });
  assert.is((both.scenario.replication as { strategy: string }).strategy, 'delta');
  assert.match(both.used.find(({ path }) => path === 'balancer.jvmRoute')?.attribute ?? '', /"n1"/);
  assert.match(notes(both), /<Service name="admin">: a Service beside/);
});

test('the threads of a connector are those of its Executor', () => {
  const executor = (threads: number): string =>
    `<Executor name="pool" maxThreads="${threads}"/><Connector port="8080" executor="pool" maxThreads="9"/>`;
  const small = imported(serverXml(cluster, executor(20)));
  assert.equal(small.scenario.node, { maxThreads: 20 });
  assert.not.ok(rules(small).includes('sender-pool-small'), 'the pool of 25 serves 20 threads');
  const large = imported(serverXml(cluster, executor(260))).findings.find(({ rule }) => rule === 'sender-pool-small');
  assert.match(large?.message ?? '', /^maxThreads 260/);
  assert.match(large?.fix ?? '', /poolSize="260"/);
});

test('static members: they are counted, no multicast group is judged, and what is simulated instead is said', () => {
  const fixed = imported(serverXml(staticCluster()));
  assert.is(fixed.scenario.nodes, 3);
  assert.not.ok(rules(fixed).some((rule) => rule.startsWith('multicast')));
  const off = imported(serverXml(staticCluster(' channelStartOptions="3"')));
  const found = off.findings.find(({ rule }) => rule === 'membership-off');
  assert.match(found?.message ?? '', /does not start the StaticMembershipService/);
});

test('as many lost heartbeats as fit into dropTime throw out a live node', () => {
  const membership = `<Membership className="${catalina}.tribes.membership.McastService" frequency="1000" dropTime="2500"/>`;
  const text = serverXml(`<Cluster className="x.SimpleTcpCluster"><Channel>${membership}</Channel></Cluster>`);
  const found = imported(text).findings.find(({ rule }) => rule === 'drop-time-short');
  assert.match(found?.consequence ?? '', /^2 lost or late heartbeats in a row/);
});

test('an XML file is read in the encoding that it declares', () => {
  const text = serverXml(`<!-- caf\u00e9 -->${cluster}`);
  const declared = Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${text}`, 'latin1');
  assert.is((imported(declared).scenario.replication as { strategy: string }).strategy, 'delta');
  const wide = Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${text}`, 'utf16le');
  assert.is((imported(wide).scenario.replication as { strategy: string }).strategy, 'delta');
  const unknown = `<?xml version="1.0" encoding="klingon"?>${text}`;
  assert.is(
    refusal(() => imported(unknown)),
    'server.xml:1: encoding="klingon" is not known; save the file as UTF-8',
  );
});

test('every parameter of httpd and mod_jk is either used or listed, never both', () => {
  const httpd = importCluster({
    httpdConf: [
      fileWith(
        'httpd.conf',
        `<Proxy balancer://app>
           BalancerMember http://10.0.0.1:8080 route=a loadfactor=2 timeout=5 ping=200ms
           BalancerMember http://10.0.0.2:8080 route=b timeout=9
           ProxySet stickysession=JSESSIONID growth=5
         </Proxy>
         ProxyPass / balancer://app/`,
      ),
    ],
  });
  assert.equal(
    httpd.notModelled.map(({ what }) => what),
    [
      'BalancerMember http://10.0.0.1:8080 ping=200ms',
      'BalancerMember http://10.0.0.2:8080 timeout=9: 5 of the first member is used',
      'growth=5 of balancer://app',
    ],
  );
  const jk = importCluster({
    workersProperties: [
      fileWith(
        'workers.properties',
        `worker.list=lb
         worker.base.type=ajp13
         worker.n1.reference=worker.base
         worker.n1.activation=A
         worker.n1.redirect=n2
         worker.n2.reference=worker.base
         worker.n2.activation=D
         worker.n2.connection_pool_size=9
         worker.lb.type=lb
         worker.lb.balance_workers=n1,n2`,
      ),
    ],
  });
  assert.is(notes(jk), 'worker.list=lb\nworker.n2.connection_pool_size=9');
});

test('sticky route of nginx counts only where a route is the jvmRoute of a node', () => {
  const typeOf = (route: string): unknown => {
    const servers = `server 10.0.0.1:80 route=${route} slow_start=30s; server 10.0.0.2:80 route=z;`;
    const text = `upstream app { sticky route $cookie_r; ${servers} } server { location / { proxy_pass http://app; } }`;
    const files = {
      serverXml: [fileWith('server.xml', serverXml(cluster))],
      nginxConf: [fileWith('nginx.conf', text)],
    };
    const result = importCluster(files);
    assert.match(notes(result), /server 10\.0\.0\.1:80 slow_start=30s/);
    return (result.scenario.balancer as { type: string }).type;
  };
  assert.is(typeOf('n1'), 'sticky-route');
  assert.is(typeOf('other'), 'round-robin');
});

test('properties that are not those of mod_jk are no workers.properties', () => {
  const spring = fileWith('application.properties', 'spring.session.store-type=redis\n');
  assert.is(recogniseFile(spring), 'spring');
  const other = fileWith('log4j.properties', 'log4j.rootLogger=INFO\n');
  assert.match(
    refusal(() => recogniseFile(other)),
    /not recognised/,
  );
});

test.run();
