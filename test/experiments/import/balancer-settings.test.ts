// What a balancer's file says about waiting, failing and asking again arrives in the scenario under the product's name.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importCluster } from '../../../experiments/import/to-scenario.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import { inFolder, write } from '../helpers.ts';

type Balancer = ReturnType<typeof parseScenario>['balancer'];

function balancerOf(kind: 'nginxConf' | 'httpdConf' | 'workersProperties', text: string): Promise<Balancer> {
  return inFolder((folder) => {
    const file = write(folder, kind === 'workersProperties' ? 'workers.properties' : `${kind}.conf`, text);
    const { scenario } = importCluster({ [kind]: [file] });
    return parseScenario(scenario).balancer;
  });
}

test('nginx: processes, sockets, zone, idle connections, times and conditions', async () => {
  const balancer = await balancerOf(
    'nginxConf',
    `worker_processes 8;
     events { worker_connections 8192; }
     http {
       proxy_connect_timeout 5s; proxy_send_timeout 7s; proxy_read_timeout 20s;
       proxy_next_upstream error timeout http_503 non_idempotent; proxy_next_upstream_tries 2;
       proxy_next_upstream_timeout 30s; gzip on; keepalive_timeout 30;
       proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection "";
       upstream app { zone app 64k; server 10.0.0.1:8080; server 10.0.0.2:8080; keepalive 16; keepalive_timeout 5s; }
       server { location / { proxy_pass http://app; } }
     }`,
  );
  assert.is(balancer.workerProcesses, 8);
  assert.is(balancer.workerConnections, 8192);
  assert.is(balancer.zone, true);
  assert.equal([balancer.keepalive, balancer.keepaliveTimeoutS, balancer.clientKeepaliveS], [16, 5, 30]);
  assert.equal([balancer.connectTimeoutS, balancer.readTimeoutS], [5, 20]);
  assert.not('sendTimeoutS' in balancer, 'requests are written in one go');
  assert.equal(balancer.nextUpstream, ['error', 'timeout', 'http_503', 'non_idempotent']);
  assert.equal([balancer.nextUpstreamTries, balancer.nextUpstreamTimeoutS], [2, 30]);
  assert.is(balancer.gzip.enabled, true);
});

test("nginx: a whole file without worker_connections has nginx's own 512", async () => {
  const servers = 'upstream app { server 10.0.0.1:8080; server 10.0.0.2:8080; }';
  const pass = 'server { location / { proxy_pass http://app; } }';
  const whole = await balancerOf('nginxConf', `events { }\nhttp { ${servers} ${pass} }`);
  assert.is(whole.workerConnections, 512);
  const closing = servers.replace('}', 'keepalive 16; }');
  const once = await balancerOf('nginxConf', `http { proxy_http_version 1.1; ${closing} ${pass} }`);
  assert.is(once.keepalive, 0, 'Connection: close by default');
  const off = await balancerOf('nginxConf', `http { proxy_next_upstream off; ${servers} ${pass} }`);
  assert.equal(off.nextUpstream, []);
});

test('httpd: retry, attempts and the switches of failover', async () => {
  const balancer = await balancerOf(
    'httpdConf',
    `ProxyTimeout 20
     <Proxy balancer://app>
       BalancerMember http://10.0.0.1:8080 route=n1 retry=5
       BalancerMember http://10.0.0.2:8080 route=n2
       ProxySet nofailover=On maxattempts=1 failontimeout=On lbmethod=bybusyness
     </Proxy>
     ProxyPass / balancer://app/`,
  );
  assert.is(balancer.type, 'by-busyness');
  assert.is(balancer.readTimeoutS, 20);
  const { retryS, noFailover, maxAttempts, failOnTimeout } = balancer.httpd;
  assert.equal([retryS, noFailover, maxAttempts, failOnTimeout], [60, true, 1, true]);
  assert.equal(balancer.servers, [{ retryS: 5 }, {}], 'retry belongs to a member');
});

test('mod_jk: recover_time and the timeouts of its workers', async () => {
  const balancer = await balancerOf(
    'workersProperties',
    `worker.list=lb
worker.lb.type=lb
worker.lb.balance_workers=a,b
worker.lb.recover_time=30
worker.lb.sticky_session_force=1
worker.a.host=10.0.0.1
worker.a.reply_timeout=5000
worker.a.socket_connect_timeout=3000
worker.a.recovery_options=3
worker.b.host=10.0.0.2
`,
  );
  const { recoverTimeS, stickySessionForce, replyTimeoutMs, socketConnectTimeoutMs, recoveryOptions } = balancer.jk;
  assert.equal([recoverTimeS, stickySessionForce], [30, true]);
  assert.equal([replyTimeoutMs, socketConnectTimeoutMs, recoveryOptions], [5000, 3000, 3]);
});

test('nginx: what all servers share belongs to the balancer, what differs to the server', async () => {
  const upstream = (servers: string, method = ''): Promise<Balancer> =>
    balancerOf(
      'nginxConf',
      `http { upstream app { ${method} ${servers} } server { location / { proxy_pass http://app; } } }`,
    );
  const alike = await upstream('server a:1 max_fails=3 max_conns=9; server b:1 max_fails=3 max_conns=9;');
  assert.equal([alike.maxFails, alike.maxConns, alike.servers], [3, 9, []]);
  const mixed = await upstream('server a:1 max_fails=3 weight=2; server b:1 fail_timeout=1m; server c:1 backup;');
  assert.equal(mixed.servers, [{ maxFails: 3 }, { failTimeoutS: 60 }, { backup: true }]);
  assert.equal([mixed.maxFails, mixed.weights, mixed.serverNames], [1, [2, 1, 1], ['a:1', 'b:1', 'c:1']]);
  const down = 'server a:1; server b:1 down; server c:1;';
  assert.equal((await upstream(down)).serverNames, ['a:1', 'c:1'], 'its turn is nobody else’s business');
  assert.equal((await upstream(down, 'ip_hash;')).servers, [{}, { down: true }, {}], 'its share of the hash stays');
});

test('httpd: every parameter of a member', async () => {
  const balancer = await balancerOf(
    'httpdConf',
    `<Proxy balancer://app>
       BalancerMember http://10.0.0.1:8080 route=a loadfactor=2.5 redirect=b
       BalancerMember http://10.0.0.2:8080 route=b lbset=1 retry=10
       BalancerMember http://10.0.0.3:8080 route=c status=+HN-N
     </Proxy>
     ProxyPass / balancer://app/ stickysession=JSESSIONID`,
  );
  assert.equal(balancer.servers, [{ loadFactor: 2.5, redirect: 'n2' }, { retryS: 10, lbSet: 1 }, { status: '+H' }]);
});

test('mod_jk: every parameter of a worker and of its balancer', async () => {
  const balancer = await balancerOf(
    'workersProperties',
    `worker.list=lb
worker.maintain=30
worker.lb.type=lb
worker.lb.balance_workers=a,b,c
worker.lb.sticky_session=0
worker.lb.retries=3
worker.lb.lb_retries=1
worker.lb.error_escalation_time=5
worker.lb.max_reply_timeouts=10
worker.a.lbfactor=3
worker.a.redirect=b
worker.a.ping_mode=A
worker.b.distance=1
worker.b.domain=d
worker.c.activation=Disabled
`,
  );
  const { retries, lbRetries, errorEscalationTimeS, maxReplyTimeouts, maintainS, prepostTimeoutMs } = balancer.jk;
  assert.equal([retries, lbRetries, errorEscalationTimeS, maxReplyTimeouts, maintainS], [3, 1, 5, 10, 30]);
  assert.equal([prepostTimeoutMs, balancer.jk.stickySession, balancer.weights], [10_000, false, [3, 1, 1]]);
  assert.equal(balancer.servers, [{ redirect: 'n2' }, { distance: 1, domain: 'd' }, { drain: true }]);
});

test('the cross checks of single servers', () => {
  const problem = (servers: object[]): string => {
    try {
      parseScenario({ nodes: 2, balancer: { servers } });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.is(problem([{ maxFails: 3 }, { backup: true }]), '');
  assert.match(problem([{}]), /balancer.servers: 1 entries for 2 nodes/);
  assert.match(problem([{ down: true }, { status: '+H' }]), /at least one server must be neither down nor a reserve/);
  assert.match(problem([{ maxFails: -1 }, {}]), /balancer.servers.0.maxFails/);
  assert.match(problem([{ weigth: 2 }, {}]), /weight/);
});

test.run();
