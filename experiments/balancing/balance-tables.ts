import { type Column, type Table, tables } from '../lib/columns.ts';

const keys = tables.throughput.columns.filter(({ name }) =>
  (tables.throughput.key as readonly string[]).includes(name),
);

const clients: Column = {
  name: 'clients',
  type: 'string',
  unit: null,
  description: 'client population, see experiments/balancing/populations.ts',
};

function column(
  type: Column['type'],
  name: string,
  unit: string | null,
  description: string,
  emptyWhen?: string,
): Column {
  return { name, type, unit, description, ...(emptyWhen ? { emptyWhen } : {}) };
}

const nobody = 'no request was answered';
const noFault = 'no node dies';
const noRestart = 'no node is restarted';

/** What each balancer makes of each population: one row per run. */
export const balanceTable: Table = {
  file: 'balance.csv',
  description: 'Balance, latency and loss behind each balancer, one row per client population and run.',
  key: [clients.name, ...keys.map(({ name }) => name)],
  columns: [
    clients,
    ...keys,
    column(
      'number',
      'node_requests_max_ratio',
      null,
      'requests of the busiest node over the mean, before the failure',
      nobody,
    ),
    column(
      'number',
      'node_requests_cv',
      null,
      "coefficient of variation of the nodes' requests, before the failure",
      nobody,
    ),
    ...['mean', 'p95', 'p99'].map((of) =>
      column('number', `latency_ms_${of}`, 'ms', 'from sending a request to its answer, whole window', nobody),
    ),
    column('integer', 'requests', null, 'requests decided in the window'),
    column('integer', 'failed_requests', null, "refused, timed out or answered 5xx, after the balancer's retries"),
    column(
      'integer',
      'lost_sessions',
      null,
      'requests with the id of a live session that were answered with a new one',
    ),
    column('integer', 'lost_updates', null, 'acknowledged writes that no surviving copy will ever contain'),
    column('integer', 'stale_reads', null, 'requests that read an older version than their client had seen written'),
    column('integer', 'executed_twice', null, 'requests repeated although a node had executed them, or went on to'),
    column(
      'number',
      'moved_per_s_before',
      '1/s',
      'requests that met another node than the one before of their client, until the failure',
      nobody,
    ),
    column(
      'number',
      'extra_moves_after_failure',
      null,
      'more of them than usual, from the failure to the restart',
      noFault,
    ),
    column('number', 'extra_moves_after_restart', null, 'more of them than usual, from the restart on', noRestart),
    column(
      'number',
      'return_s',
      's',
      'from the restart until the node answers half of its share; in steps of the timeline',
      'never',
    ),
  ],
};

/** What happened when: one row per run and interval. */
export const timelineTable: Table = {
  file: 'timeline.csv',
  description: 'What happened when, one row per client population, run and interval of run.timelineS.',
  key: [...balanceTable.key, 'at_s'],
  columns: [
    clients,
    ...keys,
    column('number', 'at_s', 's', 'start of the interval, from the start of the warm-up'),
    column('integer', 'completed', null, 'requests answered'),
    column('integer', 'failed', null, 'requests answered with an error'),
    column('integer', 'moved', null, 'requests answered by another node than the one before of their client'),
    column('number', 'latency_ms_mean', 'ms', 'mean latency of the interval', nobody),
    column('number', 'latency_ms_max', 'ms', 'longest latency of the interval', nobody),
    column('integer', 'dying_node_requests', null, 'requests answered by the node that dies in the middle'),
  ],
};
