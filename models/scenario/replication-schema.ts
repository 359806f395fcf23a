import { z } from 'zod';
import { sendOptions } from './channel-schema.ts';
import { flag, real, whole } from './fields.ts';
import { storeStrategies } from './store-strategies.ts';

const delta = (name: string): string => `Apache Tomcat 10.1, DeltaManager.${name}`;

/** Options of each strategy, under the names of the product. A new strategy adds one member here. */
export const replicationSchema = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('none') }),
  z.strictObject({
    strategy: z.literal('all-to-all'),
    useDirtyFlag: flag(true, {
      text: 'send only when the request changed the session; off: after every request',
      source: 'Apache Tomcat 5.0, SimpleTcpReplicationManager.useDirtyFlag',
    }),
    expireSessionsOnShutdown: flag(false, {
      text: 'a graceful stop of one node expires every session that it knows, which is all of them, everywhere',
      source: 'Apache Tomcat 5.0, cluster how-to',
    }),
  }),
  z.strictObject({
    strategy: z.literal('delta'),
    expireSessionsOnShutdown: flag(false, {
      text: 'a graceful stop of one node expires every session that it knows, which is all of them, everywhere',
      source: delta('expireSessionsOnShutdown'),
    }),
    stateTransferTimeoutS: real(60, {
      text: 'wait of a joining node for the state',
      unit: 's',
      max: 1e5,
      source: delta('stateTransferTimeout'),
    }),
    sendAllSessions: flag(true, { text: 'state in one message; off: in batches', source: delta('sendAllSessions') }),
    sendAllSessionsSize: whole(1000, { text: 'sessions per batch', min: 1, source: delta('sendAllSessionsSize') }),
    sendAllSessionsWaitTimeMs: real(2000, {
      text: 'pause between batches',
      unit: 'ms',
      max: 1e6,
      source: delta('sendAllSessionsWaitTime'),
    }),
    stateTimestampDrop: flag(true, {
      text: "a joining node drops queued messages older than its donor's snapshot, by two clocks",
      source: delta('stateTimestampDrop'),
    }),
  }),
  z.strictObject({
    strategy: z.literal('backup'),
    mapSendOptions: sendOptions.default(6).meta({
      description:
        'send options of the replicated map: 2 USE_ACK, 4 SYNCHRONIZED_ACK (only with 2), 8 ASYNCHRONOUS. Source: Apache Tomcat 10.1, BackupManager.mapSendOptions.',
      unit: '',
      source: 'Apache Tomcat 10.1, BackupManager.mapSendOptions',
    }),
    rpcTimeoutMs: real(15000, {
      text: 'wait for a value from the backup',
      unit: 'ms',
      min: 1,
      max: 1e6,
      source: 'Apache Tomcat 10.1, BackupManager.rpcTimeout',
    }),
  }),
  ...storeStrategies,
]);
