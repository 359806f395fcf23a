import { effect } from '../../models/replication/delivery-plane.ts';
import { requestDoes } from '../../models/requests.ts';
import type { ScriptedAnswer } from '../../models/scripted-clients.ts';
import {
  between,
  type Check,
  columnsOf,
  groupsBy,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  type Place,
  type Validator,
  wilson,
  wordsIn,
} from './check.ts';
import { counter, measuredScenario, payload, scripted } from './measured-scenario.ts';
import { type TappedMessage, tapWire } from './wire-tap.ts';

/** Sessions of 100 requests, three nodes, jvmRoute, each request at the next node; the files do not say the gap (assumed). */
const CONFIGURATION = ['tomcat_version', 'manager', 'sendOptions', 'nodes'];
const NODES = 3;
const GAP_NS = 10e6;
const SESSION_REQUESTS = 100;
const SESSIONS = 60;
const SETTLE_NS = 300e6;
/** Shares are those of `staleness-*`: half a point or a factor; what few trials say is their binomial interval. */
const FACTOR = 1.3;

type Order = 'idc' | 'delta' | 'incomplete';
const outcomes = ['ok', 'stale', 'ahead', 'created'] as const;
type Outcome = (typeof outcomes)[number];
const KNOWN_OUTCOME = new RegExp(`^(${outcomes.join('|')})$`);
type Counts = Record<Order, Record<Outcome, number>>;

const none = (): Record<Outcome, number> => ({ ok: 0, stale: 0, ahead: 0, created: 0 });
const total = (counts: Record<Outcome, number>): number => outcomes.reduce((sum, one) => sum + counts[one], 0);

/** Which of the two messages of a request, id change and delta, is first complete on its way to a node. */
function orderAt(node: number, messages: readonly TappedMessage[]): Order {
  const completeNs = (code: number): number | undefined =>
    messages.find((one) => one.effect === code)?.completeNs[node];
  const renamedNs = completeNs(effect.RENAME);
  const updatedNs = completeNs(effect.UPDATE);
  if (renamedNs === undefined || updatedNs === undefined) return 'incomplete';
  return renamedNs <= updatedNs ? 'idc' : 'delta';
}

/** One session whose requests go to the nodes in turn: the wire after each request, and what the next one meets. */
function countSession(row: MeasuredRow, seed: number, counts: Counts): void {
  const writes = [counter, payload(1000)];
  const scenario = measuredScenario(row, { seed: seed + 1, nodes: NODES, jvmRoute: true, writes, sessionBytes: 1100 });
  const { cluster, script } = scripted(scenario, 0);
  const messages = tapWire(cluster);
  let node = seed % NODES;
  let asked = 0;
  let counterOf = new Map<number, number>([[0, 0]]);
  let written = 0;
  const wrote = (session: number, before: number): void => {
    written = before + 1;
    counterOf.set(cluster.sessions.latest.get(session), written);
  };
  const outcomeOf = (answer: ScriptedAnswer): Outcome => {
    if (answer.isNew) return 'created';
    const read = counterOf.get(answer.read) ?? 0;
    return read === written ? 'ok' : read < written ? 'stale' : 'ahead';
  };
  const next = (session: number): void => {
    node = (node + 1) % NODES;
    const before = messages.length;
    script.ask(session, node, requestDoes.WRITE, (answer) => {
      asked += 1;
      const outcome = outcomeOf(answer);
      // The messages of the request before this one, on their way to this request's node.
      if (asked > 1) counts[orderAt(node, messages.slice(sentBefore, before))][outcome] += 1;
      sentBefore = before;
      const counterRead = answer.isNew ? 0 : (counterOf.get(answer.read) ?? 0);
      if (answer.isNew) counterOf = new Map([[0, 0]]);
      wrote(answer.session, counterRead);
      script.after(GAP_NS, () => next(answer.session));
    });
  };
  let sentBefore = 0;
  script.ask(script.client(), node, requestDoes.WRITE, ({ session }) => {
    wrote(session, 0);
    script.after(SETTLE_NS, () => next(session));
  });
  while (asked <= SESSION_REQUESTS) cluster.sim.runUntil(cluster.sim.nowNs + 100e6);
}

function simulatedCounts(row: MeasuredRow): Counts {
  const counts: Counts = { idc: none(), delta: none(), incomplete: none() };
  for (let seed = 0; seed < SESSIONS; seed += 1) countSession(row, seed, counts);
  return counts;
}

function measuredCounts(rows: readonly MeasuredRow[]): Counts {
  const counts: Counts = { idc: none(), delta: none(), incomplete: none() };
  for (const row of rows) {
    const order = /^idc first/.test(row.wire_order ?? '')
      ? 'idc'
      : /^delta first/.test(row.wire_order ?? '')
        ? 'delta'
        : 'incomplete';
    const outcome = wordsIn(row, 'next_request', KNOWN_OUTCOME) as Outcome;
    counts[order][outcome] += neededIn(row, 'count');
  }
  return counts;
}

function share(
  place: Place,
  quantity: string,
  measured: readonly [number, number],
  simulated: readonly [number, number],
): Check {
  const is = measured[0] / measured[1];
  const spread = wilson(...measured);
  const low = Math.min(spread[0], is - 0.005, is / FACTOR);
  const high = Math.max(spread[1], is + 0.005, is * FACTOR);
  const given = {
    quantity,
    measured: is,
    n: measured[1],
    spread,
    simulated: simulated[0] / simulated[1],
    interval: wilson(...simulated),
  };
  return between(place, given, [low, high], `factor ${FACTOR}, or the binomial interval`);
}

function checkRows(rows: readonly MeasuredRow[], file: string): Check[] {
  const place = { file, configuration: columnsOf(rows[0], CONFIGURATION) };
  const measured = measuredCounts(rows);
  const simulated = simulatedCounts(rows[0]);
  const ordered = ({ idc, delta }: Counts): number => total(idc) + total(delta);
  const checks = [
    share(
      place,
      'delta first on the wire',
      [total(measured.delta), ordered(measured)],
      [total(simulated.delta), ordered(simulated)],
    ),
  ];
  for (const [order, name] of [
    ['idc', 'id change first'],
    ['delta', 'delta first'],
  ] as const) {
    if (total(measured[order]) === 0 || total(simulated[order]) === 0) continue;
    const of = (counts: Counts): readonly [number, number] => [counts[order].stale, total(counts[order])];
    checks.push(share(place, `next request stale after ${name}`, of(measured), of(simulated)));
  }
  return checks;
}

/** Why updates are lost under renaming: which message passed first on the wire, and what the next request met. */
export const mechanism: Validator = {
  prefix: 'mechanism-',
  configuration: CONFIGURATION,
  check: ({ name, rows }: MeasuredFile) => groupsBy(rows, CONFIGURATION).flatMap((group) => checkRows(group, name)),
};
