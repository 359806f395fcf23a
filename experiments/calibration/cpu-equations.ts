import { sessionIdLength, TomcatSizes } from '../../models/messages.ts';
import { InputError, quoted } from '../lib/input-error.ts';
import { type MeasuredFile, type MeasuredRow, numberIn } from '../validation/check.ts';
import { counter, measuredScenario, payload } from '../validation/measured-scenario.ts';
import type { Equation } from './least-squares.ts';

/** Parameters of a profile that processor times determine, in the order in which they are told apart. */
export const cpuParameters = [
  'requestUs',
  'requestWakeUs',
  'managerUs',
  'dispatchUs',
  'dispatchWakeUs',
  'messageReceiveUs',
  'messageReceiveWakeUs',
  'ackReceiveUs',
  'messageSendNsPerByte',
  'messageReceiveNsPerByte',
] as const;

/** Threads that are woken for a request: poller and worker. */
const REQUEST_THREADS = 2;
/** Below this share of the processor time that the node may use, every piece of work finds a free processor. */
const LIGHT = 0.65;
/** Above this share all of it is used, and no piece does. */
const FULL = 0.9;

type Terms = Record<string, number>;

/** What a row's columns say of the cluster and the request. */
interface Kind {
  /** Whether the session manager is one of a cluster. */
  readonly isClustered: boolean;
  readonly destinations: number;
  readonly isSynchronous: boolean;
  readonly kilobytes: number;
}

function kindOf(row: MeasuredRow): Kind {
  const { manager, op, nodes } = row;
  const bytes = numberIn(row, 'payload_bytes') || 1000;
  const writes = op === 'pay' ? [payload(bytes)] : [counter, payload(bytes)];
  const sizes = new TomcatSizes(measuredScenario(row, { writes }));
  const idLength = sessionIdLength(0, false);
  const size = /^(ro|readonly)$/.test(op) ? sizes.readDelta(idLength) : sizes.writeDelta(idLength);
  const members = Number(nodes) - 1;
  const destinations = manager === 'none' ? 0 : manager === 'backup' ? Math.min(1, members) : members;
  return {
    isClustered: manager !== 'none',
    destinations,
    isSynchronous: manager === 'backup' || (Number(row.sendOptions) & 2) !== 0,
    kilobytes: size / 1000,
  };
}

/** Receiving a message; those that are acknowledged wake their receiver each. */
function receiving({ kilobytes, isSynchronous }: Kind, messages: number, isLight: boolean): Terms {
  if (messages === 0) return {};
  return {
    messageReceiveUs: messages,
    messageReceiveNsPerByte: messages * kilobytes,
    ...(isLight || isSynchronous ? { messageReceiveWakeUs: messages } : {}),
  };
}

/** Serving a request, its message included. */
function serving({ isClustered, destinations, isSynchronous, kilobytes }: Kind, isLight: boolean): Terms {
  return {
    requestUs: 1,
    ...(isClustered ? { managerUs: 1 } : {}),
    ...(isLight ? { requestWakeUs: REQUEST_THREADS } : {}),
    ...(destinations > 0 ? { messageSendNsPerByte: kilobytes } : {}),
    ...(destinations > 0 && isSynchronous ? { ackReceiveUs: 1 } : {}),
    ...(destinations > 0 && !isSynchronous ? { dispatchUs: 1, ...(isLight ? { dispatchWakeUs: 1 } : {}) } : {}),
  };
}

/** `cpu.csv`: one request after the other, nobody waits; what an idle node uses is taken off. */
function sequential(file: MeasuredFile): Equation[] {
  return file.rows.flatMap((row, place) => {
    const kind = kindOf(row);
    const idleUs = ((numberIn(row, 'idle_cpu_ms_per_s_node1') || 0) * 1000) / numberIn(row, 'actual_rate_per_s');
    const at = `${file.name}:${place + 2}`;
    const served = { terms: serving(kind, true), value: numberIn(row, 'serving_cpu_us_per_request_median') - idleUs };
    const received = { terms: receiving(kind, 1, true), value: numberIn(row, 'receiver_cpu_us_per_message_median') };
    return [
      { ...served, place: at },
      ...(Number.isNaN(received.value) ? [] : [{ ...received, value: received.value - idleUs, place: at }]),
    ];
  });
}

const seriesOf = (row: MeasuredRow): string =>
  [row.manager, row.sendOptions, row.nodes, row.op, row.what].map(String).join(' ');

/**
 * `cpu-demand.csv`: steps up to the capacity of nodes with a quota, which is the most that any row uses. Of each series
 * the light rows count, where every piece of work wakes a thread, and the one of the highest rate, where none does.
 * In between the node wakes threads for what is left of its quota, and its rows say no more than the quota.
 */
function demands(file: MeasuredFile): Equation[] {
  const used = (row: MeasuredRow): number => numberIn(row, 'rate_per_node_s') * numberIn(row, 'us');
  const quota = Math.max(...file.rows.map(used));
  const whole = file.rows.filter(({ what }) => /total CPU per request|serving node/.test(what) && !/robin/.test(what));
  return whole.flatMap((row) => {
    const rest = whole.filter((other) => seriesOf(other) === seriesOf(row));
    const isHighest = rest.every((other) => numberIn(other, 'rate_per_node_s') <= numberIn(row, 'rate_per_node_s'));
    const isLight = used(row) <= LIGHT * quota;
    if (!isLight && !(isHighest && used(row) > FULL * quota)) return [];
    const kind = kindOf(row);
    const received = /serving node/.test(row.what) ? 0 : kind.destinations;
    const terms = { ...serving(kind, isLight), ...receiving(kind, received, isLight) };
    return [{ terms, value: numberIn(row, 'us'), place: `${file.name}:${file.rows.indexOf(row) + 2}` }];
  });
}

/**
 * The sums that files of processor times contain.
 * @throws InputError - a file with other columns, or a value that is no positive number.
 */
export function cpuEquations(files: readonly MeasuredFile[]): Equation[] {
  const equations = files.flatMap((file) => {
    const columns = Object.keys(file.rows[0] ?? {});
    if (columns.includes('serving_cpu_us_per_request_median')) return sequential(file);
    if (columns.includes('rate_per_node_s') && columns.includes('us') && columns.includes('what')) return demands(file);
    throw new InputError(
      `--cpu ${quoted(file.name)}: the columns of cpu.csv (serving_cpu_us_per_request_median) or of cpu-demand.csv (what, rate_per_node_s, us) are expected`,
    );
  });
  const wrong = equations.find(({ value }) => !(value > 0));
  if (wrong) throw new InputError(`${wrong.place}: ${wrong.value}: a processor time above 0 us is expected`);
  return equations;
}
