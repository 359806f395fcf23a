import type { Cluster } from '../../models/cluster.ts';
import { requestDoes } from '../../models/requests.ts';
import { DISPATCHERS, type WireCount, WireMeter } from '../../models/wire-meter.ts';
import { type MeasuredRow, numberIn } from './check.ts';
import { counter, type Drive, measuredScenario, payload, type SetAttribute, scripted } from './measured-scenario.ts';

const BLOCKS = 3;
const WARM_UP_REQUESTS = 12;
/** After a block, until what it has caused is over [ns]: a block takes 1.7 s, as the map pings in the measured ones tell. */
const REST_NS = 500e6;

/** What a kind of request does, read out of the name of its cell. */
export interface Cell {
  readonly isRoundRobin: boolean;
  readonly isCreation: boolean;
  readonly hasSession: boolean;
  readonly does: number;
  readonly writes: readonly SetAttribute[];
  /** Its session has lost what it was made with before the blocks begin. */
  readonly isReplaced?: boolean;
}

/** Kinds of requests, by the names of cells. */
export const KNOWN_CELL =
  /^(rr_)?(create(\+\d+)?|counter(\+\d+)?|pay\d+|readonly|mutate_noset|nosession_cookie|nosession_nocookie)$/;

/** Decodes `create`, `create+P`, `counter`, `payP`, `counter+P`, `readonly`, `mutate_noset`, `nosession_...`, `rr_...`. */
export function cellOf(name: string): Cell {
  const isRoundRobin = name.startsWith('rr_');
  const kind = name.replace(/^rr_/, '');
  const size = Number(/\d+$/.exec(kind)?.[0] ?? Number.NaN);
  const isCreation = kind.startsWith('create');
  const writes: SetAttribute[] = [];
  if (isCreation || kind.startsWith('counter')) writes.push(counter);
  if (/^pay|\+/.test(kind)) writes.push(payload(size));
  const does = kind === 'mutate_noset' ? requestDoes.MUTATE : writes.length > 0 ? requestDoes.WRITE : requestDoes.READ;
  return { isRoundRobin, isCreation, hasSession: kind !== 'nosession_nocookie', does, writes };
}

/**
 * Serialised attributes c, p and m of the measured session, and of one that has only what the cell sets [bytes]. What is
 * not new has 2 bytes more. @see source: traffic-backup.csv, `val=` and sizes of MSG_BACKUP.
 */
function sessionBytes(cell: Cell): number {
  const size = cell.writes.find(({ name }) => name === 'p')?.bytes ?? 1000;
  return 7 + 4 + 10 + 4 + 23 + size + 4 + 27;
}

function replacedBytes(cell: Cell): number {
  const attributes = cell.writes.reduce((sum, { type, bytes }) => sum + 4 + (type === 'Integer' ? 10 : 23 + bytes), 0);
  return attributes > 0 ? 7 + attributes : 2;
}

export interface Block {
  readonly wire: WireCount;
  readonly types: Map<string, number>;
}

const typeNames: Record<string, readonly string[]> = {
  'SESSION-MODIFIED': ['session-created'],
  'SESSION-DELTA': ['session-delta'],
  'SESSION-ACCESSED': ['session-accessed'],
  'SESSION-ID-CHANGED': ['id-changed'],
  MSG_BACKUP: ['backup', 'backup-delta'],
  MSG_PROXY: ['proxy'],
  MSG_REMOVE: ['id-changed'],
  MSG_RETRIEVE_BACKUP: ['retrieve'],
  MSG_NOTIFY_MAPMEMBER: ['notify'],
};

function difference(after: WireCount, before: WireCount, requests: number): WireCount {
  const entries = Object.entries(after).map(([key, value]) => [
    key,
    (value - before[key as keyof WireCount]) / requests,
  ]);
  return Object.fromEntries(entries) as unknown as WireCount;
}

/** Senders that the pools need at least. */
export function sendersAtLeast(row: MeasuredRow): number {
  return (numberIn(row, 'sendOptions') & 8) !== 0 ? DISPATCHERS : 1;
}

/** Senders that the pool of each node has made, or of all. */
export type Pools = number | readonly number[];

/** As `driveCells`, with one of the pools that may be. */
export function driveCell(
  row: MeasuredRow,
  cell: Cell,
  start: number,
  prepare?: (cluster: Cluster, wire: WireMeter) => void,
): Block[] {
  return driveCells(row, cell, start, [sendersAtLeast(row)], prepare)[0];
}

/**
 * Drives one cell: warm-up, then blocks of requests one after the other.
 * @param pools - of senders that may be: the same messages are seen over the connections of each.
 * @param prepare - what else happens on the wire, with the first of the pools.
 * @returns each block, per request, for each of the pools.
 */
export function driveCells(
  row: MeasuredRow,
  cell: Cell,
  start: number,
  pools: readonly Pools[],
  prepare: (cluster: Cluster, wire: WireMeter) => void = () => {},
): Block[][] {
  const drive: Drive = { writes: cell.writes, sessionBytes: sessionBytes(cell), seed: start + 1 };
  const scenario = measuredScenario(row, drive);
  const { cluster, script } = scripted(scenario, 0);
  const nodes = cluster.nodes.count;
  const wires = pools.map((senders) => new WireMeter(() => cluster.sim.nowNs, senders));
  cluster.traffic.observer = {
    message: (...seen) => {
      for (const wire of wires) wire.message(...seen);
    },
  };
  prepare(cluster, wires[0]);
  const gapNs = (numberIn(row, 'pace_ms') || 60) * 1e6;
  const requests = numberIn(row, 'requests_per_trial') || 20;
  let session = script.client();
  let asked = 0;
  const ask = (isCreation: boolean): void => {
    const node = cell.isRoundRobin ? asked % nodes : 0;
    asked += 1;
    const row = isCreation ? script.client() : session;
    const does = isCreation || cell.hasSession ? cell.does : -1;
    if (cell.hasSession) {
      script.ask(row, node, does, (answer) => {
        // Also a session that has come back as it was created has nothing but what the cell sets from now on.
        if (answer.isNew || answer.read === 0) cluster.sessions.bytes.set(answer.session, replacedBytes(cell));
        if (!cell.isCreation) session = answer.session;
      });
    }
  };
  const run = (count: number): void => {
    for (let request = 0; request < count; request += 1) script.after(request * gapNs, () => ask(cell.isCreation));
    cluster.sim.runUntil(cluster.sim.nowNs + (count - 1) * gapNs + REST_NS);
  };
  script.ask(session, 0, requestDoes.WRITE, () => {});
  cluster.sim.runUntil(1e9);
  for (let node = 0; node < nodes; node += 1) {
    if (((start >> node) & 1) === 1) script.ask(script.client(), node, requestDoes.WRITE, () => {});
  }
  run(WARM_UP_REQUESTS);
  if (cell.isReplaced) cluster.sessions.bytes.set(session, replacedBytes(cell));
  const blocks: Block[][] = pools.map(() => []);
  for (let block = 0; block < BLOCKS; block += 1) {
    const before = wires.map((wire) => wire.read());
    for (const wire of wires) wire.types.clear();
    run(requests);
    wires.forEach((wire, pool) => {
      const count = difference(wire.read(), before[pool], requests);
      blocks[pool].push({ wire: count, types: new Map(wire.types) });
    });
  }
  return blocks;
}

/** A quantity of a row. */
export interface Quantity {
  readonly name: string;
  readonly measured: number;
  readonly of: (block: Block) => number;
}

export const columns: readonly (Omit<Quantity, 'measured'> & { readonly column: string })[] = [
  { name: 'messages per request', column: 'messages_per_request', of: ({ wire }) => wire.messages },
  { name: 'acknowledgements per request', column: 'ack_frames_per_request', of: ({ wire }) => wire.ackFrames },
  { name: 'payload bytes per request', column: 'tribes_frame_bytes_per_request', of: ({ wire }) => wire.frameBytes },
  { name: 'TCP bytes per request', column: 'tcp_payload_bytes_per_request', of: ({ wire }) => wire.tcpBytes },
  { name: 'Ethernet bytes per request', column: 'eth_bytes_per_request', of: ({ wire }) => wire.ethernetBytes },
  { name: 'packets per request', column: 'packets_per_request', of: ({ wire }) => wire.packets },
];

/** The types of messages that a row lists, map pings aside. */
export function typesOf(row: MeasuredRow): Quantity[] {
  const requests = numberIn(row, 'requests_per_trial') || 20;
  const types: Quantity[] = [];
  for (const part of (row.message_types ?? '').split(';')) {
    const match = /^([A-Z_-]+)\((\d+)B\)=([\d.]+)$/.exec(part.trim());
    if (!match || match[1] === 'MSG_PING') continue;
    const kinds = typeNames[match[1]] ?? [];
    const of = (block: Block): number =>
      kinds.reduce((sum, kind) => sum + (block.types.get(`${kind}/${match[2]}`) ?? 0), 0) / requests;
    types.push({ name: `${match[1]} of ${match[2]} bytes per request`, measured: Number(match[3]), of });
  }
  return types;
}
