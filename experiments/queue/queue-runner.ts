import { InputError } from '../lib/input-error.ts';
import type { RunBudget, Runner } from '../lib/run-pool.ts';

export function queueRunner(_options: {
  redis: string;
  shared: string | undefined;
  budget: RunBudget;
}): Promise<Runner> {
  throw new InputError('--engine bullmq: not there yet');
}
