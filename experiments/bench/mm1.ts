// M/M/1 at a load of 0.9 with the kernel as models use it: streams, laws, events, statistics.
import { exponential } from '../../sim/distributions.ts';
import { RandomStreams } from '../../sim/random.ts';
import { MultiServer } from '../../sim/servers.ts';
import { Simulation } from '../../sim/simulation.ts';
import { Tally, TimeWeightedMean } from '../../sim/tally.ts';
import { cpuNsSince } from './hold.ts';

const SERVICE_NS = 1e6;
const GAP_NS = SERVICE_NS / 0.9;
const kind = { ARRIVAL: 0, DEPARTURE: 1 } as const;

/** What a run took and found. */
export interface Mm1Cost {
  /** Processor time per customer [ns]. */
  readonly ns: number;
  /** Customers in the system, their mean over the time in which they came; 9 in theory. */
  readonly inSystem: number;
}

/** The number of customers in the system over time, an event per arrival and per departure. */
export function mm1WithDepartures(customers: number): Mm1Cost {
  const simulation = new Simulation();
  const streams = new RandomStreams('mm1', 0);
  const [arrivals, services] = [streams.stream('arrivals'), streams.stream('services')];
  const [gap, service] = [exponential(GAP_NS), exponential(SERVICE_NS)];
  const inSystem = new TimeWeightedMean();
  let arrived = 0;
  simulation.on(kind.ARRIVAL, 'arrival', () => {
    if (++arrived < customers) simulation.schedule(Math.round(gap.sample(arrivals.double())), kind.ARRIVAL);
    inSystem.add(simulation.nowNs, 1);
    if (inSystem.current === 1) simulation.schedule(Math.round(service.sample(services.double())), kind.DEPARTURE);
  });
  simulation.on(kind.DEPARTURE, 'departure', () => {
    inSystem.add(simulation.nowNs, -1);
    if (inSystem.current > 0) simulation.schedule(Math.round(service.sample(services.double())), kind.DEPARTURE);
  });
  simulation.schedule(0, kind.ARRIVAL);
  const before = process.cpuUsage();
  simulation.runUntil(customers * 2 * SERVICE_NS);
  const ns = cpuNsSince(before) / customers;
  return { ns, inSystem: (inSystem.mean(simulation.nowNs) * simulation.nowNs) / (customers * GAP_NS) };
}

/** Time of each customer in the system; nothing is decided at a departure, so that it is no event. */
export function mm1WithServers(customers: number): Mm1Cost {
  const simulation = new Simulation();
  const streams = new RandomStreams('mm1', 0);
  const [arrivals, services] = [streams.stream('arrivals'), streams.stream('services')];
  const [gap, service] = [exponential(GAP_NS), exponential(SERVICE_NS)];
  const server = new MultiServer(1);
  const timesNs = new Tally();
  simulation.on(kind.ARRIVAL, 'arrival', () => {
    const { nowNs } = simulation;
    if (timesNs.count + 1 < customers) simulation.schedule(Math.round(gap.sample(arrivals.double())), kind.ARRIVAL);
    server.offer(nowNs, Math.round(service.sample(services.double())));
    timesNs.add(server.lastDoneNs - nowNs);
  });
  simulation.schedule(0, kind.ARRIVAL);
  const before = process.cpuUsage();
  simulation.runUntil(customers * 2 * SERVICE_NS);
  return { ns: cpuNsSince(before) / customers, inSystem: timesNs.mean / GAP_NS };
}

/** The best of three runs [ns of processor time per customer]. */
export function bestOfThree(run: (customers: number) => Mm1Cost, customers = 1_000_000): number {
  return Math.min(...[1, 2, 3].map(() => run(customers).ns));
}
