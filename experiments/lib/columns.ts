/** One column of a CSV file. The CSVs, datapackage.json and the data dictionary all come from these tables. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number';
  /** Unit of the cells; null for names, counts and ratios. */
  readonly unit: string | null;
  readonly description: string;
  /** When a cell is empty; absent where it never is. */
  readonly emptyWhen?: string;
}

/** One CSV file of a results folder. */
export interface Table {
  readonly file: string;
  readonly description: string;
  readonly columns: readonly Column[];
  /** Columns that tell the rows apart. */
  readonly key: readonly string[];
}

type Extra = { unit?: string; emptyWhen?: string };

function column(type: Column['type'], name: string, description: string, { unit, emptyWhen }: Extra = {}): Column {
  return { name, type, unit: unit ?? null, description, ...(emptyWhen ? { emptyWhen } : {}) };
}

const text = (name: string, description: string, extra?: Extra): Column => column('string', name, description, extra);
const count = (name: string, description: string, extra?: Extra): Column => column('integer', name, description, extra);
const real = (name: string, description: string, extra?: Extra): Column => column('number', name, description, extra);

const pointColumns: readonly Column[] = [
  text('strategy', 'replication strategy'),
  text('balancer', 'method of the load balancer'),
  count('nodes', 'Tomcats in the cluster'),
  real('load_rps', 'offered load that was asked for', { unit: '1/s' }),
];

/** Setting of the experiment, where it varies one besides strategy, balancer, nodes and load. */
const caseColumn = text('case', 'setting of the experiment');

const keyColumns: readonly Column[] = [
  ...pointColumns,
  count('replication', 'number of the independent replication, from 1'),
  count('seed', 'master seed; the streams of a run depend on it and on the replication number only'),
];

const noRequest = 'no request was answered in the window';

const noMemcached = 'the strategy does not use memcached';

const noPart = 'there is no such part';

const throughputColumns: readonly Column[] = [
  real('offered_rps', 'requests sent by the clients', { unit: '1/s' }),
  real('completed_rps', 'requests answered', { unit: '1/s' }),
  real('failed_rps', "requests refused, timed out or answered 5xx, after the balancer's retries", { unit: '1/s' }),
  ...['mean', 'p50', 'p95', 'p99'].map((of) =>
    real(
      `latency_ms_${of}`,
      `time from sending a request to its answer, ${of === 'mean' ? of : `${of.slice(1)}th percentile`}`,
      {
        unit: 'ms',
        emptyWhen: noRequest,
      },
    ),
  ),
  real('cpu_utilisation_mean', 'busy share of the cores, mean over the nodes'),
  real('cpu_utilisation_max', 'busy share of the cores of the busiest node'),
  real('node_requests_max_ratio', 'requests of the busiest node over the mean of the nodes', { emptyWhen: noRequest }),
  count('session_memory_bytes_max', 'serialised sessions held by the fullest node', { unit: 'bytes' }),
  real('node_requests_cv', "coefficient of variation of the nodes' requests", { emptyWhen: noRequest }),
  real(
    'store_utilisation_max',
    'busy share of the threads, or of one direction of the card, of the busiest store server',
    {
      emptyWhen: 'the strategy has no store',
    },
  ),
  real(
    'before_faults_s',
    'part of the window before its first fault; all of it where there is none, 0 where a fault came earlier',
    {
      unit: 's',
    },
  ),
  real('before_faults_completed_rps', 'requests answered in that part', { unit: '1/s', emptyWhen: noPart }),
  real('before_faults_utilisation_max', 'busy share of the busiest node or store server in that part', {
    emptyWhen: noPart,
  }),
  real('before_faults_bytes_per_request', 'bytes sent in that part over answered requests', {
    unit: 'bytes',
    emptyWhen: `${noPart}, or nothing was answered in it`,
  }),
  real('before_faults_bytes_per_s', 'bytes sent in that part in the whole cluster', {
    unit: 'bytes/s',
    emptyWhen: noPart,
  }),
  count('store_evictions', 'items, sessions and their backups, that the memcacheds threw out for want of memory', {
    emptyWhen: noMemcached,
  }),
  count('store_refused_items', 'items that the memcacheds refused as larger than they take', {
    emptyWhen: noMemcached,
  }),
];

const trafficColumns: readonly Column[] = [
  text('kind', 'kind of message, for example heartbeat or session-delta'),
  count('messages', 'messages sent, one per destination'),
  count('bytes', 'bytes sent, to all destinations together', { unit: 'bytes' }),
  real('messages_per_request', 'messages over answered requests', { emptyWhen: noRequest }),
  real('bytes_per_request', 'bytes over answered requests', { unit: 'bytes', emptyWhen: noRequest }),
  real('bytes_per_s', 'bytes sent in the whole cluster', { unit: 'bytes/s' }),
  real('node_bytes_per_s_max', 'bytes sent and received by the busiest node', { unit: 'bytes/s' }),
];

const lossNames = ['stale_reads', 'lost_updates', 'lost_sessions', 'failed_requests', 'diverged_sessions'] as const;
const lossTexts: Record<(typeof lossNames)[number], string> = {
  stale_reads:
    'requests that read a session version older than one whose response had reached the client before they were sent',
  lost_updates: 'acknowledged writes that no surviving copy of the session will ever contain',
  lost_sessions: 'requests with the id of a live session that were answered with a new session',
  failed_requests: "requests refused, timed out or answered 5xx, after the balancer's retries",
  diverged_sessions: 'live sessions whose copies still differ once nothing is in flight',
};

const consistencyColumns: readonly Column[] = [
  count('requests', 'requests decided in the measurement window'),
  ...lossNames.map((name) => count(name, lossTexts[name])),
  ...lossNames.map((name) =>
    real(`${name}_per_million`, `${name} per million requests`, { emptyWhen: 'there was no request in the window' }),
  ),
  count('executed_twice', 'requests that the balancer repeated although a node had executed them, or went on to'),
];

const summaryColumns: readonly Column[] = [
  text('metric', 'column of another file; traffic.KIND.COLUMN for traffic, with KIND all for the sum of all kinds'),
  count('n', 'replications in which the metric applies'),
  real('mean', 'mean over the replications, in the unit of the metric', { emptyWhen: 'n is 0' }),
  real('ci95_low', 'lower end of the 95 % interval of the mean (Student t)', { emptyWhen: 'n is below 2' }),
  real('ci95_high', 'upper end of the 95 % interval of the mean (Student t)', { emptyWhen: 'n is below 2' }),
  real('half_width_ratio', 'half the width of the interval over the absolute mean', {
    emptyWhen: 'n is below 2 or the mean is 0',
  }),
  text(
    'method',
    'of the interval: student-t over independent replications; poisson: exact for a rare count, divided by its dispersion; rule-of-three: upper bound of what was never seen; none',
  ),
  real('half_width', 'half the width of the interval; for rule-of-three its upper end', { emptyWhen: 'n is below 2' }),
  real('warm_up_s', 'length of the warm-up that was left out', { unit: 's', emptyWhen: 'no run ended' }),
  text('warm_up_method', 'how that length was found: stated, or mser5 on a pilot run'),
];

const differenceColumns: readonly Column[] = [
  text('than_strategy', 'strategy that it is compared with'),
  text('than_balancer', 'balancer that it is compared with'),
  text('metric', 'metric of summary.csv'),
  count('n', 'pairs of replications that share their random numbers'),
  real('difference', 'mean of the metric less that of the other, in the unit of the metric', { emptyWhen: 'n is 0' }),
  real('ci95_low', "lower end of the 95 % interval of the difference (Student's t over the pairs)", {
    emptyWhen: 'n is below 2',
  }),
  real('ci95_high', 'upper end of that interval', { emptyWhen: 'n is below 2' }),
  real('half_width', 'half the width of that interval', { emptyWhen: 'n is below 2' }),
  count('is_clear', '1 when the interval does not hold 0', { emptyWhen: 'n is below 2' }),
];

const runColumns: readonly Column[] = [
  text('status', 'ok, or the budget that the run went over: events-exceeded, memory-exceeded, time-exceeded'),
  real('warm_up_s', 'length of the warm-up that was left out', { unit: 's' }),
  count('events', 'events of the simulator', { emptyWhen: 'the status is not ok' }),
  count('deliveries', 'messages delivered in the simulator', { emptyWhen: 'the status is not ok' }),
  text('fingerprint', 'digest of the trajectory: equal for equal runs, whatever the machine', {
    emptyWhen: 'the status is not ok',
  }),
];

const keyNames = keyColumns.map(({ name }) => name);

/** The tables of a results folder; new columns go to the end. */
export const tables = {
  throughput: {
    file: 'throughput.csv',
    description: 'Load carried, latency and use of the nodes, one row per run.',
    columns: [...keyColumns, ...throughputColumns],
    key: keyNames,
  },
  traffic: {
    file: 'traffic.csv',
    description: 'Messages and bytes on the network, one row per run and kind of message.',
    columns: [...keyColumns, ...trafficColumns],
    key: [...keyNames, 'kind'],
  },
  consistency: {
    file: 'consistency.csv',
    description: 'What was lost, one row per run. Counts cover the measurement window.',
    columns: [...keyColumns, ...consistencyColumns],
    key: keyNames,
  },
  summary: {
    file: 'summary.csv',
    description: 'Mean and 95 % interval over the replications, one row per point and metric.',
    columns: [...pointColumns, ...summaryColumns],
    key: [...pointColumns.map(({ name }) => name), 'metric'],
  },
  differences: {
    file: 'differences.csv',
    description:
      'Paired differences between strategies, and between balancers, at the same size and load: one row per pair and metric. The other name comes later in the alphabet.',
    columns: [...pointColumns, ...differenceColumns],
    key: [...pointColumns.map(({ name }) => name), 'than_strategy', 'than_balancer', 'metric'],
  },
  runs: {
    file: 'runs.csv',
    description:
      'How each run ended, one row per run, also for those that went over a budget and stand in no other table.',
    columns: [...keyColumns, ...runColumns],
    key: keyNames,
  },
} as const satisfies Record<string, Table>;

/** Columns of a run that are averaged over replications. */
export const throughputNames = throughputColumns.map(({ name }) => name);
/** Columns of a kind of traffic that are averaged over replications. */
export const trafficNames = trafficColumns.slice(1).map(({ name }) => name);
/** Counts of losses, each with its `..._per_million`. */
export const losses = lossNames;
/** Columns of consistency that are averaged over replications. */
export const consistencyNames = consistencyColumns.map(({ name }) => name);

/** Metrics of summary.csv that are no column of another file. */
export const derivedMetrics: readonly Column[] = [
  real(
    'capacity_rps_estimate',
    'completed_rps over cpu_utilisation_max or, where greater, store_utilisation_max: the load at which the busiest node or store server is full',
    {
      unit: '1/s',
      emptyWhen: 'no node did any work',
    },
  ),
  real(
    'before_faults_capacity_rps',
    'before_faults_completed_rps over before_faults_utilisation_max: the same without the work that a fault makes',
    { unit: '1/s', emptyWhen: `${noPart}, or no node did any work in it` },
  ),
  real('traffic.all.bytes_per_s_per_node', 'bytes sent in the whole cluster over the number of nodes', {
    unit: 'bytes/s',
  }),
];

/** Columns and key of a table of an experiment that varies a setting besides: `case` stands after the coordinates. */
export function withCase<T extends Table>(table: T): T {
  const last = table.columns.findLastIndex(({ name }) => keyNames.includes(name));
  const columns = [...table.columns.slice(0, last + 1), caseColumn, ...table.columns.slice(last + 1)];
  const at = table.key.findLastIndex((name) => keyNames.includes(name));
  return { ...table, columns, key: [...table.key.slice(0, at + 1), 'case', ...table.key.slice(at + 1)] };
}

/** Coordinates of a run with its setting, as the first columns of a table of an experiment. */
export const caseKeyColumns: readonly Column[] = [...keyColumns, caseColumn];
/** Coordinates of a point with its setting. */
export const casePointColumns: readonly Column[] = [...pointColumns, caseColumn];
/** Makes columns of the tables of experiments. */
export const columnOf = { text, count, real };
