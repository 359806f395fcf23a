import type { PickRequest } from './balancer.ts';
import { NginxBalancer } from './nginx-balancer.ts';

/**
 * nginx without a method in its `upstream`: smooth weighted round robin.
 *
 * @see source: nginx `ngx_http_upstream_get_peer`. Weights 5, 1, 1 give a a b a c a a.
 */
export class RoundRobin extends NginxBalancer {
  protected choose(request: PickRequest): number {
    return this.pickInTurn(request);
  }

  /** A sticky request pays for its turn, but only down to one round of debt, so that sessions do not starve a server. */
  protected override countSticky(request: PickRequest, server: number): void {
    const { peers } = this;
    if (peers.isSingle) return;
    const group = request.isLastResort ? peers.backup : peers.primary;
    const debtMax = (request.isLastResort ? peers.backupWeight : peers.weightSlots.length) - peers.weight[server];
    const { worker } = request;
    if (peers.weightNow(worker, server) <= -debtMax) return;
    if (group === peers.primary && peers.isQuiet(request)) peers.roundFor(worker, server);
    else this.turn(group, request, server);
  }
}
