import { z } from 'zod';
import { nextUpstreamWords } from '../balancing/nginx-policy.ts';
import { flag, real, whole, word } from './fields.ts';

const assumed = 'assumed';
const nginx = (directive: string): string => `nginx 1.22 ${directive}`;
const httpd = (parameter: string): string => `Apache httpd 2.4 ${parameter}`;
const jk = (parameter: string): string => `tomcat-connectors 1.2 ${parameter}`;

const ofNginx = ['round-robin', 'ip-hash', 'hash', 'consistent-hash', 'least-conn', 'random-two'] as const;
const ofHttpd = ['by-requests', 'by-traffic', 'by-busyness'] as const;
const ofJk = ['jk-request', 'jk-busyness', 'jk-session', 'jk-traffic'] as const;

const text = (description: string): { description: string } => ({ description });
const number = (min: number, max: number): z.ZodNumber => z.number().min(min).max(max);

/** Parameters of one server; what is left out is as the balancer says for all. */
const server = z.strictObject({
  weight: number(1, 1000).int().optional().meta(text('nginx weight')),
  maxFails: number(0, 1e6).int().optional().meta(text('nginx max_fails')),
  failTimeoutS: number(0, 1e6).optional().meta(text('nginx fail_timeout [s]')),
  maxConns: number(0, 1e6).int().optional().meta(text('nginx max_conns; 0 = no limit')),
  backup: z.boolean().optional().meta(text('nginx backup: used only when no other server can serve')),
  down: z.boolean().optional().meta(text('nginx down, mod_jk activation=S: gets no request')),
  drain: z.boolean().optional().meta(text('nginx drain, mod_jk activation=D: only requests of its own sessions')),
  loadFactor: number(1, 1000).optional().meta(text('httpd loadfactor, mod_jk lbfactor')),
  status: z
    .string()
    .regex(/^\+?[DSIHRN]+$/, { error: 'letters out of D, S, I, H, R, N as in httpd status=+H' })
    .optional()
    .meta(text('httpd status: D disabled, S stopped, I ignores errors, H hot standby, R hot spare, N drains')),
  retryS: number(0, 1e6).optional().meta(text('httpd retry [s]')),
  lbSet: number(0, 99).int().optional().meta(text('httpd lbset: sets are tried in this order')),
  redirect: z.string().max(80).optional().meta(text('httpd, mod_jk redirect: route to use while it is in error')),
  distance: number(0, 1000).int().optional().meta(text('mod_jk distance: the nearest that serve are preferred')),
  domain: z.string().max(80).optional().meta(text('mod_jk domain: first choice among others of its domain')),
});

const httpdSection = z.strictObject({
  retryS: real(60, {
    text: 'a member in error is not used for this long',
    unit: 's',
    max: 1e6,
    source: httpd('retry'),
  }),
  maxAttempts: whole(-1, {
    text: 'further attempts after the first; -1 = members - 1',
    min: -1,
    max: 1024,
    source: httpd('maxattempts'),
  }),
  noFailover: flag(false, { text: '503 rather than a member without the session', source: httpd('nofailover') }),
  failOnTimeout: flag(false, { text: 'a response that times out is an error', source: httpd('failontimeout') }),
  forceRecovery: flag(true, { text: 'clear all errors when every member has one', source: httpd('forcerecovery') }),
});

const jkSection = z.strictObject({
  stickySession: flag(true, { text: 'sessions stay at their route', source: jk('sticky_session') }),
  stickySessionForce: flag(false, { text: '503 rather than another worker', source: jk('sticky_session_force') }),
  recoverTimeS: real(60, { text: 'a worker in error is not used', unit: 's', max: 1e6, source: jk('recover_time') }),
  errorEscalationTimeS: real(0, {
    text: 'errors of single requests last this long: in error for all; 0 = half of recoverTimeS',
    unit: 's',
    max: 1e6,
    source: jk('error_escalation_time'),
  }),
  maintainS: whole(60, { text: 'global maintenance', unit: 's', max: 1e6, source: jk('worker.maintain') }),
  retries: whole(2, { text: 'rounds over the workers', min: 1, max: 1000, source: jk('retries') }),
  lbRetries: whole(2, { text: 'workers tried in a round', min: 1, max: 1024, source: jk('lb_retries') }),
  retryIntervalMs: real(100, { text: 'pause between rounds', unit: 'ms', max: 1e6, source: jk('retry_interval') }),
  socketTimeoutS: real(0, { text: 'wait for data; 0 = for ever', unit: 's', max: 1e6, source: jk('socket_timeout') }),
  socketConnectTimeoutMs: real(0, {
    text: 'connect to a silent worker; 0 = until TCP gives up',
    unit: 'ms',
    max: 1e9,
    source: jk('socket_connect_timeout'),
  }),
  replyTimeoutMs: real(0, {
    text: 'wait for the reply; 0 = for ever',
    unit: 'ms',
    max: 1e9,
    source: jk('reply_timeout'),
  }),
  maxReplyTimeouts: whole(0, { text: 'reply timeouts before an error', max: 1e6, source: jk('max_reply_timeouts') }),
  prepostTimeoutMs: real(0, {
    text: 'wait for the CPong before each request; 0 = no CPing',
    unit: 'ms',
    max: 1e9,
    source: jk('prepost_timeout'),
  }),
  recoveryOptions: whole(0, {
    text: 'bits: 1 no failover once sent, 2 none once headers came, 8 always for HEAD, 16 always for GET',
    max: 31,
    source: jk('recovery_options'),
  }),
});

const gzip = z.strictObject({
  enabled: flag(false, { text: 'the balancer compresses responses', source: nginx('gzip') }),
  megabytesPerS: real(30, {
    text: 'compressed by one core of the balancer',
    unit: 'MB/s',
    min: 0.001,
    max: 1e6,
    source: assumed,
  }),
});

const serverSections = {
  weights: z
    .array(z.number().int().min(1).max(1000))
    .max(1024)
    .default([])
    .meta({ description: 'weight or load factor per node; empty: all 1' }),
  serverNames: z.array(z.string().max(200)).max(1024).default([]).meta({
    description: 'host:port of each node as in the configuration (identity on the hash ring); empty: 10.0.0.N:8080',
  }),
  servers: z
    .array(server)
    .max(1024)
    .default([])
    .meta({ description: 'parameters of single servers, one entry per node; empty: all equal' }),
};

/** What nginx has, and what all balancers share. */
const nginxFields = {
  maxFails: whole(1, { text: 'nginx: failures that eject a server', max: 1e6, source: nginx('server max_fails') }),
  failTimeoutS: real(10, { text: 'nginx: ejection time', unit: 's', max: 1e6, source: nginx('server fail_timeout') }),
  maxConns: whole(0, {
    text: 'nginx: open requests per server; 0 = no limit',
    max: 1e6,
    source: nginx('server max_conns'),
  }),
  workerProcesses: whole(1, {
    text: 'processes of the balancer; a client connection belongs to one of them',
    min: 1,
    max: 1024,
    source: nginx('worker_processes'),
  }),
  workerConnections: whole(8192, {
    text: 'nginx: sockets of one process, two per open request and one per idle server connection; 0 = no limit',
    max: 1e9,
    source: `${assumed}; nginx itself 512`,
  }),
  zone: flag(false, { text: 'nginx: the processes share what they know of the servers', source: nginx('zone') }),
  keepalive: whole(0, {
    text: 'nginx: idle server connections kept per process; 0 = a connection per request',
    max: 1e6,
    source: nginx('keepalive'),
  }),
  keepaliveTimeoutS: real(60, {
    text: 'nginx: life of an idle server connection',
    unit: 's',
    max: 1e6,
    source: nginx('keepalive_timeout of upstream'),
  }),
  clientKeepaliveS: real(75, {
    text: 'life of an idle client connection; the next one may belong to another process',
    unit: 's',
    max: 1e6,
    source: nginx('keepalive_timeout'),
  }),
  connectTimeoutS: real(60, {
    text: 'nginx, httpd: connect to a silent server',
    unit: 's',
    min: 0.001,
    max: 1e6,
    source: nginx('proxy_connect_timeout'),
  }),
  readTimeoutS: real(60, {
    text: 'nginx, httpd: wait for the response',
    unit: 's',
    min: 0.001,
    max: 1e6,
    source: nginx('proxy_read_timeout'),
  }),
  nextUpstream: z
    .array(z.enum(nextUpstreamWords))
    .max(20)
    .default(['error', 'timeout'])
    .meta({
      description: `nginx: when another server is asked; empty = off. Source: ${nginx('proxy_next_upstream')}.`,
    }),
  nextUpstreamTries: whole(0, {
    text: 'nginx: attempts at a request; 0 = every server once',
    max: 1024,
    source: nginx('proxy_next_upstream_tries'),
  }),
  nextUpstreamTimeoutS: real(0, {
    text: 'nginx: no further attempt after this; 0 = no limit',
    unit: 's',
    max: 1e6,
    source: nginx('proxy_next_upstream_timeout'),
  }),
  nonIdempotent: flag(false, {
    text: 'nginx: a POST that was sent is repeated as well',
    source: nginx('proxy_next_upstream non_idempotent'),
  }),
  responseBytes: whole(2000, {
    text: 'request and response together, as traffic is counted and compressed',
    unit: 'bytes',
    max: 1e9,
    source: assumed,
  }),
};

/** The load balancer in front of the nodes: `balancer` of a scenario. */
export const balancerFields = z.strictObject({
  type: word([...ofNginx, 'sticky-route', ...ofHttpd, ...ofJk] as const, 'sticky-route', {
    text: 'method of the load balancer: of nginx, of httpd (by-...) or of mod_jk (jk-...)',
    source: assumed,
  }),
  over: word([...ofNginx, ...ofHttpd, ...ofJk] as const, 'round-robin', {
    text: 'sticky-route only: who chooses when the route is unknown or dead; its product is the balancer',
    source: assumed,
  }),
  key: word(['cookie', 'address'], 'cookie', {
    text: 'hash and consistent-hash only: JSESSIONID or client address',
    source: assumed,
  }),
  jvmRoute: flag(true, {
    text: 'nodes have a jvmRoute and JvmRouteBinderValve, session ids carry the route',
    source: 'Apache Tomcat cluster how-to',
  }),
  ...serverSections,
  ...nginxFields,
  gzip: gzip.prefault({}),
  httpd: httpdSection.prefault({}),
  jk: jkSection.prefault({}),
});
