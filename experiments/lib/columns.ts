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

const text = (name: string, description: string): Column => column('string', name, description);
const count = (name: string, description: string, extra?: Extra): Column => column('integer', name, description, extra);
const real = (name: string, description: string, extra?: Extra): Column => column('number', name, description, extra);

const pointColumns: readonly Column[] = [
  text('strategy', 'replication strategy'),
  text('balancer', 'method of the load balancer'),
  count('nodes', 'Tomcats in the cluster'),
  real('load_rps', 'offered load that was asked for', { unit: '1/s' }),
];

const keyColumns: readonly Column[] = [
  ...pointColumns,
  count('replication', 'number of the independent replication, from 1'),
  count('seed', 'master seed; the streams of a run depend on it and on the replication number only'),
];

const noRequest = 'no request was answered in the window';

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
];

const keyNames = keyColumns.map(({ name }) => name);

/** The four tables of a results folder; new columns go to the end. */
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
  real('traffic.all.bytes_per_s_per_node', 'bytes sent in the whole cluster over the number of nodes', {
    unit: 'bytes/s',
  }),
];
