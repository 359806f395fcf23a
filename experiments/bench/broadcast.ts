// One large cluster in a process of its own, so that its memory is known: 256 nodes, DeltaManager, asynchronous sending,
// 5,000 requests/s that all write. Every write is received by 255 others. Prints one line of JSON.
import { simulate } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';

/** What it cost. */
export interface BroadcastCost {
  readonly deliveries: number;
  readonly events: number;
  readonly seconds: number;
  readonly peakBytes: number;
}

const scenario = parseScenario({
  name: 'broadcast',
  nodes: 256,
  session: { writeRatio: 1 },
  load: { requestsPerSecond: 5000 },
  replication: { strategy: 'delta' },
  channel: { sendOptions: 8 },
  run: { warmUpS: 0, durationS: 60, seed: 1 },
});
const startedMs = performance.now();
const { deliveries, events } = simulate(scenario, 1);
const cost: BroadcastCost = {
  deliveries,
  events,
  seconds: (performance.now() - startedMs) / 1000,
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
