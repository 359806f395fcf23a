import type { BalancerOptions, PickRequest } from './balancer.ts';
import { NginxBalancer } from './nginx-balancer.ts';

/**
 * nginx `random two` (least_conn): two distinct servers drawn by weight, the less loaded one for its weight is chosen.
 *
 * Model: a draw that is not eligible is drawn again; after more than 20 of them it is the next server's turn. Of two
 * equally loaded ones the second is taken.
 * @see source: nginx `ngx_http_upstream_get_random2_peer`.
 */
export class RandomTwo extends NginxBalancer {
  private readonly random: () => number;

  /** @throws Error - `random` is missing. */
  constructor(options: BalancerOptions) {
    super(options);
    if (options.random === undefined) throw new Error('random-two needs a source of random numbers');
    this.random = options.random;
  }

  protected choose(request: PickRequest): number {
    const { peers } = this;
    if (peers.primary.length < 2 || this.hasGivenUp(request)) return this.pickInTurn(request);
    const base = peers.base(request.worker);
    let first = -1;
    for (;;) {
      const server = peers.weightSlots[Math.floor(this.random() * peers.weightSlots.length)];
      if (server !== first && peers.isEligible(server, request)) {
        if (first !== -1) {
          const { conns, weight } = peers;
          const isBusier = conns[base + server] * weight[first] > conns[base + first] * weight[server];
          const chosen = isBusier ? first : server;
          peers.taken(chosen, request);
          return chosen;
        }
        first = server;
      } else if (this.givesUp(request)) {
        return this.pickInTurn(request);
      }
    }
  }
}
