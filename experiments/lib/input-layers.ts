import type { ImportedCluster } from '../import/to-scenario.ts';
import { InputError } from './input-error.ts';
import { fileLayer, type Layer, statedLayer } from './load-scenario.ts';
import type { Assignment } from './set-path.ts';

/** Flags that name files. */
interface FileFlags {
  readonly scenario: string | undefined;
  readonly 'server-xml': string[] | undefined;
  readonly 'nginx-conf': string[] | undefined;
  readonly config: string[] | undefined;
  readonly 'with-faults-of': string[] | undefined;
  readonly strategies: readonly string[] | undefined;
  readonly set: readonly Assignment[] | undefined;
}

/** Flags that are another way to write a key of the scenario. */
interface RunFlags {
  readonly seed: number | undefined;
  readonly duration: number | undefined;
  readonly 'warm-up': number | undefined;
  readonly replications: number | undefined;
}

/** What became of the configuration files, line by line. */
function account({ used, notModelled, findings }: ImportedCluster): string[] {
  const section = (head: string, lines: string[]): string[] => (lines.length === 0 ? [] : [head, ...lines]);
  // Several server.xml repeat their mistakes; each is told once.
  const told = new Map(findings.filter(({ severity }) => severity !== 'info').map((one) => [one.message, one]));
  return [
    ...section(
      'Used of the configuration files:',
      used.map(
        ({ file, line, path, value, attribute }) =>
          `  ${file}:${line}: ${attribute} -> ${path} = ${JSON.stringify(value)}`,
      ),
    ),
    ...section(
      'Read but not modelled:',
      notModelled.map(({ file, line, what }) => `  ${file}:${line}: ${what}`),
    ),
    ...section(
      'Suspect (experiments/lint.ts says what it causes, and how to mend it):',
      [...told.values()].map(({ file, line, severity, message }) => `  ${file}:${line}: ${severity}: ${message}`),
    ),
  ];
}

/** The layer of what was imported; messages name the line that a value came from. */
function importedLayer(value: Record<string, unknown>, { used }: ImportedCluster, first: string): Layer {
  const placeOf = (path: string): string => {
    const near = (one: string): boolean => one === path || path.startsWith(`${one}.`) || one.startsWith(`${path}.`);
    const fact = used.find((one) => near(one.path));
    return fact ? `${fact.file}:${fact.line}` : `${first}:1`;
  };
  return { value, placeOf };
}

/** @throws InputError - a file that cannot be read, or a strategy that is not simulated and no other was chosen. */
async function importLayer(values: FileFlags): Promise<FileLayers> {
  const { importCluster } = await import('../import/to-scenario.ts');
  const { sortFiles } = await import('../import/cluster-files.ts');
  const given = [...(values['server-xml'] ?? []), ...(values['nginx-conf'] ?? []), ...(values.config ?? [])];
  const sorted = sortFiles(values.config ?? []);
  const imported = importCluster({
    ...sorted,
    serverXml: [...(values['server-xml'] ?? []), ...(sorted.serverXml ?? [])],
    nginxConf: [...(values['nginx-conf'] ?? []), ...(sorted.nginxConf ?? [])],
  });
  const unknown = imported.findings.find(({ rule }) => rule === 'strategy-not-simulated');
  const chosen = values.strategies !== undefined || values.set?.some(({ path }) => path === 'replication.strategy');
  if (unknown && !chosen) {
    throw new InputError(`${unknown.file}:${unknown.line}: ${unknown.message}; choose what is with --strategies`);
  }
  return { layers: [importedLayer(imported.scenario, imported, given[0])], account: account(imported) };
}

/** Keys that a mistake of the configuration decides. */
function mistakesOf({ scenario, findings }: ImportedCluster): Record<string, unknown> {
  const sections = scenario as Record<string, Record<string, unknown>>;
  const { misconfiguration, membership, balancer, replication, channel } = sections;
  const has = (...rules: string[]): boolean => findings.some(({ rule }) => rules.includes(rule));
  const { mcastFrequencyMs, memberDropTimeMs } = membership ?? {};
  const times = Object.entries({ mcastFrequencyMs, memberDropTimeMs }).filter(([, value]) => value !== undefined);
  const isFlapping = times.length > 0 && has('drop-time-short', 'membership-times-differ');
  const isUnsent = has('send-option-4-alone', 'async-without-dispatcher') && channel?.sendOptions !== undefined;
  const detector = membership?.tcpFailureDetector as { enabled?: boolean } | undefined;
  const isLocal = replication?.strategy === 'none' && findings.some(({ rule }) => /^distributable-/.test(rule));
  return {
    ...(misconfiguration ? { misconfiguration } : {}),
    ...(detector?.enabled === false || isFlapping
      ? {
          membership: {
            ...(isFlapping ? Object.fromEntries(times) : {}),
            ...(detector?.enabled === false ? { tcpFailureDetector: { enabled: false } } : {}),
          },
        }
      : {}),
    ...(isUnsent ? { channel: { sendOptions: channel.sendOptions } } : {}),
    ...(balancer?.jvmRoute === false ? { balancer: { jvmRoute: false } } : {}),
    ...(isLocal ? { replication: { strategy: 'none' } } : {}),
  };
}

/** The mistakes of configuration files, without the rest of them. */
async function faultLayer(files: readonly string[]): Promise<FileLayers> {
  const { importCluster } = await import('../import/to-scenario.ts');
  const { sortFiles } = await import('../import/cluster-files.ts');
  const imported = importCluster(sortFiles(files));
  const value = mistakesOf(imported);
  const isTaken = (path: string): boolean =>
    path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value) !==
    undefined;
  const lines = imported.used
    .filter(({ path }) => isTaken(path) && path !== 'balancer.type')
    .map(({ file, line, attribute }) => `  ${file}:${line}: ${attribute}`);
  const none = ['  none that is simulated'];
  return {
    layers: [importedLayer(value, imported, files[0])],
    account: [
      'Mistakes of the configuration files:',
      ...(Object.keys(value).length > 0 ? lines : none),
      'No file tells of these; set them:',
      '  a firewall between the nodes:         --set misconfiguration.tcpPort=dropped (or refused)',
      '  clocks that differ [s]:               --set misconfiguration.clockOffsetsS=[5,0]',
      '  attributes that are not serialisable: --set misconfiguration.unserialisableRatio=0.05',
      '  attributes changed in place:          --set session.mutateWithoutSetRatio=0.1',
    ],
  };
}

/** Layers of a scenario and, line by line, what became of the files they were made of. */
export interface FileLayers {
  readonly layers: readonly Layer[];
  readonly account: readonly string[];
}

/** The layers that the files of the command line make, weakest first. */
export async function fileLayers(values: FileFlags): Promise<FileLayers> {
  const none: FileLayers = { layers: [], account: [] };
  const faultFiles = values['with-faults-of'];
  const hasConfig = [values['server-xml'], values['nginx-conf'], values.config].some((one) => one !== undefined);
  const config = hasConfig ? await importLayer(values) : none;
  const faults = faultFiles === undefined ? none : await faultLayer(faultFiles);
  return {
    layers: [
      ...(values.scenario === undefined ? [] : [fileLayer(values.scenario)]),
      ...config.layers,
      ...faults.layers,
    ],
    account: [...config.account, ...faults.account],
  };
}

/** The layer that the flags of a run make: they are stronger than any file. */
export function runLayer({ seed, duration, 'warm-up': warmUp, replications }: RunFlags): Layer {
  const given = { seed, durationS: duration, warmUpS: warmUp, replications };
  const run = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return statedLayer(Object.keys(run).length > 0 ? { run } : {}, 'command line');
}
