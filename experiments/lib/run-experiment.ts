import type { Findings } from './findings.ts';
import { storedFindings } from './findings.ts';
import { gridPoints } from './grid.ts';
import { costOf, GridDriver, orderOf, type Shard } from './grid-driver.ts';
import type { Io } from './io.ts';
import type { Runner } from './run-pool.ts';
import type { RunKey } from './run-record.ts';
import { neededReplications } from './statistics-rules.ts';
import { asRunFailed, type Driver, sweep } from './sweep.ts';
import type { SweepPlan } from './sweep-plan.ts';
import { type OwnTable, writeResults } from './write-results.ts';

/** An experiment: what it is called, what it computes and where that goes. */
export interface Experiment {
  readonly name: string;
  readonly question: string;
  readonly command: readonly string[];
  readonly plan: SweepPlan;
  readonly out: string;
  readonly jobs: number;
  readonly resume: boolean;
  readonly quiet: boolean;
  /** Tables that it writes besides those of every experiment. */
  readonly own?: (findings: Findings) => readonly OwnTable[];
}

/** The whole of a sweep as one shard. */
export const wholeSweep: Shard = { index: 1, count: 1 };

/** Asks for every point of a shard. */
export function gridDriver(plan: SweepPlan, shard: Shard): Driver {
  const perPoint = neededReplications(plan.rules, 0, []);
  const { seed } = plan.base.run;
  const order = orderOf(plan.grid, shard);
  const isMine = shard.count === 1 ? undefined : new Set(order);
  let cost = 0;
  let index = 0;
  for (const point of gridPoints(plan.grid)) if (!isMine || isMine.has(index++)) cost += perPoint * costOf(point);
  return {
    runs: order.length * perPoint,
    cost,
    surely: {
      *[Symbol.iterator](): Generator<RunKey> {
        let at = 0;
        for (const point of gridPoints(plan.grid)) {
          if (!isMine || isMine.has(at)) {
            for (let replication = 1; replication <= perPoint; replication += 1) yield { ...point, replication, seed };
          }
          at += 1;
        }
      },
    },
    costOf,
    drive: (desk) => new GridDriver(plan, desk).run(order),
  };
}

/**
 * Runs a plan, writes the results folder and gives back what is in it.
 *
 * @throws Interrupted | RunFailed | InputError - nothing half-written is left.
 */
export async function runExperiment(experiment: Experiment, runner: Runner, io: Io): Promise<Findings> {
  const { plan } = experiment;
  const startedAt = new Date();
  const { store, resumed, release } = await sweep(plan, gridDriver(plan, wholeSweep), experiment, runner, io);
  try {
    const findings = storedFindings(plan, store);
    writeFindings(experiment, findings, { startedAt, resumed }, io);
    return findings;
  } catch (error) {
    throw asRunFailed(error, experiment.out);
  } finally {
    release();
  }
}

/** Writes the results folder of an experiment. */
export function writeFindings(
  experiment: Experiment,
  findings: Findings,
  { startedAt, resumed }: { startedAt: Date; resumed: number },
  io: Io,
): void {
  const { name, question, command, plan, out, jobs, quiet, own } = experiment;
  const wallS = (Date.now() - startedAt.getTime()) / 1000;
  const { head, base: scenario, grid } = plan;
  const about = { experiment: name, question, command, head, scenario, grid, jobs };
  const tables = own ? { own: own(findings) } : {};
  const { runs, over } = writeResults(out, { ...about, findings, runsResumed: resumed, startedAt, wallS, ...tables });
  if (quiet) return;
  if (over > 0) io.err(`${over} runs went over a budget; runs.csv tells which\n`);
  io.err(`${runs - resumed} runs in ${wallS.toFixed(1)} s; results are in ${out}\n`);
}
