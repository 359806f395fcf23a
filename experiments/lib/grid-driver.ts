import { countPoints, type Grid, pointAt } from './grid.ts';
import type { RunDesk } from './run-desk.ts';
import type { DoneRun, Point, RunKey } from './run-record.ts';
import { sharedMoments } from './shared-moments.ts';
import { mostReplications, neededReplications } from './statistics-rules.ts';
import { metricOf } from './summarise.ts';
import type { SweepPlan } from './sweep-plan.ts';
import { pilotOf, withWarmUp } from './warm-up.ts';

/** A part of the points of a sweep: the i-th of n, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Rough work of a run: requests, dearer in a large cluster. Only the order of runs and the time left hang on it. */
export function costOf({ nodes, load_rps }: Point): number {
  return load_rps * (1 + nodes / 64) + 50;
}

/**
 * Places of the points of a shard, dearest first, so that no worker ends with a long run alone; points are dealt in
 * this order, so that shards get about as much work.
 */
export function orderOf(grid: Grid, { index, count }: Shard): Uint32Array {
  const points = countPoints(grid);
  const costs = Float64Array.from({ length: points }, (_, at) => costOf(pointAt(grid, at)));
  const order = Uint32Array.from({ length: points }, (_, at) => at).sort((a, b) => costs[b] - costs[a] || a - b);
  return order.filter((_, at) => at % count === index - 1);
}

/** The runs of a point that its rule asks for, or undefined when one is not there. */
export function keptRuns(
  plan: SweepPlan,
  point: Point,
  get: (key: RunKey) => DoneRun | undefined,
): DoneRun[] | undefined {
  const { seed } = plan.base.run;
  const runs: DoneRun[] = [];
  const values: number[] = [];
  for (let needed = neededReplications(plan.rules, 0, values); runs.length < needed; ) {
    const run = get({ ...point, replication: runs.length + 1, seed });
    if (run === undefined) return undefined;
    runs.push(run);
    addValue(plan, run, values);
    if (runs.length === needed) needed = neededReplications(plan.rules, needed, values);
  }
  return runs;
}

function addValue({ rules: { replications } }: SweepPlan, { record, key }: DoneRun, values: number[]): void {
  if ('count' in replications || record === null) return;
  const value = metricOf(record, key.nodes, replications.metric);
  if (value !== null) values.push(value);
}

/** Runs the points of a grid at a desk. */
export class GridDriver {
  private readonly plan: SweepPlan;
  private readonly desk: RunDesk;
  /** Up to when a run is the same as others [ns]. */
  private readonly sharedNs: (key: RunKey) => number | undefined;
  /** Warm-up by the loads and sizes that are compared [s]. */
  private readonly warmUps = new Map<string, Promise<number>>();

  constructor(plan: SweepPlan, desk: RunDesk) {
    this.plan = plan;
    this.desk = desk;
    this.sharedNs = sharedMoments<RunKey>(plan.grid.cases, (key) => plan.scenarioOf(key));
  }

  /** @param order - places of the points. */
  async run(order: Uint32Array): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < order.length) {
        const point = pointAt(this.plan.grid, order[next]);
        next += 1;
        await this.point(point);
      }
    };
    await Promise.all(Array.from({ length: Math.min(order.length, this.desk.width) }, lane));
  }

  private async point(point: Point): Promise<void> {
    const { plan } = this;
    const { seed } = plan.base.run;
    const warmUpS = plan.rules.warmUp === 'mser5' ? await this.warmUpOf(point) : undefined;
    const values: number[] = [];
    for (let done = 0; done < mostReplications(plan.rules); ) {
      const needed = neededReplications(plan.rules, done, values);
      if (needed <= done) return;
      const asked = Array.from({ length: needed - done }, (_, index) => {
        const key = { ...point, replication: done + index + 1, seed };
        const scenario = plan.scenarioOf(key);
        const sharedNs = this.sharedNs(key);
        if (warmUpS === undefined) return this.desk.ask(key, scenario, plan.measure, sharedNs);
        // Another warm-up moves the faults, and with them the moment.
        return this.desk.ask(key, withWarmUp(scenario, warmUpS), plan.measure, sharedNs && 0);
      });
      for (const run of await Promise.all(asked)) addValue(plan, run, values);
      done = needed;
    }
  }

  /**
   * The warm-up of a point: the longest that a pilot shows among all that are compared at this size and load, so that
   * they keep their common random numbers.
   */
  private warmUpOf({ nodes, load_rps }: Point): Promise<number> {
    const name = `${nodes} ${load_rps}`;
    const known = this.warmUps.get(name);
    if (known) return known;
    const found = this.pilots(nodes, load_rps);
    this.warmUps.set(name, found);
    return found;
  }

  private async pilots(nodes: number, load_rps: number): Promise<number> {
    const { grid, base } = this.plan;
    const points = grid.strategies.flatMap((strategy) =>
      grid.balancers.flatMap((balancer) =>
        (grid.cases ?? [undefined]).map((name) => ({
          ...{ strategy, balancer, nodes, load_rps },
          ...(name === undefined ? {} : { case: name }),
        })),
      ),
    );
    const runs = await Promise.all(
      points.map((point) => {
        const key = { ...point, replication: 0, seed: base.run.seed };
        return this.desk.ask(key, pilotOf(this.plan.scenarioOf(key)), 'warm-up', grid.cases && 0);
      }),
    );
    return Math.max(...runs.map(({ record }) => record?.measures?.warm_up_s ?? base.run.warmUpS));
  }
}
