import type { Row } from '../lib/csv.ts';
import { differenceOf } from '../lib/differences.ts';
import { estimate } from '../lib/estimate.ts';
import type { SweepPlan } from '../lib/sweep-plan.ts';
import { type Carried, idealLoad } from './search.ts';
import { fitUsl, type UslFit, uslPeak, uslThroughput } from './usl.ts';

/** An added node pays when it carries at least this share of what a node of the smallest size does. */
const PAYS = 0.5;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The clusters of one strategy and balancer, by size. */
export function families(carried: readonly Carried[]): Carried[][] {
  const found = new Map<string, Carried[]>();
  for (const one of carried) {
    const name = `${one.cluster.strategy} ${one.cluster.balancer}`;
    found.set(name, [...(found.get(name) ?? []), one]);
  }
  return [...found.values()];
}

/** The law of one family. */
export function lawOf(family: readonly Carried[]): UslFit | undefined {
  return fitUsl(family.map(({ cluster, loads }) => ({ nodes: cluster.nodes, load: mean(loads) })));
}

function familyRows(family: readonly Carried[], plan: SweepPlan): Row[] {
  const law = lawOf(family);
  const [first] = family;
  return family.map(({ cluster, loads }, at) => {
    const { n, mean: carried, ci95_low, ci95_high, half_width, method } = estimate(loads);
    const before = at > 0 ? family[at - 1] : undefined;
    const added = before && cluster.nodes - before.cluster.nodes;
    const pairs = before && loads.slice(0, before.loads.length).map((load, run) => (load - before.loads[run]) / added!);
    const gain = pairs && differenceOf(pairs);
    const perNode = mean(first.loads) / first.cluster.nodes;
    const isPaying = gain ? (gain.difference! >= PAYS * perNode ? 1 : 0) : null;
    return {
      ...cluster,
      ...{ n, carried_rps: carried, ci95_low, ci95_high, half_width, method },
      ideal_rps: idealLoad(plan.scenarioOf({ ...cluster, load_rps: 1 })),
      per_added_node_rps: gain?.difference ?? null,
      per_added_node_half_width: gain?.half_width ?? null,
      is_paying: isPaying,
      usl_rps: law ? uslThroughput(law, cluster.nodes) : null,
    };
  });
}

/** Rows of `capacity.csv`. */
export function capacityRows(carried: readonly Carried[], plan: SweepPlan): Row[] {
  return families(carried).flatMap((family) => familyRows(family, plan));
}

/** Rows of `searches.csv`. */
export function searchRows(carried: readonly Carried[], seed: number): Row[] {
  return carried.flatMap(({ cluster, loads }) =>
    loads.map((load, at) => ({ ...cluster, replication: at + 1, seed, carried_rps: load })),
  );
}

/** Rows of `usl.csv`. */
export function uslRows(carried: readonly Carried[], plan: SweepPlan): Row[] {
  return families(carried).map((family) => {
    const { strategy, balancer } = family[0].cluster;
    const law = lawOf(family);
    const rows = familyRows(family, plan);
    const stop = rows.findIndex(({ is_paying }) => is_paying === 0);
    const errors = law
      ? family.map(({ cluster, loads }) => Math.abs(uslThroughput(law, cluster.nodes) / mean(loads) - 1))
      : [];
    return {
      ...{ strategy, balancer, sizes: family.length },
      gamma_rps: law?.gamma ?? null,
      alpha: law?.alpha ?? null,
      beta: law?.beta ?? null,
      peak_nodes: law ? uslPeak(law) : null,
      error_ratio_max: law ? Math.max(...errors) : null,
      last_paying_nodes: family[stop < 0 ? family.length - 1 : stop - 1].cluster.nodes,
    };
  });
}

/** The smallest simulated cluster of each family that carries a load with 97.5 % confidence; nodes null: none does. */
export function cheapest(
  rows: readonly Row[],
  load: number,
): { strategy: string; balancer: string; nodes: number | null }[] {
  const found = new Map<string, { strategy: string; balancer: string; nodes: number | null }>();
  for (const row of rows) {
    const name = `${row.strategy} ${row.balancer}`;
    const known = found.get(name) ?? { strategy: String(row.strategy), balancer: String(row.balancer), nodes: null };
    const sure = Number(row.ci95_low ?? row.carried_rps);
    if (known.nodes === null && sure >= load) known.nodes = Number(row.nodes);
    found.set(name, known);
  }
  return [...found.values()].sort(
    (a, b) => (a.nodes ?? Number.POSITIVE_INFINITY) - (b.nodes ?? Number.POSITIVE_INFINITY),
  );
}
