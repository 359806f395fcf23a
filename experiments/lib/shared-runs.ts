import { simulate } from '../../models/cluster.ts';
import { ForkableRun } from '../../models/forkable-run.ts';
import type { RunResult } from '../../models/results.ts';
import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { seconds } from '../../sim/time.ts';
import { noted, readsAlike } from './noted-scenario.ts';
import { warmUpKey } from './shared-moments.ts';

/** Warm-ups that are kept: enough for the replications of a point, fewer of large clusters, which take more memory. */
const WARM_UPS_KEPT = 12;
const NODES_KEPT = 512;
/** Runs whose results are kept. */
const RESULTS_KEPT = 64;
/** So many runs without one that is like another: the settings of this sweep matter to all of its runs. */
const TRIES = 32;

interface KnownRun {
  readonly scenario: Scenario;
  readonly replication: number;
  readonly read: ReadonlySet<string>;
  readonly result: RunResult;
}

/**
 * Runs of one sweep that share what is the same in them, because they share their random numbers: a warm-up that only
 * later faults tell apart is run once and forked; a run that reads nothing of what two scenarios differ in is run once. A
 * result is the same to the last bit as that of a run of its own.
 */
export class SharedRuns {
  private readonly warm = new Map<string, ForkableRun>();
  private readonly known: KnownRun[] = [];
  private tries = 0;
  /** Runs asked for that needed no run of their own, and warm-ups that needed none. */
  sharedRuns = 0;
  sharedWarmUps = 0;

  /**
   * What `simulate` gives.
   * @param sharedNs - up to this moment other runs of the sweep are the same [ns]; 0: no such moment is known.
   */
  simulate(scenario: Scenario, replication: number, sharedNs: number): RunResult {
    return sharedNs > 0 ? this.forked(scenario, replication, sharedNs) : this.once(scenario, replication);
  }

  private forked(scenario: Scenario, replication: number, sharedNs: number): RunResult {
    const key = `${replication} ${sharedNs} ${warmUpKey(scenario)}`;
    let run = this.warm.get(key);
    if (run === undefined) {
      const lastBegun = scenario.faults.findLastIndex(({ atS }) => seconds(atS) <= sharedNs);
      run = new ForkableRun({ ...scenario, faults: scenario.faults.slice(0, lastBegun + 1) }, replication);
      run.runUntilNs(sharedNs);
    } else this.sharedWarmUps += 1;
    // The one that was used last comes last.
    this.warm.delete(key);
    this.warm.set(key, run);
    const most = Math.max(2, Math.min(WARM_UPS_KEPT, Math.floor(NODES_KEPT / nodeCount(scenario))));
    for (const old of this.warm.keys()) if (this.warm.size > most) this.warm.delete(old);
    return run.finishWith(scenario.faults);
  }

  private once(scenario: Scenario, replication: number): RunResult {
    if (this.tries >= TRIES && this.sharedRuns === 0) {
      this.known.length = 0;
      return simulate(scenario, replication);
    }
    this.tries += 1;
    const known = this.known.find(
      (one) => one.replication === replication && readsAlike(one.scenario, scenario, one.read),
    );
    if (known !== undefined) {
      this.sharedRuns += 1;
      return known.result;
    }
    const { scenario: watched, read } = noted(scenario);
    const result = simulate(watched, replication);
    this.known.push({ scenario, replication, read, result });
    if (this.known.length > RESULTS_KEPT) this.known.shift();
    return result;
  }
}
