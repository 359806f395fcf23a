import { z } from 'zod';
import { faultSchema } from './fault-schema.ts';
import { flag, ratio, real, safeName, whole, word } from './fields.ts';
import { replicationSchema } from './replication-schema.ts';

const assumed = 'assumed';
const tomcat = (where: string): string => `Apache Tomcat 10.1, ${where}`;

const node = z.strictObject({
  cores: whole(2, { text: 'CPU cores of one node', min: 1, max: 256, source: assumed }),
  maxThreads: whole(200, {
    text: 'requests in execution at once',
    min: 1,
    source: tomcat('AbstractEndpoint.maxThreads'),
  }),
  acceptCount: whole(100, {
    text: 'connections waiting beyond maxConnections',
    source: tomcat('AbstractEndpoint.acceptCount'),
  }),
  maxConnections: whole(8192, {
    text: 'connections accepted',
    min: 1,
    source: tomcat('AbstractEndpoint.maxConnections'),
  }),
  startUpS: real(5, { text: 'JVM start until the cluster channel starts', unit: 's', max: 3600, source: assumed }),
});

const service = z.strictObject({
  cpuMsMean: real(2, {
    text: 'CPU of one request without its session work',
    unit: 'ms',
    min: 0.000001,
    max: 1e6,
    source: assumed,
  }),
  distribution: word(['exponential', 'constant', 'lognormal', 'hyperexponential'], 'exponential', {
    text: 'law of the CPU time',
    source: assumed,
  }),
  cv: real(2, {
    text: 'coefficient of variation of lognormal and hyperexponential',
    min: 0.01,
    max: 100,
    source: assumed,
  }),
  backendMsMean: real(0, {
    text: 'wait for a database or service, exponential, no CPU',
    unit: 'ms',
    max: 1e6,
    source: assumed,
  }),
});

/** Types whose Java serialisation is known to the byte (MODEL.md, message sizes). */
const attribute = z.strictObject({
  name: z.string().min(1).max(200).meta({ description: 'attribute name; its length counts in every message' }),
  type: z.enum(['byte[]', 'String', 'Integer', 'Long', 'Boolean']),
  bytes: whole(0, { text: 'length of a byte[] or String', unit: 'bytes', max: 1e8, source: assumed }),
});

const session = z.strictObject({
  requestsMean: real(20, { text: 'requests of a session, geometric', min: 1, max: 1e6, source: assumed }),
  thinkTimeSMean: real(5, { text: 'response to next request', unit: 's', max: 1e5, source: assumed }),
  thinkTimeDistribution: word(['exponential', 'constant'], 'exponential', {
    text: 'law of the think time',
    source: assumed,
  }),
  bytes: whole(2000, { text: 'serialised attributes of a whole session', unit: 'bytes', max: 1e8, source: assumed }),
  deltaBytes: whole(200, {
    text: 'length of the byte[] attribute set by a write',
    unit: 'bytes',
    max: 1e8,
    source: assumed,
  }),
  attributes: z
    .array(attribute)
    .max(100)
    .default([])
    .meta({ description: 'attributes set by each write, in order; empty: one byte[deltaBytes] named `data`' }),
  writeRatio: ratio(0.3, { text: 'share of requests that call setAttribute', source: assumed }),
  mutateWithoutSetRatio: ratio(0, {
    text: 'share of requests that change an attribute in place without setAttribute',
    source: assumed,
  }),
  idleTimeoutS: real(1800, {
    text: 'maxInactiveInterval',
    unit: 's',
    min: 1,
    max: 1e7,
    source: 'Servlet default of Tomcat, conf/web.xml session-timeout 30 min',
  }),
  logoutRatio: ratio(0, { text: 'share of sessions that end with invalidate()', source: assumed }),
});

const network = z.strictObject({
  share: real(1, { text: 'weight of this network among the clients', min: 0, source: assumed }),
  kind: word(['internet', 'nat', 'subnet'], 'internet', {
    text: 'internet: an address of its own per client; nat: all behind one address; subnet: all in one /24',
    source: assumed,
  }),
});

const load = z.strictObject({
  requestsPerSecond: real(400, {
    text: 'offered load of the cluster',
    unit: '1/s',
    min: 0.001,
    max: 1e7,
    source: assumed,
  }),
  clients: z
    .strictObject({
      networks: z
        .array(network)
        .min(1)
        .max(10000)
        .default([{ share: 1, kind: 'internet' }]),
    })
    .prefault({}),
});

const membership = z.strictObject({
  mcastFrequencyMs: real(500, {
    text: 'heartbeat period',
    unit: 'ms',
    min: 1,
    max: 1e6,
    source: tomcat('McastService.frequency'),
  }),
  memberDropTimeMs: real(3000, {
    text: 'silence after which a member is dropped',
    unit: 'ms',
    min: 1,
    max: 1e7,
    source: tomcat('McastService.dropTime'),
  }),
  heartbeatWorkUs: real(600, {
    text: 'what the sender thread adds to each period',
    unit: 'us',
    max: 1e6,
    source: 'measured: median period 500.6 ms, Tomcat 10.1.60',
  }),
  soTimeoutMs: real(0, {
    text: 'receive timeout; 0 = mcastFrequencyMs',
    unit: 'ms',
    max: 1e6,
    source: tomcat('McastServiceImpl.setupSocket'),
  }),
  tcpFailureDetector: z
    .strictObject({
      enabled: flag(true, { text: 'verify a suspect by TCP', source: tomcat('SimpleTcpCluster.checkDefaults') }),
      connectTimeoutMs: real(1000, {
        text: 'TCP verification',
        unit: 'ms',
        min: 1,
        max: 1e6,
        source: tomcat('TcpFailureDetector.connectTimeout'),
      }),
      performReadTest: flag(false, {
        text: 'require an answer from the suspect',
        source: tomcat('TcpFailureDetector.performReadTest'),
      }),
      readTestTimeoutMs: real(5000, {
        text: 'wait for that answer',
        unit: 'ms',
        min: 1,
        max: 1e6,
        source: tomcat('TcpFailureDetector.readTestTimeout'),
      }),
    })
    .prefault({}),
});

const channel = z.strictObject({
  sendOptions: z
    .union(
      [0, 2, 4, 6, 8, 10, 12, 14].map((option) => z.literal(option)) as [z.ZodLiteral<number>, z.ZodLiteral<number>],
    )
    .default(8)
    .meta({
      description:
        'channelSendOptions: 2 USE_ACK, 4 SYNCHRONIZED_ACK (only with 2), 8 ASYNCHRONOUS; 6 waits until applied. Source: Apache Tomcat 10.1, SimpleTcpCluster.channelSendOptions.',
      unit: '',
      source: tomcat('SimpleTcpCluster.channelSendOptions'),
    }),
  receiver: z
    .strictObject({
      maxThreads: whole(15, {
        text: 'messages processed at once',
        min: 1,
        max: 1024,
        source: tomcat('ReceiverBase.maxThreads'),
      }),
    })
    .prefault({}),
  dispatch: z
    .strictObject({
      maxThreads: whole(10, {
        text: 'dispatcher threads',
        min: 1,
        max: 1024,
        source: tomcat('MessageDispatchInterceptor.maxThreads'),
      }),
      maxQueueSizeBytes: whole(67108864, {
        text: 'queued bytes',
        unit: 'bytes',
        min: 0,
        source: tomcat('MessageDispatchInterceptor.maxQueueSize'),
      }),
      alwaysSend: flag(true, {
        text: 'send synchronously when the queue is full (else the message is lost)',
        source: tomcat('MessageDispatchInterceptor.alwaysSend'),
      }),
    })
    .prefault({}),
  sender: z
    .strictObject({
      poolSize: whole(25, {
        text: 'pooled senders',
        min: 1,
        max: 4096,
        source: tomcat('PooledParallelSender.poolSize'),
      }),
      maxWaitMs: real(3000, {
        text: 'wait for a free sender',
        unit: 'ms',
        max: 1e6,
        source: tomcat('PooledParallelSender.maxWait'),
      }),
      ackTimeoutMs: real(5000, {
        text: 'effective wait for an acknowledgement',
        unit: 'ms',
        min: 1,
        max: 1e6,
        source: tomcat('ParallelNioSender select(5000); measured 5.03 s'),
      }),
    })
    .prefault({}),
  heartbeatSleepTimeMs: real(5000, {
    text: 'channel heartbeat: detector re-checks, map pings',
    unit: 'ms',
    min: 1,
    max: 1e6,
    source: tomcat('GroupChannel.heartbeatSleeptime'),
  }),
});

const calibration = z.strictObject({
  messageReceiveUs: real(42, {
    text: 'CPU to receive and apply one replication message',
    unit: 'us',
    max: 1e6,
    source: 'measured near saturation, Tomcat 10.1.60, one 2-core machine',
  }),
  messageReceiveNsPerByte: real(3, {
    text: 'CPU per received byte',
    unit: 'ns',
    max: 1e6,
    source: 'measured: 18 to 40 us more for 9,000 bytes more, Tomcat 10.1.60',
  }),
  messageSendUs: real(5, {
    text: 'CPU to serialise one message, once for all destinations',
    unit: 'us',
    max: 1e6,
    source: 'measured: nothing beyond noise per message sent',
  }),
  messageSendNsPerByte: real(3, { text: 'CPU per serialised byte', unit: 'ns', max: 1e6, source: assumed }),
  dispatchLagUsMean: real(60, {
    text: 'hand-over to a dispatcher thread until the first byte leaves, exponential',
    unit: 'us',
    max: 1e6,
    source: 'measured lag on the wire 0.15 ms median at 100 requests/s',
  }),
  receiveLagUsMean: real(60, {
    text: 'arrival until a receiver thread runs, exponential',
    unit: 'us',
    max: 1e6,
    source: 'measured overtaking of messages 0.3 to 1 ms apart',
  }),
  storeOperationUs: real(10, {
    text: 'CPU of one memcached operation at the store',
    unit: 'us',
    max: 1e6,
    source: assumed,
  }),
});

const balancer = z.strictObject({
  type: word(
    [
      'round-robin',
      'ip-hash',
      'hash',
      'consistent-hash',
      'least-conn',
      'random-two',
      'sticky-route',
      'by-requests',
      'by-traffic',
      'by-busyness',
      'jk-request',
      'jk-busyness',
      'jk-session',
      'jk-traffic',
    ],
    'sticky-route',
    { text: 'method of the load balancer', source: assumed },
  ),
  over: word(
    [
      'round-robin',
      'ip-hash',
      'hash',
      'consistent-hash',
      'least-conn',
      'random-two',
      'by-requests',
      'by-traffic',
      'by-busyness',
      'jk-request',
      'jk-busyness',
      'jk-session',
      'jk-traffic',
    ],
    'round-robin',
    {
      text: 'sticky-route only: who chooses when the route is unknown or dead',
      source: assumed,
    },
  ),
  key: word(['cookie', 'address'], 'cookie', {
    text: 'hash and consistent-hash only: JSESSIONID or client address',
    source: assumed,
  }),
  jvmRoute: flag(true, {
    text: 'nodes have a jvmRoute and JvmRouteBinderValve, session ids carry the route',
    source: 'Apache Tomcat cluster how-to',
  }),
  weights: z
    .array(z.number().int().min(1).max(1000))
    .max(1024)
    .default([])
    .meta({ description: 'weight per node; empty: all 1' }),
  serverNames: z.array(z.string().max(200)).max(1024).default([]).meta({
    description: 'host:port of each node as in the configuration (identity on the hash ring); empty: 10.0.0.N:8080',
  }),
  maxFails: whole(1, { text: 'failures that eject a server', max: 1e6, source: 'nginx 1.22 server max_fails' }),
  failTimeoutS: real(10, { text: 'ejection time', unit: 's', max: 1e6, source: 'nginx 1.22 server fail_timeout' }),
  connectTimeoutS: real(60, {
    text: 'connect to a silent server',
    unit: 's',
    min: 0.001,
    max: 1e6,
    source: 'nginx 1.22 proxy_connect_timeout',
  }),
  readTimeoutS: real(60, {
    text: 'wait for the response',
    unit: 's',
    min: 0.001,
    max: 1e6,
    source: 'nginx 1.22 proxy_read_timeout',
  }),
});

const stores = z.strictObject({
  memcached: z
    .strictObject({
      servers: whole(2, { text: 'memcached servers n1..nK', min: 1, max: 1024, source: assumed }),
      threads: whole(4, { text: 'worker threads of one memcached', min: 1, max: 256, source: 'memcached 1.6 -t' }),
    })
    .prefault({}),
});

const networkSection = z.strictObject({
  latencyUs: real(100, { text: 'one way between two machines', unit: 'us', max: 1e8, source: assumed }),
  bandwidthMbps: real(1000, {
    text: 'of each network card, each direction',
    unit: 'Mbit/s',
    min: 0.001,
    max: 1e6,
    source: assumed,
  }),
  lossRatio: ratio(0, { text: 'independent loss of a packet', source: assumed }),
});

const run = z.strictObject({
  warmUpS: real(10, { text: 'left out of every count', unit: 's', max: 1e6, source: assumed }),
  durationS: real(60, { text: 'measurement window', unit: 's', min: 0.001, max: 1e6, source: assumed }),
  seed: whole(1, { text: 'master seed', max: Number.MAX_SAFE_INTEGER, source: 'users choice' }),
  replications: whole(5, { text: 'independent replications', min: 1, max: 100000, source: assumed }),
  maxEvents: whole(2_000_000_000, { text: 'limit on events of one run', min: 1, max: 1e12, source: assumed }),
  maxPending: whole(20_000_000, { text: 'limit on pending events', min: 1, max: 1e9, source: assumed }),
});

/** Per-node overrides where `nodes` is a list. */
const nodeOverride = node
  .partial()
  .extend({ name: safeName.optional(), weight: z.number().int().min(1).max(1000).optional() });

/**
 * The one schema of a scenario: types, checks, the JSON Schema for editors and the documentation table come from it.
 * Keys it does not know, numbers that are not finite and values out of range are errors that name the path.
 */
export const scenarioSchema = z.strictObject({
  name: safeName.default('shop').meta({ description: 'names the run in files and reports' }),
  tomcatVersion: word(['7.0', '8.5', '9.0', '10.1', '11.0'], '10.1', {
    text: 'whose replication rules hold',
    source: 'measured on 9.0.70 and 10.1.60',
  }),
  nodes: z
    .union([z.number().int().min(1).max(1024), z.array(nodeOverride).min(1).max(1024)])
    .default(4)
    .meta({ description: 'number of Tomcats, or a list of overrides, one per node' }),
  node: node.prefault({}),
  service: service.prefault({}),
  session: session.prefault({}),
  load: load.prefault({}),
  replication: replicationSchema.prefault({ strategy: 'delta' }),
  membership: membership.prefault({}),
  channel: channel.prefault({}),
  balancer: balancer.prefault({}),
  stores: stores.prefault({}),
  network: networkSection.prefault({}),
  calibration: calibration.prefault({}),
  faults: z
    .array(faultSchema)
    .max(10000)
    .default([])
    .meta({ description: 'what goes wrong, and when (seconds from the start of the warm-up)' }),
  run: run.prefault({}),
});

/** A scenario as a user writes it. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
/** A scenario with every default filled in. */
export type Scenario = z.output<typeof scenarioSchema>;
/** The options of one replication strategy. */
export type Replication = Scenario['replication'];
/** Name of a replication strategy. */
export type StrategyName = Replication['strategy'];
