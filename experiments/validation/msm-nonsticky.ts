import { requestDoes } from '../../models/requests.ts';
import { quietScenario } from '../operations/modes.ts';
import { PACE_NS, Probe } from '../operations/probe.ts';
import {
  between,
  type Check,
  columnsOf,
  isTrue,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  type Validator,
  wilson,
  within,
  wordsIn,
} from './check.ts';

/** Requests or pairs simulated at most: nothing here is chance. */
const MOST = 300;
/** Time of the application in a request [ms]; the measured requests took 1 to 2 ms in all. */
const SERVICE_MS = 0.5;

function probeOf(row: MeasuredRow): Probe {
  const options = {
    lockingMode: (row.lockingMode || 'none').split(':')[0],
    sessionBackupAsync: isTrue(row.sessionBackupAsync ?? ''),
  };
  const service = { cpuMsMean: SERVICE_MS, distribution: 'constant' };
  const balancer = { type: 'round-robin', jvmRoute: false };
  return new Probe(quietScenario({ strategy: 'memcached-nonsticky', mode: '', options }, { service, balancer }));
}

/** Requests of one session on both Tomcats in turn. @returns stale and new ones. */
function sequential(row: MeasuredRow, requests: number): { stale: number; fresh: number } {
  const probe = probeOf(row);
  const gapNs = Math.max(1, (numberIn(row, 'gap_ms') || 0) * 1e6);
  let session = probe.client();
  session = probe.ask(session, 0, requestDoes.WRITE).session;
  let stale = 0;
  let fresh = 0;
  for (let request = 1; request <= requests; request += 1) {
    const answer = probe.askNext(session, request % 2, requestDoes.WRITE, gapNs);
    if (answer.isNew) fresh += 1;
    else if (answer.read !== answer.acknowledgedBefore) stale += 1;
    session = answer.session;
  }
  return { stale, fresh };
}

/** Pairs of requests of one session on both Tomcats at once. @returns pairs of which one did not see the other. */
function pairsOverwritten(row: MeasuredRow, pairs: number): number {
  const probe = probeOf(row);
  let overwritten = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const session = probe.client();
    probe.ask(session, 0, requestDoes.WRITE, PACE_NS);
    if (probe.overwrittenBy(session, [0, 1], 2e9) > 0) overwritten += 1;
  }
  return overwritten;
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const names = ['tomcat_version', 'lockingMode', 'sessionBackupAsync', 'test', 'gap_ms'];
  const place = { file, configuration: columnsOf(row, names) };
  const trials = numberIn(row, 'trials') || numberIn(row, 'requests');
  const simulated = Math.min(MOST, trials);
  const share = (quantity: string, column: string, hits: number): Check[] => {
    const measured = numberIn(row, column);
    if (Number.isNaN(measured)) return [];
    const spread = wilson(Math.round(measured * trials), trials);
    const given = { quantity, measured, n: trials, spread, simulated: hits / simulated };
    if (measured === 0) return [within(place, { ...given, spread: null }, 0)];
    const limits = [Math.min(measured - 0.005, measured / 1.3), Math.max(measured + 0.005, measured * 1.3)] as const;
    return [between(place, given, limits, 'half a point or factor 1.3')];
  };
  if (/pair|concurrent/.test(wordsIn(row, 'test', /pair|concurrent|sequential/))) {
    return share('share of pairs that saw the same', 'stale_fraction', pairsOverwritten(row, simulated));
  }
  const { stale, fresh } = sequential(row, simulated);
  return [
    ...share('share of stale reads', 'stale_fraction', stale),
    ...share('share of new sessions', 'new_session_fraction', fresh),
  ];
}

/** What requests of one non-sticky session of memcached-session-manager see. */
export const msmNonsticky: Validator = {
  prefix: 'msm-nonsticky',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
