import { attributesBytes } from '../../models/replication/attribute-sizes.ts';
import { MemcachedSizes, VALIDITY_BYTES } from '../../models/replication/memcached-sizes.ts';
import { quietScenario } from '../operations/modes.ts';
import { type Counted, countOperations, type RequestKind } from '../operations/probe.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  numberIn,
  type Validator,
  within,
  wordsIn,
} from './check.ts';

/** Session ids of 32 digits; what names a memcached in them, and a Tomcat in the sticky cells. */
const ID_LENGTH = 32;
const SERVER_SUFFIX = 3;
const ROUTE_SUFFIX = 3;
/** Question and answer of a probe of health, in the text protocol [bytes]. */
const PING_BYTES = 18;
/** A probe by ADD stores one byte. */
const PROBE_VALUE_BYTES = 1;

const kinds: Readonly<Record<string, RequestKind | undefined>> = {
  create: 'create',
  counter: 'write',
  readonly: 'read-only',
  mutate_noset: 'mutate-without-setAttribute',
  nosession_cookie: 'no-session',
};

const KNOWN_CELL =
  /^(create(\+\d+)?|counter(\+\d+)?|pay\d+|readonly|mutate_noset|nosession_cookie|nosession_nocookie)$/;

function kindOf(cell: string): RequestKind | undefined {
  return (
    kinds[cell] ?? (/^(counter\+|pay)\d+$/.test(cell) ? 'write' : /^create\+\d+$/.test(cell) ? 'create' : undefined)
  );
}

/** Serialised attributes of a session: the counter, and but for `create` byte[P] and int[1]. */
function bytesOf(cell: string): number {
  const attribute = { name: 'c', type: 'Integer', bytes: 0 } as const;
  if (cell === 'create') return attributesBytes([attribute]);
  const bytes = Number(/\d+$/.exec(cell)?.[0] ?? 1000);
  if (cell.startsWith('create')) return attributesBytes([attribute, { name: 'p', type: 'byte[]', bytes }]);
  return attributesBytes([attribute, { name: 'p', type: 'byte[]', bytes }, { name: 'm', type: 'byte[]', bytes: 4 }]);
}

/** `sticky_async`, `sticky_sync`, `nonsticky_none`, `nonsticky_all_async`: the options of a configuration, by its name. */
export function msmMode(config: string): { strategy: string; options: Record<string, unknown>; isSticky: boolean } {
  const words = config.toLowerCase().split(/[_-]/);
  const isSticky = !words.includes('nonsticky');
  const isAsync = words.includes('async') || (isSticky && !words.includes('sync'));
  const isUriPattern = words.some((word) => word.startsWith('uri'));
  const lockingMode = isUriPattern ? 'uriPattern' : (['all', 'auto'].find((mode) => words.includes(mode)) ?? 'none');
  const transcoder = ['kryo', 'javolution', 'xstream'].find((name) => words.includes(name));
  return {
    isSticky,
    strategy: isSticky ? 'memcached-sticky' : 'memcached-nonsticky',
    options: {
      sessionBackupAsync: isAsync,
      ...(isSticky ? { failoverNodes: ['n1'] } : { lockingMode }),
      ...(transcoder === undefined ? {} : { transcoderFactoryClass: transcoder }),
    },
  };
}

/** `set bak validity` and the like out of `set bak:validity:SID@n2=0.55;...`, probes of health as `ping`. */
function operationsIn(detail: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const entry of detail.split(';')) {
    const found = /^(\w+) (\S+)@\w+=([\d.]+)$/.exec(entry.trim());
    if (!found) continue;
    const [, verb, key, count] = found;
    const parts = [verb, key.includes('bak:') ? 'bak' : '', key.includes('validity:') ? 'validity' : ''];
    if (key.includes('lock:')) parts.push('lock');
    else if (verb === 'add') parts.push('ping');
    const name = key.startsWith('ping-') ? 'ping' : parts.filter((part) => part !== '').join(' ');
    sums.set(name, (sums.get(name) ?? 0) + Number(count));
  }
  return sums;
}

/** Bytes of the values that the operations store. */
function storedBytes({ perRequest }: Counted, attributes: number, isSticky: boolean): number {
  const value = new MemcachedSizes(attributes).value(ID_LENGTH + SERVER_SUFFIX + (isSticky ? ROUTE_SUFFIX : 0));
  let sum = 0;
  for (const [name, count] of perRequest) {
    if (name.endsWith('validity') && name.startsWith('set')) sum += count * VALIDITY_BYTES;
    else if (name.startsWith('set')) sum += count * value;
    else if (name.startsWith('add') && name.endsWith('ping')) sum += count * PROBE_VALUE_BYTES;
  }
  return sum;
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const place = { file, configuration: columnsOf(row, ['tomcat_version', 'config', 'cell']) };
  const n = numberIn(row, 'trials');
  const measured = operationsIn(row.ops_detail ?? '');
  const pings = measured.get('ping') ?? 0;
  const cell = wordsIn(row, 'cell', KNOWN_CELL);
  const kind = kindOf(cell);
  const { isSticky, strategy, options } = msmMode(wordsIn(row, 'config', /^(non-?)?sticky/i));
  const attributes = bytesOf(cell);
  const session = { requestsMean: 1_000_000, bytes: attributes };
  const more = { session, balancer: { type: 'round-robin', jvmRoute: isSticky } };
  // A request without a cookie that leaves the session alone reaches no store in either.
  const counted: Counted =
    kind === undefined
      ? { perRequest: new Map(), bytesPerRequest: 0 }
      : countOperations(
          quietScenario({ strategy, mode: '', options }, more),
          kind,
          numberIn(row, 'requests_per_trial') || 20,
          isSticky ? [0] : [0, 1],
        );
  const simulatedPings = counted.perRequest.get('ping') ?? 0;
  const names = [...new Set([...measured.keys(), ...counted.perRequest.keys()])].filter((name) => name !== 'ping');
  const checks = names.sort().map((name) => {
    const simulated = counted.perRequest.get(name) ?? 0;
    return within(
      place,
      { quantity: `${name} per request`, measured: measured.get(name) ?? 0, simulated, n },
      0,
      0.006,
    );
  });
  const all = [...counted.perRequest.values()].reduce((sum, count) => sum + count, 0) - simulatedPings;
  const of = (quantity: string, value: number, simulated: number, ratio: number, atLeast = 0): void => {
    checks.push(within(place, { quantity, measured: value, simulated, n }, ratio, atLeast));
  };
  of('operations per request', numberIn(row, 'memcached_ops_per_request') - pings, all, 0, 0.05);
  of('probes of health per request', pings, simulatedPings, 0, isSticky ? 0.1 : 0.2);
  of(
    'stored value bytes',
    numberIn(row, 'value_bytes_stored_per_request'),
    storedBytes(counted, attributes, isSticky),
    0.02,
  );
  const tcp = numberIn(row, 'tcp_payload_bytes_per_request') - pings * PING_BYTES;
  of('TCP bytes per request', tcp, counted.bytesPerRequest - simulatedPings * PING_BYTES, 0.02, 1.5);
  return checks.filter((check) => Number.isFinite(check.measured));
}

/** Operations and bytes of memcached-session-manager per request; probes of health depend on the moment and stand apart. */
export const msmOperations: Validator = {
  prefix: 'msm-ops-',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};
