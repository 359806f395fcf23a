import { wrap } from '../lib/arguments.ts';
import type { Row } from '../lib/csv.ts';
import { differenceOf } from '../lib/differences.ts';
import { readable, terminalColumns, textTable, withInterval } from '../lib/text-table.ts';
import { cheapest } from './capacity-rows.ts';
import type { Carried } from './search.ts';

/** What a report of capacities needs. */
export interface CapacityAnswer {
  readonly objective: string;
  readonly carried: readonly Carried[];
  readonly capacity: readonly Row[];
  readonly usl: readonly Row[];
  /** Loads whose cheapest cluster is asked for. */
  readonly targets: readonly number[];
}

const name = ({ strategy, balancer }: Row, isSeveral: boolean): string =>
  isSeveral ? `${strategy} behind ${balancer}` : String(strategy);

/** Paired differences between strategies at the same size, as sentences; the largest size of each pair only. */
export function comparisons(carried: readonly Carried[]): string[] {
  const sizes = [...new Set(carried.map(({ cluster }) => cluster.nodes))].sort((a, b) => b - a);
  const [nodes] = sizes;
  const own = carried.filter(({ cluster }) => cluster.nodes === nodes);
  const best = own.reduce((a, b) => (sum(b.loads) / b.loads.length > sum(a.loads) / a.loads.length ? b : a), own[0]);
  return own
    .filter((one) => one !== best && one.cluster.balancer === best.cluster.balancer)
    .map((one) => {
      const pairs = best.loads.slice(0, one.loads.length).map((load, at) => load - one.loads[at]);
      const { difference, half_width } = differenceOf(pairs);
      return `${one.cluster.strategy} carries ${withInterval(difference, half_width)} requests/s less than ${best.cluster.strategy} at N=${nodes}`;
    });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The answer as a reader sees it on a terminal. */
export function capacityReport(answer: CapacityAnswer, colours: boolean): string {
  const { capacity, usl, targets, carried, objective } = answer;
  const isSeveral = new Set(capacity.map(({ balancer }) => balancer)).size > 1;
  const number = (row: Row, column: string): number | null => (row[column] ?? null) as number | null;
  const columns: readonly [string, (row: Row) => string][] = [
    ['strategy', (row) => name(row, isSeveral)],
    ['nodes', (row) => String(row.nodes)],
    ['carries req/s', (row) => withInterval(number(row, 'carried_rps'), number(row, 'half_width'))],
    ['of ideal', (row) => `${readable((100 * Number(row.carried_rps)) / Number(row.ideal_rps))} %`],
    [
      'per added node',
      (row) => withInterval(number(row, 'per_added_node_rps'), number(row, 'per_added_node_half_width')),
    ],
    ['USL', (row) => readable(number(row, 'usl_rps'))],
  ];
  const table = textTable(
    columns.map(([head], at) => ({ head, align: at === 0 ? ('left' as const) : ('right' as const) })),
    capacity.map((row) => columns.map(([, textOf]) => textOf(row))),
    colours,
  );
  const paying = usl.map((row) => {
    const last = Number(row.last_paying_nodes);
    const largest = Math.max(
      ...capacity.filter((one) => name(one, true) === name(row, true)).map(({ nodes }) => Number(nodes)),
    );
    const where = last === largest ? `up to ${largest} nodes, the largest swept` : `up to ${last} nodes only`;
    const peak = row.peak_nodes === null ? '' : `; by the law it peaks at ${readable(Number(row.peak_nodes))} nodes`;
    const law =
      row.alpha === null ? '' : ` (alpha ${readable(Number(row.alpha))}, beta ${readable(Number(row.beta))}${peak})`;
    return `${name(row, isSeveral)}: an added node pays ${where}${law}`;
  });
  const cheap = targets.map((load) => {
    const list = cheapest(capacity, load);
    const texts = list.map(
      (one) => `${name(one, isSeveral)} ${one.nodes === null ? 'none swept' : `${one.nodes} nodes`}`,
    );
    return `${readable(load)} requests/s are carried at the least by: ${texts.join(', ')}`;
  });
  const sentences = [...comparisons(carried), ...paying, ...cheap];
  const text = sentences.map((sentence) => wrap(`- ${sentence}.`, terminalColumns - 2).join('\n  ')).join('\n');
  const legend = `carries = highest load within ${objective}; +- is half of the 95 % interval over the replications. An added node pays while it carries at least half of what a node of the smallest size does.`;
  return `${table}\n${wrap(legend, terminalColumns).join('\n')}\n\n${text}\n`;
}
