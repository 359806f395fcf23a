import { HttpdBalancer } from './httpd-balancer.ts';

/**
 * httpd `lbmethod=bybusyness`: fewest open requests, whatever the load factor; among equals as by-requests.
 *
 * @see source: httpd `modules/proxy/balancers/mod_lbmethod_bybusyness.c`.
 */
export class ByBusyness extends HttpdBalancer {
  private total = 0;

  protected override begin(): void {
    this.total = 0;
  }

  protected isBetter(server: number, best: number): boolean {
    const { busy, lbStatus } = this.workers;
    this.total += this.workers.gain(server);
    if (best === -1 || busy[server] < busy[best]) return true;
    return busy[server] === busy[best] && lbStatus[server] > lbStatus[best];
  }

  protected override chosen(server: number): void {
    this.workers.lbStatus[server] -= this.total;
  }
}
