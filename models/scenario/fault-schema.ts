import { z } from 'zod';

const at = z.number().min(0).max(4e6).meta({ description: 'moment, from the start of the warm-up [s]' });
const forS = z.number().positive().max(4e6).meta({ description: 'how long it lasts [s]' });
const nodeName = z.string().regex(/^node-[1-9]\d{0,3}$/, { error: 'node-1, node-2, ...' });
const storeName = z.string().regex(/^n[1-9]\d{0,3}$/, { error: 'n1, n2, ...' });

/** What can go wrong, one key per kind. */
export const faultSchema = z.union([
  z
    .strictObject({ atS: at, crash: nodeName })
    .meta({ description: 'the process is killed, its host answers with RST' }),
  z.strictObject({ atS: at, powerOff: nodeName }).meta({ description: 'the host vanishes, nobody answers' }),
  z.strictObject({ atS: at, restart: nodeName }).meta({ description: 'a stopped node starts again' }),
  z.strictObject({ atS: at, stop: nodeName }).meta({ description: 'graceful stop with the shutdown datagram' }),
  z
    .strictObject({ atS: at, freeze: nodeName, forS })
    .meta({ description: 'the JVM stands still (garbage collection, SIGSTOP)' }),
  z.strictObject({ atS: at, partition: z.array(z.array(nodeName).min(1)).min(2).max(2), forS }).meta({
    description:
      'two groups of nodes cannot reach each other, the balancer reaches both; a first group of one node has lost its link',
  }),
  z
    .strictObject({ atS: at, packetLoss: z.number().min(0).max(1), forS })
    .meta({ description: 'share of packets lost on the legs of network.lossLegs' }),
  z
    .strictObject({ atS: at, crashStore: storeName })
    .meta({ description: 'the process of a store server is killed, its host refuses connections' }),
  z
    .strictObject({ atS: at, powerOffStore: storeName })
    .meta({ description: 'the host of a store server vanishes, nobody answers' }),
  z
    .strictObject({ atS: at, restartStore: storeName })
    .meta({ description: 'a store server starts again, with what it has kept on disk' }),
  z.strictObject({ atS: at, freezeStore: storeName, forS }).meta({ description: 'a store server stands still' }),
  z
    .strictObject({ atS: at, slowStore: storeName, factor: z.number().min(1).max(1e6), forS })
    .meta({ description: 'every operation of a store server takes `factor` times as long' }),
  z
    .strictObject({
      atS: at,
      partitionStore: z.array(z.string().regex(/^(node-|n)[1-9]\d{0,3}$/, { error: 'n1, n2, node-1, ...' })).min(1),
      forS,
    })
    .meta({
      description:
        'these store servers and nodes reach each other, and nothing else of the store; Sentinels are outside',
    }),
  z
    .strictObject({ atS: at, crashTogether: z.tuple([nodeName, storeName]) })
    .meta({ description: 'a Tomcat and a store server die in the same moment' }),
]);

/** One fault of the plan. */
export type Fault = z.output<typeof faultSchema>;
