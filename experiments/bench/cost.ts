import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClusterCost } from './cluster.ts';

/** Cuts of a run that takes turns with others. */
const SLICES = 60;

const file = fileURLToPath(new URL('./cluster.ts', import.meta.url));

/** A run in a process of its own. */
class Run {
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(scenario: object, slices: number) {
    const command = ['--import', 'tsx', file, JSON.stringify(scenario), String(slices)];
    this.process = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** Lets it run up to its next cut. */
  async slice(): Promise<void> {
    this.process.stdin?.write('\n');
    await this.line();
  }

  async end(): Promise<ClusterCost> {
    const cost = JSON.parse(await this.line()) as ClusterCost;
    if (this.process.exitCode === null) await once(this.process, 'exit');
    return cost;
  }

  private async line(): Promise<string> {
    const { done, value } = await this.lines.next();
    if (done) throw new Error('a run of the bench has failed');
    return value;
  }
}

/** Runs a scenario in a process of its own. */
export async function costOf(scenario: object): Promise<ClusterCost> {
  const [cost] = await costsInTurn([scenario], 1);
  return cost;
}

/**
 * Runs scenarios in processes of their own, a slice of each in turn: a machine whose speed changes by the second is as slow for one
 * as for the other, so that what they cost can be compared although all of them are short.
 */
export async function costsInTurn(scenarios: readonly object[], slices = SLICES): Promise<ClusterCost[]> {
  const runs = scenarios.map((scenario) => new Run(scenario, slices));
  for (let slice = 0; slice <= slices; slice += 1) {
    for (const run of slice % 2 === 0 ? runs : runs.toReversed()) await run.slice();
  }
  const costs: ClusterCost[] = [];
  for (const run of runs) costs.push(await run.end());
  return costs;
}

/** A scenario of the bench: warm from the start, no faults. */
export function clusterOf(
  nodes: number,
  strategy: string,
  requestsPerSecond: number,
  durationS: number,
  more = {},
): object {
  return {
    name: 'bench',
    nodes,
    load: { requestsPerSecond },
    replication: { strategy },
    run: { warmUpS: 0, durationS, seed: 1 },
    ...more,
  };
}
