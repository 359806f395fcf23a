import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { Measures } from '../lib/run-record.ts';

export function recoveryMeasures(_scenario: Scenario, _result: RunResult): Measures {
  return {};
}
