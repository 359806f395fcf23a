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
  /** Whether the member sends and the network between the two is whole, be the member in the view now or not. */
  hears(observer: number, member: number): boolean;
  /** First moment after a deadline at which the observer looks for expired members [ns]. */
  checkNs(observer: number, deadlineNs: number): number;
  /** The member has expired although it lives. @returns whether it left the view. */
  unheard(observer: number, member: number): boolean;
  /** The observer waits for the next heartbeat of the member that arrives. */
  lookOut(observer: number, member: number): void;
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
  /** Share of the heartbeats that are lost from the last change on. */
  ratio = 0;
  /** Moments at which the share changed [ns], ascending, and the share from each on. */
  private readonly changesNs: number[] = [];
  private readonly ratios: number[] = [];
  /** What was planned before the last change is void. */
  private epoch = 0;
  private readonly sim: Simulation;
  private readonly beats: Heartbeats;
  private readonly parts: LossParts;
  /** Losses in a row that it takes at least. */
  private readonly run: number;

  constructor(sim: Simulation, beats: Heartbeats, parts: LossParts) {
    this.sim = sim;
    this.beats = beats;
    this.parts = parts;
    this.run = Math.max(1, Math.floor(parts.dropNs / beats.periodNs));
    sim.on(eventKind.LOSS_SCAN, 'lost heartbeats', (observer, epoch) => this.scan(observer, epoch));
    sim.on(eventKind.UNHEARD, 'member unheard', (pair, epoch) => this.unheard(pair, epoch));
  }

  /** From now on; heartbeats that were sent before have arrived or are lost as they were. */
  setRatio(ratio: number): void {
    if (ratio === this.ratio) return;
    this.ratio = ratio;
    this.changesNs.push(this.sim.nowNs);
    this.ratios.push(ratio);
    this.epoch += 1;
    for (let observer = 0; observer < this.parts.nodes; observer += 1) {
      this.sim.schedule(0, eventKind.LOSS_SCAN, observer, this.epoch);
    }
  }

  private ratioAt(beatNs: number): number {
    for (let at = this.changesNs.length - 1; at >= 0; at -= 1) {
      if (this.changesNs[at] <= beatNs) return this.ratios[at];
    }
    return 0;
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

  /** Whether the observer does not hear a heartbeat of the member that is sent at this moment. */
  isLost(observer: number, member: number, beatNs: number): boolean {
    const ratio = this.ratioAt(beatNs);
    if (ratio === 0) return false;
    const pair = observer * this.parts.nodes + member;
    return keyedUniform(this.parts.seed ^ 0x68bc21eb, beatNs, pair) < ratio;
  }

  /** LOSS_SCAN: looks ahead at what the observer will not hear, and back at silences that may still last. */
  private scan(observer: number, epoch: number): void {
    if (epoch !== this.epoch) return;
    const nowNs = this.sim.nowNs;
    const isFirst = this.changesNs[this.changesNs.length - 1] === nowNs;
    const fromNs = isFirst ? nowNs - this.parts.dropNs - 2 * this.beats.periodNs : nowNs;
    const untilNs = nowNs + BEATS_PER_SCAN * this.beats.periodNs;
    for (let member = 0; member < this.parts.nodes; member += 1) {
      if (member !== observer && this.parts.hears(observer, member)) this.search(observer, member, fromNs, untilNs);
    }
    if (this.ratio > 0) this.sim.scheduleAt(untilNs, eventKind.LOSS_SCAN, observer, epoch);
  }

  private search(observer: number, member: number, fromNs: number, untilNs: number): void {
    const { beats, run } = this;
    const { periodNs } = beats;
    const stepNs = run * periodNs;
    const nowNs = this.sim.nowNs;
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
      if (checkNs < nextNs + this.parts.latencyNs && checkNs > nowNs && checkNs <= untilNs + stepNs) {
        this.sim.scheduleAt(checkNs, eventKind.UNHEARD, observer * this.parts.nodes + member, this.epoch);
      }
      beatNs = nextNs + stepNs;
    }
  }

  /** First heartbeat after a lost one that arrives [ns]; +Infinity when none does, as things are. */
  private nextHeard(observer: number, member: number, lostNs: number): number {
    const lastChangeNs = this.changesNs[this.changesNs.length - 1];
    let beatNs = lostNs + this.beats.periodNs;
    while (this.isLost(observer, member, beatNs)) {
      if (this.ratio >= 1 && beatNs >= lastChangeNs) return Number.POSITIVE_INFINITY;
      beatNs += this.beats.periodNs;
    }
    return beatNs;
  }

  /** UNHEARD: the member has expired; if it leaves the view, the next heartbeat that arrives brings it back. */
  private unheard(pair: number, epoch: number): void {
    const observer = Math.floor(pair / this.parts.nodes);
    const member = pair % this.parts.nodes;
    if (epoch === this.epoch && this.parts.unheard(observer, member)) this.parts.lookOut(observer, member);
  }
}
