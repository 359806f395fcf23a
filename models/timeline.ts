/** One interval of a run; the names are columns of `timeline.csv`. */
export interface TimelineRow {
  /** Start of the interval, from the start of the warm-up. */
  at_s: number;
  completed: number;
  failed: number;
  /** Requests answered by another node than the one before of the same client. */
  moved: number;
  latency_ms_mean: number | null;
  latency_ms_max: number | null;
  /** Requests answered by each node, in node order. */
  node_requests: number[];
}

/** Most intervals of one run. */
const INTERVALS_MAX = 100_000;

/** What happened when: counts per interval of the measurement window, by the moment of the answer. */
export class Timeline {
  private readonly openedNs: number;
  private readonly intervalNs: number;
  private readonly nodes: number;
  private readonly count: number;
  private readonly completions: Int32Array;
  private readonly failures: Int32Array;
  private readonly moves: Int32Array;
  private readonly latencySumNs: Float64Array;
  private readonly latencyMaxNs: Float64Array;
  private readonly byNode: Int32Array;

  constructor(window: { openedNs: number; durationNs: number; intervalNs: number }, nodes: number) {
    this.openedNs = window.openedNs;
    this.count = Math.max(1, Math.min(INTERVALS_MAX, Math.ceil(window.durationNs / window.intervalNs)));
    this.intervalNs = Math.max(window.intervalNs, window.durationNs / INTERVALS_MAX);
    this.nodes = nodes;
    this.completions = new Int32Array(this.count);
    this.failures = new Int32Array(this.count);
    this.moves = new Int32Array(this.count);
    this.latencySumNs = new Float64Array(this.count);
    this.latencyMaxNs = new Float64Array(this.count);
    this.byNode = new Int32Array(this.count * nodes);
  }

  private placeOf(nowNs: number): number {
    return Math.min(this.count - 1, Math.floor((nowNs - this.openedNs) / this.intervalNs));
  }

  /** A client has its answer. @param before - node of the client's last answer, -1 none. */
  completed(nowNs: number, latencyNs: number, node: number, before: number): void {
    const place = this.placeOf(nowNs);
    this.completions[place] += 1;
    if (before >= 0 && before !== node) this.moves[place] += 1;
    this.latencySumNs[place] += latencyNs;
    if (latencyNs > this.latencyMaxNs[place]) this.latencyMaxNs[place] = latencyNs;
    this.byNode[place * this.nodes + node] += 1;
  }

  /** A client has an error. */
  failed(nowNs: number): void {
    this.failures[this.placeOf(nowNs)] += 1;
  }

  rows(): TimelineRow[] {
    return Array.from({ length: this.count }, (_, place) => {
      const completed = this.completions[place];
      return {
        at_s: (this.openedNs + place * this.intervalNs) / 1e9,
        completed,
        failed: this.failures[place],
        moved: this.moves[place],
        latency_ms_mean: completed > 0 ? this.latencySumNs[place] / completed / 1e6 : null,
        latency_ms_max: completed > 0 ? this.latencyMaxNs[place] / 1e6 : null,
        node_requests: [...this.byNode.subarray(place * this.nodes, (place + 1) * this.nodes)],
      };
    });
  }
}
