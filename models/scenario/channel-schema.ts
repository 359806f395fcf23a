import { z } from 'zod';
import { flag, real, whole } from './fields.ts';

const tomcat = (where: string): string => `Apache Tomcat 10.1, ${where}`;

/** Multicast heartbeats and the detector of failures. */
export const membershipFields = z.strictObject({
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
      seesAsynchronousSends: flag(false, {
        text: 'stands below the dispatcher, so that an asynchronous send that fails makes it verify: the built-in stack; off: above it, as in the how-to',
        source: tomcat('SimpleTcpCluster.checkDefaults; cluster how-to'),
      }),
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

/** What the bits of 2 USE_ACK, 4 SYNCHRONIZED_ACK and 8 ASYNCHRONOUS can make; the others are not modelled. */
export const sendOptions = z.union(
  [0, 2, 4, 6, 8, 10, 12, 14].map((option) => z.literal(option)) as [z.ZodLiteral<number>, z.ZodLiteral<number>],
);

/** The group channel of Tribes. */
export const channelFields = z.strictObject({
  sendOptions: sendOptions.default(8).meta({
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
      rxBufSizeBytes: whole(65536, {
        text: 'receive buffer of a connection, of which Linux makes twice as much',
        unit: 'bytes',
        min: 1,
        source: tomcat('ReceiverBase.rxBufSize'),
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
      txBufSizeBytes: whole(65536, {
        text: 'send buffer of a connection, of which Linux makes twice as much',
        unit: 'bytes',
        min: 1,
        source: tomcat('AbstractSender.txBufSize'),
      }),
      timeoutMs: real(3000, {
        text: 'how long a sender writes a message; what takes longer is cut off (state transfer)',
        unit: 'ms',
        min: 1,
        max: 1e6,
        source: tomcat('AbstractSender.timeout'),
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
