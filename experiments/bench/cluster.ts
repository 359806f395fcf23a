// One cluster in a process of its own, so that its memory is known and nothing before it has warmed the compiler.
// Argument: a scenario as JSON. Prints what it cost as one line of JSON.
import { simulate } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';

/** What a run cost. */
export interface ClusterCost {
  readonly deliveries: number;
  readonly events: number;
  readonly requests: number;
  /** Processor time of the process between start and end of the run, garbage collection included [s]. */
  readonly cpuS: number;
  readonly peakBytes: number;
}

const scenario = parseScenario(JSON.parse(process.argv[2]));
const before = process.cpuUsage();
const { deliveries, events, throughput } = simulate(scenario, 1);
const { user, system } = process.cpuUsage(before);
const cost: ClusterCost = {
  deliveries,
  events,
  requests: throughput.completed_rps * scenario.run.durationS,
  cpuS: (user + system) / 1e6,
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
