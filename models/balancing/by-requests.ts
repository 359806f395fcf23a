import { HttpdBalancer } from './httpd-balancer.ts';

/**
 * httpd `lbmethod=byrequests`: each usable worker gains its load factor, the richest is chosen and pays what all gained.
 *
 * @see source: httpd `modules/proxy/balancers/mod_lbmethod_byrequests.c`.
 */
export class ByRequests extends HttpdBalancer {
  private total = 0;

  protected override begin(): void {
    this.total = 0;
  }

  protected isBetter(server: number, best: number): boolean {
    const { workers } = this;
    this.total += workers.gain(server);
    return best === -1 || workers.lbStatus[server] > workers.lbStatus[best];
  }

  protected override chosen(server: number): void {
    this.workers.lbStatus[server] -= this.total;
  }
}
