import { caseKeyColumns, casePointColumns, columnOf, type Table } from '../lib/columns.ts';

const { count, real, text } = columnOf;
const names = (columns: readonly { name: string }[]): string[] => columns.map(({ name }) => name);

const settingColumns = [
  real('frequency_ms', 'period of the heartbeats: frequency of McastService', { unit: 'ms' }),
  real('drop_time_ms', 'silence after which a member is dropped: dropTime of McastService', { unit: 'ms' }),
  real('loss_ratio', 'share of the heartbeats that are lost'),
  real('burst_s', 'mean length of a burst of losses; 0: heartbeats are lost independently', { unit: 's' }),
  real('pause_s', 'how long each node stands still, every 300 s on average; 0: never', { unit: 's' }),
  text('detector', 'tcp: TcpFailureDetector asks a silent member before it is dropped; none: it does not'),
];

/** What each run says of its failure detection. */
export const detectionTable: Table = {
  file: 'detection.csv',
  description: 'Quality of the failure detection, one row per setting and run.',
  key: names(caseKeyColumns),
  columns: [
    ...caseKeyColumns,
    ...settingColumns,
    count('detections', 'observers that dropped a dead member'),
    real('detection_ms_mean', 'from the death of a member until an observer dropped it, mean', {
      unit: 'ms',
      emptyWhen: 'nobody was dropped after a death',
    }),
    real('detection_ms_max', 'the same, until the last observer did', {
      unit: 'ms',
      emptyWhen: 'nobody was dropped after a death',
    }),
    real('pair_seconds', 'time in which observer and member lived, summed over the ordered pairs', { unit: 's' }),
    count('mistakes', 'times that a living member was dropped by an observer'),
    real('mistake_duration_ms_mean', 'until it was a member again, mean', {
      unit: 'ms',
      emptyWhen: 'no mistake was over before the end',
    }),
    real('query_accuracy', 'share of the pair seconds in which the view was right', {
      emptyWhen: 'no two nodes lived at a time',
    }),
  ],
};

/** The answer: what each setting of the heartbeats gives. */
export const heartbeatTable: Table = {
  file: 'heartbeat.csv',
  description: 'Quality of the failure detection of each setting, over its replications.',
  key: names(casePointColumns),
  columns: [
    ...casePointColumns,
    ...settingColumns,
    count('n', 'replications'),
    real('detection_ms_mean', 'from the death of a member until an observer dropped it, mean', {
      unit: 'ms',
      emptyWhen: 'nobody was dropped after a death',
    }),
    real('detection_ms_half_width', 'half of its 95 % interval', { unit: 'ms', emptyWhen: 'n is below 2' }),
    real('detection_ms_max', 'until the last observer dropped it, the longest of all', {
      unit: 'ms',
      emptyWhen: 'nobody was dropped after a death',
    }),
    count('mistakes', 'times that a living member was dropped by an observer, all runs together'),
    real('mistake_recurrence_s', 'E(T_MR): mean time between two mistakes of one observer about one member', {
      unit: 's',
      emptyWhen: 'there was no mistake',
    }),
    real('mistake_recurrence_s_low', 'lower end of its 95 % interval', { unit: 's', emptyWhen: 'never' }),
    real('mistake_recurrence_s_high', 'upper end of that interval', {
      unit: 's',
      emptyWhen: 'there was no mistake: no end',
    }),
    text('method', 'of that interval, as in summary.csv'),
    real('closed_form_s', 'E(T_MR) = f / ((1 - p) p^n), with the moments at which a node looks', {
      unit: 's',
      emptyWhen: 'no closed form holds: no losses, bursts, pauses',
    }),
    count('is_within', '1 when the closed form lies in the interval', { emptyWhen: 'no closed form holds' }),
    real('mistake_duration_ms_mean', 'E(T_M): until a dropped member was a member again', {
      unit: 'ms',
      emptyWhen: 'no mistake was over before the end',
    }),
    real('query_accuracy', 'P_A: share of the time in which a view was right', {
      emptyWhen: 'no two nodes lived at a time',
    }),
  ],
};
