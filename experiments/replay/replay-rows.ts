import { isIP } from 'node:net';
import seedrandom from 'seedrandom';
import { byteString } from '../../models/balancing/crc32.ts';
import { createBalancer } from '../../models/balancing/index.ts';
import { ReusablePickRequest } from '../../models/balancing/pick-request.ts';
import { findRoute, routeOfSessionId, sessionIdOf } from '../../models/balancing/sticky-route.ts';
import type { ConfiguredBalancer } from '../import/balancer-from-config.ts';
import { InputError, quoted } from '../lib/input-error.ts';
import type { KeyRow, Keys } from './key-rows.ts';

/** A request and the label of the server it goes to; '' = none can take it. */
export interface ReplayedRow {
  readonly row: KeyRow;
  readonly chosen: string;
}

/**
 * Sends the requests one after the other through a fresh balancer; each has ended well before the next begins.
 *
 * @param seed - of the draws of random-two.
 * @throws InputError - a column that the method needs is missing, or a client address is none.
 */
export function replayRows(keys: Keys, configured: ConfiguredBalancer, seed: number): ReplayedRow[] {
  const { options, labels } = configured;
  const workers = new Map<string, number>();
  for (const { worker = '' } of keys.rows) if (!workers.has(worker)) workers.set(worker, workers.size);
  const random = seedrandom.alea(String(seed));
  const balancer = createBalancer(configured.type, { ...options, random, workers: workers.size });
  const request = new ReusablePickRequest(options.servers.length);
  const needed = neededColumn(configured);
  if (needed !== undefined && !keys.columns.includes(needed)) {
    throw new InputError(`${keys.file}:1: no column ${needed}, which the balancer chooses by`);
  }
  return keys.rows.map((row, index) => {
    const worker = workers.get(row.worker ?? '') ?? 0;
    request.begin(0, worker);
    setKey(request, row, configured, `${keys.file}:${keys.lines[index]}`);
    setSession(request, row, configured);
    const server = balancer.pick(request);
    if (server === -1) return { row, chosen: '' };
    balancer.started(server, worker, 0);
    balancer.finished(server, worker, 0, 'ok', 0);
    return { row, chosen: labels[server] };
  });
}

function isIpHash({ type, options }: ConfiguredBalancer): boolean {
  return (options.over ?? type) === 'ip-hash';
}

function neededColumn(configured: ConfiguredBalancer): string | undefined {
  return isIpHash(configured) || configured.hashKey !== null ? 'key' : undefined;
}

function setKey(request: ReusablePickRequest, row: KeyRow, configured: ConfiguredBalancer, place: string): void {
  const key = row.key ?? '';
  if (isIpHash(configured)) {
    const bytes = addressBytes(key, place);
    if (bytes.length === 4) request.address = ((bytes[0] * 256 + bytes[1]) * 256 + bytes[2]) * 256 + bytes[3];
    else request.addressBytes = bytes;
  } else if (configured.hashKey === '$binary_remote_addr') {
    request.setKey(key === 'unix:' ? key : String.fromCharCode(...addressBytes(key, place)));
  } else if (configured.hashKey !== null) {
    request.setKey(byteString(key));
  }
}

function setSession(request: ReusablePickRequest, row: KeyRow, { session, options }: ConfiguredBalancer): void {
  if (session === null) return;
  const pathDelimiter = session.isSemicolonDelimiter ? /[;?&]/ : /[?&]/;
  const path = session.readsPath ? (row.path_parameter ?? '') : '';
  const cookie = session.readsCookie ? (row.cookie ?? '') : '';
  const id = sessionIdOf(path.split(pathDelimiter)[0], cookie.split(/[;,]/)[0]);
  request.hasSession = id !== '';
  request.routeServer = findRoute(options.servers, routeOfSessionId(id, session.separator));
}

/** The 4 or 16 bytes of a client address. @throws InputError - it is none. */
function addressBytes(text: string, place: string): Uint8Array {
  // A client at a unix socket has no address: ip_hash then takes three zero bytes.
  if (text === 'unix:') return new Uint8Array(4);
  const version = isIP(text.split('%')[0]);
  if (version === 4) return Uint8Array.from(text.split('.'), Number);
  if (version === 0) throw new InputError(`${place}: key (${quoted(text)}) is not a client address`);
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const [, a, b, c, d] = (dotted ?? []).map(Number);
  const plain = dotted
    ? `${text.slice(0, dotted.index)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
    : text.split('%')[0];
  const [head, tail] = plain.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const gap = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: gap }, () => '0'), ...(tail ?? [])];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
