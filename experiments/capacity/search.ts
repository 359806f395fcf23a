import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { type Findings, findingsOf } from '../lib/findings.ts';
import type { Shard } from '../lib/grid-driver.ts';
import type { RunStore } from '../lib/journal.ts';
import { compareKeys, type DoneRun, pointOf, pointText, type RunKey } from '../lib/run-record.ts';
import { mostReplications, neededReplications } from '../lib/statistics-rules.ts';
import type { Search } from '../lib/study.ts';
import { metricOf } from '../lib/summarise.ts';
import type { SweepPlan } from '../lib/sweep-plan.ts';
import { highestLoad } from './bisection.ts';
import { meets, type Objective } from './objective.ts';

/** Share of what the processors could do without any replication at which a search begins. */
const START = 0.3;
/** Runs of one search, about. */
const RUNS = 10;

/** A cluster whose capacity is looked for. */
export interface Cluster {
  readonly strategy: string;
  readonly balancer: string;
  readonly nodes: number;
}

/** What a cluster carries. */
export interface Carried {
  readonly cluster: Cluster;
  /** Highest load within the objective, by replication [1/s]. */
  readonly loads: readonly number[];
}

type Ask = (key: RunKey, scenario: Scenario) => Promise<DoneRun>;

/** Load at which the processors of a cluster are full if a request costs nothing but its own work [1/s]. */
export function idealLoad(scenario: Scenario): number {
  return (nodeCount(scenario) * scenario.node.cores * 1000) / scenario.service.cpuMsMean;
}

/** The clusters of a plan, sorted. */
export function clustersOf({ grid }: SweepPlan): Cluster[] {
  return grid.strategies.flatMap((strategy) =>
    grid.balancers.flatMap((balancer) => grid.nodes.map((nodes) => ({ strategy, balancer, nodes }))),
  );
}

/** The searches of a plan: every replication of a cluster bisects by itself, all of them with the same random numbers. */
export class CapacitySearch implements Search {
  private readonly plan: SweepPlan;
  private readonly objective: Objective;
  private readonly tolerance: number;

  constructor(plan: SweepPlan, objective: Objective, tolerance: number) {
    this.plan = plan;
    this.objective = objective;
    this.tolerance = tolerance;
  }

  /** What a cluster carries, by as many replications as the rule asks for. */
  async carried(cluster: Cluster, ask: Ask): Promise<Carried> {
    const loads: number[] = [];
    const { rules } = this.plan;
    for (let done = 0; done < mostReplications(rules); ) {
      const needed = neededReplications(rules, done, loads);
      if (needed <= done) break;
      const found = Array.from({ length: needed - done }, (_, at) => this.replication(cluster, done + at + 1, ask));
      loads.push(...(await Promise.all(found)));
      done = needed;
    }
    return { cluster, loads };
  }

  private replication(cluster: Cluster, replication: number, ask: Ask): Promise<number> {
    const { plan, objective } = this;
    const { seed } = plan.base.run;
    const start = START * idealLoad(plan.scenarioOf({ ...cluster, load_rps: 1 }));
    const trial = async (load_rps: number) => {
      const key = { ...cluster, load_rps, replication, seed };
      const { record } = await ask(key, plan.scenarioOf(key));
      const capacity = record === null ? null : metricOf(record, cluster.nodes, 'capacity_rps_estimate');
      return { isMet: meets(record, objective), capacity };
    };
    return highestLoad(trial, start, this.tolerance);
  }

  driver({ index, count }: Shard): ReturnType<Search['driver']> {
    const sizes = clustersOf(this.plan).sort((a, b) => b.nodes - a.nodes);
    const mine = sizes.filter((_, at) => at % count === index - 1);
    const runs = mine.length * neededReplications(this.plan.rules, 0, []) * RUNS;
    return {
      runs,
      cost: runs,
      surely: [],
      costOf: () => 1,
      drive: async (desk) => {
        await Promise.all(mine.map((cluster) => this.carried(cluster, (key, scenario) => desk.ask(key, scenario))));
      },
    };
  }

  /** Walks the same way again, over runs that are there. @throws Error - one is not. */
  async walk(store: RunStore): Promise<{ carried: Carried[]; keys: RunKey[] }> {
    const keys = new Map<string, RunKey>();
    const carried: Carried[] = [];
    for (const cluster of clustersOf(this.plan)) {
      const known: Ask = async (key) => {
        const run = store.get(key);
        if (run === undefined) throw new Error(`a run of ${pointText(key)} is missing`);
        keys.set(`${pointText(key)} ${key.replication}`, key);
        return run;
      };
      carried.push(await this.carried(cluster, known));
    }
    store.close();
    return { carried, keys: [...keys.values()].sort(compareKeys) };
  }

  async findings(store: RunStore): Promise<Findings & { carried: Carried[] }> {
    const { carried, keys } = await this.walk(store);
    const points = {
      *[Symbol.iterator]() {
        for (let at = 0; at < keys.length; ) {
          const name = pointText(keys[at]);
          const own: RunKey[] = [];
          while (at < keys.length && pointText(keys[at]) === name) own.push(keys[at++]);
          yield { point: pointOf(own[0]), runs: own.map((key) => store.get(key)!) };
        }
        store.close();
      },
    };
    return { ...findingsOf(this.plan, points), carried };
  }
}
