import { hasSessionListener, hasValve, type Situation } from '../import/situation.ts';
import { compareVersions, type TomcatVersion } from '../import/tomcat-versions.ts';
import { isTrue } from '../import/units.ts';
import { attributeOf, simpleClass, type XmlElement } from '../import/xml.ts';
import { at, type Report, type Rule } from './finding.ts';
import { mostPatterns, tryPattern } from './url-pattern.ts';

const valves = ['ReplicationValve', 'JvmRouteBinderValve'] as const;
const lostWith: Readonly<Record<(typeof valves)[number], string>> = {
  ReplicationValve: 'no request sends its changes: sessions are created on the other nodes and never filled',
  JvmRouteBinderValve:
    'after a failover the session keeps the route of the dead node, and every request tries that node first',
};

function* valveDefaultLost({ files, strategy, version }: Situation): Generator<Report> {
  const isOld = compareVersions(version.version, '5.5') <= 0;
  if (strategy.kind === 'memcached') return;
  for (const cluster of files.servers.flatMap(({ clusters }) => clusters)) {
    const { element, valves: configured } = cluster;
    for (const valve of valves) {
      if (hasValve(cluster, valve)) continue;
      const off = configured.find((one) => simpleClass(one) === valve);
      yield at(off ?? configured[0], {
        severity: valve === 'ReplicationValve' ? 'error' : 'warning',
        message: off ? `${valve} is switched off` : `<${element.name}> has a Valve but no ${valve}`,
        consequence: `${off ? '' : 'Tomcat adds its two valves only where none is configured: '}${lostWith[valve]}`,
        fix: `add <Valve className="org.apache.catalina.${isOld ? 'cluster' : 'ha'}.${valve === 'ReplicationValve' ? 'tcp' : 'session'}.${valve}"/>`,
      });
    }
  }
}

function* listenerDefaultLost({ files }: Situation): Generator<Report> {
  for (const cluster of files.servers.flatMap(({ clusters }) => clusters)) {
    if (hasSessionListener(cluster)) continue;
    yield at(cluster.listeners[0], {
      message: 'a ClusterListener is configured, ClusterSessionListener is not',
      consequence:
        'Tomcat adds it only where none is configured: this node sends its sessions and takes none from the others',
      fix: 'add <ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener"/>',
    });
  }
}

function* placementMixed({ files }: Situation): Generator<Report> {
  const placed = files.servers.flatMap(({ clusters }) => clusters).filter(({ placement }) => placement !== 'unknown');
  const [first] = placed;
  for (const one of placed.slice(1)) {
    if (one.placement === first.placement) continue;
    yield at(one.element, {
      message: `<Cluster> in the ${one.placement} here, in the ${first.placement} in ${first.element.file}:${first.element.line}`,
      consequence:
        'the names of the managers differ ("host#context" against "context"): the nodes see each other and exchange no session',
      fix: 'put <Cluster> at the same place on all nodes',
    });
  }
}

function* deployerInEngine({ files }: Situation): Generator<Report> {
  for (const { deployer, placement } of files.servers.flatMap(({ clusters }) => clusters)) {
    if (!deployer || placement !== 'Engine') continue;
    yield at(deployer, {
      message: 'FarmWarDeployer in a <Cluster> of the Engine',
      consequence: 'it works in a Host only: Tomcat logs an error and deploys nothing to the other nodes',
      fix: 'move <Cluster> into the Host, or remove the Deployer',
    });
  }
}

function* deployerWatch({ files }: Situation): Generator<Report> {
  const watching = files.servers
    .flatMap(({ clusters }) => clusters)
    .flatMap(({ deployer }) => attributeOf(deployer, 'watchEnabled') ?? [])
    .filter(({ value }) => isTrue(value));
  for (const attribute of watching.slice(1)) {
    yield at(attribute, {
      message: `watchEnabled="true" on a second node, after ${watching[0].file}:${watching[0].line}`,
      consequence:
        'each of them sends its own wars to all others: they overwrite one another, and with each redeployment the sessions of the context die',
      fix: 'watchEnabled="true" on exactly one node',
    });
  }
}

/** Where the options of the manager stand: on it, or on the Cluster of Tomcat 5.5. */
function managers({ files, strategy }: Situation): XmlElement[] {
  const clusters = files.servers.flatMap(({ clusters }) => clusters);
  const found = clusters.map(({ manager, element }) => manager ?? element);
  return strategy.manager && !found.includes(strategy.manager) ? [...found, strategy.manager] : found;
}

function* expireOnShutdown(situation: Situation): Generator<Report> {
  for (const manager of managers(situation)) {
    const attribute = attributeOf(manager, 'expireSessionsOnShutdown');
    if (!attribute || !isTrue(attribute.value)) continue;
    const ignored = simpleClass(manager) === 'BackupManager';
    yield at(attribute, {
      severity: ignored ? 'info' : 'error',
      message: `expireSessionsOnShutdown="true"${ignored ? ' on a BackupManager' : ''}`,
      consequence: ignored
        ? 'BackupManager does not know it: a warning in the log, no effect'
        : 'stopping one node expires every session it knows on all nodes, and with DeltaManager that is every session: all users are logged out',
      fix: 'expireSessionsOnShutdown="false"',
    });
  }
}

function* stateTransferOff(situation: Situation): Generator<Report> {
  for (const manager of managers(situation)) {
    const attribute = attributeOf(manager, 'stateTransferTimeout');
    const value = attribute?.value.trim();
    if (!attribute || (value !== '0' && value !== '-1')) continue;
    yield at(attribute, {
      message: `stateTransferTimeout="${value}"`,
      consequence:
        value === '0'
          ? 'a node that joins does not wait for the sessions of the others and serves requests without them'
          : 'a node that joins waits for ever if its donor never answers: it does not start',
      fix: 'stateTransferTimeout="60", the default',
    });
  }
}

const managerTraps = [
  {
    name: 'recordAllActions',
    applies: isTrue,
    id: 'record-all-actions',
    consequence:
      'every setAttribute of a request is sent, not only the last one of each name: larger messages to every node',
    fix: 'remove it unless listeners of the other nodes must see every step',
  },
  {
    name: 'maxActiveSessions',
    applies: (value: string): boolean => /^\d{1,9}$/.test(value.trim()),
    id: 'max-active-sessions',
    consequence:
      'copies from other nodes count too: the whole cluster can hold no more sessions than one node, and the next one is refused with an exception',
    fix: 'maxActiveSessions="-1", or the number for the whole cluster',
  },
  {
    name: 'terminateOnStartFailure',
    applies: isTrue,
    id: 'terminate-on-start-failure',
    consequence:
      'if one message to the other nodes fails while the context starts, the application does not start on this node',
    fix: 'remove it, unless a node without replication is worse than a node less',
  },
  {
    name: 'sessionAttributeNameFilter',
    applies: (value: string): boolean => value.trim() !== '',
    id: 'session-attribute-filter',
    consequence: 'attributes whose name does not match are never sent: they are gone after every failover',
    fix: 'make sure the application can do without them',
  },
] as const;

function* managerTrap(situation: Situation, id: (typeof managerTraps)[number]['id']): Generator<Report> {
  const { name, applies, consequence, fix } = managerTraps.find((trap) => trap.id === id)!;
  for (const manager of managers(situation)) {
    const attribute = attributeOf(manager, name);
    if (!attribute || !applies(attribute.value)) continue;
    yield at(attribute, { message: `${name}="${attribute.value.slice(0, 60)}" on the Manager`, consequence, fix });
  }
}

/** Tomcat 5.5 splits its filter at ";", later ones take it whole. */
function filterPattern(filter: string, version: TomcatVersion): string {
  if (compareVersions(version, '5.5') > 0) return filter.trim();
  const parts = filter.split(';').map((part) => part.trim());
  return parts.filter((part) => part !== '').join('|');
}

function* replicationFilter({ files, version }: Situation): Generator<Report> {
  const filters = files.servers
    .flatMap(({ clusters }) => clusters)
    .flatMap(({ valves: configured }) => configured.filter((valve) => simpleClass(valve) === 'ReplicationValve'))
    .flatMap((valve) => attributeOf(valve, 'filter') ?? [])
    .filter(({ value }) => value.trim() !== '');
  for (const filter of filters.slice(0, mostPatterns)) {
    const verdict = tryPattern(filterPattern(filter.value, version.version));
    if (verdict.kind === 'clear') continue;
    const shown = filter.value.slice(0, 60);
    const matches = verdict.kind === 'matches';
    yield at(filter, {
      severity: matches ? 'warning' : 'info',
      message: matches
        ? `the filter ${shown} matches pages, ${verdict.page} for instance`
        : `the filter ${shown} could not be tried (${verdict.kind})`,
      consequence:
        'a request whose whole URI matches sends nothing, even if it changed the session; the change waits for the next request that does not match, and is lost if the node dies first',
      fix: String.raw`let it match static files only: .*\.(gif|js|jpg|png|css|ico)`,
    });
  }
}

function* filterSemicolons({ files, version }: Situation): Generator<Report> {
  if (compareVersions(version.version, '5.5') <= 0) return;
  for (const { valves: configured } of files.servers.flatMap(({ clusters }) => clusters)) {
    for (const valve of configured) {
      const filter = attributeOf(valve, 'filter');
      if (!filter?.value.includes(';')) continue;
      yield at(filter, {
        message: `the filter lists its patterns with ";", which only Tomcat 5.5 splits`,
        consequence: 'it is one pattern that no URI matches: every request of a static file is looked at for changes',
        fix: 'one pattern with "|" between the parts',
      });
    }
  }
}

/** Valves, listeners, deployer and options of the managers. */
export const clusterRules: readonly Rule[] = [
  { id: 'valve-default-lost', severity: 'error', about: 'only one of the two valves', check: valveDefaultLost },
  {
    id: 'listener-default-lost',
    severity: 'error',
    about: 'a ClusterListener without ClusterSessionListener',
    check: listenerDefaultLost,
  },
  {
    id: 'cluster-placement-mixed',
    severity: 'error',
    about: 'Cluster in Engine here and Host there',
    check: placementMixed,
  },
  { id: 'deployer-in-engine', severity: 'warning', about: 'FarmWarDeployer in the Engine', check: deployerInEngine },
  { id: 'deployer-watch-several', severity: 'error', about: 'watchEnabled on several nodes', check: deployerWatch },
  { id: 'expire-on-shutdown', severity: 'error', about: 'expireSessionsOnShutdown', check: expireOnShutdown },
  { id: 'state-transfer-timeout', severity: 'warning', about: 'stateTransferTimeout 0 or -1', check: stateTransferOff },
  {
    id: 'replication-filter-pages',
    severity: 'warning',
    about: 'a ReplicationValve filter that matches pages',
    check: replicationFilter,
  },
  {
    id: 'replication-filter-semicolons',
    severity: 'warning',
    about: 'a filter in the syntax of 5.5',
    check: filterSemicolons,
  },
  ...managerTraps.map(
    ({ id, name }): Rule => ({
      id,
      severity: id === 'max-active-sessions' || id === 'terminate-on-start-failure' ? 'warning' : 'info',
      about: name,
      check: (situation) => managerTrap(situation, id),
    }),
  ),
];
