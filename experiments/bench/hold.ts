// The hold model: with M events pending, pop the first and push its successor. It measures the event queue alone; the
// delays come from a small table, so that no random number is drawn while the clock runs.
import { EventQueue } from '../../sim/event-queue.ts';
import { type RandomSource, RandomStreams } from '../../sim/random.ts';

/** A law of delays and how many events are pending. */
export interface HoldCase {
  readonly delays: string;
  readonly pending: number;
}

/** One line of the benchmark. */
export interface HoldRow extends HoldCase {
  readonly nsPerHold: number;
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
  'all equal': () => 0,
  'integer ticks': (u) => Math.ceil(u * 10) * (MEAN_NS / 10),
  pareto: (u) => u ** (-1 / 1.5) * (MEAN_NS / 3),
};

function delayTable(law: (u: number, v: number) => number, source: RandomSource): Float64Array {
  return Float64Array.from({ length: TABLE_SIZE }, () => Math.round(law(source.double(), source.double())));
}

/** Processor time of this process since then [ns]. */
export function cpuNsSince(before: NodeJS.CpuUsage): number {
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

/**
 * Measures the event queue with one law and one population.
 * @returns the best of five runs, processor time per pop and push [ns].
 */
export function benchHold({ delays: name, pending }: HoldCase): HoldRow {
  const source = new RandomStreams('hold', 0).stream(name);
  const delays = delayTable(DELAYS[name], source);
  const queue = new EventQueue();
  for (let i = 0; i < pending; i++) queue.push(Math.round(DELAYS[name](source.double(), source.double())), 0, i, 0);
  holdTimes(queue, delays, 3 * pending + 1_000_000);
  const runs = [1, 2, 3, 4, 5].map(() => holdTimes(queue, delays, Math.max(1_000_000, pending)));
  return { delays: name, pending, nsPerHold: Math.min(...runs) };
}

/** Events pending, as in the yardstick. */
export const populations = [4, 10, 30, 60, 100, 300, 1e3, 1e4, 1e5, 1e6];
/** Events pending where the other laws of delays are measured. */
const lawPopulations = [10, 60, 1e3, 1e5];

/** Every line of the benchmark: exponential delays with 4 to 10^6 events pending, then every law of delays with some of them. */
export const holdCases: readonly HoldCase[] = [
  ...populations.map((pending) => ({ delays: 'exponential', pending })),
  ...Object.keys(DELAYS)
    .filter((delays) => delays !== 'exponential')
    .flatMap((delays) => lawPopulations.map((pending) => ({ delays, pending }))),
];
