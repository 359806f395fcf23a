import { sendMode } from '../../models/outgoing.ts';
import type { WireCount } from '../../models/wire-meter.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  numberOr,
  type Place,
  quantile,
  type Validator,
  within,
  wordsIn,
} from './check.ts';
import { beatOf, pingsOfBeat } from './map-beats.ts';
import {
  type Block,
  cellOf,
  columns,
  driveCells,
  KNOWN_CELL,
  type Pools,
  sendersAtLeast,
  typesOf,
} from './traffic-blocks.ts';
import { checkByChance } from './traffic-by-chance.ts';

/** Starts of the cluster: backups are chosen in turn, and where a turn stands at the start is not known. */
const STARTS = 8;
/**
 * Senders that the pools of BackupManager may have made by the time of a cell: its maps ping while requests send. With four,
 * each connection rests for more than 0.2 s between two of its messages. That of DeltaManager was seen to have the least. Each node has a
 * pool of its own, which makes one more whenever it needs it: those of a cluster differ by one sender at most (assumed).
 */
const SENDERS_MAX = 4;

/** In larger clusters the nodes with one sender more are taken in order, with the first node among them and without. */
const SUBSETS_UP_TO = 4;

/** Which nodes may have one sender more, as sets of bits. */
function largerPools(nodes: number): number[] {
  if (nodes <= SUBSETS_UP_TO) return Array.from({ length: 2 ** nodes - 2 }, (_, place) => place + 1);
  return Array.from({ length: nodes - 1 }, (_, place) => 2 ** (place + 1) - 1).flatMap((first) => [first, 2 * first]);
}

/** The pools that the nodes may have. */
function poolsOf(row: MeasuredRow): Pools[] {
  const nodes = numberOr(row, 'nodes', 3);
  const pools: Pools[] = [];
  for (let least = sendersAtLeast(row); least <= SENDERS_MAX; least += 1) {
    pools.push(least);
    if (least === SENDERS_MAX) break;
    for (const larger of largerPools(nodes)) {
      pools.push(Array.from({ length: nodes }, (_, node) => least + ((larger >> node) & 1)));
    }
  }
  return pools;
}

/**
 * A quantity over all starts: the median block of the start that is nearest to the measurement.
 * @param more - what else may have come to the block: one of these.
 */
function nearest(
  starts: readonly Block[][],
  measured: number,
  more: readonly number[],
  of: (block: Block) => number,
): [number, number, number] {
  const medians = starts.flatMap((blocks) => {
    const median = quantile(blocks.map(of), 0.5);
    return more.map((one) => median + one);
  });
  const best = medians.reduce((a, b) => (Math.abs(b - measured) < Math.abs(a - measured) ? b : a));
  return [best, Math.min(...medians), Math.max(...medians)];
}

function typeChecks(row: MeasuredRow, place: Place, starts: readonly Block[][], isVarying: boolean): Check[] {
  return typesOf(row).map(({ name, measured, of }) => {
    const [simulated, low, high] = nearest(starts, measured, [0], of);
    const given = { quantity: name, measured, simulated, interval: [low, high] as const };
    return within(place, given, 0.02, isVarying ? 0.1 : 0.006);
  });
}

/** Heartbeats of channels whose map pings fell into the median block, ping by ping: as many as its messages tell. */
function beatsIn(row: MeasuredRow, starts: readonly Block[][], ofBeat: WireCount): number {
  const measured = numberIn(row, 'messages_per_request');
  const ofOne = pingsOfBeat(row);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let pings = 0; pings <= numberOr(row, 'nodes', 3) * ofOne; pings += 1) {
    const beats = pings / ofOne;
    const more = beats * ofBeat.messages;
    const [simulated] = nearest(starts, measured, [more], ({ wire }) => wire.messages);
    if (Math.abs(simulated - measured) >= least - 1e-9) continue;
    least = Math.abs(simulated - measured);
    best = beats;
  }
  return best;
}

/** What the trials leave open: their range, and for packets the acknowledgements that its bytes allow. */
function spreadOf(row: MeasuredRow, column: string, measured: number, isVarying: boolean): [number, number] | null {
  const isBackup = row.manager === 'backup';
  const ethernet = numberIn(row, 'eth_bytes_per_request');
  const low = numberIn(row, 'eth_bytes_min');
  const high = numberIn(row, 'eth_bytes_max');
  if (column === 'eth_bytes_per_request') return [low, isBackup ? measured : high];
  if (column === 'messages_per_request' && !isBackup) {
    return [numberIn(row, 'messages_min'), numberIn(row, 'messages_max')];
  }
  if (column !== 'packets_per_request' || (isVarying && !isBackup)) return null;
  return [measured + (low - ethernet) / 66, isBackup ? measured : measured + (high - ethernet) / 66];
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const cell = cellOf(wordsIn(row, 'cell', KNOWN_CELL));
  const names = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'jvmRoute', 'cell'];
  const place = { file, configuration: columnsOf(row, names) };
  const isBackup = row.manager === 'backup';
  const pools = isBackup ? poolsOf(row) : [sendersAtLeast(row)];
  const starts = Array.from({ length: isBackup ? STARTS : 1 }, (_, start) =>
    driveCells(row, cell, start, pools),
  ).flat();
  if (isLeftToChance(row, starts)) return checkByChance(row, place, cell);
  const isVarying = numberIn(row, 'messages_min') !== numberIn(row, 'messages_max');
  const ofBeats = Array.from({ length: SENDERS_MAX }, (_, place) => beatOf(row, place + 1));
  const beats = isBackup ? beatsIn(row, starts, ofBeats[0]) : 0;
  const checks = typeChecks(row, place, starts, isVarying);
  for (const { name, column, of } of columns) {
    const measured = numberIn(row, column);
    // Which pings find a connection in the mode of quick acknowledgements is not known.
    if (Number.isNaN(measured) || (beats > 0 && column === 'packets_per_request')) continue;
    const pings = ofBeats.map((wire) => beats * of({ wire, types: new Map() }));
    const [simulated, least, largest] = nearest(starts, measured, pings, of);
    const given = {
      quantity: name,
      measured,
      simulated,
      n: numberIn(row, 'trials'),
      spread: beats > 0 ? null : spreadOf(row, column, measured, isVarying),
      interval: [least, largest] as const,
    };
    checks.push(within(place, given, 0.02));
  }
  return checks;
}

/** Whether messages overtake one another, and what they leave behind decides what the next request sends. */
function isLeftToChance(row: MeasuredRow, starts: readonly Block[][]): boolean {
  const { isAsynchronous, isAcknowledged } = sendMode(numberIn(row, 'sendOptions'));
  if (isAcknowledged && !isAsynchronous) return false;
  return starts.some((blocks) => new Set(blocks.map(({ wire }) => wire.messages)).size > 1);
}

/** Messages, acknowledgements, bytes and packets of one request. */
export const traffic: Validator = {
  prefix: 'traffic-',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
