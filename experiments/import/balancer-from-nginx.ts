import { type BalancerServer, balancerServer } from '../../models/balancing/balancer.ts';
import { quoted } from '../lib/input-error.ts';
import { type ConfiguredBalancer, checkServerCount, nothingNamed, wholeFrom } from './balancer-from-config.ts';
import { allDirectives, type NginxDirective, type NginxTree } from './nginx-conf.ts';
import { type Place, refuse } from './source.ts';

interface Method {
  type: string;
  hashKey: string | null;
  /** Line order counts in nginx: a method that knows no `backup` refuses it only in servers below it. */
  allowsBackup: boolean;
}

const roundRobin: Method = { type: 'round-robin', hashKey: null, allowsBackup: true };

/** Directives of an upstream that do not change which server is chosen. */
const withoutEffect = new Set([
  ...['keepalive', 'keepalive_requests', 'keepalive_time', 'keepalive_timeout', 'zone', 'resolver'],
  ...['resolver_timeout', 'state', 'include'],
]);

/** Largest weight: 160 x weight points on the ring and one slot per unit have to fit into memory. */
const weightMax = 65_535;

/**
 * An upstream of nginx with its method and all parameters of its servers.
 *
 * @param file - name for messages about the whole configuration.
 * @throws InputError - one line with place and cause.
 * @see source: nginx `ngx_http_upstream`, `ngx_http_upstream_server` and the modules of the methods.
 */
export function balancerFromNginx(tree: NginxTree, name: string, file: string): ConfiguredBalancer {
  const upstreams = [...allDirectives(tree.directives)].filter((one) => one.name === 'upstream' && one.block !== null);
  const named = upstreams.filter((one) => one.args[0] === name);
  if (named.length === 0) {
    const known = upstreams.map((one) => one.args[0] ?? '');
    throw nothingNamed(file, 'upstream', name, known);
  }
  if (named.length > 1) throw refuse(named[1], `duplicate upstream "${quoted(name)}", first in line ${named[0].line}`);
  return readUpstream(named[0]);
}

function readUpstream(upstream: NginxDirective): ConfiguredBalancer {
  const servers: BalancerServer[] = [];
  let method = roundRobin;
  let isSticky = false;
  for (const directive of upstream.block ?? []) {
    if (directive.name === 'server') servers.push(readServer(directive, method));
    else if (directive.name === 'sticky') isSticky = checkSticky(directive);
    else if (!withoutEffect.has(directive.name)) {
      if (method !== roundRobin) throw refuse(directive, `"${quoted(directive.name)}" is a second method of balancing`);
      method = readMethod(directive);
    }
  }
  checkServerCount(servers.length, upstream, `upstream ${quoted(upstream.args[0] ?? '')}`);
  if (servers.every((server) => server.backup)) throw refuse(upstream, 'no servers in upstream but backup ones');
  const zone = upstream.block?.some((one) => one.name === 'zone') ?? false;
  return {
    type: isSticky ? 'sticky-route' : method.type,
    options: { servers, zone, ...(isSticky ? { over: method.type } : {}) },
    labels: servers.map((server) => server.name),
    hashKey: method.hashKey,
    session: isSticky ? { separator: '.', isSemicolonDelimiter: true, readsCookie: true, readsPath: true } : null,
    httpdPolicy: null,
  };
}

function readMethod(directive: NginxDirective): Method {
  const { name, args } = directive;
  if (name === 'ip_hash' && args.length === 0) return { type: 'ip-hash', hashKey: null, allowsBackup: false };
  if (name === 'least_conn' && args.length === 0) return { ...roundRobin, type: 'least-conn' };
  if (name === 'hash') {
    const [key, consistent, more] = args;
    if (key === undefined || more !== undefined || (consistent ?? 'consistent') !== 'consistent') {
      throw refuse(directive, `hash (${quoted(args.join(' '))}); hash KEY [consistent] is expected`);
    }
    return { type: consistent ? 'consistent-hash' : 'hash', hashKey: key, allowsBackup: false };
  }
  if (name === 'random') {
    const [two, by, more] = args;
    if (two === 'two' && more === undefined && (by ?? 'least_conn') === 'least_conn') {
      return { type: 'random-two', hashKey: null, allowsBackup: false };
    }
    throw refuse(directive, `random (${quoted(args.join(' '))}) is not simulated; random two [least_conn] is`);
  }
  const known = 'ip_hash, hash, least_conn, random two, sticky route, zone, keepalive';
  throw refuse(directive, `"${quoted([name, ...args].join(' '))}" is not simulated in an upstream; ${known} are`);
}

function checkSticky(directive: NginxDirective): true {
  if (directive.args[0] === 'route') return true;
  throw refuse(directive, `sticky ${quoted(directive.args[0] ?? '')} is not simulated; sticky route is`);
}

function readServer(directive: NginxDirective, method: Method): BalancerServer {
  const [address, ...parameters] = directive.args;
  if (address === undefined) throw refuse(directive, 'server without an address; host:port is expected');
  const server = balancerServer(address);
  for (const parameter of parameters) readParameter(server, parameter, directive, method);
  return server;
}

function readParameter(server: BalancerServer, parameter: string, place: Place, method: Method): void {
  const equals = parameter.indexOf('=');
  const name = equals === -1 ? parameter : parameter.slice(0, equals + 1);
  const value = equals === -1 ? '' : parameter.slice(equals + 1);
  const whole = (min: number, max: number): number => wholeFrom(value, place, { name: name.slice(0, -1), min, max });
  switch (name) {
    case 'weight=':
      server.weight = whole(1, weightMax);
      break;
    case 'max_fails=':
      server.maxFails = whole(0, 2 ** 31 - 1);
      break;
    case 'max_conns=':
      server.maxConns = whole(0, 2 ** 31 - 1);
      break;
    case 'fail_timeout=':
      server.failTimeoutS = secondsOf(value, place);
      break;
    case 'backup':
      if (!method.allowsBackup) throw refuse(place, 'balancing method does not support parameter "backup"');
      server.backup = true;
      break;
    case 'down':
      server.down = true;
      break;
    case 'drain':
      server.drain = true;
      break;
    case 'route=':
      server.route = value;
      break;
    case 'resolve':
    case 'service=':
      break;
    default:
      throw refuse(place, `invalid parameter "${quoted(parameter)}" of server`);
  }
}

const secondsPerUnit: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
};

/** A time that nginx counts in whole seconds: `30`, `10s`, `1h30m`. @see source: nginx `ngx_parse_time`. */
function secondsOf(text: string, place: Place): number {
  let seconds = /^(\d{1,10}[smhdwMy]? *)+$/.test(text) ? 0 : Number.NaN;
  for (const [, digits, unit] of text.matchAll(/(\d+)([smhdwMy]?)/g)) seconds += Number(digits) * secondsPerUnit[unit];
  if (seconds < 2 ** 30) return seconds;
  throw refuse(place, `fail_timeout (${quoted(text)}) is not a time in seconds; 30, 10s or 1h30m are`);
}
