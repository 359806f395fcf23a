import { requestDoes } from '../../models/requests.ts';
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
  type Validator,
  wilson,
} from './check.ts';
import { askedAt } from './look.ts';
import { measured2core } from './measured-2core.ts';
import { counter, measuredScenario, payload, scripted } from './measured-scenario.ts';

const TIMES = 3;
const SETTLE_NS = 300e6;
const LOOK_NS = 20e6;

/** One write, the process stopped d ms after its response: which survivors lack it. */
function trialOf(row: MeasuredRow, seed: number): boolean[] {
  const scenario = measuredScenario(row, {
    seed: seed + 1,
    writes: [counter, payload(numberOr(row, 'payload_bytes', 1000))],
  });
  const { cluster, script } = scripted(scenario, 0);
  const victim = cluster.nodes.count - 1;
  const sentMs = numberIn(row, 'freeze_signal_sent_after_ms_p50');
  const delayNs = Math.round((Number.isNaN(sentMs) ? neededIn(row, 'freeze_after_response_ms') : sentMs) * 1e6);
  let session = script.client();
  script.ask(session, victim, requestDoes.WRITE, (first) => {
    session = first.session;
    script.after(SETTLE_NS, () =>
      script.ask(session, victim, requestDoes.WRITE, () =>
        script.after(delayNs + measured2core.signalNs, () => cluster.life.crash(victim, false)),
      ),
    );
  });
  cluster.sim.runUntil(2 * SETTLE_NS + LOOK_NS + delayNs);
  const newest = cluster.sessions.latest.get(session);
  return Array.from({ length: victim }, (_, node) => askedAt(cluster, script, session, node) < newest);
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const names = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'payload_bytes', 'freeze_after_response_ms'];
  const place = { file, configuration: columnsOf(row, names) };
  const trials = countIn(row, 'trials');
  const outcomes = Array.from({ length: TIMES * trials }, (_, seed) => trialOf(row, seed));
  const check = (quantity: string, column: string, isHit: (missing: boolean[]) => boolean): Check => {
    const hits = numberIn(row, column);
    const simulated = outcomes.filter(isHit).length;
    const interval = wilson(hits, trials);
    const given = {
      quantity,
      measured: hits / trials,
      n: trials,
      spread: interval,
      simulated: simulated / outcomes.length,
      interval: wilson(simulated, outcomes.length),
    };
    return between(place, given, interval, 'binomial');
  };
  return [
    check('share missing at every survivor', 'missing_at_both', (missing) => missing.every((one) => one)),
    check('share missing at any survivor', 'missing_at_any', (missing) => missing.some((one) => one)),
  ];
}

/** What the survivors lack when a node stops just after a response. */
export const crashWindow: Validator = {
  prefix: 'crash-window-',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
