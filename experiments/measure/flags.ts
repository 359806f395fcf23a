import type { Values } from '../lib/arguments.ts';
import { toggle } from '../lib/arguments.ts';
import { number, numbers, path, words } from '../lib/flag-kinds.ts';
import { measurements } from './index.ts';
import { type Effort, nodeEvents } from './measurement.ts';

const names = measurements.map(({ name }) => name);
/** What is measured unless told otherwise: what takes a few minutes. */
export const usual = ['heartbeat', 'traffic', 'failure-detection', 'staleness'];
/** Kinds of requests; P stands for bytes that are set. */
const kinds = 'create,create+P,counter,payP,counter+P,readonly,mutate_noset,nosession_cookie,nosession_nocookie'.split(
  ',',
);
const allKinds = [...kinds, 'rr_counter', 'rr_payP', 'rr_readonly'];
const quickCells = ['create', 'counter', 'pay1000', 'readonly', 'rr_counter'];

/** How much is measured, and what. */
export const measureFlags = {
  nodes: number('N', { min: 2, max: 8, whole: true }, 'Tomcats (default: 3)'),
  out: path('DIR', 'folder for the CSVs (default: results/measured)'),
  only: words('LIST', names, `only these, out of ${names.join(', ')} (default: ${usual.join(', ')})`),
  managers: words('LIST', ['delta', 'backup'], 'session managers (default: delta)'),
  'send-options': numbers('LIST', { min: 2, max: 14, whole: true }, 'send options (default: 8)'),
  frequency: number('MS', { min: 50, max: 10_000, whole: true }, 'heartbeat period (default: 500)'),
  'drop-time': number('MS', { min: 200, max: 60_000, whole: true }, 'dropTime (default: 3000)'),
  trials: number('N', { min: 1, max: 100, whole: true }, 'trials of everything that is done to a node (default: 10)'),
  requests: number('N', { min: 100, max: 20_000, whole: true }, 'requests per gap of the staleness (default: 2000)'),
  sessions: numbers(
    'LIST',
    { min: 10, max: 20_000, whole: true },
    'sessions before the joins; the first also of a creation race (default: 1000)',
  ),
  searches: number('N', { min: 1, max: 20, whole: true }, 'searches for the capacity per cluster (default: 1)'),
  'warm-up': number('N', { min: 0, max: 10_000_000, whole: true }, 'requests per node before them (default: 75000)'),
  events: words(
    'LIST',
    nodeEvents,
    'what is done to a node, to the veth of its host: failure-detection kills unless told otherwise, hang does freeze and linkdown',
  ),
  loaded: toggle('failure-detection: all nodes are written to, 20 requests/s in all'),
  outages: numbers(
    'LIST',
    { min: 1, max: 600 },
    'seconds for which hang and heal freeze or cut off a node (default: 15)',
  ),
  payloads: numbers(
    'LIST',
    { min: 0, max: 10_000_000, whole: true },
    'bytes that requests set; whatever has no kinds of requests takes the first (default: 1000, for traffic also 10000)',
  ),
  gaps: numbers(
    'LIST',
    { min: 0, max: 10_000 },
    'staleness: ms from a response to the next request (default: 0,2,10,50)',
  ),
  delays: numbers('LIST', { min: 0, max: 1000 }, 'crash-window: ms from a response to the stop (default: 0,0.5,2)'),
  rate: number('N', { min: 1, max: 10_000 }, 'requests/s of a crash (default: 300)'),
  windows: number(
    'N',
    { min: 1, max: 10_000, whole: true },
    'responses after which crash-window stops a node (default: 400)',
  ),
  'no-jvm-route': toggle('no jvmRoute'),
  quick: toggle('a minute or two: five kinds of requests, one gap, two kills'),
};

/** Kinds of requests by what they set. */
function cellsOf(payloads: readonly number[]): string[] {
  return allKinds.flatMap((kind) =>
    kind.includes('P') ? payloads.map((bytes) => kind.replace('P', String(bytes))) : [kind],
  );
}

/** What flags ask for. */
export function effortOf(values: Values<typeof measureFlags>): Effort {
  const { quick = false } = values;
  return {
    nodes: values.nodes ?? 3,
    managers: values.managers ?? ['delta'],
    sendOptions: values['send-options'] ?? [8],
    jvmRoute: values['no-jvm-route'] !== true,
    frequencyMs: values.frequency ?? 500,
    dropTimeMs: values['drop-time'] ?? 3000,
    events: values.events ?? null,
    isLoaded: values.loaded === true,
    outagesS: values.outages ?? [15],
    windows: values.windows ?? 400,
    requests: values.requests ?? (quick ? 300 : 2000),
    trials: values.trials ?? (quick ? 2 : 10),
    sessions: values.sessions ?? [1000],
    searches: values.searches ?? 1,
    warmUp: values['warm-up'] ?? 75_000,
    delaysMs: values.delays ?? [0, 0.5, 2],
    payloads: values.payloads ?? [1000],
    ratePerS: values.rate ?? 300,
    cells: quick ? quickCells : cellsOf(values.payloads ?? [1000, 10_000]),
    gapsMs: values.gaps ?? (quick ? [2] : [0, 2, 10, 50]),
  };
}
