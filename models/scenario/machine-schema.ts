import { z } from 'zod';
import { ratio, real } from './fields.ts';

const assumed = 'assumed';

const ratio0 = z.number().min(0).max(1);

/** Quantiles of a lag as pairs [share, us], ascending. */
function lagTable(text: string) {
  return z
    .array(z.tuple([ratio0, z.number().min(0).max(1e6)]))
    .max(1000)
    .default([])
    .meta({ description: `quantiles [share, us] of the ${text}`, unit: 'us' });
}

/** Costs and delays that depend on the machine. */
export const calibrationFields = z.strictObject({
  requestUs: real(0, {
    text: 'CPU of the container per request, besides the application (service.cpuMsMean)',
    unit: 'us',
    max: 1e6,
    source: 'assumed to be part of service.cpuMsMean',
  }),
  requestWakeUs: real(0, {
    text: 'CPU more for the poller and for the worker of a request, each if it finds a free processor: it has to be woken',
    unit: 'us',
    max: 1e6,
    source: 'left out unless measured',
  }),
  managerUs: real(0, {
    text: 'CPU more for a request whose session manager keeps account of changes (DeltaManager, BackupManager, all-to-all), members or not',
    unit: 'us',
    max: 1e6,
    source: 'left out unless measured',
  }),
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
  messageReceiveWakeUs: real(0, {
    text: 'CPU more for a message that finds a free processor, and for every one that is acknowledged',
    unit: 'us',
    max: 1e6,
    source: 'left out unless measured',
  }),
  messageSendUs: real(5, {
    text: 'CPU to serialise one message, once for all destinations',
    unit: 'us',
    max: 1e6,
    source: 'measured: nothing beyond noise per message sent',
  }),
  messageSendNsPerByte: real(3, { text: 'CPU per serialised byte', unit: 'ns', max: 1e6, source: assumed }),
  dispatchUs: real(0, {
    text: 'CPU to hand a message to a dispatcher thread (sendOptions 8, 10, 14), once for all destinations',
    unit: 'us',
    max: 1e6,
    source: 'assumed to be part of messageSendUs',
  }),
  dispatchWakeUs: real(0, {
    text: 'CPU more for that if a processor is free: the dispatcher thread sleeps',
    unit: 'us',
    max: 1e6,
    source: 'left out unless measured',
  }),
  ackReceiveUs: real(0, {
    text: 'CPU of the sender once all acknowledgements are there; until it has run, thread and sender are held',
    unit: 'us',
    max: 1e6,
    source: 'assumed to be part of messageSendUs',
  }),
  stateSessionUs: real(25, {
    text: 'CPU to serialise one session for a joining node, and as much to apply it there',
    unit: 'us',
    max: 1e6,
    source:
      'measured: 14 to 49 us at the donor, 14 to 56 at the joining node, 1,000 to 8,000 sessions of 1 kB, Tomcat 10.1.60',
  }),
  stateColdMs: real(22, {
    text: 'CPU more of a joining node for the first state that it reads: classes are loaded',
    unit: 'ms',
    max: 1e6,
    source: 'measured: 22 to 50 ms for 10 sessions, Tomcat 10.1.60, OpenJDK 17',
  }),
  stateInterpretedUs: real(500, {
    text: 'CPU more per session for the first 100 that a joining node reads: no code is compiled yet',
    unit: 'us',
    max: 1e6,
    source: 'measured: 30 to 140 ms for 100 sessions, 70 to 138 for 1,000, Tomcat 10.1.60, OpenJDK 17',
  }),
  stateKeyUs: real(5, {
    text: 'CPU of a member per key of the replicated map that it tells a joining node',
    unit: 'us',
    max: 1e6,
    source: 'measured: 60 to 89 ms for 10,000 keys, 16 to 32 ms for 1,000, Tomcat 10.1.60',
  }),
  messageWriteUs: real(0, {
    text: 'writing one copy into its connection, one destination after the other; what a kill leaves unwritten is lost',
    unit: 'us',
    max: 1e6,
    source: assumed,
  }),
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
  dispatchLagUs: lagTable('hand-over to a dispatcher thread; given, it takes the place of dispatchLagUsMean'),
  receiveLagUs: lagTable('arrival until a receiver thread runs; given, it takes the place of receiveLagUsMean'),
  laterCopyShare: z
    .array(z.tuple([ratio0, ratio0]))
    .max(1000)
    .default([])
    .meta({
      description:
        'quantiles [share, part] of the part of its lag that a copy after the first takes until it has passed the wire; empty: none',
    }),
  lagPerIdleDecade: real(0, {
    min: 0,
    max: 0.4,
    text: 'part by which the receiver lag is longer after ten times the time since the message before; it is as given 10 ms after that',
    unit: '',
    source: 'left out unless measured',
  }),
  storeOperationUs: real(10, {
    text: 'CPU of one memcached operation at the store',
    unit: 'us',
    max: 1e6,
    source: assumed,
  }),
  redisCommandUs: real(20, {
    text: 'CPU of one command at a Redis',
    unit: 'us',
    max: 1e6,
    source: 'assumed, 10 to 100 us are usual',
  }),
  terracottaOperationUs: real(50, {
    text: 'CPU of one message at a Terracotta server',
    unit: 'us',
    max: 1e6,
    source: assumed,
  }),
  storeNsPerByte: real(0.5, { text: 'CPU of a store per byte in and out', unit: 'ns', max: 1e6, source: assumed }),
  storeClientUs: real(10, {
    text: 'CPU of a Tomcat per operation at a store',
    unit: 'us',
    max: 1e6,
    source: assumed,
  }),
});

/** Legs of the network that may lose packets. */
export const networkLegs = ['nodes', 'stores', 'balancer'] as const;

/** The network between the machines. */
export const networkFields = z.strictObject({
  latencyUs: real(100, { text: 'one way between two machines', unit: 'us', max: 1e8, source: assumed }),
  bandwidthMbps: real(1000, {
    text: 'of each network card, each direction',
    unit: 'Mbit/s',
    min: 0.001,
    max: 1e6,
    source: assumed,
  }),
  lossRatio: ratio(0, {
    text: 'independent loss of a packet on the legs of lossLegs',
    source: assumed,
  }),
  lossLegs: z
    .array(z.enum(networkLegs))
    .max(networkLegs.length)
    .default([...networkLegs])
    .meta({
      description:
        'legs of the network that lose packets (lossRatio, packetLoss): from Tomcat to Tomcat, from a Tomcat to its store, from the balancer to a Tomcat',
      source: assumed,
    }),
});
