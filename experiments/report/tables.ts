import type { Answer } from '../lib/scale-answer.ts';
import { readable } from '../lib/text-table.ts';
import type { FigureData } from './figure.ts';
import { type Headline, type HeadlineRow, plusMinus, plusMinusBytes } from './headline.ts';
import { type Html, html } from './html.ts';
import { strategyLook } from './palette.ts';
import { seriesOf } from './series.ts';

type Cells = readonly [head: string, about: string, cell: (answer: Answer) => string];

const cells: readonly Cells[] = [
  ['Capacity', 'requests/s', ({ before_faults }) => plusMinus(before_faults.capacity_rps)],
  ['Traffic', 'bytes per request', ({ before_faults }) => plusMinus(before_faults.bytes_per_request)],
  ['Sent', 'per node', ({ before_faults }) => plusMinusBytes(before_faults.bytes_per_s_per_node)],
  ['Traffic with faults', 'bytes per request', ({ bytes_per_request }) => plusMinus(bytes_per_request)],
  ['Lost sessions', 'per run', ({ lost_sessions }) => plusMinus(lost_sessions)],
  ['Lost updates', 'per run', ({ lost_updates }) => plusMinus(lost_updates)],
  ['Stale reads', 'per run', ({ stale_reads }) => plusMinus(stale_reads)],
  ['Failed', 'per run', ({ failed_requests }) => plusMinus(failed_requests)],
];

function headsOf(heads: readonly (readonly [string, string])[]): Html {
  return html`<tr>${heads.map(([head, about]) => html`<th scope="col">${head}<small>${about}</small></th>`)}</tr>`;
}

function named(name: string, index: number): Html {
  return html`<th scope="row"><i class="mark" style="background:${strategyLook(name, index).colour}"></i>${name}</th>`;
}

/** What the first screen has room for. */
const shown = cells.filter(([head]) => head !== 'Sent' && head !== 'Traffic with faults');

/** The table of the first screen: one row per strategy. */
export function headlineTable({ rows, load }: Headline): Html {
  const heads: [string, string][] = [
    ['Strategy', ''],
    ['Nodes needed', load === null ? '' : `for ${readable(load)}/s`],
    ...shown.map(([head, about]) => [head, about] as [string, string]),
  ];
  /** On a narrow screen each row is a card, and each cell says what it is. */
  const cellOf = ([head, about]: readonly [string, string], text: string, isStrong = false): Html =>
    html`<td${isStrong ? html` class="strong"` : null} data-head="${head}${about === '' ? '' : `, ${about}`}">${text}</td>`;
  const needed = ({ needed: size, at }: HeadlineRow): string =>
    size === null ? `more than ${at.nodes}` : String(size);
  const body = rows.map(
    (row, index) =>
      html`<tr>${named(row.name, index)}${cellOf(heads[1], needed(row), true)}${shown.map(([head, about, cell]) => cellOf([head, about], cell(row.at)))}</tr>`,
  );
  return html`<div class="scroll cards" tabindex="0" role="region" aria-label="Answer by strategy"><table class="answer"><thead>${headsOf(heads)}</thead><tbody>${body}</tbody></table></div>`;
}

/** Most rows of a table in the page. */
const MOST_ROWS = 200;

/** The table of every cluster of the sweep. */
export function clusterTable(answers: readonly Answer[]): Html {
  const { nameOf } = seriesOf(answers);
  const carried = ({ carried_rps, is_highest_load, load_rps }: Answer): string =>
    carried_rps === null ? `below ${readable(load_rps)}` : `${is_highest_load ? '≥ ' : ''}${readable(carried_rps)}`;
  const heads: [string, string][] = [
    ['Strategy', ''],
    ['Nodes', ''],
    ['Carries', 'requests/s'],
    ...cells.map(([head, about]) => [head, about] as [string, string]),
  ];
  const body = answers
    .slice(0, MOST_ROWS)
    .map(
      (answer) =>
        html`<tr><th scope="row">${nameOf(answer)}</th><td>${answer.nodes}</td><td>${carried(answer)}</td>${cells.map(([, , cell]) => html`<td>${cell(answer)}</td>`)}</tr>`,
    );
  const more =
    answers.length > MOST_ROWS
      ? html`<p class="note">${answers.length - MOST_ROWS} more clusters stand in summary.csv.</p>`
      : null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Every cluster of the sweep"><table><thead>${headsOf(heads)}</thead><tbody>${body}</tbody></table></div>${more}`;
}

function cellText(value: string | number | null): string {
  if (value === null) return '';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
}

/** The numbers of a figure. */
export function dataTable({ heads, rows }: FigureData, label: string, mostRows = MOST_ROWS): Html {
  const shown = rows.slice(0, mostRows);
  const body = shown.map(
    (row) =>
      html`<tr>${row.map((value) => html`<td${typeof value === 'string' ? html` class="text"` : null}>${cellText(value)}</td>`)}</tr>`,
  );
  const more =
    rows.length > shown.length
      ? html`<p class="note">${rows.length - shown.length} more rows stand in the files.</p>`
      : null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>${more}`;
}
