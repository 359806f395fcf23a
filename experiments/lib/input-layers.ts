import type { Io } from './io.ts';
import { fileLayer, type Layer, statedLayer } from './load-scenario.ts';

/** Flags that name files. */
interface FileFlags {
  readonly scenario: string | undefined;
  readonly 'server-xml': string[] | undefined;
  readonly 'nginx-conf': string[] | undefined;
  readonly quiet: boolean | undefined;
}

/** Flags that are another way to write a key of the scenario. */
interface RunFlags {
  readonly seed: number | undefined;
  readonly duration: number | undefined;
  readonly 'warm-up': number | undefined;
  readonly replications: number | undefined;
}

/** Reads the configuration files of a cluster and says what became of them. */
async function importLayer(values: FileFlags, io: Io): Promise<Layer> {
  const { importCluster } = await import('../import/to-scenario.ts');
  const { scenario, used, notModelled, findings } = importCluster({
    serverXml: values['server-xml'] ?? [],
    nginxConf: values['nginx-conf'] ?? [],
  });
  if (!values.quiet) {
    io.err('Used of the configuration files:\n');
    for (const { file, line, path, value, attribute } of used) {
      io.err(`  ${file}:${line}: ${attribute} -> ${path} = ${JSON.stringify(value)}\n`);
    }
    if (notModelled.length > 0) io.err('Read but not modelled:\n');
    for (const { file, line, what } of notModelled) io.err(`  ${file}:${line}: ${what}\n`);
  }
  for (const { file, line, severity, message, consequence } of findings) {
    if (!values.quiet || severity === 'error') io.err(`${file}:${line}: ${severity}: ${message}; ${consequence}\n`);
  }
  const first = `${[...(values['server-xml'] ?? []), ...(values['nginx-conf'] ?? [])][0]}:1`;
  const placeOf = (path: string): string => {
    const near = (one: string): boolean => one === path || path.startsWith(`${one}.`) || one.startsWith(`${path}.`);
    const fact = used.find((one) => near(one.path));
    return fact ? `${fact.file}:${fact.line}` : first;
  };
  return { value: scenario, placeOf };
}

/** The layers that the files of the command line make, weakest first. */
export async function fileLayers(values: FileFlags, io: Io): Promise<Layer[]> {
  const layers: Layer[] = [];
  if (values.scenario !== undefined) layers.push(fileLayer(values.scenario));
  if (values['server-xml'] !== undefined || values['nginx-conf'] !== undefined)
    layers.push(await importLayer(values, io));
  return layers;
}

/** The layer that the flags of a run make: they are stronger than any file. */
export function runLayer({ seed, duration, 'warm-up': warmUp, replications }: RunFlags): Layer {
  const given = { seed, durationS: duration, warmUpS: warmUp, replications };
  const run = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return statedLayer(Object.keys(run).length > 0 ? { run } : {}, 'command line');
}
