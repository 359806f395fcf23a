import fc from 'fast-check';

type Input = Record<string, unknown>;

const END_S = 6;

function pick<T>(...values: T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

/** Moments of faults fall on whole milliseconds, so that some of them coincide. */
const momentS = fc.integer({ min: 0, max: END_S * 1000 }).map((ms) => ms / 1000);
const spanS = pick(0.001, 0.05, 0.3, 1, 2.5);

function faultOf(nodes: number): fc.Arbitrary<Input[]> {
  const name = fc.integer({ min: 1, max: nodes }).map((node) => `node-${node}`);
  const death = fc
    .record({ atS: momentS, how: pick('crash', 'powerOff', 'stop'), node: name, afterS: pick(0, 0.1, 0.1, 0.5, 1, 3) })
    .map(({ atS, how, node, afterS }): Input[] => {
      const end = { atS, [how]: node };
      return afterS === 0 ? [end] : [end, { atS: atS + afterS, restart: node }];
    });
  const restart = fc.record({ atS: momentS, restart: name }).map((fault): Input[] => [fault]);
  const freeze = fc.record({ atS: momentS, freeze: name, forS: spanS }).map((fault): Input[] => [fault]);
  const loss = fc
    .record({ atS: momentS, packetLoss: pick(0.01, 0.1, 0.4), forS: spanS })
    .map((fault): Input[] => [fault]);
  const partition = fc
    .record({
      atS: momentS,
      forS: spanS,
      shuffled: fc.shuffledSubarray(names(nodes), { minLength: Math.min(2, nodes) }),
    })
    .map(({ atS, forS, shuffled }): Input[] => {
      const half = Math.ceil(shuffled.length / 2);
      return [{ atS, partition: [shuffled.slice(0, half), shuffled.slice(half)], forS }];
    });
  return nodes === 1 ? fc.oneof(death, restart, freeze, loss) : fc.oneof(death, restart, freeze, loss, partition);
}

function names(nodes: number): string[] {
  return Array.from({ length: nodes }, (_, node) => `node-${node + 1}`);
}

const replication = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      strategy: fc.constant('delta'),
      sendAllSessions: fc.boolean(),
      expireSessionsOnShutdown: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      strategy: fc.constant('all-to-all'),
      useDirtyFlag: fc.boolean(),
      expireSessionsOnShutdown: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ strategy: fc.constant('backup'), mapSendOptions: pick(6, 8, 2, 4, 10, 14) }) },
  { weight: 1, arbitrary: fc.record({ strategy: fc.constant('memcached-sticky'), sessionBackupAsync: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ strategy: fc.constant('memcached-nonsticky'), lockingMode: pick('none', 'all', 'auto') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      strategy: fc.constant('redisson'),
      readMode: pick('REDIS', 'MEMORY'),
      updateMode: pick('DEFAULT', 'AFTER_REQUEST'),
      broadcastSessionEvents: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      strategy: fc.constant('redis-manager'),
      sessionPersistPolicies: pick('DEFAULT', 'SAVE_ON_CHANGE', 'ALWAYS_SAVE_AFTER_REQUEST'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ strategy: fc.constant('spring-session'), flushMode: pick('ON_SAVE', 'IMMEDIATE') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      strategy: fc.constant('terracotta'),
      synchronousWrite: fc.boolean(),
      sessionLocking: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ strategy: fc.constant('none') }) },
);

/** Of the first store server, which every scenario has; for strategies without a store it is nobody's. */
const storeFault = fc
  .record({ atS: momentS, what: pick('crash', 'powerOff', 'freeze', 'slow', 'cut'), forS: spanS })
  .map(({ atS, what, forS }): Input[] => {
    if (what === 'freeze') return [{ atS, freezeStore: 'n1', forS }];
    if (what === 'slow') return [{ atS, slowStore: 'n1', factor: 20, forS }];
    if (what === 'cut') return [{ atS, partitionStore: ['n1', 'node-1'], forS }];
    const end = { atS, [what === 'crash' ? 'crashStore' : 'powerOffStore']: 'n1' };
    return [end, { atS: atS + forS, restartStore: 'n1' }];
  });

const channel = fc.record({
  sendOptions: pick(8, 8, 8, 0, 2, 4, 6, 10, 12, 14),
  receiver: fc.record({ maxThreads: pick(1, 1, 2, 3, 6, 15), rxBufSizeBytes: pick(1, 1000, 65536) }),
  dispatch: fc.record({
    maxThreads: pick(1, 2, 10),
    maxQueueSizeBytes: pick(0, 1000, 20_000, 67_108_864),
    alwaysSend: fc.boolean(),
  }),
  sender: fc.record({
    poolSize: pick(1, 2, 3, 25),
    maxWaitMs: pick(5, 100, 3000),
    ackTimeoutMs: pick(20, 500, 5000),
    txBufSizeBytes: pick(1, 1000, 65536),
  }),
});

/** None, or a law with two humps: some copies are overtaken by all others. */
const LAG_TABLES = [
  [],
  [],
  [
    [0, 50],
    [0.8, 200],
    [0.81, 9000],
    [1, 12_000],
  ],
];

/** None, a container's limit, and the limit of the measured cluster. */
const cpuQuota = pick(
  { quotaMs: 0 },
  { quotaMs: 0 },
  { quotaMs: 0 },
  { quotaMs: 20, periodMs: 100 },
  { quotaMs: 2, periodMs: 6.667 },
  { quotaMs: 12, periodMs: 10 },
);

/** None, or one that collects all the time. */
const jvm = fc.record({
  collector: pick('none', 'none', 'none', 'serial', 'serial', 'parallel', 'g1'),
  edenMB: pick(0.02, 0.2, 1),
  requestKB: pick(0, 3, 20),
  sendKB: pick(0, 5),
  receiveKB: pick(0, 4, 20),
  youngMs: pick(0, 1.5, 40),
  youngMsQuantiles: pick<[number, number][]>(
    [],
    [
      [0, 0.5],
      [0.9, 2],
      [1, 300],
    ],
  ),
  promotedKB: pick(0, 0, 1, 10),
  oldMB: pick(0.01, 0.1),
  fullMs: pick(5, 900),
  compilerMs: pick<[number, number][]>(
    [],
    [],
    [
      [1, 0],
      [100, 500],
      [1000, 600],
    ],
  ),
  compilerTaskMs: pick(0.3, 7),
  servedBefore: pick(0, 0, 500),
});

/** Whose compilers work in long goes throws code away as well; nothing more is drawn for it, so that all else stays what it is. */
const discardingJvm = jvm.map((drawn) => ({
  ...drawn,
  discardedEvery: drawn.compilerMs.length > 0 && drawn.compilerTaskMs === 7 ? 50 : 0,
  discardedHot: drawn.youngMs === 40 ? 3 : 20,
  discardedFactor: 3,
  discardedCompilerMs: drawn.fullMs,
}));

const calibration = fc.record({
  requestUs: pick(0, 0, 20),
  requestWakeUs: pick(0, 0, 150),
  messageReceiveWakeUs: pick(0, 0, 0, 100, 2000),
  dispatchUs: pick(0, 70),
  dispatchWakeUs: pick(0, 60),
  ackReceiveUs: pick(0, 0, 30, 1000),
  messageReceiveUs: pick(0, 42, 400, 3000),
  messageReceiveNsPerByte: pick(0, 3),
  messageWriteUs: pick(0, 0, 500),
  dispatchLagUsMean: pick(0, 60, 2000, 20_000),
  receiveLagUsMean: pick(0, 60, 2000, 20_000),
  receiveLagUs: pick(...LAG_TABLES),
});

const balancer = fc.record({
  type: pick('sticky-route', 'round-robin', 'ip-hash', 'hash', 'consistent-hash', 'least-conn'),
  jvmRoute: fc.boolean(),
  maxFails: pick(0, 1, 3),
  failTimeoutS: pick(0.1, 10),
  connectTimeoutS: pick(0.1, 1, 60),
  readTimeoutS: pick(0.05, 1, 60),
});

function around(nodes: number): fc.Arbitrary<Input> {
  return fc
    .record({
      nodes: fc.constant(nodes),
      node: fc.record({
        cores: pick(1, 1, 2, 3, 4),
        maxThreads: pick(1, 3, 200),
        startUpS: pick(0, 0.2, 1),
        cpuQuota,
      }),
      service: fc.record({ cpuMsMean: pick(0.1, 1, 5), backendMsMean: pick(0, 0, 10) }),
      session: fc.record({
        requestsMean: pick(2, 5, 20),
        thinkTimeSMean: pick(0.001, 0.01, 0.05, 0.5, 2),
        concurrentRatio: pick(0, 0, 0, 0.3),
        thinkTimeDistribution: pick('exponential', 'constant'),
        bytes: pick(100, 2000, 20_000),
        writeRatio: pick(0.3, 0.8, 1),
        mutateWithoutSetRatio: pick(0, 0, 0.2),
        idleTimeoutS: pick(1, 2, 30),
        logoutRatio: pick(0, 0.5, 1),
      }),
      load: fc.record({ requestsPerSecond: pick(10, 40, 120) }),
      replication,
      membership: fc.record({
        mcastFrequencyMs: pick(20, 100, 500),
        memberDropTimeMs: pick(501, 1500, 3000),
        tcpFailureDetector: fc.record({
          enabled: fc.boolean(),
          connectTimeoutMs: pick(50, 1000),
          performReadTest: fc.boolean(),
          readTestTimeoutMs: pick(100, 1000),
        }),
      }),
      channel,
      balancer,
      network: fc.record({
        latencyUs: pick(0, 100, 3000),
        bandwidthMbps: pick(1, 10, 1000),
        lossRatio: pick(0, 0, 0, 0.02),
      }),
      calibration,
      misconfiguration: fc.record({
        clockOffsetsS: fc.array(pick(-0.5, 0, 0.5), { maxLength: 2 }),
        unserialisableRatio: pick(0, 0, 0, 0.2),
        noReplicationValve: pick<string[]>([], [], [], ['node-1']),
        noBinderValve: pick(false, false, false, true),
        noSessionListener: pick<string[]>([], [], [], ['node-2']),
        otherPlacement: pick<string[]>([], [], [], ['node-1', 'node-3']),
      }),
      faults: fc
        .tuple(fc.array(faultOf(nodes), { maxLength: 5 }), fc.array(storeFault, { maxLength: 1 }))
        .map((faults) => faults.flat(2)),
      run: fc.record({ warmUpS: pick(0, 1), durationS: pick(1, 3, 5), seed: fc.nat(1e6) }),
      jvm: discardingJvm,
    })
    .map(({ jvm: ofNodes, ...given }) => ({ ...given, node: { ...given.node, jvm: ofNodes } }))
    .filter(({ session }) => session.writeRatio + session.mutateWithoutSetRatio <= 1);
}

/** Small, fast and rough scenarios: messages race, overtake, get lost; nodes die, stand still and come back. */
export const randomScenario: fc.Arbitrary<Input> = fc.integer({ min: 1, max: 12 }).chain(around);
