import { wrap } from '../lib/arguments.ts';
import type { Row } from '../lib/csv.ts';
import { readable, terminalColumns, textTable } from '../lib/text-table.ts';
import { populations } from './populations.ts';

/** The mean over replications of one cluster behind one balancer, for one population. */
export interface BalanceAnswer {
  readonly clients: string;
  readonly strategy: string;
  readonly balancer: string;
  readonly nodes: number;
  readonly load_rps: number;
  readonly replications: number;
  readonly means: Readonly<Record<string, number | null>>;
}

const keys = ['clients', 'strategy', 'balancer', 'nodes', 'load_rps', 'replication', 'seed'];

/** Means over the replications of each point, in the order of the rows. */
export function balanceAnswers(rows: readonly Row[]): BalanceAnswer[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = keys
      .slice(0, 5)
      .map((key) => String(row[key]))
      .join(' ');
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const means: Record<string, number | null> = {};
    for (const name of Object.keys(first).filter((key) => !keys.includes(key))) {
      const known = group.map((row) => row[name]).filter((value) => typeof value === 'number');
      means[name] = known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
    }
    const { clients, strategy, balancer, nodes, load_rps } = first as unknown as BalanceAnswer;
    return { clients, strategy, balancer, nodes, load_rps, replications: group.length, means };
  });
}

/** The largest cluster under the highest load: what the terminal shows. */
function shown(answers: readonly BalanceAnswer[]): BalanceAnswer[] {
  const nodes = Math.max(...answers.map((answer) => answer.nodes));
  const load = Math.max(...answers.map((answer) => answer.load_rps));
  return answers.filter((one) => one.nodes === nodes && one.load_rps === load);
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

function balanceTableText(answers: readonly BalanceAnswer[], colours: boolean): string {
  const clients = unique(answers.map((answer) => answer.clients));
  const find = (balancer: string, population: string): BalanceAnswer | undefined =>
    answers.find((one) => one.balancer === balancer && one.clients === population);
  return textTable(
    [{ head: 'balancer', align: 'left' }, ...clients.map((head) => ({ head, align: 'right' as const }))],
    unique(answers.map(({ balancer }) => balancer)).map((balancer) => [
      balancer,
      ...clients.map((population) => readable(find(balancer, population)?.means.node_requests_max_ratio ?? null)),
    ]),
    colours,
  );
}

const lossHeads: readonly (readonly [head: string, name: string])[] = [
  ['p95 ms', 'latency_ms_p95'],
  ['failed', 'failed_requests'],
  ['lost sessions', 'lost_sessions'],
  ['moved/s before', 'moved_per_s_before'],
  ['more at failure', 'extra_moves_after_failure'],
  ['at return', 'extra_moves_after_restart'],
  ['back after s', 'return_s'],
];

function lossTableText(answers: readonly BalanceAnswer[], colours: boolean): string {
  return textTable(
    [{ head: 'balancer', align: 'left' }, ...lossHeads.map(([head]) => ({ head, align: 'right' as const }))],
    answers.map(({ balancer, means }) => [balancer, ...lossHeads.map(([, name]) => readable(means[name]))]),
    colours,
  );
}

/** The population whose sessions settle, where it was swept: there moves come from the failure alone. */
function settledClients(answers: readonly BalanceAnswer[]): string {
  return answers.some(({ clients }) => clients === 'no-route') ? 'no-route' : answers[0].clients;
}

/** A session moved when its server died, and again when it was back. */
function bouncesTwice({ means }: BalanceAnswer): boolean {
  const { moved_per_s_before: before, extra_moves_after_failure: failure, extra_moves_after_restart: restart } = means;
  if (before === null || failure === null || restart === null) return false;
  return failure > 5 * before && restart > 0.5 * failure;
}

/** What the figures come to, in sentences. */
function balanceSentences(answers: readonly BalanceAnswer[], settles: boolean): string[] {
  const own = shown(answers);
  const ratio = ({ means }: BalanceAnswer): number => means.node_requests_max_ratio ?? 0;
  const worst = own.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
  const first = `The busiest of ${worst.nodes} nodes has ${readable(ratio(worst))} times the mean behind ${worst.balancer} with the clients "${worst.clients}".`;
  if (!settles) return [first];
  const { strategy } = own[0];
  const settled = own.filter(
    (one) => one.clients === settledClients(own) && one.strategy === strategy && bouncesTwice(one),
  );
  const twice = settled.map(
    ({ balancer, means }) =>
      `Behind ${balancer} sessions bounce twice: ${readable(means.extra_moves_after_failure)} more requests than usual met another node when one died, ${readable(means.extra_moves_after_restart)} when it was back.`,
  );
  return [first, ...twice];
}

/** What the report says besides the answers. */
export interface BalanceFacts {
  readonly faults: string;
  /** Whether the sessions of the dead node have moved before it is back; else nothing is said of a second bounce. */
  readonly settles: boolean;
}

/** The answer of a balancing sweep on a terminal. */
export function balanceReport(
  answers: readonly BalanceAnswer[],
  { faults, settles, colours }: BalanceFacts & { readonly colours: boolean },
): string {
  const own = shown(answers);
  const [{ nodes, load_rps, replications, strategy: firstStrategy }] = own;
  const lines = (text: string): string => `${wrap(text, terminalColumns).join('\n')}\n`;
  const settled = settledClients(own);
  const names = unique(own.map((answer) => answer.clients)).map(
    (name) => `${name}: ${populations[name]?.text ?? 'as the scenario says'}`,
  );
  const losses = unique(own.map(({ strategy }) => strategy)).flatMap((strategy) => [
    `Strategy ${strategy}:\n`.concat(
      lossTableText(
        own.filter((one) => one.clients === settled && one.strategy === strategy),
        colours,
      ),
    ),
  ]);
  return [
    balanceTableText(
      own.filter(({ strategy }) => strategy === firstStrategy),
      colours,
    ),
    lines(
      `Requests of the busiest of ${nodes} nodes over the mean, before the failure; ${readable(load_rps)} requests/s, mean of ${replications} runs. ${names.join('; ')}.`,
    ),
    ...losses,
    lines(
      `Clients "${settled}", counts per run with ${faults}. Moved: a request met another node than the one before of its client; more: beyond the usual rate.`,
    ),
    balanceSentences(answers, settles)
      .map((sentence) => wrap(`- ${sentence}`, terminalColumns - 2).join('\n  '))
      .join('\n')
      .concat('\n'),
  ].join('\n');
}

/** The same for programs. */
export function balanceJson(answers: readonly BalanceAnswer[], { faults, settles }: BalanceFacts): string {
  return `${JSON.stringify({ faults, answers, sentences: balanceSentences(answers, settles) }, null, 2)}\n`;
}
