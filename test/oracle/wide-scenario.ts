import fc from 'fast-check';
import { randomScenario } from './random-scenario.ts';

type Section = Record<string, unknown>;
type Input = Record<string, unknown>;

function pick<T>(...values: T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

const balancer = fc.record({
  type: pick(
    ...['random-two', 'by-requests', 'by-traffic', 'by-busyness', 'jk-request', 'jk-busyness', 'jk-session'],
    ...['jk-traffic', 'sticky-route', 'least-conn', 'consistent-hash', 'round-robin'],
  ),
  over: pick('round-robin', 'by-busyness', 'jk-session', 'least-conn'),
  key: pick('cookie', 'address'),
  workerProcesses: pick(1, 3),
  zone: fc.boolean(),
  keepalive: pick(0, 2, 16),
  maxConns: pick(0, 3),
  nonIdempotent: fc.boolean(),
  nextUpstreamTries: pick(0, 1, 2),
  nextUpstreamTimeoutS: pick(0, 0.2),
  gzip: fc.record({ enabled: fc.boolean(), megabytesPerS: pick(0.5, 30) }),
  httpd: fc.record({ retryS: pick(0, 1, 60), noFailover: fc.boolean(), failOnTimeout: fc.boolean() }),
  jk: fc.record({
    recoverTimeS: pick(0.5, 60),
    maintainS: pick(1, 60),
    replyTimeoutMs: pick(0, 50, 1000),
    prepostTimeoutMs: pick(0, 100),
    socketConnectTimeoutMs: pick(0, 100),
    retries: pick(1, 2),
    stickySessionForce: fc.boolean(),
  }),
});

const stores = fc.record({
  memcached: fc.record({ servers: fc.constant(3), memoryMB: fc.constant(1), itemSizeMaxBytes: pick(1024, 1048576) }),
  redis: fc.record({
    shards: pick(1, 3),
    replicas: pick(0, 2),
    failover: pick('none', 'sentinel', 'cluster'),
    downAfterMs: pick(100, 1000),
    nodeTimeoutMs: pick(100, 1000),
    replicationLagMs: pick(0, 50),
    minReplicasToWrite: pick(0, 0, 1),
    minReplicasMaxLagS: pick(0.1, 10),
    persistence: pick('off', 'everysec'),
  }),
  terracotta: fc.record({
    stripes: pick(1, 2),
    mirrors: pick(0, 1),
    electionS: pick(0.1, 1),
    clientReconnectWindowS: pick(0.2, 2),
    l1ReconnectS: pick(0.1, 5),
    nonstopTimeoutS: pick(0, 0.5),
    restartable: fc.boolean(),
  }),
});

/** Options that the rough scenarios leave as they are, by strategy. */
const OPTIONS: Readonly<Record<string, fc.Arbitrary<Section>>> = {
  none: fc.constant({}),
  'all-to-all': fc.record({ useDirtyFlag: fc.boolean(), expireSessionsOnShutdown: fc.boolean() }),
  delta: fc.record({
    sendAllSessions: fc.boolean(),
    sendAllSessionsSize: pick(1, 5, 1000),
    sendAllSessionsWaitTimeMs: pick(0, 30, 2000),
    stateTransferTimeoutS: pick(0, 0.05, 60),
    stateTimestampDrop: fc.boolean(),
    expireSessionsOnShutdown: fc.boolean(),
  }),
  backup: fc.record({ mapSendOptions: pick(0, 2, 4, 6, 8, 10, 12, 14), rpcTimeoutMs: pick(1, 50, 15_000) }),
  'memcached-sticky': fc.record({
    sessionBackupAsync: fc.boolean(),
    sessionBackupTimeoutMs: pick(1, 100),
    backupThreadCount: pick(0, 1),
    operationTimeoutMs: pick(5, 1000),
    requestUriIgnorePatternRatio: pick(0, 0.3),
    failoverNodes: pick<string[]>([], ['n1'], ['n2', 'n3']),
    backgroundProcessorDelayS: pick(0, 0.5),
  }),
  'memcached-nonsticky': fc.record({
    sessionBackupAsync: fc.boolean(),
    operationTimeoutMs: pick(5, 1000),
    lockingMode: pick('none', 'all', 'auto', 'uriPattern'),
    lockingUriPatternRatio: pick(0, 0.5, 1),
    lockExpireS: pick(1, 5),
  }),
  redisson: fc.record({
    readMode: pick('REDIS', 'MEMORY'),
    updateMode: pick('DEFAULT', 'AFTER_REQUEST'),
    broadcastSessionUpdates: fc.boolean(),
    timeoutMs: pick(10, 3000),
    retryAttempts: pick(0, 3),
    retryIntervalMs: pick(0, 100),
  }),
  'redis-manager': fc.record({ timeoutMs: pick(10, 2000) }),
  'spring-session': fc.record({
    saveMode: pick('ON_SET_ATTRIBUTE', 'ON_GET_ATTRIBUTE', 'ALWAYS'),
    earlyCommitRatio: pick(0, 0.3),
    timeoutMs: pick(10, 60_000),
  }),
  terracotta: fc.record({
    synchronousWrite: fc.boolean(),
    sessionLocking: fc.boolean(),
    valueMode: pick('serialization', 'identity'),
  }),
};

const replication = fc
  .constantFrom(...Object.keys(OPTIONS))
  .chain((strategy) => OPTIONS[strategy].map((options): Section => ({ strategy, ...options })));

const session = fc.record({
  deltaBytes: pick(0, 200, 5000),
  touchOnlyRatio: pick(0, 0, 0.2),
  ignoreRatio: pick(0, 0, 0.2),
  attributes: pick<Section[]>(
    [],
    [],
    [
      { name: 'cart', type: 'String', bytes: 300 },
      { name: 'n', type: 'Long' },
    ],
  ),
});

const load = fc.record({
  clients: fc.record({
    writeMethod: pick('POST', 'GET'),
    networks: fc.constant([
      { share: 2, kind: 'internet' },
      { share: 1, kind: 'nat', count: 2 },
      { share: 1, kind: 'mobile' },
    ]),
  }),
  profile: pick<Section[]>(
    [],
    [
      { atS: 0, factor: 0.5 },
      { atS: 2, factor: 2 },
    ],
    [
      { atS: 0, factor: 0 },
      { atS: 1, factor: 1 },
    ],
  ),
});

const membership = fc.record({
  heartbeatWorkUs: pick(0, 600),
  soTimeoutMs: pick(0, 40, 5000),
  seesAsynchronousSends: fc.boolean(),
});

const channel = fc.record({ timeoutMs: pick(1, 50, 3000), heartbeatSleepTimeMs: pick(50, 700, 5000) });

const calibration = fc.record({
  managerUs: pick(0, 0, 50),
  messageSendUs: pick(0, 5, 300),
  stateSessionUs: pick(0, 25, 2000),
  stateColdMs: pick(0, 22),
  stateInterpretedUs: pick(0, 500),
  stateKeyUs: pick(0, 5),
  laterCopyShare: pick<[number, number][]>(
    [],
    [],
    [
      [0, 0],
      [0.5, 0.2],
      [1, 1],
    ],
  ),
  lagPerIdleDecade: pick(0, 0, 0.3),
  storeOperationUs: pick(0, 10, 2000),
  redisCommandUs: pick(0, 20, 1000),
});

const misconfiguration = fc.record({
  loopbackReceivers: pick<unknown>([], [], [], [], [], [], 'all', ['node-1']),
  sameRoute: pick<string[]>([], [], [], ['node-1', 'node-2']),
  tcpPort: pick('open', 'open', 'open', 'open', 'open', 'open', 'refused', 'dropped'),
  multicast: pick('open', 'open', 'open', 'open', 'open', 'open', 'closed'),
  sharedGroupMembers: pick(0, 0, 0, 0, 3),
  sharedGroupIsOlder: fc.boolean(),
});

/** Nodes that are not like the others. */
const overrides = fc.array(
  fc.record(
    {
      cores: pick(1, 2, 5),
      maxThreads: pick(1, 2),
      acceptCount: pick(0, 1),
      maxConnections: pick(1, 2),
      startUpS: pick(0, 0.3),
      cpuQuota: fc.constant({ quotaMs: 5, periodMs: 20 }),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 12 },
);

const momentS = pick(0, 0.5, 1, 1.001, 2, 2.5, 4);
const spanS = pick(0.001, 0.5, 1, 3);

/** Faults that meet: at the same nanosecond, one during another of its kind, the one ending as the other begins. */
function meeting(nodes: number): fc.Arbitrary<Section[]> {
  const all = Array.from({ length: nodes }, (_, node) => `node-${node + 1}`);
  const one = fc.constantFrom(...all);
  const kinds = [
    fc.record({ atS: momentS, freeze: one, forS: spanS }),
    fc.record({ atS: momentS, packetLoss: pick(0, 0.1, 1), forS: spanS }),
    fc.record({ atS: momentS, stop: one }),
    fc.record({ atS: momentS, crash: one }),
    fc.record({ atS: momentS, restart: one }),
    fc.record({ atS: momentS, crashTogether: fc.tuple(one, fc.constant('n1')) }),
    fc.record({ atS: momentS, freezeStore: fc.constant('n1'), forS: spanS }),
    fc.record({ atS: momentS, slowStore: fc.constant('n1'), factor: pick(1, 50), forS: spanS }),
    fc.record({ atS: momentS, partitionStore: fc.constant(['n1', 'node-1']), forS: spanS }),
    fc.record({ atS: momentS, restartStore: fc.constant('n1') }),
  ];
  if (nodes > 1) {
    const sides = fc.integer({ min: 1, max: nodes - 1 }).map((place) => [all.slice(0, place), all.slice(place)]);
    kinds.push(fc.record({ atS: momentS, partition: sides, forS: spanS }) as never);
  }
  return fc.array(fc.oneof(...(kinds as fc.Arbitrary<Section>[])), { maxLength: 6 });
}

/** What a message costs hangs on nothing: there most is known without looking, and most is left out. */
const PLAIN = {
  node: { cpuQuota: { quotaMs: 0 }, jvm: { collector: 'none', compilerMs: [], discardedEvery: 0 } },
  receiver: { maxThreads: 15 },
  calibration: { messageReceiveWakeUs: 0 },
};

/** What the rough scenarios leave as it is: every balancer, store and kind of client, and the seldom keys. */
function more(nodes: number) {
  return fc.record({
    balancer,
    stores,
    replication,
    session,
    load,
    membership,
    channel,
    calibration,
    misconfiguration,
    overrides: fc.option(overrides, { nil: undefined, freq: 2 }),
    faults: fc.option(meeting(nodes), { nil: undefined, freq: 3 }),
    service: fc.record({
      distribution: pick('exponential', 'constant', 'lognormal', 'hyperexponential'),
      cv: pick(1, 3),
    }),
    lossLegs: pick<string[]>(['nodes', 'stores', 'balancer'], ['nodes'], ['stores', 'balancer'], []),
    isOwn: pick(true, true, false),
    acknowledged: pick(0, 0, 2, 6, 6, 10, 14),
    timelineS: pick(0, 0.25),
  });
}

/** Rough scenarios of the planes, and all that a run can have besides. */
export const wideScenario: fc.Arbitrary<Input> = randomScenario.chain((input) => {
  const scenario = input as Record<string, Section>;
  const nodes = input.nodes as number;
  return more(nodes).map((drawn): Input => {
    const { seesAsynchronousSends, ...membershipFields } = drawn.membership;
    const { timeoutMs, heartbeatSleepTimeMs } = drawn.channel;
    const isPlain = drawn.acknowledged > 0;
    return {
      ...input,
      node: isPlain ? { ...scenario.node, ...PLAIN.node } : scenario.node,
      nodes:
        drawn.overrides && !isPlain ? Array.from({ length: nodes }, (_, node) => drawn.overrides?.[node] ?? {}) : nodes,
      service: { ...scenario.service, ...drawn.service },
      session: { ...scenario.session, ...drawn.session },
      load: { ...scenario.load, ...drawn.load },
      replication: drawn.isOwn ? drawn.replication : scenario.replication,
      membership: {
        ...scenario.membership,
        ...membershipFields,
        tcpFailureDetector: { ...(scenario.membership.tcpFailureDetector as Section), seesAsynchronousSends },
      },
      channel: {
        ...scenario.channel,
        ...(isPlain && { sendOptions: drawn.acknowledged, receiver: PLAIN.receiver }),
        sender: { ...(scenario.channel.sender as Section), timeoutMs },
        heartbeatSleepTimeMs,
      },
      balancer: { ...scenario.balancer, ...drawn.balancer },
      stores: drawn.stores,
      network: { ...scenario.network, lossLegs: drawn.lossLegs },
      calibration: { ...scenario.calibration, ...drawn.calibration, ...(isPlain && PLAIN.calibration) },
      misconfiguration: { ...scenario.misconfiguration, ...drawn.misconfiguration },
      faults: drawn.faults ?? scenario.faults,
      run: { ...scenario.run, timelineS: drawn.timelineS },
    };
  });
});
