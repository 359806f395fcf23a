import { quoted } from '../lib/input-error.ts';
import type { HttpdDirective, HttpdTree } from './httpd-conf.ts';
import { type Place, refuse } from './source.ts';

/** One `name=value`; httpd ignores the case of the name. */
export interface Parameter extends Place {
  readonly name: string;
  readonly value: string;
}

/** One BalancerMember. */
export interface Member extends Place {
  readonly url: string;
  readonly parameters: Parameter[];
}

/** Everything said about one balancer, wherever it stands. */
export interface BalancerParts {
  readonly members: Member[];
  readonly parameters: Parameter[];
  readonly place: Place;
}

/** Name of a `balancer://name` address, undefined for any other. */
export function balancerName(url: string | undefined): string | undefined {
  return /^balancer:\/\/([^/\s]+)/i.exec(url ?? '')?.[1].toLowerCase();
}

/**
 * The balancers of a configuration by name.
 *
 * @throws InputError - a BalancerMember that belongs nowhere, or what should be a parameter is none.
 */
export function collectBalancers(tree: HttpdTree): Map<string, BalancerParts> {
  const parts = new Map<string, BalancerParts>();
  collect(tree.directives, undefined, parts);
  return parts;
}

function collect(
  directives: readonly HttpdDirective[],
  section: string | undefined,
  all: Map<string, BalancerParts>,
): void {
  for (const directive of directives) {
    const { name, args, block } = directive;
    const at = args.findIndex((argument) => balancerName(argument) !== undefined);
    const balancer = at === -1 ? section : balancerName(args[at]);
    if (block !== null) {
      const isProxy = name === 'Proxy' && at !== -1;
      if (isProxy) partsOf(all, balancer!, directive);
      collect(block, isProxy ? balancer : section, all);
    } else if (name === 'BalancerMember') {
      addMember(directive, args.slice(at + 1), balancer, all);
    } else if (name === 'ProxySet') {
      addParameters(directive, args, balancer, all);
    } else if ((name === 'ProxyPass' || name === 'ProxyPassMatch') && at !== -1) {
      const parameters = args.slice(at + 1).filter((one) => one.includes('=') && !/^(interpolate|noquery)/i.test(one));
      partsOf(all, balancer!, directive).parameters.push(...parameters.map((one) => parameterOf(one, directive)));
    }
  }
}

function partsOf(all: Map<string, BalancerParts>, name: string, { file, line }: Place): BalancerParts {
  const parts = all.get(name) ?? { members: [], parameters: [], place: { file, line } };
  all.set(name, parts);
  return parts;
}

function addMember(
  directive: HttpdDirective,
  [url, ...parameters]: string[],
  balancer: string | undefined,
  all: Map<string, BalancerParts>,
): void {
  if (balancer === undefined) throw refuse(directive, 'BalancerMember belongs into <Proxy balancer://...>');
  if (url === undefined || !/^[a-z][a-z0-9+.-]*:/i.test(url)) {
    throw refuse(directive, `BalancerMember (${quoted(url ?? '')}); http://host:port or ajp://host:port is expected`);
  }
  const { file, line } = directive;
  const read = parameters.map((parameter) => parameterOf(parameter, directive));
  partsOf(all, balancer, directive).members.push({ url, parameters: read, file, line });
}

/** ProxySet is about its section's balancer, a balancer it names, or a member it names. */
function addParameters(
  directive: HttpdDirective,
  args: readonly string[],
  balancer: string | undefined,
  all: Map<string, BalancerParts>,
): void {
  const hasUrl = args[0] !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(args[0]);
  const parameters = args.slice(hasUrl ? 1 : 0).map((parameter) => parameterOf(parameter, directive));
  if (hasUrl && balancerName(args[0]) === undefined) {
    const members = [...all.values()].flatMap((parts) => parts.members).filter((member) => member.url === args[0]);
    for (const member of members) member.parameters.push(...parameters);
  } else if (balancer !== undefined) {
    partsOf(all, balancer, directive).parameters.push(...parameters);
  }
}

function parameterOf(text: string, { file, line }: Place): Parameter {
  const equals = text.indexOf('=');
  if (equals <= 0) throw refuse({ file, line }, `"${quoted(text)}" is not a parameter; name=value is expected`);
  return { name: text.slice(0, equals).toLowerCase(), value: text.slice(equals + 1), file, line };
}
