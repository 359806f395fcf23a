import { wrap } from './arguments.ts';
import { type Estimate, noEstimate } from './estimate.ts';
import { estimateText } from './estimate-text.ts';
import type { PointSummary } from './summarise.ts';
import { terminalColumns, textTable } from './text-table.ts';

/** One fault with what every point of the grid lost. */
export interface CaseAnswer {
  readonly fault: string;
  readonly summaries: readonly PointSummary[];
}

const metrics = [
  ['lost_sessions', 'lost sessions'],
  ['lost_updates', 'lost updates'],
  ['stale_reads', 'stale reads'],
  ['failed_requests', 'failed'],
  ['diverged_sessions', 'diverged'],
  ['latency_ms_p99', 'p99 ms'],
] as const;

function estimateOf({ metrics: found }: PointSummary, name: string): Estimate {
  return found.get(name) ?? noEstimate;
}

/** Whether no run lost anything and no request failed. */
function isUnhurt(summary: PointSummary): boolean {
  return metrics.slice(0, 4).every(([name]) => (estimateOf(summary, name).mean ?? 0) === 0);
}

function pointName({ point }: PointSummary, isSeveral: boolean): string {
  return isSeveral ? `${point.strategy}, ${point.balancer}, ${point.nodes} nodes, ${point.load_rps}/s` : point.strategy;
}

/** One table per fault, and one sentence on who lost nothing. */
export function failoverReport(answers: readonly CaseAnswer[], colours: boolean): string {
  const parts = answers.map(({ fault, summaries }) => {
    const isSeveral = new Set(summaries.map(({ point }) => point.strategy)).size < summaries.length;
    const rows = summaries.map((summary) => [
      pointName(summary, isSeveral),
      ...metrics.map(([name]) => estimateText(estimateOf(summary, name))),
    ]);
    const head = [
      { head: fault, align: 'left' as const },
      ...metrics.map(([, text]) => ({ head: text, align: 'right' as const })),
    ];
    const unhurt = summaries.filter(isUnhurt).map((summary) => pointName(summary, isSeveral));
    const verdict =
      unhurt.length > 0
        ? `Nothing lost, nothing failed: ${unhurt.join(', ')}.`
        : 'None of them came through without a loss or a failed request.';
    return `${textTable(head, rows, colours)}${wrap(verdict, terminalColumns).join('\n')}\n`;
  });
  const legend =
    'Counts per run in the measurement window; +- is half of the 95 % interval over the replications, "<" its upper end where nothing was seen.';
  return `${parts.join('\n')}\n${wrap(legend, terminalColumns).join('\n')}\n`;
}

/** The same for a program. */
export function failoverJson(answers: readonly CaseAnswer[]): string {
  const rows = answers.flatMap(({ fault, summaries }) =>
    summaries.map((summary) => ({
      fault,
      ...summary.point,
      ...Object.fromEntries(metrics.map(([name]) => [name, estimateOf(summary, name)])),
    })),
  );
  return `${JSON.stringify(rows, null, 2)}\n`;
}
