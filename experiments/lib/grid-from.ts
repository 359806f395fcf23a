import type { Grid } from './grid.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { withOwn } from './swept-keys.ts';

/** Flags that name the values of a grid. */
interface GridFlags {
  readonly strategies: readonly string[] | undefined;
  readonly balancers: readonly string[] | undefined;
  readonly nodes: readonly number[] | undefined;
  readonly load: readonly number[] | undefined;
}

/** What an experiment sweeps when nobody says otherwise. */
interface GridDefaults {
  readonly strategies: readonly string[];
  readonly nodes: readonly number[];
  readonly loads: readonly number[];
}

/**
 * The grid of a sweep: what the flags say; else the defaults, to which a scenario or configuration file adds its own
 * cluster size and load. A strategy that a file names is compared with `none`, and with nothing else.
 */
export function gridFrom(flags: GridFlags, { scenario, isStated }: LoadedScenario, defaults: GridDefaults): Grid {
  const { replication, balancer, nodes, load, run, faults } = scenario;
  const size = typeof nodes === 'number' ? nodes : nodes.length;
  const named = [...JSON.stringify(faults).matchAll(/"node-(\d+)"/g)].map(([, digits]) => Number(digits));
  const sizes = defaults.nodes.filter((count) => count >= Math.max(1, ...named));
  const strategies = isStated('replication.strategy') ? [replication.strategy, 'none'] : defaults.strategies;
  return {
    strategies: flags.strategies ?? [...new Set(strategies)],
    balancers: flags.balancers ?? [balancer.type],
    nodes: flags.nodes ?? withOwn(sizes, isStated('nodes') ? size : undefined),
    loads:
      flags.load ?? withOwn(defaults.loads, isStated('load.requestsPerSecond') ? load.requestsPerSecond : undefined),
    replications: run.replications,
  };
}
