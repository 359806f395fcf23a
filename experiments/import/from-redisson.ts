import type { ScenarioBuilder } from './scenario-builder.ts';
import { decide, shown } from './setting-values.ts';
import type { Setting, SettingsFile } from './settings-file.ts';
import { wholeNumber } from './units.ts';

/** How Redisson reaches Redis, by the name of the section: what that says of the servers. */
const modes = ['singleServer', 'masterSlaveServers', 'sentinelServers', 'replicatedServers', 'clusterServers'] as const;
type Mode = (typeof modes)[number];

/** The names of the sections of redisson.yaml, by which it is known. */
export const redissonSections: readonly string[] = modes.map((mode) => `${mode}Config`);

/** The settings of the section of a redisson.yaml, by name. */
function sectionOf({ settings }: SettingsFile): { mode: Mode; own: Map<string, Setting> } | undefined {
  const mode = modes.find((one) => settings.some(({ key }) => key.startsWith(`${one}Config.`)));
  if (!mode) return undefined;
  const start = `${mode}Config.`;
  const own = settings.filter(({ key }) => key.startsWith(start));
  return { mode, own: new Map(own.map((setting) => [setting.key.slice(start.length), setting])) };
}

/** What the addresses say of the servers. */
function importServers(builder: ScenarioBuilder, mode: Mode, own: ReadonlyMap<string, Setting>): void {
  const listed = (name: string): Setting[] =>
    [...own].flatMap(([key, setting]) => (key === name || key.startsWith(`${name}.`) ? [setting] : []));
  const set = (key: string, value: unknown, [at]: readonly Setting[], text: string): void => {
    if (at) builder.set(`stores.redis.${key}`, value, { ...at }, text);
  };
  for (const one of ['sentinelAddresses', 'nodeAddresses', 'slaveAddresses'].flatMap(listed)) builder.mark(one);
  if (mode === 'singleServer') {
    set('failover', 'none', listed('address'), 'singleServerConfig: one address, nobody makes another one master');
  } else if (mode === 'masterSlaveServers') {
    const replicas = listed('slaveAddresses');
    const master = listed('masterAddress');
    set('replicas', Math.min(5, replicas.length), replicas, `${replicas.length} slaveAddresses`);
    set('failover', 'none', master, 'masterSlaveServersConfig: the master is fixed, nobody makes another one master');
  } else if (mode === 'sentinelServers') {
    const sentinels = listed('sentinelAddresses');
    set('failover', 'sentinel', sentinels, 'sentinelServersConfig');
    set('sentinels', sentinels.length, sentinels, `${sentinels.length} sentinelAddresses`);
  } else if (mode === 'replicatedServers') {
    const nodes = listed('nodeAddresses');
    const text = `${nodes.length} nodeAddresses: one master and its replicas; that a cloud makes one of them master is simulated as Sentinel`;
    set('replicas', Math.min(5, Math.max(0, nodes.length - 1)), nodes, text);
  } else {
    const text =
      'clusterServersConfig: a Redis Cluster, whose smallest has 3 masters; the list names only where to ask first';
    set('failover', 'cluster', listed('nodeAddresses'), text);
    set('shards', 3, listed('nodeAddresses'), text);
  }
}

/** Redisson reads from replicas unless it is told otherwise; simulated requests read from masters. */
function noteReads(builder: ScenarioBuilder, file: SettingsFile, mode: Mode, own: ReadonlyMap<string, Setting>): void {
  const said = own.get('readMode');
  if (mode === 'singleServer') return;
  if (said && said.value.toUpperCase() === 'MASTER') builder.mark(said);
  else {
    const [at] = own.values();
    const text = said ? shown(said) : 'readMode is SLAVE unless it is said';
    builder.note(
      said ?? at ?? file,
      `${text}: reads of replicas are simulated as reads of their master, which are never behind`,
    );
  }
}

/** What redisson.yaml decides: of the Redis in any case, of the client where it serves the sessions. */
export function importRedissonYaml(builder: ScenarioBuilder, file: SettingsFile, isManager: boolean): void {
  const section = sectionOf(file);
  if (!section) return;
  const { mode, own } = section;
  const number = (text: string, at: Setting): number => wholeNumber(text, at, at.key);
  const keys = isManager ? (['timeout', 'retryAttempts', 'retryInterval'] as const) : (['timeout'] as const);
  const paths = { timeout: 'timeoutMs', retryAttempts: 'retryAttempts', retryInterval: 'retryIntervalMs' };
  for (const key of keys) {
    decide(builder, { path: `replication.${paths[key]}`, setting: own.get(key), read: number });
  }
  importServers(builder, mode, own);
  noteReads(builder, file, mode, own);
}

/** What of it became no part of the scenario. */
export function noteRedisson(builder: ScenarioBuilder, file: SettingsFile): void {
  for (const setting of file.settings) if (!builder.isMarked(setting)) builder.note(setting, shown(setting));
}
