import type { RunRecord } from '../lib/run-record.ts';

/** One condition that a cluster must meet. */
export interface Condition {
  readonly metric: 'mean' | 'p50' | 'p95' | 'p99' | 'failed' | 'completed' | 'cpu';
  readonly isBelow: boolean;
  /** [ms] for latencies, else a share from 0 to 1. */
  readonly limit: number;
}

/** A service level objective: all of its conditions. */
export interface Objective {
  readonly text: string;
  readonly conditions: readonly Condition[];
}

const latencies = ['mean', 'p50', 'p95', 'p99'];
const expected =
  'conditions such as p95<200ms,failed<0.1% are expected: mean, p50, p95, p99 (ms, s), failed, completed, cpu (%), with < or >';

function conditionOf(text: string): Condition {
  const [, metric, sign, digits, unit] =
    /^(mean|p50|p95|p99|failed|completed|cpu)\s*([<>])=?\s*(\d+(?:\.\d+)?)\s*(ms|s|%)?$/.exec(text.trim()) ?? [];
  if (metric === undefined) throw new Error(expected);
  const isLatency = latencies.includes(metric);
  if (unit === undefined || isLatency === (unit === '%')) {
    throw new Error(`${text.trim()}: ${metric} is given in ${isLatency ? 'ms or s' : '%'}`);
  }
  const limit = isLatency ? Number(digits) * (unit === 's' ? 1000 : 1) : Number(digits) / 100;
  return { metric: metric as Condition['metric'], isBelow: sign === '<', limit };
}

/** @throws Error - whose message says what is allowed. */
export function parseObjective(text: string): Objective {
  return { text: text.replaceAll(' ', ''), conditions: text.split(',').map(conditionOf) };
}

function figureOf({ throughput }: RunRecord, metric: Condition['metric']): number | null {
  const { offered_rps, completed_rps, failed_rps, cpu_utilisation_max } = throughput;
  if (metric === 'failed') return offered_rps > 0 ? failed_rps / offered_rps : 0;
  if (metric === 'completed') return offered_rps > 0 ? completed_rps / offered_rps : 1;
  if (metric === 'cpu') return cpu_utilisation_max;
  return throughput[`latency_ms_${metric}`];
}

/** Whether a run meets an objective; one in which nobody was answered does not. */
export function meets(record: RunRecord | null, { conditions }: Objective): boolean {
  if (record === null) return false;
  return conditions.every(({ metric, isBelow, limit }) => {
    const value = figureOf(record, metric);
    return value !== null && (isBelow ? value < limit : value > limit);
  });
}
