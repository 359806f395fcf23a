import type { BalancerOptions } from './balancer.ts';
import { JkBalancer } from './jk-balancer.ts';

/** mod_jk `method=Request`: fewest requests per factor, sticky ones included; halved with every maintenance. */
export class JkRequest extends JkBalancer {
  constructor(options: BalancerOptions) {
    super(options, true);
  }

  protected override addAtStart(server: number): void {
    this.workers.loadValue[server] += this.workers.loadStep[server];
  }
}
