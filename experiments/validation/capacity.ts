import { requestDoes } from '../../models/requests.ts';
import { shippedJvm } from '../calibration/measured-jvm.ts';
import {
  between,
  type Check,
  columnsOf,
  isTrue,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  type Validator,
  within,
  wordsIn,
} from './check.ts';
import { isCarried, type LoadOutcome, loadRun } from './load-run.ts';
import { loadScenario } from './load-scenario.ts';

const CONFIGURATION = [
  'tomcat_version',
  'manager',
  'sendOptions',
  'nodes',
  'op',
  'sticky',
  'payload_bytes',
  'quota_cores',
];
/** Columns that say the same where a file leaves them out. */
const DEFAULTS: Readonly<Record<string, string>> = {
  sticky: '1',
  op: 'inc',
  payload_bytes: '1000',
  quota_cores: '0.15',
};
/** Bounds of the search, and how closely it looks: the measured steps are 1 to 6 % apart. */
const LEAST_PER_S = 50;
const STEP = 1.015;
/** Changes by less are no change: one start per strategy was measured. */
const NOTHING = 0.1;

/**
 * The JVM of a node that has served its warm-up of 20,000 requests and the steps of the search for its capacity (their
 * number is assumed).
 */
const servedBefore = 150_000;

/** As it is while nothing of its code is thrown away: the highest step of a search. */
const { discardedEvery: _, ...keepingJvm } = shippedJvm();
const warmJvm = { ...keepingJvm, servedBefore };
/** As it is in any window: compiled code is thrown away now and then. */
export const discardingJvm = { ...shippedJvm(), servedBefore };

/** What the requests of a row do. */
export function doesOf(row: MeasuredRow): number {
  return wordsIn({ ...DEFAULTS, ...row }, 'op', /^(inc|pay|ro|readonly)$/).startsWith('r')
    ? requestDoes.READ
    : requestDoes.WRITE;
}

/** A row with the columns that its file leaves out. */
export function completed(row: MeasuredRow): MeasuredRow {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''));
  return { ...DEFAULTS, ...given };
}

function keyOf(row: MeasuredRow): string {
  return CONFIGURATION.map((name) => row[name] ?? '').join(' ');
}

/** Runs the whole cluster of a row at a load. */
export function runAt(
  given: MeasuredRow,
  perS: number,
  seed = 1,
  { jvm = warmJvm, windowS }: { jvm?: Record<string, unknown>; windowS?: number | undefined } = {},
): LoadOutcome {
  const row = completed(given);
  const nodes = neededIn(row, 'nodes');
  return loadRun(loadScenario(row, { seed, jvm }), {
    rates: new Array(nodes).fill(perS / nodes),
    does: doesOf(row),
    isSticky: isTrue(row.sticky),
    seed,
    ...(windowS === undefined ? {} : { windowS }),
  });
}

const found = new Map<string, number>();

/** The highest load that the cluster of a row carries [requests/s], by doubling and halving. */
export function simulatedCapacity(given: MeasuredRow): number {
  const row = completed(given);
  const known = found.get(keyOf(row));
  if (known !== undefined) return known;
  const carries = (perS: number): boolean => isCarried(runAt(row, perS));
  let low = LEAST_PER_S;
  let high = 2 * low;
  while (carries(high)) {
    low = high;
    high *= 2;
  }
  while (high / low > STEP) {
    const middle = Math.sqrt(low * high);
    if (carries(middle)) low = middle;
    else high = middle;
  }
  found.set(keyOf(row), low);
  return low;
}

/** Does something with nothing found before, and forgets what is found then: a test has changed the model meanwhile. */
export function withoutKnownCapacities(body: () => void): void {
  const known = [...found];
  found.clear();
  try {
    body();
  } finally {
    found.clear();
    for (const [key, capacity] of known) found.set(key, capacity);
  }
}

/** How the capacity changes with the nodes: down, up or not at all must be so in the simulation. */
function shapes({ name, rows }: MeasuredFile): Check[] {
  const series = new Map<string, Map<number, number[]>>();
  for (const row of rows.map(completed)) {
    const key = keyOf({ ...row, nodes: '' });
    const byNodes = series.get(key) ?? new Map<number, number[]>();
    series.set(key, byNodes);
    const nodes = neededIn(row, 'nodes');
    byNodes.set(nodes, [...(byNodes.get(nodes) ?? []), numberIn(row, 'capacity_rps')]);
  }
  const checks: Check[] = [];
  for (const row of rows.map(completed)) {
    const byNodes = series.get(keyOf({ ...row, nodes: '' }))!;
    const nodes = neededIn(row, 'nodes');
    const fewer = Math.max(...[...byNodes.keys()].filter((other) => other < nodes));
    if (!Number.isFinite(fewer)) continue;
    const mean = (of: number): number => byNodes.get(of)!.reduce((sum, one) => sum + one, 0) / byNodes.get(of)!.length;
    const place = {
      file: name,
      configuration: {
        ...columnsOf(
          row,
          CONFIGURATION.filter((one) => one !== 'nodes'),
        ),
        nodes: `${fewer} to ${nodes}`,
      },
    };
    const measured = mean(nodes) / mean(fewer);
    const simulated = simulatedCapacity(row) / simulatedCapacity({ ...row, nodes: String(fewer) });
    const given = { quantity: 'capacity over that of fewer nodes', measured, simulated };
    byNodes.delete(nodes);
    if (measured < 1 - NOTHING) checks.push(between(place, given, [0, 1], 'falls'));
    else if (measured > 1 + NOTHING) checks.push(between(place, given, [1, Number.POSITIVE_INFINITY], 'grows'));
    else checks.push(within(place, given, NOTHING));
    byNodes.set(nodes, [measured * mean(fewer)]);
  }
  return checks.filter(
    (check, place) =>
      checks.findIndex(({ configuration }) => JSON.stringify(configuration) === JSON.stringify(check.configuration)) ===
      place,
  );
}

/** How much a whole cluster carries, by strategy and number of nodes, within 15 %, and which way it goes with the nodes. */
export const capacity: Validator = {
  prefix: 'capacity',
  check: (file: MeasuredFile) => [
    ...file.rows.map((row) => {
      const place = { file: file.name, configuration: columnsOf(row, [...CONFIGURATION, 'trial']) };
      const measured = numberIn(row, 'capacity_rps');
      const failed = numberIn(row, 'lowest_failed_rps');
      const simulated = simulatedCapacity(row);
      const given = { quantity: 'capacity, requests/s', measured, simulated };
      // Without a step that failed the measured one is a lower bound.
      return Number.isNaN(failed)
        ? between(place, given, [0.85 * measured, Number.POSITIVE_INFINITY], 'lower bound')
        : within(place, given, 0.15);
    }),
    ...shapes(file),
  ],
};
