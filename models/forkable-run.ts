import { invariant } from '../sim/invariant.ts';
import { Wiring } from '../sim/state-copy.ts';
import { seconds } from '../sim/time.ts';
import { Cluster } from './cluster.ts';
import type { RunResult } from './results.ts';
import type { Fault } from './scenario/fault-schema.ts';
import type { Scenario } from './scenario/schema.ts';

/**
 * A run that can be forked while it stands still: many ways to go on share one warm-up.
 *
 * ```
 *   const warm = new ForkableRun(scenario, 0);
 *   warm.runUntil(10);
 *   const results = plans.map((faults) => warm.finishWith(faults));
 * ```
 * A fork equals, to the last bit and event, a run of the scenario with its faults from the start (test/properties/
 * forks.test.ts). It shares nothing with the run it was taken from, which can go on, be forked again, and so can the fork.
 *
 * Why a copy and not a replay: a second cluster is built from the same scenario, so that it has the same parts, and the
 * state of each part is copied into its counterpart (`sim/state-copy.ts`). What the copy does not understand is an error.
 */
export class ForkableRun {
  /** For looking inside; to be run by this object only. */
  readonly cluster: Cluster;
  private readonly scenario: Scenario;
  private readonly replication: number;
  /** What was there before anything happened. */
  readonly wiring: Wiring;
  private faults: readonly Fault[];
  private isFinished = false;
  /** The cluster that `finishWith` uses again and again. */
  private spare: ForkableRun | undefined;

  /**
   * @param scenario - its faults are those that all forks have until they are given others.
   * @param replication - as in `simulate`.
   */
  constructor(scenario: Scenario, replication: number) {
    this.scenario = scenario;
    this.replication = replication;
    // Faults come after the wiring is taken, because forks differ in them.
    this.cluster = new Cluster({ ...scenario, faults: [] }, replication);
    this.wiring = new Wiring(this.cluster);
    this.faults = scenario.faults;
    this.cluster.faults.set(this.faults);
  }

  /** How far it has run [ns]: everything up to and at this moment has happened. */
  get nowNs(): number {
    return this.cluster.sim.nowNs;
  }

  /**
   * Runs on.
   * @param timeS - up to and at this moment, from the start of the warm-up [s]; not after the end of the run.
   */
  runUntil(timeS: number): void {
    this.runUntilNs(seconds(timeS));
  }

  /** The same in [ns]: one before the moment of a fault is the latest at which it can still be replaced. */
  runUntilNs(timeNs: number): void {
    const { warmUpS, durationS } = this.scenario.run;
    invariant(!this.isFinished, 'a run goes on after its end');
    invariant(timeNs <= seconds(warmUpS + durationS), () => `a run goes on to ${timeNs} ns, after its end`);
    this.cluster.sim.runUntil(timeNs);
  }

  /**
   * A second run that is now where this one is.
   * @param faults - of the second run; what has begun by now is the same, at the same places. Without: as this one's.
   */
  fork(faults: readonly Fault[] = this.faults): ForkableRun {
    return this.forkInto(new ForkableRun({ ...this.scenario, faults: [] }, this.replication), faults);
  }

  /**
   * Runs a fork to its end. Cheaper than `fork`, because one cluster serves all forks, one after the other.
   * @param faults - as in `fork`.
   */
  finishWith(faults: readonly Fault[] = this.faults): RunResult {
    this.spare ??= new ForkableRun({ ...this.scenario, faults: [] }, this.replication);
    return this.forkInto(this.spare, faults).finish();
  }

  /**
   * Makes another run of the same scenario and replication, whatever has become of it, a fork of this one: cheaper than
   * a new one.
   * @param faults - as in `fork`.
   */
  forkInto(other: ForkableRun, faults: readonly Fault[] = this.faults): ForkableRun {
    invariant(other !== this && other.replication === this.replication, 'a run is forked into one of another kind');
    invariant(!this.isFinished, 'a run is forked after its end');
    this.wiring.copyTo(other.wiring);
    other.faults = faults;
    other.cluster.faults.set(faults);
    other.isFinished = false;
    return other;
  }

  /** Runs to the end. @returns what `simulate` gives for the scenario with these faults. */
  finish(): RunResult {
    invariant(!this.isFinished, 'a run ends twice');
    this.isFinished = true;
    return this.cluster.run();
  }
}
