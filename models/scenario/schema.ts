import { z } from 'zod';
import { balancerFields } from './balancer-schema.ts';
import { channelFields, membershipFields } from './channel-schema.ts';
import { faultSchema } from './fault-schema.ts';
import { safeName, word } from './fields.ts';
import { loadFields } from './load-schema.ts';
import { calibrationFields, networkFields } from './machine-schema.ts';
import { misconfigurationFields } from './misconfiguration-schema.ts';
import { nodeFields, nodeOverride } from './node-schema.ts';
import { replicationSchema } from './replication-schema.ts';
import { storesFields } from './stores-schema.ts';
import { runFields, serviceFields, sessionFields } from './workload-schema.ts';

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
  node: nodeFields.prefault({}),
  service: serviceFields.prefault({}),
  session: sessionFields.prefault({}),
  load: loadFields.prefault({}),
  replication: replicationSchema.prefault({ strategy: 'delta' }),
  membership: membershipFields.prefault({}),
  channel: channelFields.prefault({}),
  balancer: balancerFields.prefault({}),
  stores: storesFields.prefault({}),
  network: networkFields.prefault({}),
  calibration: calibrationFields.prefault({}),
  misconfiguration: misconfigurationFields.prefault({}),
  faults: z.array(faultSchema).max(10000).default([]).meta({
    description:
      'what goes wrong, and when (seconds from the start of the warm-up). Several of a kind may be under way at once: what stands still or is cut off is so until the last of them has ended; of shares of lost packets, and of factors of a slow server, the one that began last holds',
  }),
  run: runFields.prefault({}),
});

/** A scenario as a user writes it. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
/** A scenario with every default filled in. */
export type Scenario = z.output<typeof scenarioSchema>;
/** The options of one replication strategy. */
export type Replication = Scenario['replication'];
/** Name of a replication strategy. */
export type StrategyName = Replication['strategy'];
