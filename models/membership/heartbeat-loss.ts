import { keyedUniform } from '../../sim/keyed-random.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { eventKind } from '../events.ts';
import type { Heartbeats } from './heartbeats.ts';

/** Heartbeats of each member that one look covers. */
const BEATS_PER_SCAN = 64;

/** What the search for lost heartbeats needs of the membership. */
export interface LossParts {
  readonly nodes: number;
  readonly seed: number;
  readonly latencyNs: number;
  readonly dropNs: number;
  /** Whether the observer has the member in its view and the network between them is whole. */
  hears(observer: number, member: number): boolean;
  /** First moment after a deadline at which the observer looks for expired members [ns]. */
  checkNs(observer: number, deadlineNs: number): number;
  /** The member has expired although it lives. @returns whether it left the view. */
  unheard(observer: number, member: number): boolean;
}

/**
 * Heartbeats that a lossy network drops. Whether one is lost is a function of (seed, moment of sending, receiver), so
 * no heartbeat is an event: an observer looks ahead at 64 of each member, and only a run of losses that outlasts
 * dropTime becomes one.
 *
 * Model: a run counts while it keeps the observer from hearing the member for longer than dropTime at a moment at which
 * expired members are looked for. To find a run of n losses it is enough to look at every n-th heartbeat.
 * @see source: Tribes Membership.expire.
 */
export class HeartbeatLoss {
  ratio = 0;
  private readonly sim: Simulation;
  private readonly beats: Heartbeats;
  private readonly parts: LossParts;
  /** Losses in a row that it takes at least. */
  private readonly run: number;
  private isScanning = false;

  constructor(sim: Simulation, beats: Heartbeats, parts: LossParts) {
    this.sim = sim;
    this.beats = beats;
    this.parts = parts;
    this.run = Math.max(1, Math.floor(parts.dropNs / beats.periodNs));
    sim.on(eventKind.LOSS_SCAN, 'lost heartbeats', (observer) => this.scan(observer));
    sim.on(eventKind.UNHEARD, 'member unheard', (observer, member) => this.unheard(observer, member));
  }

  setRatio(ratio: number): void {
    this.ratio = ratio;
    if (ratio === 0 || this.isScanning) return;
    this.isScanning = true;
    for (let observer = 0; observer < this.parts.nodes; observer += 1) {
      this.sim.schedule(0, eventKind.LOSS_SCAN, observer);
    }
  }

  /** The last heartbeat at or before a moment that arrived, or the first after it that will [ns]. */
  lastArriving(observer: number, member: number, beatNs: number): number {
    let arrivingNs = beatNs;
    while (arrivingNs > 0 && this.isLost(observer, member, arrivingNs)) arrivingNs -= this.beats.periodNs;
    return arrivingNs;
  }

  nextArriving(observer: number, member: number, beatNs: number): number {
    return this.isLost(observer, member, beatNs) ? this.nextHeard(observer, member, beatNs) : beatNs;
  }

  private isLost(observer: number, member: number, beatNs: number): boolean {
    if (this.ratio === 0) return false;
    const pair = observer * this.parts.nodes + member;
    return keyedUniform(this.parts.seed ^ 0x68bc21eb, beatNs, pair) < this.ratio;
  }

  /** LOSS_SCAN: looks ahead at what the observer will not hear. */
  private scan(observer: number): void {
    if (this.ratio === 0) {
      this.isScanning = false;
      return;
    }
    const fromNs = this.sim.nowNs;
    const untilNs = fromNs + BEATS_PER_SCAN * this.beats.periodNs;
    for (let member = 0; member < this.parts.nodes; member += 1) {
      if (member !== observer && this.parts.hears(observer, member)) this.search(observer, member, fromNs, untilNs);
    }
    this.sim.scheduleAt(untilNs, eventKind.LOSS_SCAN, observer);
  }

  private search(observer: number, member: number, fromNs: number, untilNs: number): void {
    const { beats, run } = this;
    const { periodNs } = beats;
    const stepNs = run * periodNs;
    for (let beatNs = beats.nextAfter(member, fromNs); beatNs <= untilNs; ) {
      if (!this.isLost(observer, member, beatNs)) {
        beatNs += stepNs;
        continue;
      }
      let firstNs = beatNs;
      while (this.isLost(observer, member, firstNs - periodNs)) firstNs -= periodNs;
      const nextNs = this.nextHeard(observer, member, beatNs);
      const heardNs = firstNs - periodNs + this.parts.latencyNs;
      const checkNs = this.parts.checkNs(observer, heardNs + this.parts.dropNs);
      if (checkNs < nextNs + this.parts.latencyNs && checkNs > fromNs && checkNs <= untilNs + stepNs) {
        this.sim.scheduleAt(checkNs, eventKind.UNHEARD, observer, member);
      }
      beatNs = nextNs + stepNs;
    }
  }

  /** First heartbeat after a lost one that arrives [ns]. */
  private nextHeard(observer: number, member: number, lostNs: number): number {
    let beatNs = lostNs + this.beats.periodNs;
    while (this.isLost(observer, member, beatNs)) beatNs += this.beats.periodNs;
    return beatNs;
  }

  /** UNHEARD: the member has expired; if it leaves the view, the next heartbeat that arrives brings it back. */
  private unheard(observer: number, member: number): void {
    if (!this.parts.unheard(observer, member)) return;
    const backNs = this.nextArriving(observer, member, this.beats.nextAfter(member, this.sim.nowNs));
    this.sim.scheduleAt(backNs + this.parts.latencyNs, eventKind.HEARD, observer, member);
  }
}
