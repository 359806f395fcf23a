import { seconds } from '../sim/time.ts';
import type { Product } from './balancing/attempt-policy.ts';
import type { Scenario } from './scenario/schema.ts';

/**
 * The sockets of the balancer's processes: how many requests each has open, and which connections to servers wait for
 * the next request.
 *
 * Model: nginx counts two sockets per open request (client and server) and one per idle connection to a server; idle
 * connections of clients do not count, because nginx closes them when it runs short. It keeps the last `keepalive`
 * connections of each process, whichever server they lead to, and the oldest gives way. httpd and mod_jk pool every
 * connection per process and server; the limit of their threads is left out.
 * @see source: nginx `ngx_drain_connections`, `ngx_http_upstream_keepalive_module.c`; httpd `ap_proxy_acquire_connection`.
 */
export class BalancerConnections {
  private readonly servers: number;
  private readonly socketsMax: number;
  private readonly kept: number;
  private readonly timeoutNs: number;
  private readonly isPooled: boolean;
  /** Open requests of each process. */
  private readonly open: Int32Array;
  /** httpd, mod_jk: idle connections per process and server. */
  private readonly pool: Int32Array;
  /** nginx: server and time of each idle connection, per process, oldest first. */
  private readonly cachedServer: Int16Array;
  private readonly cachedNs: Float64Array;
  private readonly cachedCount: Int32Array;

  constructor({ balancer }: Scenario, product: Product, servers: number) {
    const { workerProcesses, workerConnections, keepalive, keepaliveTimeoutS } = balancer;
    const isNginx = product === 'nginx';
    this.servers = servers;
    this.socketsMax = isNginx && workerConnections > 0 ? workerConnections : Number.POSITIVE_INFINITY;
    this.isPooled = !isNginx;
    this.kept = isNginx ? keepalive : 0;
    this.timeoutNs = seconds(keepaliveTimeoutS);
    this.open = new Int32Array(workerProcesses);
    this.pool = new Int32Array(isNginx ? 0 : workerProcesses * servers);
    this.cachedServer = new Int16Array(this.kept * workerProcesses);
    this.cachedNs = new Float64Array(this.kept * workerProcesses);
    this.cachedCount = new Int32Array(workerProcesses);
  }

  /** Requests that all processes have open. */
  get openRequests(): number {
    return this.open.reduce((sum, count) => sum + count, 0);
  }

  /** A request reaches a process. @returns false: the process has no sockets left. */
  enter(worker: number): boolean {
    if (2 * (this.open[worker] + 1) + this.cachedCount[worker] > this.socketsMax) return false;
    this.open[worker] += 1;
    return true;
  }

  /** A request that had entered is over. */
  leave(worker: number): void {
    this.open[worker] -= 1;
  }

  /** Takes an idle connection to a server. @returns 1, or 0: a new one has to be made. */
  take(worker: number, server: number, nowNs: number): number {
    if (this.isPooled) {
      const place = worker * this.servers + server;
      if (this.pool[place] === 0) return 0;
      this.pool[place] -= 1;
      return 1;
    }
    if (this.kept === 0) return 0;
    const start = worker * this.kept;
    for (let at = start + this.cachedCount[worker] - 1; at >= start; at -= 1) {
      if (this.cachedNs[at] + this.timeoutNs <= nowNs) {
        this.removeUpTo(worker, at);
        return 0;
      }
      if (this.cachedServer[at] !== server) continue;
      this.remove(worker, at);
      return 1;
    }
    return 0;
  }

  /** A connection waits for the next request. */
  keep(worker: number, server: number, nowNs: number): void {
    if (this.isPooled) {
      this.pool[worker * this.servers + server] += 1;
      return;
    }
    if (this.kept === 0) return;
    const start = worker * this.kept;
    if (this.cachedCount[worker] === this.kept) this.remove(worker, start);
    const at = start + this.cachedCount[worker];
    this.cachedServer[at] = server;
    this.cachedNs[at] = nowNs;
    this.cachedCount[worker] += 1;
  }

  /** A server has closed all its connections. */
  drop(server: number): void {
    for (let worker = 0; worker < this.open.length; worker += 1) {
      if (this.isPooled) this.pool[worker * this.servers + server] = 0;
      const start = worker * this.kept;
      for (let at = start + this.cachedCount[worker] - 1; at >= start; at -= 1) {
        if (this.cachedServer[at] === server) this.remove(worker, at);
      }
    }
  }

  private remove(worker: number, at: number): void {
    const end = worker * this.kept + this.cachedCount[worker];
    this.cachedServer.copyWithin(at, at + 1, end);
    this.cachedNs.copyWithin(at, at + 1, end);
    this.cachedCount[worker] -= 1;
  }

  /** Closes the oldest connections of a process, the one at `last` included. */
  private removeUpTo(worker: number, last: number): void {
    const start = worker * this.kept;
    const end = start + this.cachedCount[worker];
    this.cachedServer.copyWithin(start, last + 1, end);
    this.cachedNs.copyWithin(start, last + 1, end);
    this.cachedCount[worker] -= last + 1 - start;
  }
}
