import type { PointSummary } from './summarise.ts';
import { readable, textTable } from './text-table.ts';

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

function meanOf({ metrics: found }: PointSummary, name: string): number | null {
  return found.get(name)?.mean ?? null;
}

/** What somebody lost, in words; empty when nothing. */
function losses(summary: PointSummary): string {
  const parts = metrics.slice(0, 4).flatMap(([name, text]) => {
    const value = meanOf(summary, name);
    return value !== null && value > 0 ? [`${readable(value)} ${text}`] : [];
  });
  return parts.join(', ');
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
      ...metrics.map(([name]) => readable(meanOf(summary, name))),
    ]);
    const head = [
      { head: fault, align: 'left' as const },
      ...metrics.map(([, text]) => ({ head: text, align: 'right' as const })),
    ];
    const safe = summaries.filter((summary) => losses(summary) === '').map((summary) => pointName(summary, isSeveral));
    const verdict = safe.length > 0 ? `Nothing lost, nothing failed: ${safe.join(', ')}.` : 'Everybody lost something.';
    return `${textTable(head, rows, colours)}${verdict}\n`;
  });
  return `${parts.join('\n')}\nMeans per run over the replications; counts of the measurement window.\n`;
}

/** The same for a program. */
export function failoverJson(answers: readonly CaseAnswer[]): string {
  const rows = answers.flatMap(({ fault, summaries }) =>
    summaries.map((summary) => ({
      fault,
      ...summary.point,
      ...Object.fromEntries(metrics.map(([name]) => [name, meanOf(summary, name)])),
    })),
  );
  return `${JSON.stringify(rows, null, 2)}\n`;
}
