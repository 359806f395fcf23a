// One cluster in a process of its own, so that its memory is known and nothing before it has warmed the compiler.
// Argument: a scenario as JSON. Prints what it cost as one line of JSON.
import { Cluster } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { seconds } from '../../sim/time.ts';

/** What a stretch of a run cost. */
export interface Cost {
  readonly deliveries: number;
  readonly requests: number;
  /** Processor time of the process, garbage collection and compiling included [s]. */
  readonly cpuS: number;
}

/** What a run cost in all; and from a quarter of its time on, when the program is compiled and the cluster filled. */
export interface ClusterCost extends Cost {
  readonly later: Cost;
  readonly peakBytes: number;
}

const scenario = parseScenario(JSON.parse(process.argv[2]));
const start = process.cpuUsage();
const cluster = new Cluster(scenario, 1);

/** What it has cost so far; every node has received what has reached it. */
function costSoFar(): Cost {
  for (let node = 0; node < cluster.nodes.count; node += 1) cluster.catchUp(node);
  const { user, system } = process.cpuUsage(start);
  return {
    deliveries: cluster.plane.deliveries,
    requests: cluster.measurement.completedAll,
    cpuS: (user + system) / 1e6,
  };
}

const { warmUpS, durationS } = scenario.run;
cluster.sim.runUntil(seconds(warmUpS + durationS / 4));
const quarter = costSoFar();
cluster.sim.runUntil(seconds(warmUpS + durationS));
const end = costSoFar();
cluster.run();
const cost: ClusterCost = {
  ...costSoFar(),
  later: {
    deliveries: end.deliveries - quarter.deliveries,
    requests: end.requests - quarter.requests,
    cpuS: end.cpuS - quarter.cpuS,
  },
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
