import { type Estimate, noEstimate, scaled } from './estimate.ts';
import type { PointSummary } from './summarise.ts';
import { percentage, readable } from './text-table.ts';

/** What "carries" means: all three, in the mean over the replications. */
export const objective = { completedRatioMin: 0.97, latencyMsP95Max: 500, failedRatioMax: 0.01 } as const;

/** The objective in words. */
export const objectiveText =
  'carries = completed at least 97 % of the offered load, 95th percentile at most 500 ms, failed below 1 %';

/** What one cluster of a sweep carries. */
export interface Answer {
  readonly strategy: string;
  readonly balancer: string;
  readonly nodes: number;
  /** Highest swept load within the objective; null when there is none. */
  readonly carried_rps: number | null;
  /** True when no higher load was swept: it may carry more. */
  readonly is_highest_load: boolean;
  /** The load at which everything below was taken: the one carried, else the lowest. */
  readonly load_rps: number;
  /** Parts of the objective missed at that load, in words; none where it is carried. */
  readonly missed: readonly string[];
  /** What a cluster does while nothing is wrong: before the first fault, or, where a fault came before the window, in all of it. */
  readonly before_faults: {
    /** Length of that part of the window [s]; none: a fault came before the window. */
    readonly s: Estimate;
    readonly capacity_rps: Estimate;
    readonly bytes_per_request: Estimate;
    readonly bytes_per_s_per_node: Estimate;
  };
  readonly capacity_rps_estimate: Estimate;
  readonly bytes_per_request: Estimate;
  readonly bytes_per_s_per_node: Estimate;
  readonly lost_sessions: Estimate;
  readonly lost_updates: Estimate;
  readonly stale_reads: Estimate;
  readonly failed_requests: Estimate;
  /** Items that the memcacheds threw out for want of memory; empty without memcached. */
  readonly store_evictions: Estimate;
}

/** @param instead - the metric to take where the first does not apply. */
function metric(summary: PointSummary, name: string, instead = name): Estimate {
  const found = summary.metrics.get(name);
  return found && found.mean !== null ? found : (summary.metrics.get(instead) ?? noEstimate);
}

/** Which parts of the objective a point misses, in words; none: it is carried. */
function missedBy(summary: PointSummary): string[] {
  const mean = (name: string): number => metric(summary, name).mean ?? Number.POSITIVE_INFINITY;
  const offered = mean('offered_rps');
  const [completed, failed, p95] = ['completed_rps', 'failed_rps', 'latency_ms_p95'].map(mean);
  const missed: string[] = [];
  if (!(completed >= objective.completedRatioMin * offered))
    missed.push(`${percentage(completed / offered)} completed`);
  if (!(p95 <= objective.latencyMsP95Max)) missed.push(`95th percentile ${readable(p95)} ms`);
  if (!(failed < objective.failedRatioMax * offered)) missed.push(`${percentage(failed / offered)} failed`);
  return missed;
}

function answerOf(summaries: readonly PointSummary[]): Answer {
  const carried = summaries.findLast((summary) => missedBy(summary).length === 0);
  const at = carried ?? summaries[0];
  const { strategy, balancer, nodes, load_rps } = at.point;
  return {
    strategy,
    balancer,
    nodes,
    carried_rps: carried ? load_rps : null,
    is_highest_load: carried === summaries[summaries.length - 1],
    load_rps,
    missed: missedBy(at),
    before_faults: {
      s: metric(at, 'before_faults_s'),
      capacity_rps: metric(at, 'before_faults_capacity_rps', 'capacity_rps_estimate'),
      bytes_per_request: metric(at, 'before_faults_bytes_per_request', 'traffic.all.bytes_per_request'),
      bytes_per_s_per_node: scaled(metric(at, 'before_faults_bytes_per_s', 'traffic.all.bytes_per_s'), 1 / nodes),
    },
    capacity_rps_estimate: metric(at, 'capacity_rps_estimate'),
    bytes_per_request: metric(at, 'traffic.all.bytes_per_request'),
    bytes_per_s_per_node: metric(at, 'traffic.all.bytes_per_s_per_node'),
    lost_sessions: metric(at, 'lost_sessions'),
    lost_updates: metric(at, 'lost_updates'),
    stale_reads: metric(at, 'stale_reads'),
    failed_requests: metric(at, 'failed_requests'),
    store_evictions: metric(at, 'store_evictions'),
  };
}

/** One answer per strategy, balancer and cluster size, sorted; of the summaries, one cluster is in memory at a time. */
export function scaleAnswers(summaries: Iterable<PointSummary>): Answer[] {
  const answers: Answer[] = [];
  let cluster: PointSummary[] = [];
  let last = '';
  for (const summary of summaries) {
    const { strategy, balancer, nodes } = summary.point;
    const name = `${strategy} ${balancer} ${nodes}`;
    if (name !== last && cluster.length > 0) {
      answers.push(answerOf(cluster));
      cluster = [];
    }
    last = name;
    cluster.push(summary);
  }
  if (cluster.length > 0) answers.push(answerOf(cluster));
  return answers;
}
