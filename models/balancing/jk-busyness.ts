import type { BalancerOptions } from './balancer.ts';
import { JkBalancer } from './jk-balancer.ts';

/** mod_jk `method=Busyness`: fewest open requests per factor. */
export class JkBusyness extends JkBalancer {
  constructor(options: BalancerOptions) {
    super(options, false);
  }

  protected override addAtStart(server: number): void {
    this.workers.loadValue[server] += this.workers.loadStep[server];
  }

  protected override addAtEnd(server: number): void {
    this.workers.loadValue[server] = Math.max(0, this.workers.loadValue[server] - this.workers.loadStep[server]);
  }
}
