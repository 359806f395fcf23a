import { importSticky } from './from-stickiness.ts';
import type { BalancerMember, HttpdBalancer, Parameter } from './httpd-facts.ts';
import type { ScenarioBuilder, Source } from './scenario-builder.ts';
import { importFactors, importParameter, importRedirect, ServerParameters } from './server-parameters.ts';
import type { Situation } from './situation.ts';
import { type Place, refuse } from './source.ts';
import { httpdTimeMs, wholeNumber } from './units.ts';

function seconds(parameter: Parameter): number {
  return httpdTimeMs(parameter.value, parameter, parameter.name) / 1000;
}

const lbMethods: Readonly<Record<string, string>> = {
  byrequests: 'by-requests',
  bytraffic: 'by-traffic',
  bybusyness: 'by-busyness',
};

/** The balancer that requests are passed to. */
export function importHttpd(builder: ScenarioBuilder, situation: Situation, balancer: HttpdBalancer): void {
  const { parameters, members, place, pass } = balancer;
  const method = parameters.get('lbmethod');
  const over = lbMethods[method?.value.toLowerCase() ?? 'byrequests'];
  const at: Source = method ?? { file: place.file, line: place.line };
  if (!over) builder.note(at, `lbmethod=${method?.value}: not simulated; byrequests stands in`);
  importSticky(builder, situation, {
    over: over ?? 'by-requests',
    at,
    text: `lbmethod ${method?.value ?? 'byrequests'}`,
  });
  builder.mark(pass);
  for (const member of members) builder.mark(member.directive);
  importMembers(builder, members);
  if (members.length > 0) {
    builder.set(
      'balancer.serverNames',
      members.map(({ url }) => url.slice(0, 200)),
      { ...members[0].directive },
      'BalancerMembers',
    );
  }
  importHttpdSwitches(builder, parameters);
  const { settings } = situation.files.httpd!;
  const connect = members[0]?.parameters.get('connectiontimeout');
  if (connect) builder.set('balancer.connectTimeoutS', seconds(connect), connect, `connectiontimeout=${connect.value}`);
  const timeout = members[0]?.parameters.get('timeout');
  const global = settings.get('ProxyTimeout') ?? settings.get('Timeout');
  if (timeout) builder.set('balancer.readTimeoutS', seconds(timeout), timeout, `timeout=${timeout.value}`);
  else if (global) {
    const value = httpdTimeMs(global.args[0] ?? '', global, global.name) / 1000;
    builder.set('balancer.readTimeoutS', value, global, `${global.name} ${global.args[0]}`);
  }
  noteParameters(builder, situation, balancer);
}

/** Parameters that nothing above has taken; the line of a ProxySet is then accounted for word by word. */
function noteParameters(builder: ScenarioBuilder, { files }: Situation, balancer: HttpdBalancer): void {
  const { parameters, members } = balancer;
  for (const name of ['stickysession', 'lbmethod']) builder.mark(parameters.get(name));
  for (const one of parameters.values()) {
    if (!builder.isMarked(one)) builder.note(one, `${one.name}=${one.value} of balancer://${balancer.name}`);
  }
  for (const member of members) {
    for (const name of ['route', 'status']) builder.mark(member.parameters.get(name));
    for (const one of member.parameters.values()) {
      const first = members[0].parameters.get(one.name);
      const isUsed = first !== undefined && builder.isMarked(first);
      const why = isUsed && first.value !== one.value ? `: ${first.value} of the first member is used` : '';
      if (!builder.isMarked(one) && !(isUsed && why === ''))
        builder.note(one, `BalancerMember ${member.url} ${one.name}=${one.value}${why}`);
    }
  }
  const isAbout = ({ file, line }: Place): boolean =>
    [...parameters.values()].some((one) => one.file === file && one.line === line);
  for (const directive of files.httpd!.all) {
    if (directive.name === 'ProxySet' && isAbout(directive)) builder.mark(directive);
  }
}

/** Letters of `status=`, as a list such as `+D`; E and C say how things stood, not how they are set. */
function statusOf(parameter: Parameter): string {
  const letters = new Set<string>();
  let isSet = true;
  for (const letter of parameter.value.toUpperCase()) {
    if (letter === '+' || letter === '-') isSet = letter === '+';
    else if (!'DSIHRNEC'.includes(letter)) throw refuse(parameter, `status=${parameter.value}; D S N H R I are known`);
    else if (isSet && !'EC'.includes(letter)) letters.add(letter);
    else letters.delete(letter);
  }
  return letters.size === 0 ? '' : `+${[...letters].join('')}`;
}

/** Parameters of the single members. */
function importMembers(builder: ScenarioBuilder, members: readonly BalancerMember[]): void {
  const servers = new ServerParameters(members.length);
  const of = (name: string): (Parameter | undefined)[] => members.map(({ parameters }) => parameters.get(name));
  importFactors(builder, servers, of('loadfactor'));
  const said = of('retry').map((one) => one && { value: seconds(one), source: one, text: `retry=${one.value}` });
  importParameter(builder, servers, { path: 'balancer.httpd.retryS', key: 'retryS', said });
  const routes = of('route').map((route) => route?.value ?? '');
  members.forEach(({ parameters }, index) => {
    const [status, lbSet, redirect] = ['status', 'lbset', 'redirect'].map((name) => parameters.get(name));
    const letters = status ? statusOf(status) : '';
    if (status && letters !== '')
      servers.set(index, 'status', { value: letters, source: status, text: `status=${status.value}` });
    if (lbSet) {
      const value = wholeNumber(lbSet.value, lbSet, 'lbset');
      servers.set(index, 'lbSet', { value, source: lbSet, text: `lbset=${value}` });
    }
    if (redirect) importRedirect(builder, servers, { index, redirect, routes });
  });
  servers.into(builder);
}

/** Parameters of the balancer that say when another member is asked. */
function importHttpdSwitches(builder: ScenarioBuilder, parameters: ReadonlyMap<string, Parameter>): void {
  for (const [name, path] of [
    ['nofailover', 'balancer.httpd.noFailover'],
    ['failontimeout', 'balancer.httpd.failOnTimeout'],
    ['forcerecovery', 'balancer.httpd.forceRecovery'],
  ] as const) {
    const parameter = parameters.get(name);
    if (parameter) builder.set(path, /^on$/i.test(parameter.value), parameter, `${name}=${parameter.value}`);
  }
  const attempts = parameters.get('maxattempts');
  if (!attempts) return;
  const count = wholeNumber(attempts.value, attempts, 'maxattempts');
  builder.set('balancer.httpd.maxAttempts', count, attempts, `maxattempts=${count}`);
}
