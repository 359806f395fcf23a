import type { Row } from '../lib/csv.ts';
import { countEstimate, estimate } from '../lib/estimate.ts';
import { type Findings, finishedOf, type PointRuns } from '../lib/findings.ts';
import { mistakeRecurrenceS } from './closed-form.ts';
import { settingOf } from './settings.ts';

/** The setting of a case as columns. */
function settingCells(name: string): Row {
  const { frequencyMs, dropTimeMs, lossRatio, burstS, pauseS, detector } = settingOf(name);
  return {
    frequency_ms: frequencyMs,
    drop_time_ms: dropTimeMs,
    loss_ratio: lossRatio,
    burst_s: burstS,
    pause_s: pauseS,
    detector,
  };
}

/** Rows of `detection.csv`. */
export function* detectionRows({ runs }: Findings): Generator<Row> {
  for (const { key, record } of runs) yield { ...key, ...settingCells(key.case!), ...record.measures };
}

/** Row of `heartbeat.csv`. @param periodMs - of the heartbeats. */
function heartbeatRow(one: PointRuns, workMs: number): Row {
  const { point } = one;
  const measures = finishedOf(one).map(({ record }) => record.measures ?? {});
  const column = (name: string): number[] => measures.flatMap((row) => row[name] ?? []);
  const pairSeconds = column('pair_seconds').reduce((sum, value) => sum + value, 0) / measures.length;
  const mistakes = countEstimate(column('mistakes'));
  const detection = estimate(column('detection_ms_mean'));
  const longest = column('detection_ms_max');
  const setting = settingOf(point.case!);
  const closed = mistakeRecurrenceS(setting, setting.frequencyMs + workMs, point.nodes);
  const apart = (perRun: number | null): number | null =>
    perRun === null || perRun <= 0 ? null : pairSeconds / perRun;
  const low = apart(mistakes.ci95_high);
  const high = apart(mistakes.ci95_low);
  const isWithin = closed !== undefined && closed >= (low ?? 0) && closed <= (high ?? Number.POSITIVE_INFINITY);
  return {
    ...point,
    ...settingCells(point.case!),
    n: measures.length,
    detection_ms_mean: detection.mean,
    detection_ms_half_width: detection.half_width,
    detection_ms_max: longest.length > 0 ? Math.max(...longest) : null,
    mistakes: column('mistakes').reduce((sum, value) => sum + value, 0),
    mistake_recurrence_s: apart(mistakes.mean),
    mistake_recurrence_s_low: low,
    mistake_recurrence_s_high: high,
    method: mistakes.method,
    closed_form_s: closed ?? null,
    is_within: closed === undefined ? null : isWithin ? 1 : 0,
    mistake_duration_ms_mean: estimate(column('mistake_duration_ms_mean')).mean,
    query_accuracy: estimate(column('query_accuracy')).mean,
  };
}

/** Rows of `heartbeat.csv`. */
export function* heartbeatRows({ plan, points }: Findings): Generator<Row> {
  const workMs = plan.base.membership.heartbeatWorkUs / 1000;
  for (const one of points) yield heartbeatRow(one, workMs);
}
