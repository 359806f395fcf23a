import type { Estimate } from './summarise.ts';
import { withInterval } from './text-table.ts';

/** An estimate on a terminal: mean and half of its 95 % interval. */
export function estimateText({ mean, ci95_low, ci95_high }: Estimate): string {
  if (mean === null) return '-';
  return withInterval(mean, ci95_low === null || ci95_high === null ? null : (ci95_high - ci95_low) / 2);
}
