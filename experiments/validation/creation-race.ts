import { requestDoes } from '../../models/requests.ts';
import {
  between,
  type Check,
  columnsOf,
  countIn,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  numberOr,
  type Validator,
  wilson,
  within,
  wordsIn,
} from './check.ts';
import { askedAt } from './look.ts';
import { counter, measuredScenario, payload, scripted } from './measured-scenario.ts';

const TIMES = 2;

function checkRow(row: MeasuredRow, file: string): Check[] {
  const names = ['tomcat_version', 'manager', 'sendOptions', 'jvmRoute', 'nodes', 'pace_ms', 'first_request'];
  const place = { file, configuration: columnsOf(row, names) };
  const first = wordsIn({ first_request: 'op=inc', ...row }, 'first_request', /^op=(inc|pay)(&p=\d+)?$/);
  const size = Number(/p=(\d+)/.exec(first)?.[1] ?? Number.NaN);
  const writes = [...(first.startsWith('op=inc') ? [counter] : []), ...(Number.isNaN(size) ? [] : [payload(size)])];
  const { cluster, script } = scripted(measuredScenario(row, { writes, sessionBytes: 1100 }), 0);
  const sessions = countIn(row, 'sessions') * TIMES;
  const paceNs = Math.round(numberOr(row, 'pace_ms', 5) * 1e6);
  const rows: number[] = [];
  for (let at = 0; at < sessions; at += 1) {
    script.after(at * paceNs, () =>
      script.ask(script.client(), 0, requestDoes.WRITE, ({ session }) => rows.push(session)),
    );
  }
  cluster.sim.runUntil(sessions * paceNs + 1e9);
  let unknown = 0;
  let without = 0;
  for (let node = 1; node < cluster.nodes.count; node += 1) {
    for (const session of rows) {
      const version = askedAt(cluster, script, session, node);
      if (version < 0) unknown += 1;
      else if (version === 0) without += 1;
    }
  }
  const looks = rows.length * (cluster.nodes.count - 1);
  const trials = numberOr(row, 'trials', numberIn(row, 'sessions') * (cluster.nodes.count - 1));
  const missing = numberIn(row, 'missing_session');
  const bare = numberIn(row, 'session_without_first_attributes');
  const given = {
    quantity: 'share without the first attributes',
    measured: bare / trials,
    n: trials,
    spread: wilson(bare, trials),
    simulated: without / looks,
    interval: wilson(without, looks),
  };
  return [
    within(
      place,
      { quantity: 'share of unknown sessions', measured: missing / trials, n: trials, simulated: unknown / looks },
      0,
      missing === 0 ? 0 : 0.05,
    ),
    bare === 0
      ? within(place, { ...given, spread: null }, 0)
      : between(place, given, [bare / trials - 0.05, bare / trials + 0.05], '5 points'),
  ];
}

/** New sessions whose first attributes are missing elsewhere: the delta has overtaken the creation. */
export const creationRace: Validator = {
  prefix: 'creation-race-',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
