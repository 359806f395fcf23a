import { requestDoes } from '../../models/requests.ts';
import type { ScriptedAnswer } from '../../models/scripted-clients.ts';
import {
  between,
  type Check,
  columnsOf,
  countIn,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  numberOr,
  type Place,
  type Validator,
  wilson,
  within,
} from './check.ts';
import { measured2core } from './measured-2core.ts';
import { counter, measuredScenario, payload, scripted } from './measured-scenario.ts';

/** Requests simulated per measured one, so that the simulation's own noise is small. */
const TIMES = 4;
/** Requests of one session; and its wait after the first one. */
const SESSION_REQUESTS = 100;
const SETTLE_NS = 300e6;
/**
 * A client that was given a new session waited before it went on: without a gap, 4,000 requests took 3.9 s where none began
 * anew (1,014/s) and 26.2 s where 424 did (152.7/s).
 */
const ANEW_NS = 50e6;

interface Outcome {
  readonly requests: number;
  readonly stale: number;
  readonly fresh: number;
}

function outcomeOf(row: MeasuredRow, seed: number): Outcome {
  const bytes = numberOr(row, 'payload_bytes', 1000);
  const scenario = measuredScenario(row, {
    seed: seed + 1,
    writes: [counter, payload(bytes)],
    sessionBytes: bytes + 100,
  });
  const { cluster, script } = scripted(scenario, 0);
  const nodes = cluster.nodes.count;
  const pauseNs = Math.round(neededIn(row, 'gap_target_ms') * 1e6) + measured2core.clientNs;
  let requests = 0;
  let stale = 0;
  let fresh = 0;
  let node = seed % nodes;
  // The measurement compared counters: who has missed a write, and writes itself, may reach the same counter again.
  let counterOf = new Map<number, number>([[0, 0]]);
  let written = 0;
  const wrote = (session: number, counterBefore: number): void => {
    written = counterBefore + 1;
    counterOf.set(cluster.sessions.latest.get(session), written);
  };
  const next = (session: number, left: number): void => {
    node = (node + 1) % nodes;
    script.ask(session, node, requestDoes.WRITE, (answer: ScriptedAnswer) => {
      requests += 1;
      const counter = answer.isNew ? 0 : (counterOf.get(answer.read) ?? 0);
      if (answer.isNew) {
        fresh += 1;
        counterOf = new Map([[0, 0]]);
      } else if (counter !== written) stale += 1;
      wrote(answer.session, counter);
      if (left > 1) script.after(pauseNs + (answer.isNew ? ANEW_NS : 0), () => next(answer.session, left - 1));
    });
  };
  script.ask(script.client(), node, requestDoes.WRITE, ({ session }) => {
    wrote(session, 0);
    script.after(SETTLE_NS, () => next(session, SESSION_REQUESTS));
  });
  while (requests < SESSION_REQUESTS) cluster.sim.runUntil(cluster.sim.nowNs + 100e6);
  return { requests, stale, fresh };
}

/** The bound: half a point or a factor of 1.3, whichever is wider; exactly zero where zero was measured. */
function shareCheck(
  place: Place,
  quantity: string,
  hits: number,
  trials: number,
  simulated: readonly [number, number],
): Check {
  const measured = hits / trials;
  const share = simulated[0] / simulated[1];
  const given = {
    quantity,
    measured,
    n: trials,
    spread: wilson(hits, trials),
    simulated: share,
    interval: wilson(...simulated),
  };
  if (measured === 0 && simulated[0] === 0) return within(place, { ...given, spread: null }, 0);
  const limits = [Math.min(measured - 0.005, measured / 1.3), Math.max(measured + 0.005, measured * 1.3)] as const;
  return between(place, given, limits, 'half a point or factor 1.3');
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const names = ['tomcat_version', 'manager', 'sendOptions', 'jvmRoute', 'nodes', 'gap_target_ms'];
  const place = { file, configuration: columnsOf(row, names) };
  const trials = countIn(row, 'requests');
  const sessions = Math.ceil((TIMES * trials) / SESSION_REQUESTS);
  const outcomes = Array.from({ length: sessions }, (_, seed) => outcomeOf(row, seed));
  const sum = (pick: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + pick(one), 0);
  const requests = sum((one) => one.requests);
  return [
    shareCheck(place, 'share of stale reads', numberIn(row, 'stale_requests'), trials, [sum((o) => o.stale), requests]),
    shareCheck(place, 'share of new sessions', numberIn(row, 'new_session_requests'), trials, [
      sum((o) => o.fresh),
      requests,
    ]),
  ];
}

/** Reads of old state when a session's requests go to the nodes in turn. */
export const staleness: Validator = {
  prefix: 'staleness-',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
