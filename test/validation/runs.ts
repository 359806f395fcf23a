import { Cluster, simulate } from '../../models/cluster.ts';
import type { RunResult, Traffic } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../models/scenario/schema.ts';

/** A small busy cluster: short sessions, every request writes; `more` replaces whole sections. */
export function around(more: ScenarioInput): ScenarioInput {
  return {
    nodes: 4,
    service: { cpuMsMean: 1 },
    session: { requestsMean: 20, thinkTimeSMean: 0.3, writeRatio: 1 },
    load: { requestsPerSecond: 300 },
    run: { warmUpS: 1, durationS: 5 },
    ...more,
  };
}

export function run(more: ScenarioInput, replication = 0): RunResult {
  return simulate(parseScenario(around(more)), replication);
}

/** A cluster that has not run yet, for tests that look inside. */
export function cluster(more: ScenarioInput, replication = 0): Cluster {
  return new Cluster(parseScenario(around(more)), replication);
}

/** Losses of several replications together. */
export function losses(more: ScenarioInput, replications: number): RunResult['consistency'] {
  const results = Array.from({ length: replications }, (_, replication) => run(more, replication).consistency);
  return results.reduce((sum, one) => {
    const keys = Object.keys(one) as (keyof typeof one)[];
    return Object.fromEntries(keys.map((key) => [key, sum[key] + one[key]])) as unknown as typeof one;
  });
}

export function trafficOf(result: RunResult, kind: string): Traffic | undefined {
  return result.traffic.find((row) => row.kind === kind);
}

/** Messages of some kinds in all. */
export function messages(result: RunResult, ...kinds: string[]): number {
  return result.traffic.reduce((sum, row) => sum + (kinds.includes(row.kind) ? row.messages : 0), 0);
}
