import type { Scenario } from '../../models/scenario/schema.ts';
import { canonicalJson, sha256 } from './canonical-json.ts';
import { checkSize, type Grid, gridRuns, sortedGrid } from './grid.ts';
import { InputError } from './input-error.ts';
import type { JournalHead } from './journal.ts';
import type { LoadedScenario } from './load-scenario.ts';
import type { MeasureName } from './measures.ts';
import { projectVersion, sourceHash } from './provenance.ts';
import type { Point, RunKey } from './run-record.ts';
import { mostReplications, type StatisticsRules, statedRules } from './statistics-rules.ts';

/** Everything that a sweep computes, fixed before the first run. */
export interface SweepPlan {
  /** What is varied, sorted. */
  readonly grid: Grid;
  /** The scenario that the points vary. */
  readonly base: Scenario;
  readonly head: JournalHead;
  /** How many replications, how much warm-up. */
  readonly rules: StatisticsRules;
  /** What is measured of a run besides; absent: nothing. */
  readonly measure?: MeasureName;
  /** The setting that all others are compared with; absent where settings are not compared. */
  readonly baseCase?: string;
  /** Every run of a fixed number of replications, sorted by key. */
  runs(): RunKey[];
  /** The scenario of a run. Its streams follow from it and from the replication number alone. */
  scenarioOf(key: Point & { replication?: number }): Scenario;
}

/** What a plan says besides its grid. */
export interface PlanOptions {
  readonly rules?: StatisticsRules;
  readonly measure?: MeasureName;
  readonly baseCase?: string;
  /** What a run adds to the scenario of its point, as a function of the replication; `key` belongs to the plan's hash. */
  readonly perRun?: { readonly key: unknown; apply(scenario: Scenario, point: Point, replication: number): Scenario };
}

/** Names a cluster of a sweep: everything but its load. */
function variantText({ strategy, balancer, nodes, case: name }: Omit<Point, 'load_rps'>): string {
  return `${strategy} ${balancer} ${nodes} ${name ?? ''}`;
}

/** Every cluster of the grid, checked. */
function variantsOf(grid: Grid, loadedOf: (name: string | undefined) => LoadedScenario): Map<string, Scenario> {
  const variants = new Map<string, Scenario>();
  for (const strategy of grid.strategies) {
    for (const balancer of grid.balancers) {
      for (const nodes of grid.nodes) {
        for (const name of grid.cases ?? [undefined]) {
          const point = { strategy, balancer, nodes, ...(name === undefined ? {} : { case: name }) };
          variants.set(variantText(point), loadedOf(name).variant(point));
        }
      }
    }
  }
  return variants;
}

/**
 * Fixes the runs of a sweep and checks every scenario in it.
 *
 * @param loaded - the scenario, or one per setting that the experiment varies besides.
 * @throws InputError - too many runs, or a point whose scenario is not possible.
 */
export function planSweep(
  loaded: LoadedScenario | ReadonlyMap<string, LoadedScenario>,
  wanted: Grid,
  maxPoints: number,
  options: PlanOptions = {},
): SweepPlan {
  const cases = loaded instanceof Map ? (loaded as ReadonlyMap<string, LoadedScenario>) : undefined;
  const grid = sortedGrid(cases ? { ...wanted, cases: [...cases.keys()] } : wanted);
  checkSize(grid, maxPoints);
  const all = cases ? [...cases.values()] : [loaded as LoadedScenario];
  const variants = variantsOf(grid, (name) => (name === undefined ? all[0] : cases!.get(name)!));
  all[0].checkAllUsed();
  const base = all[0].scenario;
  const rules = options.rules ?? statedRules(base);
  if (!('count' in rules.replications)) checkSize({ ...grid, replications: mostReplications(rules) }, maxPoints);
  const { measure, baseCase, perRun } = options;
  const scenarios = [...variants].sort(([a], [b]) => (a < b ? -1 : 1));
  const head: JournalHead = {
    version: projectVersion(),
    source_sha256: sourceHash(),
    scenario_sha256: sha256(canonicalJson(base)),
    plan_sha256: sha256(canonicalJson({ grid, scenarios, rules, measure, perRun: perRun?.key })),
  };
  return {
    grid,
    base,
    head,
    rules,
    ...(measure === undefined ? {} : { measure }),
    ...(baseCase === undefined ? {} : { baseCase }),
    runs: () => [...gridRuns(grid, base.run.seed)],
    scenarioOf(point) {
      const variant = variants.get(variantText(point));
      if (variant === undefined) throw new InputError(`${variantText(point)}: no such point`);
      const scenario = { ...variant, load: { ...variant.load, requestsPerSecond: point.load_rps } };
      return perRun ? perRun.apply(scenario, point, point.replication ?? 1) : scenario;
    },
  };
}
