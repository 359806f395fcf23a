import type { RunResult } from '../../models/results.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { TimelineRow } from '../../models/timeline.ts';
import type { Measures } from '../lib/run-record.ts';

/** An interval hurts when more than this share of its requests failed, */
const FAILED_MAX = 0.01;
/** or when its mean latency is above that of the calm before by this factor. */
const SLOWER = 3;

const failedShare = ({ failed, completed }: TimelineRow): number => (failed > 0 ? failed / (failed + completed) : 0);

/** When the first fault of the window comes [s]. */
function firstFaultS({ faults, run }: Scenario): number {
  return Math.min(...faults.map(({ atS }) => atS).filter((atS) => atS > run.warmUpS));
}

/** Whether the last interval of a run was still hurt: its recovery is later than was seen. */
export function isOpen(scenario: Scenario, measures: Measures | undefined): boolean {
  const endS = scenario.run.warmUpS + scenario.run.durationS;
  return (measures?.recovery_s ?? 0) >= endS - firstFaultS(scenario) - 1e-6;
}

/** How long a run was hurt by what first went wrong in its window, from its timeline. */
export function recoveryMeasures(scenario: Scenario, { timeline, detection }: RunResult): Measures {
  const { timelineS, warmUpS } = scenario.run;
  const startS = firstFaultS(scenario);
  const before = timeline.filter(({ at_s }) => at_s + timelineS <= startS && at_s >= warmUpS);
  const calm = before.flatMap(({ latency_ms_mean }) => latency_ms_mean ?? []).sort((a, b) => a - b);
  const usual = calm[Math.floor(calm.length / 2)] ?? Number.POSITIVE_INFINITY;
  const after = timeline.filter(({ at_s }) => at_s + timelineS > startS);
  const hurt = after.filter((row) => failedShare(row) > FAILED_MAX || (row.latency_ms_mean ?? 0) > SLOWER * usual);
  const last = hurt[hurt.length - 1];
  const moved = (rows: readonly TimelineRow[]): number => rows.reduce((sum, row) => sum + row.moved, 0);
  const usualMoves = before.length > 0 ? moved(before) / before.length : 0;
  const noticed = detection.flatMap(({ at_s, event }) =>
    event === 'disappeared' && at_s >= startS ? at_s - startS : [],
  );
  return {
    first_noticed_s: noticed.length > 0 ? Math.min(...noticed) : null,
    last_noticed_s: noticed.length > 0 ? Math.max(...noticed) : null,
    hurt_s: hurt.length * timelineS,
    recovery_s: last === undefined ? 0 : last.at_s + timelineS - startS,
    failed_share_max: after.reduce((most, row) => Math.max(most, failedShare(row)), 0),
    latency_ms_peak: after.reduce((most, { latency_ms_max }) => Math.max(most, latency_ms_max ?? 0), 0),
    extra_moves: moved(after) - usualMoves * after.length,
  };
}
