import { requestDoes } from '../../models/requests.ts';
import { quietScenario } from '../operations/modes.ts';
import { Probe } from '../operations/probe.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  numberOr,
  type Validator,
  within,
  wordsIn,
} from './check.ts';

const PACE_NS = 5e6;
const SECOND_NS = 1e9;

interface Round {
  readonly lost: number;
  readonly stale: number;
  readonly changed: number;
  /** `-n2.t1`: sessions by memcached and Tomcat in their ids. */
  readonly suffixes: ReadonlyMap<string, number>;
}

/** Asks every session once at a node. */
function round(probe: Probe, rows: number[], node: number): Round {
  const { sessions } = probe.cluster;
  const idOf = (row: number): string =>
    `${sessions.second.get(row)} ${sessions.route.get(row)} ${sessions.epoch.get(row)}`;
  let lost = 0;
  let stale = 0;
  let changed = 0;
  const suffixes = new Map<string, number>();
  rows.forEach((row, at) => {
    const before = idOf(row);
    const answer = probe.ask(row, node, requestDoes.WRITE, PACE_NS);
    if (answer.isNew) lost += 1;
    if (answer.read < answer.acknowledgedBefore) stale += 1;
    rows[at] = answer.session;
    if (idOf(answer.session) !== before && before !== '-1 -1 0') changed += 1;
    const suffix = `-n${sessions.second.get(answer.session) + 1}.t${sessions.route.get(answer.session) + 1}`;
    suffixes.set(suffix, (suffixes.get(suffix) ?? 0) + 1);
  });
  return { lost, stale, changed, suffixes };
}

/** `-n2.t1:40`, several separated by blanks; one without a count stands for one. */
function suffixesIn(text: string): Map<string, number> {
  return new Map(
    text
      .split(/\s+/)
      .filter((part) => part !== '')
      .map((part) => {
        const [suffix, count] = part.split(':');
        return [suffix, Number(count ?? 1)];
      }),
  );
}

/** Does to the cluster what the name of a step says. @returns the node that is asked then. */
function enact(probe: Probe, step: string, node: number): number {
  const { store } = probe.cluster;
  const server = Number(/\bn(\d+)\b/.exec(step)?.[1] ?? 0) - 1;
  if (/memcached n\d+ killed/.test(step)) store.crash(server, false);
  else if (/n\d+ restarted, \d/.test(step)) store.restart(server);
  const tomcat = /Tomcat (\d+) killed/.exec(step)?.[1];
  if (tomcat !== undefined) probe.crashNode(Number(tomcat) - 1);
  const asked = /requests to T(\d+)|\bT(\d+)\b/.exec(step);
  return asked ? Number(asked[1] ?? asked[2]) - 1 : node;
}

/** How long a step lets pass before its requests [s]: `5 s later` counts from the event before. */
function waitS(step: string, passedS: number): number {
  const later = /(\d+) s later/.exec(step)?.[1];
  return later === undefined ? 0 : Math.max(0, Number(later) - passedS);
}

function checkTrial(rows: readonly MeasuredRow[], file: string): Check[] {
  const options = { failoverNodes: ['n1'] };
  const seed = numberOr(rows[0], 'trial', 0) + 1;
  const probe = new Probe(
    quietScenario({ strategy: 'memcached-sticky', mode: '', options }, { run: { seed, warmUpS: 1e6 } }),
  );
  const sessions = Array.from({ length: neededIn(rows[0], 'sessions') }, () => probe.client());
  round(probe, sessions, 0);
  probe.wait(2 * SECOND_NS);
  let node = 0;
  let passedS = 0;
  return rows.flatMap((row) => {
    const step = wordsIn(row, 'step', /\w/);
    if (/killed|restarted, \d/.test(step)) passedS = 0;
    node = enact(probe, step, node);
    const moreS = waitS(step, passedS);
    probe.wait(moreS * SECOND_NS + 1);
    passedS += moreS;
    const isNew = /^new session/.test(step);
    const found = round(probe, isNew ? [probe.client()] : sessions, node);
    const place = { file, configuration: columnsOf(row, ['tomcat_version', 'trial', 'step']) };
    const of = (quantity: string, measured: number, simulated: number): Check[] =>
      Number.isNaN(measured) ? [] : [within(place, { quantity, measured, simulated }, 0)];
    const suffixes = suffixesIn(row.suffixes ?? '');
    return [
      ...of('sessions lost', numberIn(row, 'lost'), found.lost),
      ...of('stale reads', numberIn(row, 'stale'), found.stale),
      ...of('ids changed', numberIn(row, 'session_id_changed'), found.changed),
      ...[...suffixes].flatMap(([suffix, count]) => of(`ids with ${suffix}`, count, found.suffixes.get(suffix) ?? 0)),
    ];
  });
}

/** Sticky sessions of memcached-session-manager through the death of a memcached and of a Tomcat, step by step. */
export const msmFailures: Validator = {
  prefix: 'msm-failures',
  check: ({ name, rows }: MeasuredFile) =>
    [...new Set(rows.map(({ trial }) => trial))].flatMap((trial) =>
      checkTrial(
        rows.filter((row) => row.trial === trial),
        name,
      ),
    ),
};
