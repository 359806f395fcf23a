import { managerKind } from '../import/context-xml.ts';
import { failoverNodes, memcachedNodes } from '../import/from-manager.ts';
import type { Situation } from '../import/situation.ts';
import { attributeOf, type XmlAttribute, type XmlElement } from '../import/xml.ts';
import { at, type Report, type Rule } from './finding.ts';
import { mostPatterns, samplePages, tryPattern } from './url-pattern.ts';

interface Msm {
  readonly context: XmlElement;
  readonly manager: XmlElement;
  readonly nodes: XmlAttribute | undefined;
  readonly isSticky: boolean;
}

function managersOf({ files }: Situation): Msm[] {
  return files.contexts.flatMap(({ manager, element }) => {
    if (!manager || managerKind(manager) !== 'memcached') return [];
    const isSticky = attributeOf(manager, 'sticky')?.value.trim().toLowerCase() !== 'false';
    return [{ context: element, manager, nodes: attributeOf(manager, 'memcachedNodes'), isSticky }];
  });
}

function idsOf(nodes: XmlAttribute | undefined): string[] {
  return nodes ? memcachedNodes(nodes).map(({ id }) => id) : [];
}

function* noPrimary(situation: Situation): Generator<Report> {
  for (const { manager, nodes, isSticky } of managersOf(situation)) {
    const failover = attributeOf(manager, 'failoverNodes');
    const ids = idsOf(nodes);
    const named = new Set(failoverNodes(manager));
    if (!failover || !isSticky || ids.some((id) => !named.has(id))) continue;
    yield at(failover, {
      message: `failoverNodes="${failover.value.slice(0, 60)}" names every memcached`,
      consequence:
        'no primary is left: sessions go to nodes meant as the last resort, and none is left to fail over to',
      fix: "name only the memcached on this Tomcat's own host",
    });
  }
}

function* failoverUnknown(situation: Situation): Generator<Report> {
  for (const { manager, nodes } of managersOf(situation)) {
    const failover = attributeOf(manager, 'failoverNodes');
    const ids = new Set(idsOf(nodes));
    const unknown = failoverNodes(manager).find((id) => !ids.has(id));
    if (!failover || unknown === undefined) continue;
    yield at(failover, {
      message: `failoverNodes names ${unknown.slice(0, 60)}, which is none of memcachedNodes`,
      consequence: 'the manager does not start, and with it the application',
      fix: 'write ids that memcachedNodes has',
    });
  }
}

function* failoverNonSticky(situation: Situation): Generator<Report> {
  for (const { manager, isSticky } of managersOf(situation)) {
    const failover = attributeOf(manager, 'failoverNodes');
    if (!failover || isSticky || failoverNodes(manager).length === 0) continue;
    yield at(failover, {
      message: 'failoverNodes with sticky="false"',
      consequence:
        'without stickiness there is no "own" Tomcat to survive: they only shrink the set of memcached nodes in use',
      fix: 'remove failoverNodes',
    });
  }
}

function* failoverSame(situation: Situation): Generator<Report> {
  const seen = new Map<string, XmlAttribute>();
  for (const { manager, isSticky } of managersOf(situation)) {
    const failover = attributeOf(manager, 'failoverNodes');
    if (!failover || !isSticky) continue;
    const value = failoverNodes(manager).join(',');
    const before = seen.get(value);
    if (before && before.file !== failover.file) {
      yield at(failover, {
        message: `failoverNodes="${value.slice(0, 60)}" as in ${before.file}:${before.line}`,
        consequence:
          'each Tomcat is to name the memcached of its own host: on one of the two a session and its copy now die with the same machine',
        fix: 'name the memcached that runs on the host of this Tomcat',
      });
    }
    seen.set(value, failover);
  }
}

function* orderDiffers(situation: Situation): Generator<Report> {
  const [first, ...others] = managersOf(situation);
  const text = (nodes: XmlAttribute | undefined): string =>
    nodes
      ? memcachedNodes(nodes)
          .map(({ id, address }) => `${id}:${address}`)
          .join(',')
      : '';
  for (const { nodes } of others) {
    if (!nodes || !first.nodes || text(nodes) === text(first.nodes)) continue;
    yield at(nodes, {
      message: `memcachedNodes differs from ${first.nodes.file}:${first.nodes.line}`,
      consequence:
        'the id in a session names a node by this list, and the second copy lies on the next one in its order: the other Tomcat looks in the wrong place and finds no session',
      fix: 'write the same nodes with the same ids in the same order on all Tomcats',
    });
  }
}

function* ignoreMatchesPages(situation: Situation): Generator<Report> {
  /** The pattern is matched against "METHOD URI?query" as a whole. */
  const subjects = samplePages.flatMap((page) => [`GET ${page}`, `POST ${page}`, page]);
  for (const { manager } of managersOf(situation).slice(0, mostPatterns)) {
    const pattern = attributeOf(manager, 'requestUriIgnorePattern');
    if (!pattern) continue;
    const verdict = tryPattern(pattern.value, subjects);
    if (verdict.kind === 'clear') continue;
    yield at(pattern, {
      severity: verdict.kind === 'matches' ? 'error' : 'info',
      message:
        verdict.kind === 'matches'
          ? `requestUriIgnorePattern matches pages, ${verdict.page} for instance`
          : `requestUriIgnorePattern could not be tried (${verdict.kind})`,
      consequence:
        'such a request neither stores the session nor, without stickiness, loads and locks it: its changes are lost at the next failover',
      fix: String.raw`let it match static files only: .*\.(ico|png|gif|jpg|css|js)$`,
    });
  }
}

function* ttlNotRefreshed(situation: Situation): Generator<Report> {
  for (const { manager, context, isSticky } of managersOf(situation)) {
    if (!isSticky) continue;
    const delay = attributeOf(context, 'backgroundProcessorDelay');
    if (delay && Number(delay.value) > 0) continue;
    yield at(delay ?? manager, {
      message: 'the Context has no backgroundProcessorDelay of its own',
      consequence:
        'the lifetime in memcached is then the session timeout less 6 s after the last write, and it is never renewed: a session that is only read vanishes from memcached while the user is still working, and a crash of Tomcat loses it',
      fix: '<Context backgroundProcessorDelay="10">',
    });
  }
}

function* nonStickyUnlocked(situation: Situation): Generator<Report> {
  for (const { manager, isSticky } of managersOf(situation)) {
    const mode = attributeOf(manager, 'lockingMode');
    if (isSticky || (mode && mode.value.trim() !== 'none')) continue;
    yield at(mode ?? manager, {
      message: 'sticky="false" without a lockingMode',
      consequence:
        'two requests of one session on two Tomcats each store the whole session: the later one erases all attributes of the other',
      fix: 'lockingMode="auto"',
    });
  }
}

/** memcached-session-manager. */
export const memcachedRules: readonly Rule[] = [
  { id: 'msm-no-primary', severity: 'error', about: 'failoverNodes that leave no primary', check: noPrimary },
  { id: 'msm-failover-unknown', severity: 'error', about: 'failoverNodes that do not exist', check: failoverUnknown },
  {
    id: 'msm-failover-non-sticky',
    severity: 'warning',
    about: 'failoverNodes in non-sticky mode',
    check: failoverNonSticky,
  },
  {
    id: 'msm-failover-same',
    severity: 'warning',
    about: 'the same failoverNodes on every Tomcat',
    check: failoverSame,
  },
  { id: 'msm-order-differs', severity: 'error', about: 'memcachedNodes in different order', check: orderDiffers },
  {
    id: 'msm-ignore-pattern-pages',
    severity: 'error',
    about: 'requestUriIgnorePattern that matches pages',
    check: ignoreMatchesPages,
  },
  {
    id: 'msm-ttl-not-refreshed',
    severity: 'warning',
    about: 'session timeout against the lifetime in memcached',
    check: ttlNotRefreshed,
  },
  { id: 'msm-non-sticky-unlocked', severity: 'warning', about: 'non-sticky without locking', check: nonStickyUnlocked },
];
