import { wrap } from '../lib/arguments.ts';
import { casePointColumns, columnOf, type Table } from '../lib/columns.ts';
import type { Row } from '../lib/csv.ts';
import { differenceOf } from '../lib/differences.ts';
import { type Findings, finishedOf } from '../lib/findings.ts';
import { type Point, pointText } from '../lib/run-record.ts';
import { metricOf } from '../lib/summarise.ts';
import { readable, terminalColumns, textTable, withInterval } from '../lib/text-table.ts';
import { type Change, changeName, usualCase } from './assumptions.ts';

const { count, real, text } = columnOf;

/** What the answer consists of. */
export const answers = [
  'before_faults_capacity_rps',
  'latency_ms_p95',
  'lost_sessions',
  'lost_updates',
  'stale_reads',
  'traffic.all.bytes_per_request',
] as const;

/** What each assumed default does to each part of the answer. */
export const sensitivityTable: Table = {
  file: 'sensitivity.csv',
  description:
    'The tornado table: every assumed default moved, and what that does to the answer, as a paired difference to the default.',
  key: [...casePointColumns.map(({ name }) => name), 'metric'],
  columns: [
    ...casePointColumns,
    text('parameter', 'key of the scenario'),
    text('direction', 'down: half; up: double, or a little where the default is 0; other: another word'),
    text('default_value', 'the assumed default'),
    text('value', 'what it was moved to'),
    text('metric', 'metric of summary.csv'),
    real('default_mean', 'mean of the metric with the default', { emptyWhen: 'it does not apply' }),
    count('n', 'pairs of replications that share their random numbers'),
    real('difference', 'mean of the metric less that with the default', { emptyWhen: 'n is 0' }),
    real('ci95_low', 'lower end of its 95 % interval', { emptyWhen: 'n is below 2' }),
    real('ci95_high', 'upper end of that interval', { emptyWhen: 'n is below 2' }),
    real('half_width', 'half the width of that interval', { emptyWhen: 'n is below 2' }),
    count('is_clear', '1 when the interval does not hold 0', { emptyWhen: 'n is below 2' }),
    real('change_ratio', 'difference over the mean with the default', { emptyWhen: 'that mean is 0, or n is 0' }),
    count('rank', 'place among the changes of this metric and strategy, by the size of the difference, from 1'),
    count('changes_order', '1 when the strategies, sorted by the metric, come in another order than with the default'),
  ],
};

type Values = ReadonlyMap<string, readonly (readonly (number | null)[])[]>;

/** The metrics of every run by point, run by run. */
function valuesOf({ points }: Findings): Values {
  const values = new Map<string, (number | null)[][]>();
  for (const one of points) {
    const rows = finishedOf(one).map(({ record }) => answers.map((name) => metricOf(record, one.point.nodes, name)));
    values.set(pointText(one.point), rows);
  }
  return values;
}

const meanOf = (rows: readonly (readonly (number | null)[])[], metric: number): number | null => {
  const known = rows.flatMap((row) => row[metric] ?? []);
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
};

/** The strategies at a point by the mean of a metric, best or worst first. */
function orderAt(values: Values, strategies: readonly string[], point: Point, metric: number): string {
  const means = strategies.map(
    (strategy) => [strategy, meanOf(values.get(pointText({ ...point, strategy })) ?? [], metric) ?? 0] as const,
  );
  return means
    .sort(([, a], [, b]) => b - a)
    .map(([strategy]) => strategy)
    .join(' ');
}

/** Rows of `sensitivity.csv`, sorted. */
export function sensitivityRows(findings: Findings, changes: readonly Change[]): Row[] {
  const values = valuesOf(findings);
  const byName = new Map(changes.map((change) => [changeName(change), change]));
  const { strategies } = findings.plan.grid;
  const rows: (Row & { size: number; group: string })[] = [];
  for (const { point } of findings.points) {
    if (point.case === usualCase) continue;
    const { parameter, direction, usual, value } = byName.get(point.case!)!;
    const own = values.get(pointText(point))!;
    const base = { ...point, case: usualCase };
    const defaults = values.get(pointText(base))!;
    answers.forEach((metric, at) => {
      const pairs = own.slice(0, defaults.length).flatMap((row, run) => {
        const [a, b] = [row[at], defaults[run][at]];
        return a === null || b === null ? [] : [a - b];
      });
      const found = differenceOf(pairs);
      const mean = meanOf(defaults, at);
      const ratio = mean === null || mean === 0 || found.difference === null ? null : found.difference / mean;
      const isOther = orderAt(values, strategies, point, at) !== orderAt(values, strategies, base, at);
      rows.push({
        ...point,
        ...{ parameter, direction, default_value: usual, value, metric, default_mean: mean },
        ...found,
        ...{ change_ratio: ratio, rank: 0, changes_order: isOther ? 1 : 0 },
        ...{ size: Math.abs(found.difference ?? 0), group: `${pointText(base)} ${metric}` },
      });
    });
  }
  return ranked(rows);
}

function ranked(rows: readonly (Row & { size: number; group: string })[]): Row[] {
  const groups = new Map<string, (Row & { size: number })[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  const rankOf = new Map<Row, number>();
  for (const list of groups.values()) {
    list.sort((a, b) => b.size - a.size || (String(a.case) < String(b.case) ? -1 : 1));
    for (const [at, row] of list.entries()) rankOf.set(row, at + 1);
  }
  return rows.map((row) => ({ ...row, rank: rankOf.get(row)! }));
}

/** The largest changes of each part of the answer, for each strategy. */
export function tornadoReport(rows: readonly Row[], changes: number, colours: boolean): string {
  const groups = new Map<string, Row[]>();
  for (const row of rows.filter(({ is_clear }) => is_clear === 1)) {
    const name = `${row.metric}: ${row.strategy}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const tables = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, list]) => {
      const largest = list.sort((a, b) => Number(a.rank) - Number(b.rank)).slice(0, 8);
      return textTable(
        [
          { head: name, align: 'left' },
          ...['default', 'moved to', 'difference', 'share', 'order'].map((head) => ({ head, align: 'right' as const })),
        ],
        largest.map((row) => [
          String(row.parameter),
          String(row.default_value),
          String(row.value),
          withInterval(Number(row.difference), Number(row.half_width)),
          row.change_ratio === null ? '-' : `${readable(Number(row.change_ratio) * 100)} %`,
          row.changes_order === 1 ? 'changes' : '',
        ]),
        colours,
      );
    });
  const moved = new Set(rows.filter(({ is_clear }) => is_clear === 1).map(({ parameter }) => parameter));
  const still = [...new Set(rows.map(({ parameter }) => parameter))].filter((name) => !moved.has(name));
  const legend = `${changes} changes of assumed defaults, one at a time; paired differences whose 95 % interval does not hold 0; share = of the value under the defaults. "changes": the strategies come in another order.`;
  const none = still.length > 0 ? [`No clear effect here: ${still.sort().join(', ')}.`] : [];
  const notes = [legend, ...none].flatMap((text) => wrap(text, terminalColumns));
  return `${tables.join('\n')}\n${notes.join('\n')}\n`;
}
