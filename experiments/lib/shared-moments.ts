import type { Scenario } from '../../models/scenario/schema.ts';
import { seconds } from '../../sim/time.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Point } from './run-record.ts';

/** Groups of runs whose moments are remembered; runs of a group are asked for one soon after the other. */
const GROUPS_MAX = 64;

/** What must be shared to be worth a fork, since building a cluster takes as long as a thousand requests: part of a run, requests. */
const SHARE_LEAST = 0.05;
const REQUESTS_LEAST = 1000;

/** What runs that share their warm-up have in common: all but their names and the faults after it. */
export function warmUpKey(scenario: Scenario): string {
  const begun = scenario.faults.map((fault) => (fault.atS <= scenario.run.warmUpS ? fault : null));
  const lastBegun = begun.findLastIndex((fault) => fault !== null);
  return canonicalJson({ ...scenario, name: '', faults: begun.slice(0, lastBegun + 1) });
}

/** The last nanosecond before the first fault after the warm-up, Infinity without one; 0 where it is too early to matter [ns]. */
function calmNs({ faults, run, load }: Scenario): number {
  const calm = faults.reduce(
    (first, { atS }) => (atS > run.warmUpS ? Math.min(first, seconds(atS) - 1) : first),
    Number.POSITIVE_INFINITY,
  );
  const leastS = Math.max(SHARE_LEAST * (run.warmUpS + run.durationS), REQUESTS_LEAST / load.requestsPerSecond);
  return calm < seconds(leastS) ? 0 : calm;
}

/**
 * Says up to which moment a run of a sweep is the same as other runs of it that differ in their setting only.
 * @param cases - the settings of the sweep; undefined: it varies none.
 * @returns [ns]; 0: no such moment is known; undefined: no run can be like another.
 */
export function sharedMoments<P extends Point & { replication?: number }>(
  cases: readonly string[] | undefined,
  scenarioOf: (point: P) => Scenario,
): (point: P) => number | undefined {
  const groups = new Map<string, Map<string, number>>();
  const momentsOf = (point: P): Map<string, number> => {
    const moments = new Map<string, number>();
    const members = new Map<string, string[]>();
    for (const name of cases ?? []) {
      const scenario = scenarioOf({ ...point, case: name });
      const key = warmUpKey(scenario);
      members.set(key, [...(members.get(key) ?? []), name]);
      moments.set(key, Math.min(moments.get(key) ?? Number.POSITIVE_INFINITY, calmNs(scenario)));
    }
    return new Map(
      [...members].flatMap(([key, names]) => {
        const atNs = names.length > 1 && Number.isFinite(moments.get(key)) ? moments.get(key)! : 0;
        return names.map((name) => [name, atNs] as const);
      }),
    );
  };
  return (point) => {
    if (cases === undefined || point.case === undefined) return undefined;
    const { strategy, balancer, nodes, load_rps, replication } = point;
    const group = canonicalJson([strategy, balancer, nodes, load_rps, replication ?? 1]);
    let moments = groups.get(group);
    if (moments === undefined) {
      moments = momentsOf(point);
      groups.set(group, moments);
      if (groups.size > GROUPS_MAX) groups.delete(groups.keys().next().value!);
    }
    return moments.get(point.case);
  };
}
