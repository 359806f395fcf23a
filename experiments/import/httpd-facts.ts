import { quoted } from '../lib/input-error.ts';
import type { HttpdDirective, HttpdTree } from './httpd-conf.ts';
import { allDirectives } from './nginx-conf.ts';
import { type Place, refuse } from './source.ts';

/** One `name=value` of ProxyPass, ProxySet or BalancerMember. */
export interface Parameter extends Place {
  readonly name: string;
  readonly value: string;
}

/** One BalancerMember. */
export interface BalancerMember {
  readonly url: string;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly directive: HttpdDirective;
}

/** One `balancer://name` with everything said about it anywhere. */
export interface HttpdBalancer {
  readonly name: string;
  readonly members: readonly BalancerMember[];
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The ProxyPass that sends requests to it. */
  readonly pass: HttpdDirective | undefined;
  /** Where it is first named. */
  readonly place: Place;
}

/** What a configuration of httpd says about load balancing. */
export interface HttpdFacts {
  readonly balancers: readonly HttpdBalancer[];
  readonly balancer: HttpdBalancer | undefined;
  readonly settings: ReadonlyMap<string, HttpdDirective>;
  readonly all: readonly HttpdDirective[];
}

interface Draft {
  readonly name: string;
  readonly members: BalancerMember[];
  readonly parameters: Map<string, Parameter>;
  pass: HttpdDirective | undefined;
  readonly place: Place;
}

function parametersOf(args: readonly string[], { file, line }: Place): Map<string, Parameter> {
  const parameters = new Map<string, Parameter>();
  for (const argument of args) {
    const equals = argument.indexOf('=');
    if (equals > 0) {
      const name = argument.slice(0, equals).toLowerCase();
      parameters.set(name, { name, value: argument.slice(equals + 1), file, line });
    }
  }
  return parameters;
}

function balancerName(url: string | undefined): string | undefined {
  return /^balancer:\/\/([^/\s]+)/i.exec(url ?? '')?.[1].toLowerCase();
}

class Collector {
  readonly drafts = new Map<string, Draft>();

  visit(directives: readonly HttpdDirective[], section: string | undefined): void {
    for (const directive of directives) {
      const { name, args, block } = directive;
      if (block) {
        const inner = name === 'Proxy' ? balancerName(args[0]) : undefined;
        if (inner !== undefined) this.#draft(inner, directive);
        this.visit(block, inner ?? section);
      } else if (name === 'BalancerMember') this.#member(directive, section);
      else if (name === 'ProxySet') this.#set(directive, section);
      else if (name === 'ProxyPass' || name === 'ProxyPassMatch') this.#pass(directive);
    }
  }

  #draft(name: string, { file, line }: Place): Draft {
    const known = this.drafts.get(name);
    if (known) return known;
    const draft: Draft = { name, members: [], parameters: new Map(), pass: undefined, place: { file, line } };
    this.drafts.set(name, draft);
    return draft;
  }

  #member(directive: HttpdDirective, section: string | undefined): void {
    const named = balancerName(directive.args[0]);
    const args = named === undefined ? directive.args : directive.args.slice(1);
    const balancer = named ?? section;
    if (balancer === undefined)
      throw refuse(directive, 'BalancerMember outside <Proxy balancer://...>; name the balancer first');
    const [url] = args;
    if (url === undefined || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
      throw refuse(
        directive,
        `BalancerMember (${quoted(url ?? '')}) is not an address; ajp://host:port or http://host:port is expected`,
      );
    }
    this.#draft(balancer, directive).members.push({
      url,
      parameters: parametersOf(args.slice(1), directive),
      directive,
    });
  }

  #set(directive: HttpdDirective, section: string | undefined): void {
    const balancer = balancerName(directive.args[0]) ?? section;
    if (balancer === undefined) return;
    const { parameters } = this.#draft(balancer, directive);
    for (const [name, value] of parametersOf(directive.args, directive)) parameters.set(name, value);
  }

  #pass(directive: HttpdDirective): void {
    const balancer = directive.args.map(balancerName).find((name) => name !== undefined);
    if (balancer === undefined) return;
    const draft = this.#draft(balancer, directive);
    draft.pass ??= directive;
    for (const [name, value] of parametersOf(directive.args, directive)) draft.parameters.set(name, value);
  }
}

/**
 * What a configuration of httpd says about its balancers.
 *
 * @throws InputError - a BalancerMember that belongs nowhere or has no address.
 */
export function httpdFacts(tree: HttpdTree): HttpdFacts {
  const collector = new Collector();
  collector.visit(tree.directives, undefined);
  const balancers = [...collector.drafts.values()];
  const all = [...allDirectives(tree.directives)];
  return {
    balancers,
    balancer: balancers.find(({ pass }) => pass) ?? balancers[0],
    settings: new Map(all.map((directive) => [directive.name, directive])),
    all,
  };
}
