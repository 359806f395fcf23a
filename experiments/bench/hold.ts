// The hold model: with M events pending, pop the first and push its successor. It measures the event queue alone; the
// delays come from a small table, so that no random number is drawn while the clock runs.
import { exponential } from '../../sim/distributions.ts';
import { EventQueue } from '../../sim/event-queue.ts';
import { type RandomSource, RandomStreams } from '../../sim/random.ts';
import { Simulation } from '../../sim/simulation.ts';

/** One line of the benchmark. */
export interface HoldRow {
  delays: string;
  pending: number;
  nsPerHold: number;
}

const TABLE_SIZE = 8192;
const MEAN_NS = 1e9;

/** Delays that event queues are known to stumble over, beside the exponential. */
const DELAYS: Record<string, (u: number, v: number) => number> = {
  exponential: (u) => -Math.log(u) * MEAN_NS,
  uniform: (u) => 2 * u * MEAN_NS,
  biased: (u) => (0.9 + 0.2 * u) * MEAN_NS,
  bimodal: (u, v) => (v < 0.9 ? 0.1 * u : 10 * u) * MEAN_NS,
  'half zeros': (u, v) => (v < 0.5 ? 0 : -2 * Math.log(u) * MEAN_NS),
  constant: () => MEAN_NS,
  'integer ticks': (u) => Math.ceil(u * 10) * (MEAN_NS / 10),
  pareto: (u) => u ** (-1 / 1.5) * (MEAN_NS / 3),
};

function delayTable(law: (u: number, v: number) => number, source: RandomSource): Float64Array {
  return Float64Array.from({ length: TABLE_SIZE }, () => Math.round(law(source.double(), source.double())));
}

/** Processor time of this process since then [ns]. */
function cpuNsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1e3;
}

function holdTimes(queue: EventQueue, delays: Float64Array, holds: number): number {
  let next = 0;
  const before = process.cpuUsage();
  for (let i = 0; i < holds; i++) {
    queue.pop();
    next = (next + 1) & (TABLE_SIZE - 1);
    queue.push(queue.timeNs + delays[next], queue.kind, queue.a, queue.b);
  }
  return cpuNsSince(before) / holds;
}

function holdRow(name: string, pending: number): HoldRow {
  const source = new RandomStreams('hold', 0).stream(name);
  const delays = delayTable(DELAYS[name], source);
  const queue = new EventQueue();
  for (let i = 0; i < pending; i++) queue.push(Math.round(DELAYS[name](source.double(), source.double())), 0, i, 0);
  holdTimes(queue, delays, 3 * pending + 100_000);
  const runs = [1, 2, 3].map(() => holdTimes(queue, delays, Math.max(1_000_000, pending)));
  return { delays: name, pending, nsPerHold: Math.min(...runs) };
}

/**
 * Measures the event queue: exponential delays with 10^2 to 10^6 events pending, then every law of delays at 10^5.
 * @returns the best of three runs, processor time per pop and push [ns].
 */
export function benchHold(report: (row: HoldRow) => void = () => {}): HoldRow[] {
  const rows: HoldRow[] = [];
  const measure = (name: string, pending: number) => {
    const row = holdRow(name, pending);
    report(row);
    rows.push(row);
  };
  for (const pending of [10, 30, 100, 300, 1e3, 1e4, 1e5, 1e6]) measure('exponential', pending);
  for (const name of Object.keys(DELAYS)) if (name !== 'exponential') measure(name, 1e5);
  return rows;
}

/**
 * Measures the whole loop on M/M/1 at a load of 0.9: two events and two draws per customer.
 * @returns processor time per customer, the best of three runs [ns].
 */
export function benchMm1(customers = 1_000_000): number {
  return Math.min(...[1, 2, 3].map(() => mm1(customers)));
}

function mm1(customers: number): number {
  const simulation = new Simulation();
  const streams = new RandomStreams('mm1', 0);
  const [arrivals, services] = [streams.stream('arrivals'), streams.stream('services')];
  const [gap, service] = [exponential(1e6 / 0.9), exponential(1e6)];
  let inSystem = 0;
  let arrived = 0;
  simulation.on(0, 'arrival', () => {
    if (++arrived < customers) simulation.schedule(Math.round(gap.sample(arrivals.double())), 0);
    if (inSystem++ === 0) simulation.schedule(Math.round(service.sample(services.double())), 1);
  });
  simulation.on(1, 'departure', () => {
    if (--inSystem > 0) simulation.schedule(Math.round(service.sample(services.double())), 1);
  });
  simulation.schedule(0, 0);
  const before = process.cpuUsage();
  simulation.runUntil(customers * 10 * 1e6);
  return cpuNsSince(before) / customers;
}
