import type { Estimate } from './estimate.ts';
import { readable, withInterval } from './text-table.ts';

/** An estimate on a terminal: mean and half of its 95 % interval; where nothing was seen, its upper bound. */
export function estimateText({ mean, half_width, method, ci95_high }: Estimate): string {
  if (method === 'rule-of-three') return `<${readable(ci95_high)}`;
  return mean === null ? '-' : withInterval(mean, half_width);
}
