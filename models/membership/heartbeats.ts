/**
 * When each node sends its heartbeats: a pure function of node and time, so that no heartbeat needs an event.
 *
 * Model: the sender thread sends, works a little and sleeps `frequency`, hence a constant period a little longer than
 * the frequency, with a phase of its own for each start of a node.
 * @see source: Tribes McastServiceImpl.SenderThread, Tomcat 10.1; period measured.
 */
export class Heartbeats {
  readonly periodNs: number;
  private readonly firstNs: Float64Array;
  /** Beats are sent up to this moment (death, pause, cut). */
  private readonly lastNs: Float64Array;

  constructor(nodes: number, periodNs: number, phaseNs: (node: number) => number) {
    this.periodNs = periodNs;
    this.firstNs = Float64Array.from({ length: nodes }, (_, node) => phaseNs(node) - periodNs);
    this.lastNs = new Float64Array(nodes).fill(Number.POSITIVE_INFINITY);
  }

  /** A node begins to send now. */
  start(node: number, nowNs: number): void {
    this.firstNs[node] = nowNs;
    this.lastNs[node] = Number.POSITIVE_INFINITY;
  }

  /** A node stops sending now (a beat at exactly this moment is still sent). */
  stop(node: number, nowNs: number): void {
    this.lastNs[node] = Math.min(this.lastNs[node], nowNs);
  }

  /** Moment of the first beat since the node's last start [ns]. */
  first(node: number): number {
    return this.firstNs[node];
  }

  /** Number of the last beat at or before a moment, the first since the node's start being 0, were it never to stop. */
  numberAt(node: number, timeNs: number): number {
    return Math.floor((timeNs - this.firstNs[node]) / this.periodNs);
  }

  /** Moment of a beat by its number [ns]. */
  momentOf(node: number, number: number): number {
    return this.firstNs[node] + number * this.periodNs;
  }

  /** Last beat at or before a moment [ns]; -Infinity if there was none since the node's start. */
  lastAt(node: number, timeNs: number): number {
    const untilNs = Math.min(timeNs, this.lastNs[node]);
    const firstNs = this.firstNs[node];
    if (untilNs < firstNs) return Number.NEGATIVE_INFINITY;
    return firstNs + Math.floor((untilNs - firstNs) / this.periodNs) * this.periodNs;
  }

  /** First beat after a moment [ns]; +Infinity if the node has stopped. */
  nextAfter(node: number, timeNs: number): number {
    const firstNs = this.firstNs[node];
    const nextNs =
      timeNs < firstNs ? firstNs : firstNs + (Math.floor((timeNs - firstNs) / this.periodNs) + 1) * this.periodNs;
    return nextNs <= this.lastNs[node] ? nextNs : Number.POSITIVE_INFINITY;
  }

  /** Beats in (from, to]. */
  count(node: number, fromNs: number, toNs: number): number {
    const firstNs = this.firstNs[node];
    const untilNs = Math.min(toNs, this.lastNs[node]);
    if (untilNs < firstNs) return 0;
    const before = fromNs < firstNs ? -1 : Math.floor((fromNs - firstNs) / this.periodNs);
    return Math.max(0, Math.floor((untilNs - firstNs) / this.periodNs) - before);
  }
}
