import { keyedUint32 } from '../../sim/keyed-random.ts';
import { TrialRuns } from '../../sim/trial-runs.ts';
import type { Heartbeats } from './heartbeats.ts';

/** Rows of a pair (observer, member) do not depend on the number of nodes. */
export const MEMBERS_MAX = 2 ** 16;
const SALT = 0x68bc21eb;

/**
 * Which heartbeats a lossy network drops: each by itself, with the share that holds when it is sent, at each receiver.
 *
 * Whether one is lost is a function of (seed, share, start of the sender, number of the beat, receiver): every share has
 * trials of its own, so that a fault of the network leaves what is lost before and after it as it was. Long runs of
 * losses are drawn as such (`TrialRuns`), hence nobody looks at every heartbeat.
 */
export class HeartbeatLoss {
  /** Moments at which the share changed [ns], ascending, and the share from each on; before the first nothing is lost. */
  private readonly changesNs: number[] = [];
  private readonly ratios: number[] = [];
  /** Of each change; undefined where all are lost, or none. */
  private readonly trials: (TrialRuns | undefined)[] = [];
  private readonly beats: Heartbeats;
  private readonly seed: number;
  /** Losses in a row that keep a member unheard for longer than dropTime, at least. */
  private readonly run: number;

  /** @param dropNs - silence after which a member expires. */
  constructor(beats: Heartbeats, seed: number, dropNs: number) {
    this.beats = beats;
    this.seed = seed;
    this.run = Math.max(1, Math.floor(dropNs / beats.periodNs));
  }

  /** Share of the heartbeats that are lost from the last change on. */
  get ratio(): number {
    return this.ratios[this.ratios.length - 1] ?? 0;
  }

  /** Whether heartbeats are or were lost. */
  get isKnown(): boolean {
    return this.changesNs.length > 0;
  }

  /** Since when the share is what it is [ns]. */
  get sinceNs(): number {
    return this.changesNs[this.changesNs.length - 1] ?? Number.NEGATIVE_INFINITY;
  }

  /** Heartbeats between two losses that may drop a member, on average. */
  get apart(): number {
    const p = this.ratio;
    return p === 0 ? Number.POSITIVE_INFINITY : 1 / ((1 - p) * p ** this.run);
  }

  /** From now on; heartbeats that were sent before have arrived or are lost as they were. */
  setRatio(ratio: number, nowNs: number): void {
    const same = this.ratios.indexOf(ratio);
    const isMixed = ratio > 0 && ratio < 1;
    const { trials } = this;
    this.changesNs.push(nowNs);
    this.ratios.push(ratio);
    trials.push(same >= 0 ? trials[same] : isMixed ? new TrialRuns(ratio, this.run) : undefined);
  }

  /** Whether the observer does not hear a heartbeat of the member that is sent at this moment. */
  isLost(observer: number, member: number, beatNs: number): boolean {
    if (!this.isKnown) return false;
    const change = this.changeAt(beatNs);
    const ratio = this.ratios[change] ?? 0;
    if (ratio === 0 || ratio === 1) return ratio === 1;
    return this.row(change, observer, member).isFailure(this.beats.numberAt(member, beatNs));
  }

  /** Number of the last heartbeat up to one that is not lost; -1: none since the member's start. */
  lastKept(observer: number, member: number, number: number): number {
    let beat = number;
    for (let change = this.changesNs.length - 1; change >= 0 && beat >= 0; change -= 1) {
      const from = this.firstSince(change, member);
      const ratio = this.ratios[change];
      if (beat < from) continue;
      if (ratio === 0) return beat;
      const kept = ratio === 1 ? -1 : this.row(change, observer, member).successUpTo(beat);
      if (kept >= from) return kept;
      beat = from - 1;
    }
    return Math.max(beat, -1);
  }

  /** Number of the first heartbeat from one on that is not lost, as things are; +Infinity: none. @param number - 0 or more. */
  nextKept(observer: number, member: number, number: number): number {
    let beat = number;
    const last = this.changesNs.length - 1;
    const from = last >= 0 ? this.firstSince(last, member) : 0;
    for (; beat < from; beat += 1) {
      if (!this.isLost(observer, member, this.beats.momentOf(member, beat))) return beat;
    }
    const ratio = this.ratio;
    if (ratio === 0) return beat;
    return ratio === 1 ? Number.POSITIVE_INFINITY : this.row(last, observer, member).successFrom(beat);
  }

  /**
   * Finds the next losses that may drop the member, as things are: those under way at a heartbeat, or later ones.
   * @param until - number of the heartbeat after which nobody wants to know.
   * @returns where `before` and `after` stand, or undefined.
   */
  nextRun(observer: number, member: number, number: number, until: number): TrialRuns | undefined {
    const last = this.changesNs.length - 1;
    const trials = this.trials[last];
    return trials && this.row(last, observer, member).nextRun(number, until) ? trials : undefined;
  }

  /**
   * Whether what was lost before the last change has no part in what is not heard at a heartbeat.
   * @param run - what `nextRun` has just found from this heartbeat on.
   */
  isSettled(member: number, number: number, run: TrialRuns | undefined): boolean {
    const last = this.changesNs.length - 1;
    const trials = this.trials[last];
    const since = this.firstSince(last, member);
    if (trials === undefined || number < since) return false;
    if (run && run.before < number) return run.before >= since;
    return number - since >= trials.law.run || !trials.isFailure(number);
  }

  private row(change: number, observer: number, member: number): TrialRuns {
    const start = keyedUint32(this.seed ^ SALT, this.beats.first(member) + this.beats.periodNs, member);
    return this.trials[change]!.row(
      start ^ Math.imul(this.ratios[change] * 2 ** 32, 0x9e3779b1),
      observer * MEMBERS_MAX + member,
    );
  }

  private changeAt(beatNs: number): number {
    let change = this.changesNs.length - 1;
    while (change >= 0 && this.changesNs[change] > beatNs) change -= 1;
    return change;
  }

  /** Number of the member's first heartbeat at or after a change; 0 when that was before its start. */
  private firstSince(change: number, member: number): number {
    return Math.max(0, this.beats.numberAt(member, this.changesNs[change] - 1) + 1);
  }
}
