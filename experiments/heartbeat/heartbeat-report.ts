import { wrap } from '../lib/arguments.ts';
import type { Row } from '../lib/csv.ts';
import { readable, terminalColumns, textTable } from '../lib/text-table.ts';

const cell = (row: Row, name: string): number | null => (row[name] ?? null) as number | null;

function recurrence(row: Row): string {
  const [low, high] = [cell(row, 'mistake_recurrence_s_low'), cell(row, 'mistake_recurrence_s_high')];
  if (high === null) return `> ${readable(low)}`;
  return `${readable(low)} to ${readable(high)}`;
}

/** Every setting as a reader sees it on a terminal. */
export function heartbeatReport(rows: readonly Row[], colours: boolean): string {
  /** Coordinates are shown where there are several. */
  const varied = (['strategy', 'balancer', 'nodes', 'load_rps'] as const).filter(
    (name) => new Set(rows.map((row) => row[name])).size > 1,
  );
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ...varied.map((name) => [name === 'load_rps' ? 'req/s' : name, (row: Row) => String(row[name])] as const),
    ['frequency', (row) => `${row.frequency_ms}`],
    ['dropTime', (row) => `${row.drop_time_ms}`],
    ['loss', (row) => `${row.loss_ratio}${row.burst_s ? ` in ${row.burst_s} s` : ''}`],
    ['pause', (row) => (row.pause_s ? `${row.pause_s} s` : '-')],
    ['verify', (row) => String(row.detector)],
    ['noticed ms', (row) => readable(cell(row, 'detection_ms_mean'))],
    ['by all ms', (row) => readable(cell(row, 'detection_ms_max'))],
    ['s between mistakes', recurrence],
    ['closed form', (row) => readable(cell(row, 'closed_form_s'))],
    ['lasts ms', (row) => readable(cell(row, 'mistake_duration_ms_mean'))],
  ];
  const table = textTable(
    columns.map(([head]) => ({ head, align: 'right' as const })),
    rows.map((row) => columns.map(([, textOf]) => textOf(row))),
    colours,
  );
  const judged = rows.filter((row) => row.is_within !== null);
  const within = judged.filter((row) => row.is_within === 1).length;
  const legend =
    'noticed = from the death of a node until another drops it; mistakes = a living node dropped, per observer and member, 95 % interval.';
  const verdict =
    judged.length === 0 ? '' : ` The closed form lies within the interval in ${within} of ${judged.length} settings.`;
  return `${table}\n${wrap(`${legend}${verdict}`, terminalColumns).join('\n')}\n`;
}
