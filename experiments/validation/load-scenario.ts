import type { Scenario } from '../../models/scenario/schema.ts';
import { loadProfile } from '../calibration/load-profile.ts';
import { type MeasuredRow, numberIn } from './check.ts';
import { counter, type Drive, measuredScenario, payload } from './measured-scenario.ts';

/** The quota of a period: what the kernel allows at least. @see source: Linux min_cfs_quota_period, 1 ms. */
const QUOTA_MS = 1;

/** A CPU limit of so many cores, as the measured nodes had it. */
export function quotaOf(cores: number): { quotaMs: number; periodMs: number } {
  return Number.isFinite(cores) ? { quotaMs: QUOTA_MS, periodMs: QUOTA_MS / cores } : { quotaMs: 0, periodMs: 100 };
}

/** The scenario of a load run: the application costs nothing beside what the profile says of a request. */
export function loadScenario(row: MeasuredRow, drive: Drive): Scenario {
  const bytes = numberIn(row, 'payload_bytes');
  const size = Number.isNaN(bytes) ? 1000 : bytes;
  const writes = row.op === 'pay' ? [payload(size)] : [counter, payload(size)];
  return measuredScenario(row, {
    writes,
    sessionBytes: size + 100,
    ...drive,
    more: {
      service: { cpuMsMean: 1e-6, distribution: 'constant' },
      calibration: loadProfile('measured-2core', '.'),
      node: { cores: 2, cpuQuota: quotaOf(numberIn(row, 'quota_cores')), jvm: drive.jvm ?? {} },
      ...drive.more,
    },
  });
}
