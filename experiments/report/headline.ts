import type { Estimate } from '../lib/estimate.ts';
import { type Answer, objective } from '../lib/scale-answer.ts';
import { byteRate, readable } from '../lib/text-table.ts';
import { greatest, listed, seriesOf, spoken } from './series.ts';

/** One strategy on the first screen. */
export interface HeadlineRow {
  readonly name: string;
  /** Smallest cluster that carries the highest load that any cluster carries; null: none of the swept ones. */
  readonly needed: number | null;
  /** The cluster that the other cells are about: the needed one, or the largest. */
  readonly at: Answer;
}

/** The answer of a sweep at a glance. */
export interface Headline {
  readonly sentence: string;
  /** Highest load that any cluster carries [1/s]; null when none carries any. */
  readonly load: number | null;
  readonly rows: readonly HeadlineRow[];
}

/** Most strategies in the first table; all of them stand in the table of every cluster. */
const MOST_ROWS = 14;

/** Mean and half of the interval for a page; what was never seen has an upper bound, not a bare 0. */
export function plusMinus({ mean, half_width: half, method, ci95_high }: Estimate): string {
  if (mean === null) return '–';
  if (method === 'rule-of-three' && ci95_high !== null) return `< ${readable(ci95_high)}`;
  return half === null || half === 0 ? readable(mean) : `${readable(mean)} ± ${readable(half)}`;
}

/** A rate in bytes with its interval. */
export function plusMinusBytes({ mean, half_width: half }: Estimate): string {
  if (mean === null) return '–';
  if (half === null || half === 0) return byteRate(mean);
  const [text, unit] = byteRate(mean).split(' ');
  const factor = unit === 'MB/s' ? 1e6 : unit === 'kB/s' ? 1e3 : 1;
  return `${text} ± ${readable(half / factor)} ${unit}`;
}

function neededSentence(rows: readonly HeadlineRow[], load: number): string {
  const bySize = new Map<number, string[]>();
  for (const { name, needed } of rows) {
    if (needed !== null) bySize.set(needed, [...(bySize.get(needed) ?? []), name]);
  }
  const cannot = rows.filter(({ needed }) => needed === null).map(({ name }) => name);
  const sizes = [...bySize].sort(([a], [b]) => a - b);
  // More names than this are no sentence any more; the table below has them.
  const many = 4;
  const whom = (names: readonly string[]): string =>
    names.length === rows.length && rows.length > 1
      ? `each of ${names.length} strategies`
      : names.length > many
        ? `${names.length} of ${rows.length} strategies`
        : listed(names.map(spoken));
  const parts = sizes.map(([size, names]) => `${whom(names)} with ${size} node${size === 1 ? '' : 's'}`);
  const failed = cannot.length > 0 ? `; ${listed(cannot.map(spoken))} by no swept cluster` : '';
  return `${readable(load)} requests/s are carried by ${parts.join(', ')}${failed}.`;
}

function capacitySentence(answers: readonly Answer[], nameOf: (answer: Answer) => string): string {
  const largest = greatest(answers.map(({ nodes }) => nodes));
  const own = answers
    .filter(({ nodes, before_faults }) => nodes === largest && before_faults.capacity_rps.mean !== null)
    .sort((a, b) => b.before_faults.capacity_rps.mean! - a.before_faults.capacity_rps.mean!);
  if (own.length < 2) return '';
  const [best] = own;
  const worst = own[own.length - 1];
  const text = (answer: Answer): string =>
    `${plusMinus(answer.before_faults.capacity_rps)} (${spoken(nameOf(answer))})`;
  return ` At ${largest} nodes the capacity ranges from ${text(worst)} to ${text(best)} requests/s.`;
}

function lossSentence(answers: readonly Answer[], nameOf: (answer: Answer) => string): string {
  const lost = ({ lost_sessions }: Answer): number => lost_sessions.mean ?? 0;
  const worst = answers.reduce((a, b) => (lost(b) > lost(a) ? b : a));
  if (lost(worst) === 0) return '';
  return ` Most sessions are lost under ${spoken(nameOf(worst))}: ${plusMinus(worst.lost_sessions)} per run at ${worst.nodes} nodes.`;
}

/** What stands on the first screen. */
export function headlineOf(answers: readonly Answer[]): Headline {
  const { nameOf } = seriesOf(answers);
  const loads = answers.flatMap(({ carried_rps }) => (carried_rps === null ? [] : [carried_rps]));
  const load = loads.length > 0 ? greatest(loads) : null;
  const names = [...new Set(answers.map(nameOf))].slice(0, MOST_ROWS);
  const rows = names.map((name) => {
    const own = answers.filter((answer) => nameOf(answer) === name);
    const carrying = load === null ? undefined : own.find(({ carried_rps }) => carried_rps === load);
    return { name, needed: carrying?.nodes ?? null, at: carrying ?? own[own.length - 1] };
  });
  const carried =
    load === null
      ? 'No cluster of this sweep carries any of the loads within the objective.'
      : neededSentence(rows, load);
  return { sentence: carried + capacitySentence(answers, nameOf) + lossSentence(answers, nameOf), load, rows };
}

/** The objective of "carries" in words. */
export const carriesText = `Carried: at least ${objective.completedRatioMin * 100} % of the offered load answered, 95th percentile at most ${objective.latencyMsP95Max} ms, less than ${objective.failedRatioMax * 100} % failed, in the mean over the replications. Capacity and traffic are of the time before the first fault. “<”: never seen; the upper end of its 95 % interval.`;
