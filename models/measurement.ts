import { LatencyHistogram } from '../sim/quantiles.ts';
import { seconds } from '../sim/time.ts';
import { BeforeFaults } from './before-faults.ts';
import type { Consistency, Throughput } from './results.ts';
import { Timeline } from './timeline.ts';
import type { TomcatNodes } from './tomcat-nodes.ts';

/** What nodes and requests say of themselves. */
type NodeThroughput = Omit<Throughput, 'store_evictions' | 'store_refused_items'>;

/** Counts of the measurement window. */
export class Measurement {
  isOpen = false;
  openedNs = 0;
  offered = 0;
  completed = 0;
  failed = 0;
  staleReads = 0;
  lostUpdates = 0;
  lostSessions = 0;
  divergedSessions = 0;
  /** Requests that a retry executed a second time. */
  executedTwice = 0;
  /** What happened when, null where nobody asked. */
  timeline: Timeline | null = null;
  readonly beforeFaults = new BeforeFaults();
  readonly latency = new LatencyHistogram();

  /** Over the whole run: requests sent = completed + failed + under way. */
  sentAll = 0;
  completedAll = 0;
  failedAll = 0;

  /** The window opens. */
  open(nowNs: number, { timelineS, durationS }: { timelineS: number; durationS: number }, nodes: number): void {
    this.isOpen = true;
    this.openedNs = nowNs;
    if (timelineS === 0) return;
    const window = { openedNs: nowNs, durationNs: seconds(durationS), intervalNs: seconds(timelineS) };
    this.timeline = new Timeline(window, nodes);
  }

  /** Busy shares of the nodes' cores since the window opened. */
  utilisation(nodes: TomcatNodes, nowNs: number): { mean: number; max: number } {
    const windowNs = nowNs - this.openedNs;
    let sum = 0;
    let max = 0;
    for (let node = 0; node < nodes.count; node += 1) {
      const busyNs = nodes.cpus[node].busyNsUntil(nowNs) - nodes.busyBeforeNs[node];
      const utilisation = Math.min(1, busyNs / windowNs / nodes.cpus[node].capacity);
      sum += utilisation;
      max = Math.max(max, utilisation);
    }
    return { mean: sum / nodes.count, max };
  }

  throughput(
    nodes: TomcatNodes,
    nowNs: number,
    memoryBytesMax: number,
    storeUtilisation: number | null,
  ): NodeThroughput {
    const windowS = (nowNs - this.openedNs) / 1e9;
    let requestsMax = 0;
    let requestsSum = 0;
    let requestsSquares = 0;
    for (let node = 0; node < nodes.count; node += 1) {
      requestsMax = Math.max(requestsMax, nodes.requests[node]);
      requestsSum += nodes.requests[node];
      requestsSquares += nodes.requests[node] ** 2;
    }
    const requestsMean = requestsSum / nodes.count;
    const requestsVariance = Math.max(0, requestsSquares / nodes.count - requestsMean ** 2);
    const { latency } = this;
    const utilisation = this.utilisation(nodes, nowNs);
    const milliseconds = (p: number): number | null => (latency.count === 0 ? null : latency.quantile(p) / 1e6);
    return {
      offered_rps: this.offered / windowS,
      completed_rps: this.completed / windowS,
      failed_rps: this.failed / windowS,
      latency_ms_mean: latency.count === 0 ? null : latency.mean / 1e6,
      latency_ms_p50: milliseconds(0.5),
      latency_ms_p95: milliseconds(0.95),
      latency_ms_p99: milliseconds(0.99),
      cpu_utilisation_mean: utilisation.mean,
      cpu_utilisation_max: utilisation.max,
      node_requests_max_ratio: requestsSum === 0 ? null : (requestsMax * nodes.count) / requestsSum,
      session_memory_bytes_max: memoryBytesMax,
      node_requests_cv: requestsSum === 0 ? null : Math.sqrt(requestsVariance) / requestsMean,
      store_utilisation_max: storeUtilisation,
      ...this.beforeFaults.columns(),
    };
  }

  consistency(): Consistency {
    return {
      requests: this.completed + this.failed,
      stale_reads: this.staleReads,
      lost_updates: this.lostUpdates,
      lost_sessions: this.lostSessions,
      failed_requests: this.failed,
      diverged_sessions: this.divergedSessions,
      executed_twice: this.executedTwice,
    };
  }
}
