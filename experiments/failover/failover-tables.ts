import { caseKeyColumns, columnOf, type Table, tables } from '../lib/columns.ts';

const { count, real } = columnOf;
const names = (columns: readonly { name: string }[]): string[] => columns.map(({ name }) => name);
const lossNames = [
  'requests',
  'stale_reads',
  'lost_updates',
  'lost_sessions',
  'failed_requests',
  'diverged_sessions',
  'executed_twice',
];
const losses = tables.consistency.columns.filter(({ name }) => lossNames.includes(name));

/** What each case costs: one row per run. */
export const failoverTable: Table = {
  file: 'failover.csv',
  description: 'What each event in the life of a cluster costs, one row per case and run.',
  key: names(caseKeyColumns),
  columns: [
    ...caseKeyColumns,
    ...losses,
    real('begins_at_s', 'when the case begins, from the start of the warm-up', { unit: 's' }),
    real('first_noticed_s', 'from the beginning until a node first drops another from its view', {
      unit: 's',
      emptyWhen: 'no node drops another',
    }),
    real('last_noticed_s', 'from the beginning until a node last does', {
      unit: 's',
      emptyWhen: 'no node drops another',
    }),
    real(
      'hurt_s',
      'time in which more than 1 % of the requests failed or the mean latency was above three times the usual',
      {
        unit: 's',
      },
    ),
    real('recovery_s', 'from the beginning to the end of the last such interval; 0: none', { unit: 's' }),
    real('failed_share_max', 'largest share of the requests of an interval that failed'),
    real('latency_ms_peak', 'longest latency after the beginning', { unit: 'ms' }),
    real('extra_moves', 'requests that met another node than the one before of their client, more than usual'),
    real('mixed_versions_s', 'from the first node with the new version to the last with the old one', {
      unit: 's',
      emptyWhen: 'no version changes',
    }),
    count('deploy_messages', 'chunks of the web application sent to all members, computed', {
      emptyWhen: 'it does not travel',
    }),
    count('deploy_bytes', 'bytes of these chunks, computed', { unit: 'bytes', emptyWhen: 'it does not travel' }),
    real('deploy_transfer_s', 'time that they take on the card of the sender, computed', {
      unit: 's',
      emptyWhen: 'it does not travel',
    }),
  ],
};

/** What happened when. */
export const failoverTimelineTable: Table = {
  file: 'timeline.csv',
  description: 'What happened when, one row per case, run and interval of run.timelineS.',
  key: [...names(caseKeyColumns), 'at_s'],
  columns: [
    ...caseKeyColumns,
    real('at_s', 'start of the interval, from the start of the warm-up', { unit: 's' }),
    count('completed', 'requests answered'),
    count('failed', 'requests answered with an error'),
    count('moved', 'requests answered by another node than the one before of their client'),
    real('latency_ms_mean', 'mean latency of the interval', { unit: 'ms', emptyWhen: 'no request was answered' }),
    real('latency_ms_max', 'longest latency of the interval', { unit: 'ms', emptyWhen: 'no request was answered' }),
  ],
};
