import { jkIsOn, jkProperty } from '../import/jk-facts.ts';
import type { Situation } from '../import/situation.ts';
import { at, type Report, type Rule } from './finding.ts';

function* slashMismatch({ files }: Situation): Generator<Report> {
  for (const { name, args, ...place } of files.httpd?.all ?? []) {
    if (name !== 'ProxyPass' || args.length < 2 || !/^balancer:/i.test(args[1])) continue;
    if (args[0].endsWith('/') === args[1].endsWith('/')) continue;
    yield at(place, {
      message: `ProxyPass ${args[0]} ${args[1]}: one side ends with "/", the other does not`,
      consequence:
        'the rest of the path is glued to the name: /shop becomes balancer://clustershop, and requests fail or lose a slash',
      fix: 'end both with "/", or neither',
    });
  }
}

function* noFailover({ files }: Situation): Generator<Report> {
  const parameter = files.httpd?.balancer?.parameters.get('nofailover');
  if (!parameter || !/^on$/i.test(parameter.value)) return;
  yield at(parameter, {
    message: 'nofailover=On',
    consequence:
      'when the node of a session is down its clients get 503: the replicas on the other nodes are never used',
    fix: 'nofailover=Off (the default)',
  });
}

function* pathDelimiter({ files }: Situation): Generator<Report> {
  const balancer = files.httpd?.balancer;
  const sticky = balancer?.parameters.get('stickysession');
  if (!balancer || !sticky?.value.split('|').includes('jsessionid')) return;
  if (/^on$/i.test(balancer.parameters.get('scolonpathdelim')?.value ?? '')) return;
  yield at(sticky, {
    message: `stickysession=${sticky.value} without scolonpathdelim=On`,
    consequence:
      'the ";" before jsessionid in a URL is not taken as a delimiter: clients without cookies are not sticky',
    fix: 'scolonpathdelim=On',
  });
}

function* withoutMembers({ files }: Situation): Generator<Report> {
  for (const { name, members, pass, place } of files.httpd?.balancers ?? []) {
    if (members.length > 0) continue;
    yield at(pass ?? place, {
      message: `balancer://${name} has no BalancerMember in these files`,
      consequence: 'unless another file names its members every request gets 503; routes and weights cannot be checked',
      fix: `add <Proxy balancer://${name}> with a BalancerMember for each node, route= included`,
    });
  }
}

function* jkTimeouts({ files }: Situation): Generator<Report> {
  for (const member of files.jk?.members ?? []) {
    const type = jkProperty(member, 'type')?.value ?? 'ajp13';
    const bounded = ['socket_timeout', 'reply_timeout'].some(
      (name) => Number(jkProperty(member, name)?.value ?? 0) > 0,
    );
    const probed =
      ['connect_timeout', 'prepost_timeout'].some((name) => Number(jkProperty(member, name)?.value ?? 0) > 0) ||
      jkProperty(member, 'ping_mode') !== undefined;
    if (!/^ajp/i.test(type) || (bounded && probed)) continue;
    const missing = [bounded ? '' : 'reply_timeout', probed ? '' : 'ping_mode']
      .filter((name) => name !== '')
      .join(' and ');
    yield at(member, {
      message: `worker ${member.name} has no ${missing}`,
      consequence:
        'by default mod_jk waits for ever: requests to a frozen Tomcat never return and fill the threads of httpd, and the worker is never marked as failed',
      fix: `worker.${member.name}.ping_mode=A, worker.${member.name}.reply_timeout=30000, socket_connect_timeout=5000`,
    });
  }
}

function* jkStickyForce({ files }: Situation): Generator<Report> {
  const force = files.jk && jkProperty(files.jk.worker, 'sticky_session_force');
  if (!force || !jkIsOn(force, false)) return;
  yield at(force, {
    message: 'sticky_session_force is on',
    consequence:
      'when the node of a session is down its clients get 503: the replicas on the other nodes are never used',
    fix: 'sticky_session_force=0',
  });
}

/** What httpd and mod_jk do to the cluster. */
export const httpdRules: readonly Rule[] = [
  { id: 'proxypass-slash', severity: 'error', about: 'ProxyPass with a "/" on one side only', check: slashMismatch },
  { id: 'no-failover', severity: 'warning', about: 'nofailover=On', check: noFailover },
  { id: 'path-delimiter', severity: 'info', about: 'jsessionid in URLs without scolonpathdelim', check: pathDelimiter },
  { id: 'balancer-without-members', severity: 'warning', about: 'a balancer without members', check: withoutMembers },
  { id: 'jk-without-timeouts', severity: 'warning', about: 'mod_jk that waits for ever', check: jkTimeouts },
  { id: 'jk-sticky-force', severity: 'warning', about: 'sticky_session_force', check: jkStickyForce },
];
