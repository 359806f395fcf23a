import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ClusterCost } from './cluster.ts';

/** Runs a scenario in a process of its own. */
export function costOf(scenario: object): ClusterCost {
  const file = fileURLToPath(new URL('./cluster.ts', import.meta.url));
  const text = execFileSync(process.execPath, ['--import', 'tsx', file, JSON.stringify(scenario)], {
    encoding: 'utf8',
  });
  return JSON.parse(text) as ClusterCost;
}

/** A scenario of the bench: warm from the start, no faults. */
export function clusterOf(
  nodes: number,
  strategy: string,
  requestsPerSecond: number,
  durationS: number,
  more = {},
): object {
  return {
    name: 'bench',
    nodes,
    load: { requestsPerSecond },
    replication: { strategy },
    run: { warmUpS: 0, durationS, seed: 1 },
    ...more,
  };
}
