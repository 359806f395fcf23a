import { z } from 'zod';
import { real, whole } from './fields.ts';
import { jvmFields } from './jvm-schema.ts';

const assumed = 'assumed';
const tomcat = (where: string): string => `Apache Tomcat 10.1, ${where}`;

/** One Tomcat. */
export const nodeFields = z.strictObject({
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
  cpuQuota: z
    .strictObject({
      quotaMs: real(0, {
        text: 'CPU time of all cores together per period; 0 = no limit',
        unit: 'ms',
        max: 1e7,
        source: 'Linux cpu.cfs_quota_us, -1 by default',
      }),
      periodMs: real(100, {
        text: 'length of a period',
        unit: 'ms',
        min: 1,
        max: 1000,
        source: 'Linux cpu.cfs_period_us, which the kernel takes from 1 ms to 1 s',
      }),
    })
    .prefault({}),
  jvm: jvmFields.prefault({}),
  startUpS: real(5, { text: 'JVM start until the cluster channel starts', unit: 's', max: 3600, source: assumed }),
});

type Shape = typeof nodeFields.shape;

/** Overrides of one node where `nodes` is a list: any field of a node, and no defaults. */
export const nodeOverride = z.strictObject(
  Object.fromEntries(
    Object.entries(nodeFields.shape).map(([name, field]) => [
      name,
      field
        .unwrap()
        .optional()
        .meta(field.meta() ?? {}),
    ]),
  ) as { [Name in keyof Shape]: z.ZodOptional<ReturnType<Shape[Name]['unwrap']>> },
);
