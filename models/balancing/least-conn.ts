import type { PickRequest } from './balancer.ts';
import { NginxBalancer } from './nginx-balancer.ts';

/**
 * nginx `least_conn`: fewest open requests per weight; smooth weighted round robin among equals.
 *
 * Model: open requests are those of this worker process unless there is a `zone`.
 * @see source: nginx `ngx_http_upstream_get_least_conn_peer`.
 */
export class LeastConn extends NginxBalancer {
  protected choose(request: PickRequest): number {
    const { peers } = this;
    if (peers.isSingle) return this.pickInTurn(request);
    let server = this.leastLoaded(request.isLastResort ? peers.backup : peers.primary, request);
    if (server === -1 && !request.isLastResort && peers.backup.length > 0) {
      request.isLastResort = true;
      server = this.leastLoaded(peers.backup, request);
    }
    if (server !== -1) peers.taken(server, request);
    return server;
  }

  private leastLoaded(list: Int32Array, request: PickRequest): number {
    const { peers } = this;
    const base = peers.base(request.worker);
    let best = -1;
    let bestAt = 0;
    let isTied = false;
    for (let position = 0; position < list.length; position++) {
      const server = list[position];
      if (!peers.isEligible(server, request)) continue;
      const lead = best === -1 ? 1 : this.compareLoad(base, best, server);
      if (lead > 0) {
        best = server;
        bestAt = position;
        isTied = false;
      } else if (lead === 0) {
        isTied = true;
      }
    }
    return isTied ? this.turnAmongTied(list, bestAt, request) : best;
  }

  /** One round of smooth weighted round robin among the servers that are as little loaded as the one at a position. */
  private turnAmongTied(list: Int32Array, bestAt: number, request: PickRequest): number {
    const { peers } = this;
    const base = peers.base(request.worker);
    let best = list[bestAt];
    let total = 0;
    for (let position = bestAt; position < list.length; position++) {
      const server = list[position];
      if (this.compareLoad(base, best, server) !== 0 || !peers.isEligible(server, request)) continue;
      total += peers.gainWeight(request.worker, server);
      if (peers.currentWeight[base + server] > peers.currentWeight[base + best]) best = server;
    }
    peers.currentWeight[base + best] -= total;
    return best;
  }

  /** Above 0 if the left server is the more loaded one for its weight, 0 if both are equal. */
  private compareLoad(base: number, left: number, right: number): number {
    const { conns, weight } = this.peers;
    return conns[base + left] * weight[right] - conns[base + right] * weight[left];
  }
}
