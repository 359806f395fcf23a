import { InputError } from './input-error.ts';
import { comparePoints, type Point, type RunKey } from './run-record.ts';

/** What a sweep varies; every combination is a point. */
export interface Grid {
  readonly strategies: readonly string[];
  readonly balancers: readonly string[];
  readonly nodes: readonly number[];
  readonly loads: readonly number[];
  readonly replications: number;
}

/** Number of runs of a grid, computed before anything is built. */
export function countRuns({ strategies, balancers, nodes, loads, replications }: Grid): number {
  return strategies.length * balancers.length * nodes.length * loads.length * replications;
}

/**
 * Every point of a grid, sorted.
 *
 * @param maxPoints - most runs that are allowed.
 * @throws InputError - the grid has more runs.
 */
export function gridPoints(grid: Grid, maxPoints: number): Point[] {
  const runs = countRuns(grid);
  if (runs > maxPoints) {
    const { strategies, balancers, nodes, loads, replications } = grid;
    const sizes = [
      `${strategies.length} strategies`,
      `${balancers.length} balancers`,
      `${nodes.length} cluster sizes`,
      `${loads.length} loads`,
      `${replications} replications`,
    ];
    throw new InputError(`--max-points: ${sizes.join(' x ')} are ${runs} runs; at most ${maxPoints} are allowed`);
  }
  const points = grid.strategies.flatMap((strategy) =>
    grid.balancers.flatMap((balancer) =>
      grid.nodes.flatMap((nodes) => grid.loads.map((load_rps) => ({ strategy, balancer, nodes, load_rps }))),
    ),
  );
  return points.sort(comparePoints);
}

/** Every run of some points, in the same order. */
export function runsOf(points: readonly Point[], replications: number, seed: number): RunKey[] {
  return points.flatMap((point) =>
    Array.from({ length: replications }, (_, index) => ({ ...point, replication: index + 1, seed })),
  );
}
