import { wrap } from '../lib/arguments.ts';
import type { Row } from '../lib/csv.ts';
import { countEstimate, type Estimate, estimate } from '../lib/estimate.ts';
import { estimateText } from '../lib/estimate-text.ts';
import { type Findings, finishedOf } from '../lib/findings.ts';
import type { Point } from '../lib/run-record.ts';
import { terminalColumns, textTable } from '../lib/text-table.ts';
import { beginsAtS, CHUNK_BYTES, eventsOf } from './cases.ts';
import { isOpen } from './recovery-measures.ts';

/** Rows of `failover.csv`. */
export function* failoverRows({ runs, plan }: Findings, warBytes: number): Generator<Row> {
  for (const { key, record } of runs) {
    const scenario = plan.scenarioOf(key);
    const { mixedVersionsS, chunks } = eventsOf(scenario, key.case!, warBytes);
    yield {
      ...key,
      ...record.consistency,
      begins_at_s: beginsAtS(scenario),
      ...record.measures,
      mixed_versions_s: mixedVersionsS,
      deploy_messages: chunks?.messages ?? null,
      deploy_bytes: chunks ? chunks.messages * CHUNK_BYTES : null,
      deploy_transfer_s: chunks?.transferS ?? null,
    };
  }
}

/** Rows of `timeline.csv`. */
export function* failoverTimelineRows({ runs }: Findings): Generator<Row> {
  for (const { key, record } of runs) {
    for (const { node_requests: _, ...row } of record.timeline ?? []) yield { ...key, ...row };
  }
}

const counts = ['lost_sessions', 'lost_updates', 'stale_reads', 'failed_requests', 'diverged_sessions'] as const;
const heads = ['lost sessions', 'lost updates', 'stale reads', 'failed', 'diverged', 'hurt s', 'recovery s'];

interface Answer {
  readonly point: Point;
  readonly cells: readonly Estimate[];
  /** Whether a run was still hurt when it ended: its recovery is later than was seen. */
  readonly isCut: boolean;
}

function answersOf({ points, plan }: Findings): Answer[] {
  return [...points].map((one) => {
    const runs = finishedOf(one);
    const records = runs.map(({ record }) => record);
    const isCut = runs.some(({ key, record }) => isOpen(plan.scenarioOf(key), record.measures));
    const lost = counts.map((name) => countEstimate(records.map(({ consistency }) => consistency[name])));
    const times = ['hurt_s', 'recovery_s'].map((name) =>
      estimate(records.map(({ measures }) => measures?.[name] ?? null)),
    );
    return { point: one.point, cells: [...lost, ...times], isCut };
  });
}

/** One table per case. */
export function failoverReport(findings: Findings, colours: boolean): string {
  const answers = answersOf(findings);
  const { balancers, nodes, loads, cases = [] } = findings.plan.grid;
  const isSeveral = balancers.length * nodes.length * loads.length > 1;
  const nameOf = ({ strategy, balancer, nodes: n, load_rps }: Point): string =>
    isSeveral ? `${strategy}, ${balancer}, ${n} nodes, ${load_rps}/s` : strategy;
  const tables = cases.map((name) => {
    const rows = answers.filter(({ point }) => point.case === name);
    return textTable(
      [{ head: name, align: 'left' as const }, ...heads.map((head) => ({ head, align: 'right' as const }))],
      rows.map(({ point, cells, isCut }) => {
        const texts = cells.map(estimateText);
        const last = texts.length - 1;
        return [nameOf(point), ...texts.slice(0, last), isCut ? `>= ${texts[last]}` : texts[last]];
      }),
      colours,
    );
  });
  const legend =
    'Per run; hurt = more than 1 % failed or three times the usual latency; +- is half of the 95 % interval, "<" its upper end where nothing was seen; ">=": still hurt when a run ended.';
  return `${tables.join('\n')}\n${wrap(legend, terminalColumns).join('\n')}\n`;
}

/** The same for programs. */
export function failoverJson(findings: Findings): string {
  const names = [...counts, 'hurt_s', 'recovery_s'];
  const rows = answersOf(findings).map(({ point, cells }) => ({
    ...point,
    ...Object.fromEntries(cells.map((cell, at) => [names[at], cell])),
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}
