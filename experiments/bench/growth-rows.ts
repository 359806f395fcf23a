// How the cost of a request grows with the cluster and with the sessions: exponents of a power law, fitted by least
// squares on logarithms.
import { mean } from 'd3-array';
import { readable } from '../lib/text-table.ts';
import { clusterOf, costOf } from './cost.ts';
import type { BenchRow } from './rows.ts';

/** Slope of log y over log x: 0 = flat, 1 = proportional. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const middleX = mean(logs, ([x]) => x)!;
  const middleY = mean(logs, ([, y]) => y)!;
  const above = logs.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0);
  return above / logs.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
}

/** Processor time per request, without what a run costs before its first request [s]. */
function perRequest(scenario: (durationS: number) => object): number {
  const [short, long] = [costOf(scenario(4)), costOf(scenario(12))];
  return Math.max(1e-9, long.cpuS - short.cpuS) / (long.requests - short.requests);
}

/** What a fitted exponent may be above its law: costs of caches, and of the fit. */
const GROWTH_SLACK = 0.3;

/** Exponents of the cost of a request in the number of nodes, and in that of sessions. */
export function growthRows(): BenchRow[] {
  const rows: BenchRow[] = [];
  const row = (what: string, points: [number, number][], law: number): void => {
    const found = exponent(points);
    rows.push({
      what,
      measured: readable(found),
      ratio: Math.max(0, found) / (law + GROWTH_SLACK),
      target: `exponent ${law}, at most ${law + GROWTH_SLACK}`,
    });
  };
  const laws = { none: 0, backup: 0, 'memcached-sticky': 0, 'redis-manager': 0, 'all-to-all': 1 };
  for (const [strategy, law] of Object.entries(laws)) {
    const sizes = [16, 64, 256, 1024];
    const points = sizes.map((nodes): [number, number] => [
      nodes,
      perRequest((durationS) => clusterOf(nodes, strategy, 2000, durationS)),
    ]);
    row(`cost of a request with N = 16 to 1,024, ${strategy}`, points, law);
  }
  // Sessions live as long as their clients think: the same load from more of them.
  const thinks = [5, 50, 500];
  const points = thinks.map((thinkTimeSMean): [number, number] => [
    thinkTimeSMean,
    perRequest((durationS) =>
      clusterOf(16, 'backup', 2000, durationS, { session: { thinkTimeSMean, idleTimeoutS: 20 * thinkTimeSMean } }),
    ),
  ]);
  row('cost of a request with sessions, 10^4 to 10^6, backup', points, 0);
  return rows;
}
