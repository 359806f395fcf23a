import { HttpdBalancer } from './httpd-balancer.ts';

/**
 * httpd `lbmethod=bytraffic`: fewest bytes since the start per load factor, the first one among equals.
 *
 * Model: nothing decays, so a worker that was away gets everything until it has caught up. httpd divides bytes in and
 * out apart and rounds each down; here their sum is, which can differ by one in the comparison.
 * @see source: httpd `modules/proxy/balancers/mod_lbmethod_bytraffic.c`.
 */
export class ByTraffic extends HttpdBalancer {
  private leastBytes = 0;

  protected isBetter(server: number, best: number): boolean {
    const { trafficBytes, lbFactor } = this.workers;
    const bytes = Math.floor(trafficBytes[server] / lbFactor[server]);
    if (best !== -1 && bytes >= this.leastBytes) return false;
    this.leastBytes = bytes;
    return true;
  }
}
