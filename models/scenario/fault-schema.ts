import { z } from 'zod';

const at = z.number().min(0).max(1e7).meta({ description: 'moment, from the start of the warm-up [s]' });
const forS = z.number().positive().max(1e7).meta({ description: 'how long it lasts [s]' });
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
  z
    .strictObject({ atS: at, partition: z.array(z.array(nodeName).min(1)).min(2).max(2), forS })
    .meta({ description: 'two groups of nodes cannot reach each other; the balancer reaches both' }),
  z
    .strictObject({ atS: at, packetLoss: z.number().min(0).max(1), forS })
    .meta({ description: 'share of packets lost everywhere' }),
  z.strictObject({ atS: at, crashStore: storeName }).meta({ description: 'a memcached dies' }),
  z.strictObject({ atS: at, restartStore: storeName }).meta({ description: 'a memcached starts again, empty' }),
]);

/** One fault of the plan. */
export type Fault = z.output<typeof faultSchema>;
