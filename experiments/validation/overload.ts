import {
  between,
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  type Place,
  quantile,
  type Validator,
  within,
} from './check.ts';
import { type Interval, OverloadRun, phaseOf } from './overload-run.ts';

const COLUMNS = ['tomcat_version', 'manager', 'sendOptions', 'fast_quota', 'slow_quota', 'phase'];
/** Latencies and amounts are judged by a factor, processor time and what follows from it by how runs differ. */
const FACTOR = 1.5;
const RUN_TO_RUN = 0.25;
/** Amounts below one read of a connection, and what it lasts, are nothing. */
const FEW_BYTES = 65536;
const LITTLE_S = 0.1;
const REFERENCE_ROW_S = 4;

/** A quantity of an interval, as measured and as simulated. */
type Pair = readonly [(row: MeasuredRow) => number, (interval: Interval) => number];

const isSlow = (row: MeasuredRow): boolean => /slow/.test(row.phase);
const medianOf = (values: readonly number[]): number =>
  quantile(
    values.filter((value) => !Number.isNaN(value)),
    0.5,
  );

/** One phase, its intervals as they were measured, and as the simulation repeats them. */
class PhaseOfRun {
  readonly rows: readonly MeasuredRow[];
  readonly intervals: readonly Interval[];
  readonly seconds: readonly number[];

  constructor(rows: readonly MeasuredRow[]) {
    const [first] = rows;
    const ends = rows.map((row) => numberIn(row, isSlow(row) ? 't_since_slow_s' : 't_s'));
    this.rows = rows;
    this.seconds = ends.map((end, place) => end - (ends[place - 1] ?? (isSlow(first) ? 0 : end - REFERENCE_ROW_S)));
    const cores = neededIn(first, isSlow(first) ? 'slow_quota' : 'fast_quota');
    const run = new OverloadRun(phaseOf(first, medianOf(rows.map((row) => numberIn(row, 'offered_rps'))), cores));
    this.intervals = this.seconds.map((seconds) => run.interval(seconds));
  }

  /** Medians of a quantity over the intervals, or over those of the second half. */
  medians([measured, simulated]: Pair, isLate = false): { measured: number; simulated: number } {
    const from = isLate ? Math.floor(this.rows.length / 2) : 0;
    return {
      measured: medianOf(this.rows.slice(from).map(measured)),
      simulated: medianOf(this.intervals.slice(from).map(simulated)),
    };
  }

  perSecond(of: (interval: Interval) => number): (interval: Interval) => number {
    return (interval) => of(interval) / this.seconds[this.intervals.indexOf(interval)];
  }
}

function checkServing(phase: PhaseOfRun, place: Place): Check[] {
  const slow = Object.keys(phase.rows[0]).filter((column) => /^cpu_node\d+$/.test(column)).length;
  const completed = phase.medians([
    (row) => numberIn(row, 'completed_rps') / numberIn(row, 'offered_rps'),
    (interval) => interval.completed / interval.offered,
  ]);
  const errors = phase.medians([(row) => numberIn(row, 'errors'), (interval) => interval.errors]);
  const p50 = phase.medians([(row) => numberIn(row, 'p50_ms'), (interval) => interval.latencyMsP50]);
  const cores = phase.medians([(row) => numberIn(row, `cpu_node${slow}`), (interval) => interval.cores]);
  const limits = [p50.measured / FACTOR, p50.measured * FACTOR] as const;
  return [
    within(place, { quantity: 'share of requests completed', ...completed }, 0.03),
    within(place, { quantity: 'errors', ...errors }, 0),
    between(place, { quantity: 'latency p50 of the senders, ms', ...p50 }, limits, `factor ${FACTOR}`),
    within(place, { quantity: 'CPU of the receiver, cores', ...cores }, RUN_TO_RUN),
  ];
}

function amount(place: Place, quantity: string, pair: { measured: number; simulated: number }, few: number): Check {
  const limits = [
    Math.min(pair.measured - few, pair.measured / FACTOR),
    Math.max(few, pair.measured * FACTOR),
  ] as const;
  return between(place, { quantity, ...pair }, limits, `factor ${FACTOR}, or ${few}`);
}

/** What the slow phase does to the messages: how they reach the slow node and the healthy ones, where they wait. */
function checkMessages(phase: PhaseOfRun, reference: PhaseOfRun, place: Place): Check[] {
  const nodes = Object.keys(phase.rows[0]).filter((column) => /^rx_node\d+_bytes_per_s$/.test(column));
  const sendQueues = Object.keys(phase.rows[0]).filter((column) => /^sock_sendq_node\d+_bytes$/.test(column));
  const receiveQueue = `sock_recvq_${nodes[nodes.length - 1].split('_')[1]}_bytes`;
  const came = (column: string, of: PhaseOfRun): Pair => [
    (row) => numberIn(row, column),
    of.perSecond(({ cameBytes }) => cameBytes[Number(/\d+/.exec(column)?.[0]) - 1]),
  ];
  const share = (column: string): { measured: number; simulated: number } => {
    const now = phase.medians(came(column, phase));
    const before = reference.medians(came(column, reference));
    return { measured: now.measured / before.measured, simulated: now.simulated / before.simulated };
  };
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const queues = (row: MeasuredRow): number[] => sendQueues.map((column) => numberIn(row, column));
  const fullest: Pair = [(row) => Math.max(...queues(row)), ({ sendQueuesBytes }) => Math.max(...sendQueuesBytes)];
  const sent: Pair = [(row) => sum(queues(row)), ({ sendQueuesBytes }) => sum(sendQueuesBytes)];
  const received: Pair = [(row) => numberIn(row, receiveQueue), ({ receiveQueueBytes }) => receiveQueueBytes];
  const arriving = came(nodes[nodes.length - 1], phase);
  const lag: Pair = [
    (row) => (sent[0](row) + received[0](row)) / arriving[0](row),
    (interval) => (sent[1](interval) + received[1](interval)) / arriving[1](interval),
  ];
  const healthy = nodes.slice(0, -1).map((column) => {
    const quantity = `traffic to healthy ${column.split('_')[1]}, share of that before`;
    return within(place, { quantity, ...share(column) }, RUN_TO_RUN);
  });
  return [
    within(
      place,
      { quantity: 'traffic to the slow node, share of that before', ...share(nodes[nodes.length - 1]) },
      RUN_TO_RUN,
    ),
    ...healthy,
    amount(place, 'waiting at the slow receiver, bytes', phase.medians(received, true), FEW_BYTES),
    amount(place, 'waiting in the fullest sender, bytes', phase.medians(fullest, true), FEW_BYTES),
    amount(place, 'lag of the slow receiver, s', phase.medians(lag, true), LITTLE_S),
  ];
}

function checkRun(rows: readonly MeasuredRow[], file: string): Check[] {
  const phases = [...new Set(rows.map(({ phase }) => phase))].map((phase) => rows.filter((row) => row.phase === phase));
  const runs = phases.map((ofPhase) => new PhaseOfRun(ofPhase));
  const reference = runs.find((run) => !isSlow(run.rows[0]));
  return runs.flatMap((run) => {
    const place = { file, configuration: columnsOf(run.rows[0], COLUMNS) };
    const isJudged = isSlow(run.rows[0]) && reference !== undefined;
    return [...checkServing(run, place), ...(isJudged ? checkMessages(run, reference, place) : [])];
  });
}

/** One receiver slowed down while the others write: who notices, how far it falls behind, and who waits for it. */
export const overload: Validator = {
  prefix: 'overload-',
  check: ({ name, rows }: MeasuredFile) => (rows.some(({ phase }) => phase !== undefined) ? checkRun(rows, name) : []),
};
