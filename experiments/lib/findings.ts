import { gridPoints } from './grid.ts';
import { keptRuns } from './grid-driver.ts';
import type { RunStore } from './journal.ts';
import { comparePoints, type DoneRun, type FinishedRun, type Point, pointOf, pointText } from './run-record.ts';
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
  /** The runs of one point, without a look at the others. */
  at(point: Point): PointRuns;
}

const again = <T>(start: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: start });

/** The runs of a point that have a result. */
export function finishedOf({ runs }: PointRuns): FinishedRun[] {
  return runs.flatMap(({ key, record }) => (record === null ? [] : [{ key, record }]));
}

/** What can be read off points. */
export function findingsOf(
  plan: SweepPlan,
  points: Iterable<PointRuns>,
  runsAt?: (point: Point) => readonly DoneRun[],
): Findings {
  const look = (point: Point): readonly DoneRun[] => {
    for (const one of points) if (comparePoints(one.point, point) === 0) return one.runs;
    return [];
  };
  return {
    plan,
    points,
    at: (point) => ({ point, runs: (runsAt ?? look)(point) }),
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
  const runsAt = (point: Point): DoneRun[] => {
    const runs = keptRuns(plan, point, (key) => store.get(key));
    if (runs === undefined) throw new Error(`a run of ${pointText(point)} is missing`);
    return runs;
  };
  const points = again(function* () {
    try {
      for (const point of gridPoints(plan.grid)) yield { point, runs: runsAt(point) };
    } finally {
      store.close();
    }
  });
  return findingsOf(plan, points, runsAt);
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
