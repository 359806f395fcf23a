import { wrap } from './arguments.ts';
import { differenceOf } from './differences.ts';
import { estimateText } from './estimate-text.ts';
import { type Findings, finishedOf } from './findings.ts';
import type { RunRecord } from './run-record.ts';
import { type Answer, objective, objectiveText } from './scale-answer.ts';
import { replicationsText, type StatisticsRules } from './statistics-rules.ts';
import { metricOf } from './summarise.ts';
import { byteRate, percentage, readable, terminalColumns, textTable, withInterval } from './text-table.ts';

function carriedText({ carried_rps, is_highest_load, load_rps }: Answer): string {
  if (carried_rps === null) return `below ${readable(load_rps)}`;
  return `${is_highest_load ? '>= ' : ''}${readable(carried_rps)}`;
}

type TextOf = readonly [head: string, textOf: (answer: Answer) => string];

function table(answers: readonly Answer[], columns: readonly TextOf[], colours: boolean): string {
  const several = new Set(answers.map(({ balancer }) => balancer)).size > 1;
  const balancer: TextOf[] = several ? [['balancer', (answer) => answer.balancer]] : [];
  const all: TextOf[] = [
    ['strategy', ({ strategy }) => strategy],
    ...balancer,
    ['nodes', ({ nodes }) => `${nodes}`],
    ...columns,
  ];
  return textTable(
    all.map(([head]) => ({ head, align: head === 'strategy' || head === 'balancer' ? 'left' : 'right' })),
    answers.map((answer) => all.map(([, textOf]) => textOf(answer))),
    colours,
  );
}

const capacityColumns: readonly TextOf[] = [
  ['carries req/s', carriedText],
  ['capacity req/s', ({ before_faults }) => estimateText(before_faults.capacity_rps)],
  ['bytes per request', ({ before_faults }) => estimateText(before_faults.bytes_per_request)],
  ['sent per node', ({ before_faults }) => byteRate(before_faults.bytes_per_s_per_node.mean)],
];

const lossColumns: readonly TextOf[] = [
  ['at req/s', ({ load_rps }) => readable(load_rps)],
  ['bytes/req.', ({ bytes_per_request }) => readable(bytes_per_request.mean)],
  ['lost sessions', ({ lost_sessions }) => estimateText(lost_sessions)],
  ['lost updates', ({ lost_updates }) => estimateText(lost_updates)],
  ['stale reads', ({ stale_reads }) => estimateText(stale_reads)],
  ['failed', ({ failed_requests }) => estimateText(failed_requests)],
];

/** Which part of the objective the lowest load misses, by strategy and size, where none is carried. */
function shortfalls(answers: readonly Answer[]): string[] {
  const lacking = answers.filter(({ carried_rps }) => carried_rps === null);
  if (lacking.length === 0) return [];
  const several = new Set(answers.map(({ balancer }) => balancer)).size > 1;
  const groups = new Map<string, string[]>();
  for (const { strategy, balancer, nodes, missed } of lacking) {
    const name = several ? `${strategy} behind ${balancer}` : strategy;
    groups.set(name, [...(groups.get(name) ?? []), `${missed.join(', ')} at ${nodes} nodes`]);
  }
  const texts = [...groups].map(([name, own]) => `${name}: ${own.join('; ')}`);
  return [`Below the lowest load: ${texts.join('. ')}.`];
}

function growth(answers: readonly Answer[]): string {
  const known = answers.filter(({ before_faults }) => before_faults.capacity_rps.mean !== null);
  if (known.length < 2) return '';
  const capacity = ({ before_faults }: Answer): number => before_faults.capacity_rps.mean!;
  const first = known[0];
  const last = known[known.length - 1];
  const best = known.reduce((a, b) => (capacity(b) > capacity(a) ? b : a));
  if (capacity(best) > 1.05 * capacity(last)) {
    return `its capacity peaks at ${best.nodes} nodes with ${readable(capacity(best))} requests/s and is ${readable(capacity(last))} at ${last.nodes}`;
  }
  const before = known[known.length - 2];
  const step = percentage(capacity(last) / capacity(before) - 1);
  const times = readable(capacity(last) / capacity(first));
  const range = `its capacity grows ${times} times from ${first.nodes} to ${last.nodes} nodes (${readable(capacity(last))} requests/s)`;
  return known.length < 3 ? range : `${range}, the step from ${before.nodes} to ${last.nodes} adding ${step}`;
}

function loss(answer: Answer, crashes: boolean): string {
  const { lost_sessions, lost_updates, stale_reads, failed_requests, store_evictions, nodes } = answer;
  const parts: string[] = [];
  if (lost_sessions.mean) parts.push(`${estimateText(lost_sessions)} lost sessions`);
  if (lost_updates.mean) parts.push(`${estimateText(lost_updates)} lost updates`);
  if (stale_reads.mean) parts.push(`${estimateText(stale_reads)} stale reads`);
  if (failed_requests.mean) parts.push(`${estimateText(failed_requests)} failed requests`);
  const run = crashes ? 'a run with these faults' : 'a run';
  if (store_evictions.mean) parts.push(`${estimateText(store_evictions)} evictions from a full memcached`);
  return `at ${nodes} nodes ${run} has ${parts.length > 0 ? parts.join(', ') : 'no loss that these replications could see'}`;
}

/** Bytes per request while nothing is wrong, and over the whole run where what goes wrong adds a fifth. */
function trafficText({ nodes, before_faults, bytes_per_request: { mean: all } }: Answer): string {
  const usual = before_faults.bytes_per_request.mean;
  const isMore = usual !== null && all !== null && all > 1.2 * usual;
  const more = isMore ? ` (${readable(all)} over a run with these faults)` : '';
  return `${readable(usual)} bytes between machines at ${nodes} nodes${more}`;
}

function atSizes(sizes: readonly number[], largest: number): string {
  const [first, last] = [sizes[0], sizes[sizes.length - 1]];
  if (first === last) return `at ${first} nodes${last === largest ? '' : ' only'}`;
  return last === largest ? `from ${first} nodes on` : `at ${first} to ${last} nodes only`;
}

/** One sentence per strategy and balancer. */
export function sentences(answers: readonly Answer[], crashes: boolean): string[] {
  const groups = new Map<string, Answer[]>();
  const several = new Set(answers.map(({ balancer }) => balancer)).size > 1;
  for (const answer of answers) {
    const name = several ? `${answer.strategy} behind ${answer.balancer}` : answer.strategy;
    groups.set(name, [...(groups.get(name) ?? []), answer]);
  }
  return [...groups].map(([name, own]) => {
    const carrying = own.filter(({ carried_rps }) => carried_rps !== null);
    const most = Math.max(...carrying.map(({ carried_rps }) => carried_rps!));
    const sizes = carrying.filter(({ carried_rps }) => carried_rps === most).map(({ nodes }) => nodes);
    const last = own[own.length - 1];
    const carries = `${name} carries ${sizes.length > 0 ? `${readable(most)} requests/s ${atSizes(sizes, last.nodes)}` : 'none of the loads'}`;
    const traffic = `a request moves ${trafficText(last)}`;
    return `${[carries, growth(own), traffic, loss(last, crashes)].filter((part) => part !== '').join('; ')}.`;
  });
}

/** What a run carries while nothing is wrong. */
function capacityIn(record: RunRecord, nodes: number): number {
  const before = metricOf(record, nodes, 'before_faults_capacity_rps');
  return before ?? metricOf(record, nodes, 'capacity_rps_estimate') ?? 0;
}

/** Paired differences of capacity between the strategies at the largest size, as sentences: best against each other one. */
export function comparisons({ plan, at }: Findings): string[] {
  const { strategies, balancers, nodes, loads } = plan.grid;
  const point = { balancer: balancers[0], nodes: nodes[nodes.length - 1], load_rps: loads[loads.length - 1] };
  const found = strategies.map((strategy) => {
    const runs = finishedOf(at({ ...point, strategy }));
    return { strategy, values: runs.map(({ record }) => capacityIn(record, point.nodes)) };
  });
  const mean = ({ values }: (typeof found)[number]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const best = found.reduce((a, b) => (mean(b) > mean(a) ? b : a));
  return found.flatMap((one) => {
    const pairs = best.values.slice(0, one.values.length).map((value, run) => value - one.values[run]);
    const { difference, half_width } = differenceOf(pairs);
    if (one === best || difference === null || half_width === null) return [];
    const less = `${withInterval(difference, half_width)} requests/s less`;
    return [
      difference > half_width
        ? `${one.strategy} has ${less} capacity than ${best.strategy}`
        : `${one.strategy} does not clearly differ from ${best.strategy} (${less})`,
    ];
  });
}

/** What a report says besides the answers. */
export interface ReportFacts {
  /** Differences between strategies, one sentence each. */
  readonly comparisons: readonly string[];
  readonly nodes: number;
  /** The faults of every run, in words. */
  readonly faults: string;
  readonly colours: boolean;
  readonly rules: StatisticsRules;
}

const hasFaults = ({ faults }: ReportFacts): boolean => faults !== 'no fault';

/** The answer of a scale sweep as a reader sees it on a terminal. */
export function scaleReport(answers: readonly Answer[], facts: ReportFacts): string {
  const { faults, colours, rules } = facts;
  const lines = (text: string): string => `${wrap(text, terminalColumns).join('\n')}\n`;
  const before = hasFaults(facts) && answers.some(({ before_faults }) => before_faults.s.mean);
  const capacity = `capacity = completed load over the use of the busiest processor, of a node or a store server${before ? '; it, bytes and what is sent are of the time before the fault, "carries" is of the whole window' : ''}`;
  return [
    table(answers, capacityColumns, colours),
    lines(`${objectiveText}; ">=": no higher load was swept. ${capacity}.`),
    ...shortfalls(answers).map(lines),
    table(answers, lossColumns, colours),
    lines(
      `Counts per run with ${faults}. +- is the half width of the 95 % interval over ${replicationsText(rules)}; "<": seen in no run, with the upper end of the interval (rule of three).`,
    ),
    sentences(answers, hasFaults(facts))
      .map((sentence) => wrap(`- ${sentence}`, terminalColumns - 2).join('\n  '))
      .join('\n')
      .concat('\n'),
    ...(facts.comparisons.length > 0
      ? [lines(`Paired by their random numbers, at N=${facts.nodes}: ${facts.comparisons.join('; ')}.`)]
      : []),
  ].join('\n');
}

/** The same for programs. */
export function scaleJson(answers: readonly Answer[], facts: ReportFacts): string {
  const content = {
    objective,
    faults: facts.faults,
    answers,
    sentences: sentences(answers, hasFaults(facts)),
    comparisons: facts.comparisons,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
