import type { BalancerOptions } from './balancer.ts';
import { JkBalancer } from './jk-balancer.ts';

/** mod_jk `method=Traffic`: fewest bytes in and out per factor; halved with every maintenance. */
export class JkTraffic extends JkBalancer {
  constructor(options: BalancerOptions) {
    super(options, true);
  }

  protected override addAtEnd(server: number, bytes: number): void {
    this.workers.loadValue[server] += bytes * this.workers.loadStep[server];
  }
}
