import { quoted } from '../lib/input-error.ts';
import { allDirectives, type NginxDirective, type NginxTree } from './nginx-conf.ts';
import { refuse } from './source.ts';
import { nginxTimeMs, wholeNumber } from './units.ts';

/** One `server` of an upstream. */
export interface UpstreamServer {
  readonly address: string;
  readonly weight: number;
  readonly maxFails: number;
  readonly failTimeoutS: number;
  readonly maxConns: number;
  readonly down: boolean;
  readonly backup: boolean;
  readonly route: string | undefined;
  readonly directive: NginxDirective;
}

/**
 * The servers of an upstream that are simulated: one that is down gets no request, and is left out unless the method
 * hashes, where it keeps its share of the hash.
 */
export function simulatedServers({ servers, method }: Upstream): UpstreamServer[] {
  const hashes = method === 'ip-hash' || method === 'hash' || method === 'consistent-hash';
  return servers.filter(({ down }) => hashes || !down);
}

/** How nginx chooses a server. */
export type NginxMethod =
  | 'round-robin'
  | 'ip-hash'
  | 'hash'
  | 'consistent-hash'
  | 'least-conn'
  | 'random-two'
  | 'random';

/** One upstream block. */
export interface Upstream {
  readonly name: string;
  readonly servers: readonly UpstreamServer[];
  readonly method: NginxMethod;
  /** Text of the hash key, `$cookie_JSESSIONID` for instance. */
  readonly key: string | undefined;
  /** The directive that names the method; undefined for round robin. */
  readonly methodAt: NginxDirective | undefined;
  readonly sticky: NginxDirective | undefined;
  readonly zone: NginxDirective | undefined;
  readonly keepalive: NginxDirective | undefined;
  readonly directive: NginxDirective;
}

/** What an nginx configuration says about load balancing. */
export interface NginxFacts {
  readonly upstreams: readonly Upstream[];
  /** The upstream that requests are passed to. */
  readonly upstream: Upstream | undefined;
  readonly proxyPass: NginxDirective | undefined;
  /** The last directive of each name outside upstream blocks. */
  readonly settings: ReadonlyMap<string, NginxDirective>;
  readonly all: readonly NginxDirective[];
}

/**
 * What keeps nginx from using a connection to a server twice although `keepalive` stands there; undefined: nothing.
 * @see source: nginx before 1.29.7, proxy_http_version 1.0 and `Connection: close` by default.
 */
export function keepaliveLacks({ settings, all }: NginxFacts): string | undefined {
  const version = settings.get('proxy_http_version')?.args[0];
  if (version !== '1.1' && version !== '2') return 'proxy_http_version 1.1';
  const kept = (directive: NginxDirective): boolean =>
    directive.name === 'proxy_set_header' &&
    directive.args[0]?.toLowerCase() === 'connection' &&
    directive.args[1]?.toLowerCase() !== 'close';
  return all.some(kept) ? undefined : 'proxy_set_header Connection ""';
}

function serverOf(directive: NginxDirective): UpstreamServer {
  const [address, ...options] = directive.args;
  if (address === undefined) throw refuse(directive, 'server without an address; host:port is expected');
  const values = new Map<string, string>();
  for (const option of options) {
    const equals = option.indexOf('=');
    values.set(equals < 0 ? option : option.slice(0, equals), equals < 0 ? '' : option.slice(equals + 1));
  }
  const count = (name: string, otherwise: number): number => {
    const value = values.get(name);
    return value === undefined ? otherwise : wholeNumber(value, directive, name);
  };
  const failTimeout = values.get('fail_timeout');
  const weight = count('weight', 1);
  if (weight < 1) throw refuse(directive, `weight (${weight}); at least 1`);
  return {
    address,
    weight,
    maxFails: count('max_fails', 1),
    failTimeoutS: failTimeout === undefined ? 10 : nginxTimeMs(failTimeout, directive, 'fail_timeout') / 1000,
    maxConns: count('max_conns', 0),
    down: values.has('down'),
    backup: values.has('backup'),
    route: values.get('route'),
    directive,
  };
}

function methodOf(block: readonly NginxDirective[]): Pick<Upstream, 'method' | 'key' | 'methodAt'> {
  const methodAt = block.find(({ name }) =>
    ['ip_hash', 'hash', 'least_conn', 'random', 'fair', 'least_time'].includes(name),
  );
  const key = methodAt?.name === 'hash' ? methodAt.args[0] : undefined;
  if (methodAt?.name === 'hash' && key === undefined)
    throw refuse(methodAt, 'hash without a key; hash KEY [consistent] is expected');
  const methods: Readonly<Record<string, NginxMethod>> = {
    ip_hash: 'ip-hash',
    least_conn: 'least-conn',
    random: methodAt?.args[0] === 'two' ? 'random-two' : 'random',
    hash: methodAt?.args[1] === 'consistent' ? 'consistent-hash' : 'hash',
  };
  return { method: methods[methodAt?.name ?? ''] ?? 'round-robin', key, methodAt };
}

function upstreamOf(directive: NginxDirective): Upstream {
  const [name] = directive.args;
  if (name === undefined || directive.block === null) throw refuse(directive, 'upstream NAME { ... } is expected');
  const named = (wanted: string): NginxDirective | undefined => directive.block!.find((one) => one.name === wanted);
  const servers = directive.block.filter((one) => one.name === 'server').map(serverOf);
  if (servers.length === 0) throw refuse(directive, `upstream ${quoted(name)} has no server; at least one is expected`);
  if (servers.length > 1024)
    throw refuse(directive, `upstream ${quoted(name)} has ${servers.length} servers; 1024 at most`);
  return {
    name,
    servers,
    ...methodOf(directive.block),
    sticky: named('sticky'),
    zone: named('zone'),
    keepalive: named('keepalive'),
    directive,
  };
}

function passedTo(
  upstreams: readonly Upstream[],
  passes: readonly NginxDirective[],
): [Upstream | undefined, NginxDirective | undefined] {
  for (const pass of passes) {
    const host = /^https?:\/\/([^/:$]+)/.exec(pass.args[0] ?? '')?.[1];
    const upstream = upstreams.find(({ name }) => name === host);
    if (upstream) return [upstream, pass];
  }
  return [upstreams[0], passes[0]];
}

/** Values stand where they are used: outside the upstream blocks, the innermost and last one wins. */
function settingsOf(directives: readonly NginxDirective[]): Map<string, NginxDirective> {
  const settings = new Map<string, NginxDirective>();
  const visit = (list: readonly NginxDirective[]): void => {
    for (const directive of list) {
      if (directive.name === 'upstream' || directive.name === 'map') continue;
      settings.set(directive.name, directive);
      if (directive.block) visit(directive.block);
    }
  };
  visit(directives);
  return settings;
}

/**
 * What a configuration of nginx says about its upstream.
 *
 * @throws InputError - an upstream without servers, a weight or time that is none.
 */
export function nginxFacts(tree: NginxTree): NginxFacts {
  const all = [...allDirectives(tree.directives)];
  const upstreams = all.filter(({ name }) => name === 'upstream').map(upstreamOf);
  const [upstream, proxyPass] = passedTo(
    upstreams,
    all.filter(({ name }) => name === 'proxy_pass'),
  );
  return { upstreams, upstream, proxyPass, settings: settingsOf(tree.directives), all };
}
