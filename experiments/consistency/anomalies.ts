import { casePointColumns, columnOf, type Table } from '../lib/columns.ts';
import type { Row } from '../lib/csv.ts';
import type { Estimate } from '../lib/estimate.ts';
import { estimateText } from '../lib/estimate-text.ts';
import type { Findings } from '../lib/findings.ts';
import { metricIn, type PointSummary } from '../lib/summarise.ts';
import { textTable } from '../lib/text-table.ts';
import { settingOf } from './settings.ts';

const { count, real, text } = columnOf;

const anomalies = ['stale_reads', 'lost_updates', 'diverged_sessions', 'lost_sessions', 'failed_requests'] as const;
const what: Record<(typeof anomalies)[number], string> = {
  stale_reads: 'requests that read an older version than their client had seen written',
  lost_updates: 'acknowledged writes that no copy will ever contain',
  diverged_sessions: 'sessions whose copies differ once nothing is in flight',
  lost_sessions: 'requests with the id of a live session that were answered with a new one',
  failed_requests: 'requests refused, timed out or answered 5xx',
};

/** The answer: anomalies per million requests of each setting. */
export const anomaliesTable: Table = {
  file: 'anomalies.csv',
  description: 'Anomalies per million requests of each setting, over its replications.',
  key: casePointColumns.map(({ name }) => name),
  columns: [
    ...casePointColumns,
    real('think_time_s', 'from a response to the next request of the session, constant', { unit: 's' }),
    count(
      'send_options',
      'channelSendOptions: 8 asynchronous, 2 and 6 acknowledged; of 6 and 8, mapSendOptions of a BackupManager as well',
    ),
    text('renaming', 'yes: session ids carry a route and are renamed when a request lands elsewhere'),
    real('concurrent_ratio', 'share of the requests sent without waiting for the response to the one before'),
    count('n', 'replications'),
    ...anomalies.flatMap((name) => [
      real(`${name}_per_million`, `${what[name]}, per million requests`, { emptyWhen: 'there was no request' }),
      real(`${name}_low`, 'lower end of its 95 % interval', { emptyWhen: 'n is below 2' }),
      real(`${name}_high`, 'upper end of that interval', { emptyWhen: 'n is below 2' }),
      text(`${name}_method`, 'of that interval, as in summary.csv'),
    ]),
  ],
};

/** Rows of `anomalies.csv`. */
export function* anomalyRows({ summaries }: Findings): Generator<Row> {
  for (const summary of summaries) {
    const { thinkS, sendOptions, renaming, concurrentRatio } = settingOf(summary.point.case!);
    const cells: Record<string, string | number | null> = {};
    for (const name of anomalies) {
      const found = metricIn(summary, `${name}_per_million`);
      cells[`${name}_per_million`] = found.mean;
      cells[`${name}_low`] = found.ci95_low;
      cells[`${name}_high`] = found.ci95_high;
      cells[`${name}_method`] = found.method;
    }
    yield {
      ...summary.point,
      ...{ think_time_s: thinkS, send_options: sendOptions, renaming, concurrent_ratio: concurrentRatio },
      n: metricIn(summary, 'requests').n,
      ...cells,
    };
  }
}

/** Every setting as a reader sees it on a terminal: per million requests. */
export function anomalyReport({ summaries }: Findings, colours: boolean): string {
  const of =
    (name: string) =>
    (summary: PointSummary): Estimate =>
      metricIn(summary, `${name}_per_million`);
  const columns: readonly [string, (summary: PointSummary) => string][] = [
    ['strategy', ({ point }) => point.strategy],
    ['balancer', ({ point }) => point.balancer],
    ['think s', ({ point }) => `${settingOf(point.case!).thinkS}`],
    ['options', ({ point }) => `${settingOf(point.case!).sendOptions}`],
    ['renamed', ({ point }) => settingOf(point.case!).renaming],
    ['at once', ({ point }) => `${settingOf(point.case!).concurrentRatio}`],
    ...(['stale_reads', 'lost_updates', 'diverged_sessions'] as const).map(
      (name) =>
        [name.replace('_', ' '), (summary: PointSummary) => estimateText(of(name)(summary))] as [
          string,
          (summary: PointSummary) => string,
        ],
    ),
  ];
  const table = textTable(
    columns.map(([head], at) => ({ head, align: at < 2 ? ('left' as const) : ('right' as const) })),
    [...summaries].map((summary) => columns.map(([, textOf]) => textOf(summary))),
    colours,
  );
  return `${table}\nPer million requests; +- is half of the 95 % interval, "<" its upper end where nothing was seen.\n`;
}
