import { countPoints, pointAt } from './grid.ts';
import { keptRuns } from './grid-driver.ts';
import type { RunStore } from './journal.ts';
import { type DoneRun, type FinishedRun, type Point, pointOf } from './run-record.ts';
import { type PointSummary, summarisePoint } from './summarise.ts';
import type { SweepPlan } from './sweep-plan.ts';

/** The runs of one point, in the order of their replications. */
export interface PointRuns {
  readonly point: Point;
  readonly runs: readonly DoneRun[];
}

/** What an experiment found. Every look at it starts from the beginning and holds one point in memory at a time. */
export interface Findings {
  readonly plan: SweepPlan;
  /** Every point, sorted. */
  readonly points: Iterable<PointRuns>;
  /** Every run that has a result, sorted. */
  readonly runs: Iterable<FinishedRun>;
  readonly summaries: Iterable<PointSummary>;
}

const again = <T>(start: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: start });

/** The runs of a point that have a result. */
export function finishedOf({ runs }: PointRuns): FinishedRun[] {
  return runs.flatMap(({ key, record }) => (record === null ? [] : [{ key, record }]));
}

/** What can be read off points. */
export function findingsOf(plan: SweepPlan, points: Iterable<PointRuns>): Findings {
  return {
    plan,
    points,
    runs: again(function* () {
      for (const one of points) yield* finishedOf(one);
    }),
    summaries: again(function* () {
      for (const one of points) {
        const records = finishedOf(one).map(({ record }) => record);
        yield summarisePoint(one.point, records);
      }
    }),
  };
}

/** The findings of a grid whose runs are in a store, all of them. */
export function storedFindings(plan: SweepPlan, store: RunStore): Findings {
  return findingsOf(
    plan,
    again(function* () {
      try {
        for (let index = 0; index < countPoints(plan.grid); index += 1) {
          const point = pointAt(plan.grid, index);
          const runs = keptRuns(plan, point, (key) => store.get(key));
          if (runs === undefined) throw new Error(`a run of ${JSON.stringify(point)} is missing`);
          yield { point, runs };
        }
      } finally {
        store.close();
      }
    }),
  );
}

/** The findings of a few runs in memory. */
export function memoryFindings(plan: SweepPlan, runs: readonly FinishedRun[]): Findings {
  const points = new Map<string, { point: Point; runs: DoneRun[] }>();
  for (const { key, record } of runs) {
    const point = pointOf(key);
    const name = JSON.stringify(point);
    const one = points.get(name) ?? { point, runs: [] };
    one.runs.push({ key, status: 'ok', record, warmUpS: plan.base.run.warmUpS });
    points.set(name, one);
  }
  return findingsOf(plan, [...points.values()]);
}
