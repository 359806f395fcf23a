import { requestDoes } from '../../models/requests.ts';
import { type WireCount, WireMeter } from '../../models/wire-meter.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  type Place,
  quantile,
  type Validator,
  within,
} from './check.ts';
import { counter, type Drive, measuredScenario, payload, type SetAttribute, scripted } from './measured-scenario.ts';

/** Starts of the cluster: backups are chosen in turn, and where a turn stands at the start is not known. */
const STARTS = 8;
const BLOCKS = 3;
const WARM_UP_REQUESTS = 12;

/** What a kind of request does, read out of the name of its cell. */
interface Cell {
  readonly isRoundRobin: boolean;
  readonly isCreation: boolean;
  readonly hasSession: boolean;
  readonly does: number;
  readonly writes: readonly SetAttribute[];
}

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

/** Serialised attributes c, p and m of the measured session [bytes]. @see source: traffic-backup.csv, `val=`. */
function sessionBytes(cell: Cell): number {
  const size = cell.writes.find(({ name }) => name === 'p')?.bytes ?? 1000;
  return 7 + 4 + 10 + 4 + 23 + size + 4 + 27;
}

interface Block {
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

/** Drives one cell: warm-up, then blocks of requests one after the other. @returns each block, per request. */
export function driveCell(row: MeasuredRow, cell: Cell, start: number): Block[] {
  const drive: Drive = { writes: cell.writes, sessionBytes: sessionBytes(cell), seed: start + 1 };
  const scenario = measuredScenario(row, drive);
  const { cluster, script } = scripted(scenario, 0);
  const nodes = cluster.nodes.count;
  const options = numberIn(row, 'sendOptions');
  const wire = new WireMeter(() => cluster.sim.nowNs, (options & 8) !== 0);
  cluster.traffic.observer = wire;
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
        if (!cell.isCreation) session = answer.session;
      });
    }
  };
  const run = (count: number): void => {
    for (let request = 0; request < count; request += 1) script.after(request * gapNs, () => ask(cell.isCreation));
    cluster.sim.runUntil(cluster.sim.nowNs + (count - 1) * gapNs + 1e9);
  };
  script.ask(session, 0, requestDoes.WRITE, () => {});
  cluster.sim.runUntil(1e9);
  for (let node = 0; node < nodes; node += 1) {
    if (((start >> node) & 1) === 1) script.ask(script.client(), node, requestDoes.WRITE, () => {});
  }
  run(WARM_UP_REQUESTS);
  const blocks: Block[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    const before = wire.read();
    wire.types.clear();
    run(requests);
    blocks.push({ wire: difference(wire.read(), before, requests), types: new Map(wire.types) });
  }
  return blocks;
}

/** A quantity over all starts: the median block of the start that is nearest to the measurement. */
function nearest(starts: readonly Block[][], measured: number, of: (block: Block) => number): [number, number, number] {
  const medians = starts.map((blocks) => quantile(blocks.map(of), 0.5));
  const best = medians.reduce((a, b) => (Math.abs(b - measured) < Math.abs(a - measured) ? b : a));
  return [best, Math.min(...medians), Math.max(...medians)];
}

interface Quantity {
  readonly name: string;
  readonly column: string;
  readonly of: (block: Block) => number;
}

const quantities: readonly Quantity[] = [
  { name: 'messages per request', column: 'messages_per_request', of: ({ wire }) => wire.messages },
  { name: 'acknowledgements per request', column: 'ack_frames_per_request', of: ({ wire }) => wire.ackFrames },
  { name: 'payload bytes per request', column: 'tribes_frame_bytes_per_request', of: ({ wire }) => wire.frameBytes },
  { name: 'TCP bytes per request', column: 'tcp_payload_bytes_per_request', of: ({ wire }) => wire.tcpBytes },
  { name: 'Ethernet bytes per request', column: 'eth_bytes_per_request', of: ({ wire }) => wire.ethernetBytes },
  { name: 'packets per request', column: 'packets_per_request', of: ({ wire }) => wire.packets },
];

function typeChecks(row: MeasuredRow, place: Place, starts: readonly Block[][], isVarying: boolean): Check[] {
  const requests = numberIn(row, 'requests_per_trial') || 20;
  const checks: Check[] = [];
  for (const part of (row.message_types ?? '').split(';')) {
    const match = /^([A-Z_-]+)\((\d+)B\)=([\d.]+)$/.exec(part.trim());
    if (!match || match[1] === 'MSG_PING') continue;
    const measured = Number(match[3]);
    const kinds = typeNames[match[1]] ?? [];
    const of = (block: Block): number =>
      kinds.reduce((sum, kind) => sum + (block.types.get(`${kind}/${match[2]}`) ?? 0), 0) / requests;
    const [simulated, low, high] = nearest(starts, measured, of);
    const quantity = `${match[1]} of ${match[2]} bytes per request`;
    const given = { quantity, measured, simulated, interval: [low, high] as const };
    checks.push(within(place, given, 0.02, isVarying ? 0.1 : 0.006));
  }
  return checks;
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const cell = cellOf(row.cell);
  const names = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'jvmRoute', 'cell'];
  const place = { file, configuration: columnsOf(row, names) };
  const isBackup = row.manager === 'backup';
  const starts = Array.from({ length: isBackup ? STARTS : 1 }, (_, start) => driveCell(row, cell, start));
  const median = numberIn(row, 'messages_per_request');
  const fewest = numberIn(row, 'messages_min');
  const most = numberIn(row, 'messages_max');
  const isVarying = fewest !== most;
  // Map pings fall into some blocks and not into others; a block without any is the one to compare.
  const hasPings = isBackup && median !== fewest;
  const checks = typeChecks(row, place, starts, isVarying);
  const ethernet = numberIn(row, 'eth_bytes_per_request');
  const low = numberIn(row, 'eth_bytes_min');
  const high = numberIn(row, 'eth_bytes_max');
  for (const { name, column, of } of quantities) {
    if (hasPings && column !== 'messages_per_request' && column !== 'eth_bytes_per_request') continue;
    const measured = hasPings
      ? numberIn(row, column === 'messages_per_request' ? 'messages_min' : 'eth_bytes_min')
      : numberIn(row, column);
    if (Number.isNaN(measured)) continue;
    let spread: readonly [number, number] | null = null;
    if (column === 'eth_bytes_per_request') spread = [low, isBackup ? measured : high];
    if (column === 'messages_per_request' && !isBackup) spread = [fewest, most];
    if (column === 'packets_per_request' && (isBackup || !isVarying)) {
      spread = [measured + (low - ethernet) / 66, isBackup ? measured : measured + (high - ethernet) / 66];
    }
    const [simulated, least, largest] = nearest(starts, measured, of);
    const given = {
      quantity: name,
      measured,
      simulated,
      n: numberIn(row, 'trials'),
      spread,
      interval: [least, largest] as const,
    };
    checks.push(within(place, given, 0.02));
  }
  return checks;
}

/** Messages, acknowledgements, bytes and packets of one request. */
export const traffic: Validator = {
  prefix: 'traffic-',
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
