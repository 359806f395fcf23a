import { managerKind } from '../import/context-xml.ts';
import type { Situation } from '../import/situation.ts';
import { compareVersions } from '../import/tomcat-versions.ts';
import { isTrue } from '../import/units.ts';
import { at, type Report, type Rule } from './finding.ts';

const localSessions =
  'the context gets a StandardManager: members see each other, but not one session message is sent, and a failover starts with a new, empty session';

function sessionStoreElsewhere({ strategy }: Situation): boolean {
  return ['memcached', 'redisson', 'redis-manager', 'spring-session'].includes(strategy.kind);
}

function* missing(situation: Situation): Generator<Report> {
  const { files, cluster } = situation;
  if (!cluster || sessionStoreElsewhere(situation) || situation.distributable.effective === true) return;
  for (const { kind, distributable, root } of files.webs) {
    if (kind !== 'application' || distributable) continue;
    yield at(root, {
      message: 'WEB-INF/web.xml has no <distributable/>',
      consequence: localSessions,
      fix: 'add <distributable/> below <web-app> of WEB-INF/web.xml',
    });
  }
}

function* onlyInContext({ files, version, distributable }: Situation): Generator<Report> {
  if (compareVersions(version.version, '6.0') <= 0 || distributable.effective === true) return;
  for (const context of files.contexts) {
    if (!context.distributable || !isTrue(context.distributable.value)) continue;
    yield at(context.distributable, {
      message: '<Context distributable="true"> without <distributable/> in WEB-INF/web.xml',
      consequence: 'since Tomcat 7 the value of web.xml overwrites it, and there it is absent: sessions stay local',
      fix: 'put <distributable/> into WEB-INF/web.xml; the attribute of the Context can go',
    });
  }
}

function* redundantInContext({ files, version, distributable }: Situation): Generator<Report> {
  if (compareVersions(version.version, '6.0') <= 0 || distributable.effective !== true) return;
  for (const context of files.contexts) {
    if (!context.distributable || !isTrue(context.distributable.value)) continue;
    yield at(context.distributable, {
      message: '<Context distributable="true"> beside <distributable/> in WEB-INF/web.xml',
      consequence:
        'it does nothing: since Tomcat 7 web.xml decides. If replication began with this line, the cure was the reload of the application that editing the file causes (only then was the new web.xml read), or attributes made Serializable at the same time',
      fix: 'remove the attribute; keep <distributable/> in WEB-INF/web.xml',
    });
  }
}

function* onlyInConfWebXml({ files, distributable }: Situation): Generator<Report> {
  if (distributable.effective === true) return;
  for (const { kind, distributable: element } of files.webs) {
    if (kind !== 'container' || !element) continue;
    yield at(element, {
      message: '<distributable/> stands in conf/web.xml, the defaults of the server',
      consequence: `it has no effect there, it is combined with the application's own by "and": ${localSessions}`,
      fix: 'put it into WEB-INF/web.xml of the application',
    });
  }
}

function* cancelledByFragment({ files }: Situation): Generator<Report> {
  if (!files.webs.some(({ kind, distributable }) => kind === 'application' && distributable)) return;
  for (const { kind, distributable, root } of files.webs) {
    if (kind !== 'fragment' || distributable) continue;
    yield at(root, {
      message: 'a web-fragment.xml without <distributable/>',
      consequence: `one such library makes the whole application non-distributable: ${localSessions}`,
      fix: 'add <distributable/> to the fragment, or metadata-complete="true" to WEB-INF/web.xml',
    });
  }
}

function* managerOverrides({ files, cluster }: Situation): Generator<Report> {
  if (!cluster) return;
  for (const { manager } of files.contexts) {
    const kind = managerKind(manager);
    if (!manager || (kind !== 'local' && kind !== 'persistent')) continue;
    yield at(manager, {
      message: `a <Manager> of the Context (${manager.attributes.get('className')?.value ?? 'StandardManager'}) beside a <Cluster>`,
      consequence: 'it replaces the manager of the cluster: the sessions of this application are not replicated',
      fix: 'remove it, or give it the class of DeltaManager or BackupManager',
    });
  }
}

function* listenersOnReplicas({ files, strategy, cluster }: Situation): Generator<Report> {
  if (strategy.kind !== 'delta' && strategy.kind !== 'backup') return;
  const notify = strategy.manager?.attributes.get('notifyListenersOnReplication');
  if (!cluster || (notify && !isTrue(notify.value))) return;
  for (const { listeners } of files.webs) {
    for (const listener of listeners) {
      if (!/session|attribute/i.test(listener.className)) continue;
      yield at(listener, {
        message: `the session listener ${listener.className.slice(0, 80)} also runs on every node that only receives the session`,
        consequence:
          'its side effects (counters, mails, database rows) happen once per node, and its CPU is spent on every node',
        fix: 'notifyListenersOnReplication="false", notifySessionListenersOnReplication="false" on the Manager',
      });
    }
  }
}

/** Whether the application's sessions reach the cluster at all. */
export const distributableRules: readonly Rule[] = [
  { id: 'distributable-missing', severity: 'error', about: 'WEB-INF/web.xml without <distributable/>', check: missing },
  {
    id: 'distributable-only-in-context',
    severity: 'error',
    about: 'distributable only on the Context',
    check: onlyInContext,
  },
  {
    id: 'distributable-redundant',
    severity: 'info',
    about: 'distributable on the Context as well',
    check: redundantInContext,
  },
  {
    id: 'distributable-only-in-conf-web-xml',
    severity: 'error',
    about: 'distributable only in conf/web.xml',
    check: onlyInConfWebXml,
  },
  {
    id: 'distributable-cancelled-by-fragment',
    severity: 'error',
    about: 'a web-fragment.xml that cancels it',
    check: cancelledByFragment,
  },
  {
    id: 'context-manager-overrides',
    severity: 'error',
    about: 'a local Manager on the Context',
    check: managerOverrides,
  },
  {
    id: 'listeners-run-on-replicas',
    severity: 'info',
    about: 'session listeners that run on every node',
    check: listenersOnReplicas,
  },
];
