// How the cost of a request grows with the cluster and with the sessions: exponents of a power law, fitted by least
// squares on logarithms.
import { mean } from 'd3-array';

/** Slope of log y over log x: 0 = flat, 1 = proportional. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const middleX = mean(logs, ([x]) => x)!;
  const middleY = mean(logs, ([, y]) => y)!;
  const above = logs.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0);
  return above / logs.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
}
