import { InputError } from './input-error.ts';
import type { Point, RunKey } from './run-record.ts';

/** What a sweep varies; every combination is a point. */
export interface Grid {
  readonly strategies: readonly string[];
  readonly balancers: readonly string[];
  readonly nodes: readonly number[];
  readonly loads: readonly number[];
  readonly replications: number;
  /** Settings that are varied besides, by name; absent where none is. */
  readonly cases?: readonly string[];
}

/** Number of points of a grid. */
export function countPoints({ strategies, balancers, nodes, loads, cases }: Grid): number {
  return strategies.length * balancers.length * nodes.length * loads.length * (cases?.length ?? 1);
}

/** Number of runs of a grid, computed before anything is built. */
function countRuns(grid: Grid): number {
  return countPoints(grid) * grid.replications;
}

/** @throws InputError - the grid has more runs than are allowed. */
export function checkSize(grid: Grid, maxPoints: number): void {
  const runs = countRuns(grid);
  if (runs <= maxPoints) return;
  const { strategies, balancers, nodes, loads, replications, cases } = grid;
  const sizes = [
    `${strategies.length} strategies`,
    `${balancers.length} balancers`,
    `${nodes.length} cluster sizes`,
    `${loads.length} loads`,
    ...(cases ? [`${cases.length} settings`] : []),
    `${replications} replications`,
  ];
  throw new InputError(`--max-points: ${sizes.join(' x ')} are ${runs} runs; at most ${maxPoints} are allowed`);
}

/** Names and numbers in the order of the files. */
export function sortedGrid(grid: Grid): Grid {
  const names = (list: readonly string[]): string[] => [...list].sort();
  const numbers = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
  return {
    strategies: names(grid.strategies),
    balancers: names(grid.balancers),
    nodes: numbers(grid.nodes),
    loads: numbers(grid.loads),
    replications: grid.replications,
    ...(grid.cases ? { cases: names(grid.cases) } : {}),
  };
}

/**
 * A point by its place in the order of the files, so that a grid of a million points never stands in memory.
 *
 * @param grid - sorted.
 * @param index - 0 to the number of points less one.
 */
export function pointAt(grid: Grid, index: number): Point {
  let rest = index;
  const take = <T>(list: readonly T[]): T => {
    const value = list[rest % list.length];
    rest = Math.floor(rest / list.length);
    return value;
  };
  const name = grid.cases ? take(grid.cases) : undefined;
  const load_rps = take(grid.loads);
  const nodes = take(grid.nodes);
  const balancer = take(grid.balancers);
  const strategy = take(grid.strategies);
  return { strategy, balancer, nodes, load_rps, ...(name === undefined ? {} : { case: name }) };
}

/** Place of a point in the order of the files; -1 when it is none of the grid. */
export function indexOfPoint(grid: Grid, point: Point): number {
  let index = 0;
  const add = <T>(list: readonly T[], value: T): void => {
    const at = list.indexOf(value);
    index = at < 0 || index < 0 ? -1 : index * list.length + at;
  };
  add(grid.strategies, point.strategy);
  add(grid.balancers, point.balancer);
  add(grid.nodes, point.nodes);
  add(grid.loads, point.load_rps);
  if (grid.cases) add(grid.cases, point.case ?? '');
  return index;
}

/** Every point of a sorted grid, in the order of the files. */
export function* gridPoints(grid: Grid): Generator<Point> {
  for (let index = 0; index < countPoints(grid); index += 1) yield pointAt(grid, index);
}

/** Every run of a sorted grid, in the order of the files. */
export function* gridRuns(grid: Grid, seed: number): Generator<RunKey> {
  for (const point of gridPoints(grid)) {
    for (let replication = 1; replication <= grid.replications; replication += 1) yield { ...point, replication, seed };
  }
}
