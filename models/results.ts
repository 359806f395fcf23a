import type { TimelineRow } from './timeline.ts';

/** Throughput of one run; the names are the columns of `throughput.csv`. Rates are per second of the measurement window. */
export interface Throughput {
  offered_rps: number;
  completed_rps: number;
  failed_rps: number;
  latency_ms_mean: number | null;
  latency_ms_p50: number | null;
  latency_ms_p95: number | null;
  latency_ms_p99: number | null;
  cpu_utilisation_mean: number;
  cpu_utilisation_max: number;
  node_requests_max_ratio: number | null;
  session_memory_bytes_max: number;
  /** Coefficient of variation of the nodes' requests. */
  node_requests_cv: number | null;
  /** Busy share of the threads, or of one direction of the card, of the busiest store server. */
  store_utilisation_max: number | null;
  /** The part of the window before its first fault [s]; 0 where a fault came before the window. */
  before_faults_s: number;
  /** The same as the columns above and in `traffic.csv`, in that part; null where there is none. */
  before_faults_completed_rps: number | null;
  /** Busy share of the busiest node or store server. */
  before_faults_utilisation_max: number | null;
  before_faults_bytes_per_request: number | null;
  before_faults_bytes_per_s: number | null;
  /** Items that the memcacheds threw out for want of memory, and refused as too large; null without memcached. */
  store_evictions: number | null;
  store_refused_items: number | null;
}

/** Traffic of one kind of message in one run; the names are the columns of `traffic.csv`. */
export interface Traffic {
  kind: string;
  messages: number;
  bytes: number;
  messages_per_request: number | null;
  bytes_per_request: number | null;
  bytes_per_s: number;
  node_bytes_per_s_max: number;
}

/** Losses of one run; `consistency.csv` adds `..._per_million` requests to each count after `requests`. */
export interface Consistency {
  requests: number;
  stale_reads: number;
  lost_updates: number;
  lost_sessions: number;
  failed_requests: number;
  /** Live sessions at the end of the run whose copies differ once nothing is in flight. */
  diverged_sessions: number;
  /** Requests that were repeated although a node had executed them, or went on to. */
  executed_twice: number;
}

/** One change of one node's view of the membership. */
export interface Detection {
  at_s: number;
  observer: string;
  member: string;
  event: 'disappeared' | 'added';
  /** From the fault (or heal, or restart) that caused it; null for a mistake. */
  after_ms: number | null;
}

/** Everything that one run says. A pure function of (scenario, replication number). */
export interface RunResult {
  throughput: Throughput;
  traffic: Traffic[];
  consistency: Consistency;
  detection: Detection[];
  /** What happened when; empty unless `run.timelineS` asks for it. */
  timeline: TimelineRow[];
  /** Requests decided in the window by node, in node order. */
  nodeRequests: number[];
  /** Events the kernel executed, and deliveries replayed from the log, over the whole run. */
  events: number;
  deliveries: number;
  /** Digest of the trajectory: equal for equal (scenario, seed, replication), whatever the machine. */
  fingerprint: string;
}
