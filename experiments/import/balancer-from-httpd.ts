import { type BalancerServer, balancerServer } from '../../models/balancing/balancer.ts';
import { httpdPolicyDefaults } from '../../models/balancing/httpd-policy.ts';
import { quoted } from '../lib/input-error.ts';
import {
  type ConfiguredBalancer,
  checkServerCount,
  nothingNamed,
  type SessionReading,
  wholeFrom,
} from './balancer-from-config.ts';
import { balancerName, collectBalancers, type Member, type Parameter } from './httpd-balancer-parts.ts';
import type { HttpdTree } from './httpd-conf.ts';
import { refuse } from './source.ts';

const typeByMethod: Readonly<Record<string, string>> = {
  byrequests: 'by-requests',
  bytraffic: 'by-traffic',
  bybusyness: 'by-busyness',
};

/** Parameters of a member that do not change which one is chosen. */
const memberWithoutEffect = new Set([
  ...['ttl', 'min', 'max', 'smax', 'acquire', 'timeout', 'iobuffersize', 'receivebuffersize', 'keepalive'],
  ...['disablereuse', 'enablereuse', 'addressttl', 'flushpackets', 'flushwait', 'ping', 'connectiontimeout'],
  ...['upgrade', 'responsefieldsize', 'secret', 'hcmethod', 'hcpasses', 'hcfails', 'hcinterval', 'hcuri'],
  ...['hctemplate', 'hcexpr', 'flusher'],
]);

/** Parameters of a balancer that do not change which member is chosen. */
const balancerWithoutEffect = new Set(['timeout', 'nonce', 'growth', 'keepalive']);

/**
 * A balancer of httpd with all its parameters, from `<Proxy balancer://NAME>`, BalancerMember, ProxySet and ProxyPass.
 *
 * @param name - with or without `balancer://`.
 * @param file - name for messages about the whole configuration.
 * @throws InputError - one line with place and cause.
 * @see source: httpd `set_worker_param`, `set_balancer_param`, `add_member` of mod_proxy.c.
 */
export function balancerFromHttpd(tree: HttpdTree, name: string, file: string): ConfiguredBalancer {
  const drafts = collectBalancers(tree);
  const wanted = balancerName(name.includes('://') ? name : `balancer://${name}`);
  const draft = drafts.get(wanted ?? '');
  if (draft === undefined) throw nothingNamed(file, 'balancer', name, [...drafts.keys()]);
  checkServerCount(draft.members.length, draft.place, `balancer ${quoted(name)}`);
  const servers = draft.members.map(readMember);
  const balancer: Settings = {
    type: 'by-requests',
    options: { servers },
    labels: servers.map((server) => (server.route === '' ? server.name : server.route)),
    hashKey: null,
    session: null,
    httpdPolicy: httpdPolicyDefaults(servers.length),
    reading: { separator: '.', isSemicolonDelimiter: false, readsCookie: true, readsPath: true },
  };
  for (const parameter of draft.parameters) readBalancerParameter(balancer, parameter);
  const { reading, ...result } = balancer;
  return { ...result, session: result.options.sticky === true ? reading : null };
}

type Settings = { -readonly [Key in keyof ConfiguredBalancer]: ConfiguredBalancer[Key] } & {
  reading: { -readonly [Key in keyof SessionReading]: SessionReading[Key] };
};

function readMember(member: Member): BalancerServer {
  const server = balancerServer(member.url);
  for (const parameter of member.parameters) {
    const { name, value } = parameter;
    if (name === 'loadfactor') server.loadFactor = loadFactorOf(parameter);
    else if (name === 'route') server.route = value;
    else if (name === 'redirect') server.redirect = value;
    else if (name === 'retry') server.retryS = secondsOf(parameter);
    else if (name === 'lbset') server.lbSet = wholeFrom(value, parameter, { name, min: 0, max: 99 });
    else if (name === 'status') readStatus(server, parameter);
    else if (!memberWithoutEffect.has(name))
      throw refuse(parameter, `"${quoted(name)}" is not a parameter of BalancerMember`);
  }
  return server;
}

function readStatus(server: BalancerServer, place: Parameter): void {
  let isSet = true;
  for (const letter of place.value.toUpperCase()) {
    if (letter === '+' || letter === '-') isSet = letter === '+';
    else if (letter === 'D' || letter === 'S') server.down = isSet;
    else if (letter === 'N') server.drain = isSet;
    else if (letter === 'H') server.hotStandby = isSet;
    else if (letter === 'R') server.hotSpare = isSet;
    else if (letter === 'I') server.ignoreErrors = isSet;
    else if (letter !== 'E' && letter !== 'C') {
      throw refuse(place, `status (${quoted(place.value)}) has the letter ${letter}; D S N H R I E C are known`);
    }
  }
}

function loadFactorOf(parameter: Parameter): number {
  const factor = /^\d{1,3}(\.\d*)?$/.test(parameter.value) ? Number(parameter.value) : Number.NaN;
  if (factor >= 1 && factor <= 100) return factor;
  throw refuse(parameter, `loadfactor (${quoted(parameter.value)}) is not a number from 1 to 100`);
}

const secondsPerUnit: Readonly<Record<string, number>> = { '': 1, ms: 0.001, s: 1, mi: 60, min: 60, h: 3600 };

/** A time such as `5`, `5s`, `500ms` or `1min`; a bare number is seconds. @see source: httpd `ap_timeout_parameter_parse`. */
function secondsOf(parameter: Parameter): number {
  const match = /^(\d{1,9})(ms|s|mi|min|h)?$/i.exec(parameter.value);
  if (match) return Number(match[1]) * secondsPerUnit[(match[2] ?? '').toLowerCase()];
  throw refuse(parameter, `${parameter.name} (${quoted(parameter.value)}) is not a time; 5, 5s or 500ms are`);
}

function readBalancerParameter(balancer: Settings, parameter: Parameter): void {
  const { name, value } = parameter;
  switch (name) {
    case 'lbmethod':
      if (!Object.hasOwn(typeByMethod, value)) {
        throw refuse(parameter, `lbmethod (${quoted(value)}) is not simulated; ${Object.keys(typeByMethod)} are`);
      }
      balancer.type = typeByMethod[value];
      break;
    case 'stickysession':
      balancer.options = { ...balancer.options, sticky: value !== '' };
      readNames(balancer.reading, value);
      break;
    case 'stickysessionsep':
      balancer.reading.separator = value.toLowerCase() === 'off' ? '' : value;
      break;
    case 'scolonpathdelim':
      balancer.reading.isSemicolonDelimiter = isOn(parameter);
      break;
    case 'nofailover':
      balancer.options = { ...balancer.options, noFailover: isOn(parameter) };
      break;
    case 'forcerecovery':
      balancer.options = { ...balancer.options, forceRecovery: isOn(parameter) };
      break;
    default:
      readPolicy(balancer, parameter);
  }
}

/**
 * `COOKIE|path` or one name for both. Tomcat's are JSESSIONID and jsessionid; httpd takes neither for the other. Under any
 * other name the session id is taken to be there.
 */
function readNames(reading: Settings['reading'], value: string): void {
  const [cookie, path = cookie] = value.split('|');
  const isOther = (name: string, own: string): boolean => name.toLowerCase() === 'jsessionid' && name !== own;
  reading.readsCookie = !isOther(cookie, 'JSESSIONID');
  reading.readsPath = !isOther(path, 'jsessionid');
}

function readPolicy(balancer: Settings, parameter: Parameter): void {
  const { name, value } = parameter;
  const policy = { ...balancer.httpdPolicy! };
  if (name === 'maxattempts') policy.maxAttempts = wholeFrom(value, parameter, { name, min: 0, max: 1000 });
  else if (name === 'failontimeout') policy.failOnTimeout = isOn(parameter);
  else if (name === 'failonstatus') {
    const range = { name, min: 100, max: 599 };
    policy.failOnStatus = value.split(/[, ]+/).map((status) => wholeFrom(status, parameter, range));
  } else if (!balancerWithoutEffect.has(name)) {
    throw refuse(parameter, `"${quoted(name)}" is not a parameter of a balancer`);
  }
  balancer.httpdPolicy = policy;
}

function isOn(parameter: Parameter): boolean {
  const value = parameter.value.toLowerCase();
  if (value === 'on' || value === 'off') return value === 'on';
  throw refuse(parameter, `${parameter.name} (${quoted(parameter.value)}); On or Off is expected`);
}
