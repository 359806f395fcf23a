import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { recoveryMeasures } from '../failover/recovery-measures.ts';
import { detectionMeasures } from '../heartbeat/detection-measures.ts';
import type { Measures } from './run-record.ts';
import { warmUpMeasures } from './warm-up.ts';

/** What can be measured of a run besides throughput, traffic and losses; it is taken where the run happens. */
export const measures = {
  detection: detectionMeasures,
  recovery: recoveryMeasures,
  'warm-up': warmUpMeasures,
} as const satisfies Record<string, (scenario: Scenario, result: RunResult) => Measures>;

/** Name of such a measurement. */
export type MeasureName = keyof typeof measures;
