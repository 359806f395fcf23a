import type { AttemptOutcome, BalancerOptions } from './balancer.ts';

const nsPerSecond = 1e9;

/**
 * What httpd's mod_proxy_balancer remembers of each worker (server), in memory shared by all its processes.
 *
 * Model: status flags, error time and counters exactly as in `proxy_util.c`. A worker in error is tried again by a live
 * request once more than `retry` has passed; from then on all requests may use it, not just one. The busy count of a
 * failed attempt lasts as long as its request only for that request itself; for others it ends with the attempt.
 * @see source: httpd trunk 0cb6804, `modules/proxy/proxy_util.c` and `mod_proxy_balancer.c`.
 */
export class HttpdWorkers {
  readonly count: number;
  readonly lbSetMax: number;
  readonly lbSet: Uint8Array;
  /** Load factor x 100, as httpd keeps it. */
  readonly lbFactor: Int32Array;
  readonly lbStatus: Float64Array;
  readonly busy: Int32Array;
  /** Requests and responses so far [byte]. */
  readonly trafficBytes: Float64Array;
  readonly isDraining: Uint8Array;
  readonly isStandby: Uint8Array;
  readonly isSpare: Uint8Array;
  private readonly isDown: Uint8Array;
  private readonly ignoresErrors: Uint8Array;
  private readonly isInError: Uint8Array;
  private readonly errorTimeNs: Float64Array;
  private readonly retryNs: Float64Array;

  constructor({ servers }: BalancerOptions) {
    this.count = servers.length;
    this.lbSet = Uint8Array.from(servers, (server) => server.lbSet);
    this.lbSetMax = Math.max(...servers.map((server) => server.lbSet));
    this.lbFactor = Int32Array.from(servers, (server) => Math.trunc(server.loadFactor * 100));
    this.lbStatus = new Float64Array(this.count);
    this.busy = new Int32Array(this.count);
    this.trafficBytes = new Float64Array(this.count);
    this.isDraining = Uint8Array.from(servers, (server) => Number(server.drain));
    this.isStandby = Uint8Array.from(servers, (server) => Number(server.hotStandby));
    this.isSpare = Uint8Array.from(servers, (server) => Number(server.hotSpare));
    this.isDown = Uint8Array.from(servers, (server) => Number(server.down));
    this.ignoresErrors = Uint8Array.from(servers, (server) => Number(server.ignoreErrors));
    this.isInError = new Uint8Array(this.count);
    this.errorTimeNs = new Float64Array(this.count);
    this.retryNs = Float64Array.from(servers, (server) => server.retryS * nsPerSecond);
  }

  /** Whether a worker may serve; one in error that is due for a retry leaves that state. */
  isUsable(server: number, timeNs: number): boolean {
    if (this.isInError[server] === 1) this.retry(server, timeNs);
    return this.isInError[server] === 0 && this.isDown[server] === 0;
  }

  /** With every worker in error, and none of them due for a retry, clears all errors if `isForced`. */
  forceRecovery(timeNs: number, isForced: boolean): void {
    for (let server = 0; server < this.count; server++) {
      if (this.isInError[server] === 1) this.retry(server, timeNs);
      if (this.isInError[server] === 0) return;
    }
    if (isForced) this.isInError.fill(0);
  }

  /** The books of a request that goes to the worker of its route: all usable ones gain, that one pays. */
  countSticky(server: number): void {
    let total = 0;
    for (let other = 0; other < this.count; other++) {
      const isUsable = this.isInError[other] === 0 && this.isDown[other] === 0;
      if (isUsable) total += this.gain(other);
    }
    this.lbStatus[server] -= total;
  }

  /** Adds the failed attempts of one request to the busy counts, or takes them away again. */
  countFailed(tried: Uint8Array, by: 1 | -1): void {
    for (let server = 0; server < this.count; server++) if (tried[server] === 1) this.busy[server] += by;
  }

  /** A worker's gain of one round of by-requests. @returns the gain. */
  gain(server: number): number {
    this.lbStatus[server] += this.lbFactor[server];
    return this.lbFactor[server];
  }

  finished(server: number, timeNs: number, outcome: AttemptOutcome, bytes: number): void {
    this.busy[server] -= 1;
    this.trafficBytes[server] += bytes;
    if (outcome === 'ok' || outcome === 'neutral' || this.ignoresErrors[server] === 1) return;
    this.isInError[server] = 1;
    this.errorTimeNs[server] = timeNs;
  }

  private retry(server: number, timeNs: number): void {
    // With retry=0 the next look is late enough, also that of the same request: some time has always passed.
    const retryNs = this.retryNs[server];
    if (retryNs === 0 || timeNs > this.errorTimeNs[server] + retryNs) this.isInError[server] = 0;
  }
}
