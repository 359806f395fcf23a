import type { ScenarioBuilder } from './scenario-builder.ts';
import { decide, shown, wordOf } from './setting-values.ts';
import type { Setting } from './settings-file.ts';
import type { SpringFacts } from './spring-facts.ts';
import { NEVER_S, springTimeMs, wholeNumber } from './units.ts';

/** Settings that change nothing a simulation could show, and why. */
const harmless: ReadonlyMap<string, string> = new Map([
  ['spring.session.redis.namespace', 'names of keys never collide in the simulation'],
  ['spring.session.redis.cleanupcron', 'only when events of expired sessions are fired'],
  ['spring.session.redis.configureaction', 'keyspace events are not simulated'],
  ['spring.session.redis.repositorytype', 'default'],
  ['server.port', 'every simulated node is reached under its own address'],
]);

/** What concerns sessions, their store or the connector; the rest of an application's settings does not. */
const relevant = /^(spring\.session|spring\.(data\.)?redis|server)\./;

/** A setting under any of its names: Boot 4 and Boot 3 have moved two groups. */
function named({ settings }: SpringFacts, ...names: readonly string[]): Setting | undefined {
  for (const name of names) {
    const all = [
      name,
      name.replace('spring.session.redis.', 'spring.session.data.redis.'),
      name.replace('spring.redis.', 'spring.data.redis.'),
    ];
    const found = all.map((one) => settings.get(one)).find((one) => one !== undefined);
    if (found) return found;
  }
  return undefined;
}

/** The entries of a list: one setting with commas, or a numbered setting each. */
function listOf({ settings }: SpringFacts, name: string): Setting[] {
  const names = [name, name.replace('spring.redis.', 'spring.data.redis.')];
  const [whole] = names.flatMap((one) => settings.get(one) ?? []);
  if (whole) return whole.value.split(',').map((value) => ({ ...whole, value: value.trim() }));
  const isEntry = (key: string): boolean => names.some((one) => key.startsWith(`${one}.`));
  return [...settings].flatMap(([key, setting]) => (isEntry(key) ? [setting] : []));
}

/** Where Redis is tells who makes a replica master; how many replicas there are it does not tell. */
function importRedis(builder: ScenarioBuilder, facts: SpringFacts): void {
  const sentinels = listOf(facts, 'spring.redis.sentinel.nodes');
  const seeds = listOf(facts, 'spring.redis.cluster.nodes');
  const host = named(facts, 'spring.redis.url', 'spring.redis.host');
  for (const one of [...sentinels, ...seeds]) {
    builder.mark([...facts.settings.values()].find(({ key }) => key === one.key));
  }
  builder.mark(named(facts, 'spring.redis.sentinel.master'));
  const [sentinel] = sentinels;
  const [seed] = seeds;
  if (sentinel) {
    const text = `${sentinels.length} sentinel.nodes`;
    builder.set('stores.redis.failover', 'sentinel', { ...sentinel }, text);
    builder.set('stores.redis.sentinels', sentinels.length, { ...sentinel }, text);
  } else if (seed) {
    const text = 'cluster.nodes: a Redis Cluster, whose smallest has 3 masters; the list names only where to ask first';
    builder.set('stores.redis.failover', 'cluster', { ...seed }, text);
    builder.set('stores.redis.shards', 3, { ...seed }, text);
  } else if (host) {
    builder.set('stores.redis.failover', 'none', host, `${shown(host)}: one address, no Sentinel and no Cluster`);
  }
}

/** Spring Session and its Redis. */
export function importSpringSession(builder: ScenarioBuilder, facts: SpringFacts): void {
  const { store } = facts;
  if (store?.kind !== 'redis') return;
  builder.set('replication.strategy', 'spring-session', store.at, store.why);
  const decideBy = (path: string, name: string, read: (text: string, setting: Setting) => unknown): void =>
    decide(builder, { path, setting: named(facts, name), read });
  decideBy('replication.flushMode', 'spring.session.redis.flushmode', wordOf(['ON_SAVE', 'IMMEDIATE']));
  const saveModes = ['ON_SET_ATTRIBUTE', 'ON_GET_ATTRIBUTE', 'ALWAYS'];
  decideBy('replication.saveMode', 'spring.session.redis.savemode', wordOf(saveModes));
  decideBy('replication.timeoutMs', 'spring.redis.timeout', (text, at) => springTimeMs(text, 1, at));
  const type = named(facts, 'spring.session.redis.repositorytype');
  if (type && /indexed/i.test(type.value)) {
    builder.note(type, `${shown(type)}: the commands for its indexes, 3 to 6 at each save, are not simulated`);
  }
  importRedis(builder, facts);
}

/** The embedded Tomcat and the lifetime of sessions. */
export function importSpringServer(builder: ScenarioBuilder, facts: SpringFacts): void {
  const timeouts = ['spring.session.timeout', 'server.servlet.session.timeout', 'server.session.timeout'];
  const read = (text: string, at: Setting): number => {
    if (/^-|^0\D*$/.test(text)) return NEVER_S;
    return springTimeMs(text, 1000, at) / 1000;
  };
  decide(builder, { path: 'session.idleTimeoutS', setting: named(facts, ...timeouts), read });
  const number = (text: string, at: Setting): number => wholeNumber(text, at, at.key);
  for (const [path, ...names] of [
    ['node.maxThreads', 'server.tomcat.threads.max', 'server.tomcat.maxthreads'],
    ['node.acceptCount', 'server.tomcat.acceptcount'],
    ['node.maxConnections', 'server.tomcat.maxconnections'],
  ]) {
    decide(builder, { path, setting: named(facts, ...names), read: number });
  }
}

/** What of the application's settings became no part of the scenario. */
export function noteSpring(builder: ScenarioBuilder, facts: SpringFacts): void {
  const others: Setting[] = [];
  for (const [name, setting] of facts.settings) {
    if (builder.isMarked(setting)) continue;
    const why = harmless.get(name.replace('session.data.redis', 'session.redis'));
    if (relevant.test(name)) builder.note(setting, `${shown(setting)}${why ? `: ${why}` : ''}`);
    else others.push(setting);
  }
  const [first] = others;
  if (first) {
    const rest = others.length > 1 ? ` and ${others.length - 1} more` : '';
    builder.note(first, `${first.key}${rest}: of neither sessions nor the server`);
  }
  const profiles = new Set(facts.ofProfiles.map(({ profile }) => profile));
  for (const profile of profiles) {
    const own = facts.ofProfiles.filter((setting) => setting.profile === profile);
    builder.note(own[0], `${own.length} settings of the profile ${profile} only: not used`);
  }
}
