// How the cost of a request grows with the cluster and with the sessions: exponents of a power law, fitted by least
// squares on logarithms.
import { mean } from 'd3-array';
import { readable } from '../lib/text-table.ts';
import type { ClusterCost } from './cluster.ts';
import { clusterOf, costsInTurn } from './cost.ts';
import { memoryRow, memoryRows, thinking } from './memory-rows.ts';
import { type BenchRow, timeText } from './rows.ts';

/** Slope of log y over log x: 0 = flat, 1 = proportional. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const middleX = mean(logs, ([x]) => x)!;
  const middleY = mean(logs, ([, y]) => y)!;
  const above = logs.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0);
  return above / logs.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
}

/** Processor time per request of a running cluster [s]. */
function perRequest({ later }: ClusterCost): number {
  return later.cpuS / later.requests;
}

/** What a fitted exponent may be above its law: costs of caches, and of the fit. */
const GROWTH_SLACK = 0.3;

/** Simulated time after a quarter of which the program is compiled: in shorter runs that costs more than all requests. */
const COMPILED_S = 120;

/** All whose cost should not depend on N, and one that sends to all. */
const strategies = [
  'none',
  'backup',
  'memcached-sticky',
  'memcached-nonsticky',
  'redis-manager',
  'redisson',
  'spring-session',
  'terracotta',
  'all-to-all',
];

/** Nodes of the clusters that are compared. */
const sizes = [16, 64, 256, 1024];

/** Exponents of the cost of a request in the number of nodes, and in that of sessions. */
export async function* growthRows(): AsyncGenerator<BenchRow> {
  const row = (what: string, points: [number, number][], law: number): BenchRow => {
    const found = exponent(points);
    return {
      what,
      measured: `${readable(found)} (${points.map(([, y]) => timeText(y * 1e9)).join(', ')})`,
      ratio: Math.max(0, found) / (law + GROWTH_SLACK),
      target: `exponent ${law}, at most ${law + GROWTH_SLACK}`,
    };
  };
  for (const strategy of strategies) {
    const law = strategy === 'all-to-all' ? 1 : 0;
    const durationS = law === 0 ? COMPILED_S : 16;
    const costs = await costsInTurn(sizes.map((nodes) => clusterOf(nodes, strategy, 2000, durationS)));
    const points = costs.map((cost, place): [number, number] => [sizes[place], perRequest(cost)]);
    yield row(`cost of a request with N = 16 to 1,024, ${strategy}`, points, law);
  }
  yield* sessionRows(row);
  yield* memoryRows();
}

/** Sessions live as long as their clients think: the same load from more of them. */
async function* sessionRows(
  row: (what: string, points: [number, number][], law: number) => BenchRow,
): AsyncGenerator<BenchRow> {
  for (const strategy of ['none', 'backup', 'memcached-nonsticky']) {
    const runs = await costsInTurn([5, 50, 500, 5000].map((thinkTimeS) => thinking(strategy, thinkTimeS, COMPILED_S)));
    const points = runs.map((cost): [number, number] => [cost.sessions, perRequest(cost)]);
    yield row(`cost of a request with sessions, 10^4 to 10^7, ${strategy}`, points, 0);
    if (strategy === 'backup') yield memoryRow(strategy, runs[0], runs[runs.length - 1]);
  }
}
