import { columnOf, type Table } from '../lib/columns.ts';

const { count, real, text } = columnOf;

const clusterColumns = [
  text('strategy', 'replication strategy'),
  text('balancer', 'method of the load balancer'),
  count('nodes', 'Tomcats in the cluster'),
];

/** The answer: what each cluster carries. */
export const capacityTable: Table = {
  file: 'capacity.csv',
  description: 'The highest load within the objective (manifest.json, command), one row per cluster.',
  key: ['strategy', 'balancer', 'nodes'],
  columns: [
    ...clusterColumns,
    count('n', 'replications, each with its own search'),
    real('carried_rps', 'highest load within the objective, mean', { unit: '1/s', emptyWhen: 'never' }),
    real('ci95_low', 'lower end of its 95 % interval', { unit: '1/s', emptyWhen: 'n is below 2' }),
    real('ci95_high', 'upper end of that interval', { unit: '1/s', emptyWhen: 'n is below 2' }),
    real('half_width', 'half the width of that interval', { unit: '1/s', emptyWhen: 'n is below 2' }),
    text('method', 'of that interval, as in summary.csv'),
    real('ideal_rps', 'load at which the processors would be full if a request cost nothing but its own work', {
      unit: '1/s',
    }),
    real('per_added_node_rps', 'carried more than by the size before it, per node added', {
      unit: '1/s',
      emptyWhen: 'it is the smallest size',
    }),
    real('per_added_node_half_width', 'half of the 95 % interval of that paired difference', {
      unit: '1/s',
      emptyWhen: 'it is the smallest size, or n is below 2',
    }),
    count('is_paying', '1 when an added node carries at least half of what a node of the smallest size does', {
      emptyWhen: 'it is the smallest size',
    }),
    real('usl_rps', 'what the fitted Universal Scalability Law says', { unit: '1/s', emptyWhen: 'it was not fitted' }),
  ],
};

/** Each search by itself. */
export const searchesTable: Table = {
  file: 'searches.csv',
  description: 'The highest load within the objective, one row per cluster and replication.',
  key: ['strategy', 'balancer', 'nodes', 'replication', 'seed'],
  columns: [
    ...clusterColumns,
    count('replication', 'number of the independent replication, from 1'),
    count('seed', 'master seed'),
    real('carried_rps', 'highest load within the objective', { unit: '1/s' }),
  ],
};

/** The law fitted to each strategy. */
export const uslTable: Table = {
  file: 'usl.csv',
  description:
    'The Universal Scalability Law gamma N / (1 + alpha (N - 1) + beta N (N - 1)), fitted to what each strategy carries.',
  key: ['strategy', 'balancer'],
  columns: [
    ...clusterColumns.slice(0, 2),
    count('sizes', 'cluster sizes that it was fitted to'),
    real('gamma_rps', 'what one node carries alone', { unit: '1/s', emptyWhen: 'fewer than two sizes' }),
    real('alpha', 'contention', { emptyWhen: 'fewer than two sizes' }),
    real('beta', 'coherency', { emptyWhen: 'fewer than two sizes' }),
    real('peak_nodes', 'size beyond which the law falls', { emptyWhen: 'it never falls' }),
    real('error_ratio_max', 'largest distance of a carried load from the law, over that load', {
      emptyWhen: 'fewer than two sizes',
    }),
    count('last_paying_nodes', 'largest simulated size whose added nodes still pay (is_paying)'),
  ],
};
