import type { BalancerOptions, PickRequest } from './balancer.ts';
import { JkBalancer } from './jk-balancer.ts';

/** mod_jk `method=Session`: fewest requests without a session id per factor; halved with every maintenance. */
export class JkSession extends JkBalancer {
  constructor(options: BalancerOptions) {
    super(options, true);
  }

  protected override addAtStart(server: number, request: PickRequest): void {
    if (!request.hasSession || !this.isSticky) this.workers.loadValue[server] += this.workers.loadStep[server];
  }
}
