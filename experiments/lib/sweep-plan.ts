import type { Scenario } from '../../models/scenario/schema.ts';
import { canonicalJson, sha256 } from './canonical-json.ts';
import { type Grid, gridPoints, runsOf } from './grid.ts';
import { InputError } from './input-error.ts';
import type { JournalHead } from './journal.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { projectVersion, sourceHash } from './provenance.ts';
import type { Point, RunKey } from './run-record.ts';

/** Everything that a sweep computes, fixed before the first run. */
export interface SweepPlan {
  readonly grid: Grid;
  /** The scenario that the points vary. */
  readonly base: Scenario;
  /** Every run, sorted by key. */
  readonly runs: readonly RunKey[];
  readonly head: JournalHead;
  scenarioOf(point: Point): Scenario;
}

/** Names a cluster of a sweep: everything but its load. */
function variantText({ strategy, balancer, nodes }: Omit<Point, 'load_rps'>): string {
  return `${strategy} ${balancer} ${nodes}`;
}

/**
 * Fixes the runs of a sweep and checks every scenario in it.
 *
 * @throws InputError - too many runs, or a point whose scenario is not possible.
 */
export function planSweep(loaded: LoadedScenario, wanted: Grid, maxPoints: number): SweepPlan {
  const grid = { ...wanted, strategies: [...wanted.strategies].sort(), balancers: [...wanted.balancers].sort() };
  const points = gridPoints(grid, maxPoints);
  const variants = new Map<string, Scenario>();
  for (const point of points) {
    const name = variantText(point);
    if (!variants.has(name)) variants.set(name, loaded.variant(point));
  }
  loaded.checkAllUsed();
  const base = loaded.scenario;
  const scenarios = [...variants].sort(([a], [b]) => (a < b ? -1 : 1));
  const head: JournalHead = {
    version: projectVersion(),
    source_sha256: sourceHash(),
    scenario_sha256: sha256(canonicalJson(base)),
    plan_sha256: sha256(canonicalJson({ grid, scenarios })),
  };
  return {
    grid,
    base,
    runs: runsOf(points, grid.replications, base.run.seed),
    head,
    scenarioOf(point) {
      const variant = variants.get(variantText(point));
      if (variant === undefined) throw new InputError(`${variantText(point)}: no such point`);
      return { ...variant, load: { ...variant.load, requestsPerSecond: point.load_rps } };
    },
  };
}
