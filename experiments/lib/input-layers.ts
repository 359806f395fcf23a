import type { ImportedCluster } from '../import/to-scenario.ts';
import { InputError } from './input-error.ts';
import { fileLayer, type Layer, statedLayer } from './load-scenario.ts';
import type { Assignment } from './set-path.ts';

/** Flags that name files. */
interface FileFlags {
  readonly scenario: string | undefined;
  readonly 'server-xml': string[] | undefined;
  readonly 'nginx-conf': string[] | undefined;
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

/** @throws InputError - a file that cannot be read, or a strategy that is not simulated and no other was chosen. */
async function importLayer(values: FileFlags): Promise<FileLayers> {
  const { importCluster } = await import('../import/to-scenario.ts');
  const imported = importCluster({
    serverXml: values['server-xml'] ?? [],
    nginxConf: values['nginx-conf'] ?? [],
  });
  const { scenario, used, findings } = imported;
  const unknown = findings.find(({ rule }) => rule === 'strategy-not-simulated');
  const chosen = values.strategies !== undefined || values.set?.some(({ path }) => path === 'replication.strategy');
  if (unknown && !chosen) {
    throw new InputError(`${unknown.file}:${unknown.line}: ${unknown.message}; choose others with --strategies`);
  }
  const first = `${[...(values['server-xml'] ?? []), ...(values['nginx-conf'] ?? [])][0]}:1`;
  const placeOf = (path: string): string => {
    const near = (one: string): boolean => one === path || path.startsWith(`${one}.`) || one.startsWith(`${path}.`);
    const fact = used.find((one) => near(one.path));
    return fact ? `${fact.file}:${fact.line}` : first;
  };
  return { layers: [{ value: scenario, placeOf }], account: account(imported) };
}

/** Layers of a scenario and, line by line, what became of the files they were made of. */
export interface FileLayers {
  readonly layers: readonly Layer[];
  readonly account: readonly string[];
}

/** The layers that the files of the command line make, weakest first. */
export async function fileLayers(values: FileFlags): Promise<FileLayers> {
  const scenario = values.scenario === undefined ? [] : [fileLayer(values.scenario)];
  if (values['server-xml'] === undefined && values['nginx-conf'] === undefined)
    return { layers: scenario, account: [] };
  const { layers, account } = await importLayer(values);
  return { layers: [...scenario, ...layers], account };
}

/** The layer that the flags of a run make: they are stronger than any file. */
export function runLayer({ seed, duration, 'warm-up': warmUp, replications }: RunFlags): Layer {
  const given = { seed, durationS: duration, warmUpS: warmUp, replications };
  const run = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return statedLayer(Object.keys(run).length > 0 ? { run } : {}, 'command line');
}
