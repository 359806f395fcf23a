import type { Simulation } from '../../sim/simulation.ts';
import { eventKind } from '../events.ts';
import type { HeartbeatLoss } from './heartbeat-loss.ts';
import type { Heartbeats } from './heartbeats.ts';
import { Looks } from './looks.ts';
import type { Packets } from './packets.ts';

/** A survey finds what falls due within so many heartbeats, or until some are sent after the end; then there is another. */
const HORIZON_BEATS = 2 ** 20;
const BEYOND_BEATS = 256;
/** Shortest time between two passes over all pairs, in heartbeats; else one finds about every 16th pair due. */
const PASS_BEATS = 8;
const PASS_SHARE = 1 / 16;

/** What the watch needs of the membership. */
export interface WatchParts {
  readonly nodes: number;
  readonly latencyNs: number;
  readonly dropNs: number;
  /** When the run is meant to end [ns]; it may go on. */
  readonly endNs: number;
  /** Whether heartbeats of the member reach the observer, unless one is lost. */
  hears(observer: number, member: number): boolean;
  /** Whether the observer takes the member for one that it hears. */
  trusts(observer: number, member: number): boolean;
  isFrozen(node: number): boolean;
  /** Whether a member that lives and is overdue then passes the verification in spite of lost packets. */
  isVerified(observer: number, member: number, dueNs: number): boolean;
  /** The observer looks at a member that it has not heard for longer than dropTime. */
  unheard(observer: number, member: number): void;
}

/**
 * Finds the moments at which a view changes because heartbeats are lost.
 *
 * ```
 *   SCAN: a pass over all pairs: who falls due until the next --dropTime after the last heartbeat heard--> OVERDUE
 *   OVERDUE --the observer's next packet or timeout, unless the member is heard before--> UNHEARD
 * ```
 * A pair is an event only when losses in a row last longer than dropTime. What follows from the state of others (who is
 * looked at when) is worked out at OVERDUE, and anew when anything changes before UNHEARD.
 */
export class LossWatch {
  private readonly sim: Simulation;
  private readonly beats: Heartbeats;
  private readonly losses: HeartbeatLoss;
  private readonly packets: Packets;
  private readonly parts: WatchParts;
  /** Per pair (observer * nodes + member): when it falls due next [ns], as far as the survey reaches. */
  private dueNs = new Float64Array(0);
  /** Number of the heartbeat that ends that silence. */
  private endedBy = new Float64Array(0);
  /** Of the silence that the search for the next one has found last. */
  private found = 0;
  /** When all pairs are passed over next, up to when they have been, and how far the survey reaches [ns]. */
  private scanNs = Number.POSITIVE_INFINITY;
  private passedNs = Number.NEGATIVE_INFINITY;
  private horizonNs = Number.NEGATIVE_INFINITY;
  /** Since when heartbeats have been lost, short breaks included, and when they ceased to be [ns]. */
  private lossyNs = 0;
  private wholeNs = Number.NEGATIVE_INFINITY;
  private readonly looks: Looks;

  constructor(sim: Simulation, beats: Heartbeats, losses: HeartbeatLoss, packets: Packets, parts: WatchParts) {
    this.sim = sim;
    this.beats = beats;
    this.losses = losses;
    this.packets = packets;
    this.parts = parts;
    this.looks = new Looks(parts.nodes ** 2);
    sim.on(eventKind.LOSS_SCAN, 'lost heartbeats', () => this.scan());
    sim.on(eventKind.OVERDUE, 'member overdue', (observer, member) => this.overdue(observer, member));
    sim.on(eventKind.UNHEARD, 'member unheard', (observer, member) => this.look(observer, member));
  }

  /** The share of lost heartbeats is another one from now on. */
  ratioChanged(): void {
    const { sim, beats, parts, losses } = this;
    const { nowNs } = sim;
    const isPending = Number.isFinite(this.scanNs) && this.passedNs === Number.NEGATIVE_INFINITY;
    if (losses.ratio === 0) this.wholeNs = nowNs;
    else {
      if (!isPending && this.wholeNs <= nowNs - 2 * beats.periodNs) this.lossyNs = nowNs;
      this.wholeNs = Number.POSITIVE_INFINITY;
    }
    this.passedNs = Number.NEGATIVE_INFINITY;
    this.horizonNs = Number.NEGATIVE_INFINITY;
    // Nobody falls due before the losses have lasted for dropTime and not quite a period.
    const soonestNs = this.lossyNs - beats.periodNs + parts.dropNs;
    const isOver = losses.ratio === 0 && nowNs + beats.periodNs <= soonestNs;
    this.scanNs = isOver ? Number.POSITIVE_INFINITY : Math.max(nowNs, soonestNs);
    if (!isOver) sim.scheduleAt(this.scanNs, eventKind.LOSS_SCAN);
    this.reconsider();
  }

  /** LOSS_SCAN: those that fall due before the next pass become events. */
  private scan(): void {
    const { sim, losses, beats } = this;
    const { nowNs } = sim;
    if (nowNs !== this.scanNs) return;
    const isSurvey = nowNs >= this.horizonNs;
    if (isSurvey) this.horizonNs = this.nextHorizon();
    const passBeats = Math.max(PASS_BEATS, Math.ceil(losses.apart * PASS_SHARE));
    this.passedNs = Math.min(this.horizonNs, nowNs + passBeats * beats.periodNs);
    if (isSurvey) this.survey();
    else this.pass();
    this.scanNs = losses.ratio > 0 ? this.passedNs : Number.POSITIVE_INFINITY;
    if (losses.ratio > 0) sim.scheduleAt(this.scanNs, eventKind.LOSS_SCAN);
  }

  private nextHorizon(): number {
    const { nowNs } = this.sim;
    const { periodNs } = this.beats;
    return Math.min(nowNs + HORIZON_BEATS * periodNs, Math.max(nowNs, this.parts.endNs) + BEYOND_BEATS * periodNs);
  }

  private survey(): void {
    const { nodes } = this.parts;
    if (this.dueNs.length === 0) {
      this.dueNs = new Float64Array(nodes * nodes);
      this.endedBy = new Float64Array(nodes * nodes);
    }
    for (let observer = 0; observer < nodes; observer += 1) {
      for (let member = 0; member < nodes; member += 1) this.plan(observer, member, this.nextDue(observer, member));
    }
  }

  private pass(): void {
    const { dueNs, passedNs } = this;
    const { nodes } = this.parts;
    const { nowNs } = this.sim;
    for (let pair = 0; pair < dueNs.length; pair += 1) {
      if (dueNs[pair] >= passedNs || dueNs[pair] < nowNs) continue;
      this.sim.scheduleAt(dueNs[pair], eventKind.OVERDUE, Math.floor(pair / nodes), pair % nodes);
    }
  }

  private plan(observer: number, member: number, dueNs: number): void {
    const pair = observer * this.parts.nodes + member;
    this.dueNs[pair] = dueNs;
    this.endedBy[pair] = this.found;
    if (dueNs < this.passedNs) this.sim.scheduleAt(dueNs, eventKind.OVERDUE, observer, member);
  }

  /** When the observer will not have heard the member for dropTime, from now on [ns]; +Infinity: not soon. */
  private nextDue(observer: number, member: number): number {
    const { beats, losses, parts, sim } = this;
    if (observer === member) return Number.POSITIVE_INFINITY;
    const number = beats.numberAt(member, sim.nowNs - parts.latencyNs);
    const run = losses.nextRun(observer, member, Math.max(0, number), beats.numberAt(member, this.horizonNs));
    if (!losses.isSettled(member, number, run)) return this.dueAcross(observer, member, number);
    if (run === undefined) return Number.POSITIVE_INFINITY;
    const dueNs = this.dueAfter(observer, member, run.before, run.after);
    return dueNs >= sim.nowNs && Number.isFinite(dueNs) ? dueNs : this.dueFrom(observer, member, run.after);
  }

  /** The same while what was lost before the last change matters. */
  private dueAcross(observer: number, member: number, number: number): number {
    const { beats, losses } = this;
    let heard = losses.lastKept(observer, member, number);
    let next = losses.nextKept(observer, member, Math.max(0, number + 1));
    for (;;) {
      const dueNs = this.dueAfter(observer, member, heard, next);
      if (dueNs >= this.sim.nowNs && Number.isFinite(dueNs)) return dueNs;
      if (beats.momentOf(member, next) >= losses.sinceNs) return this.dueFrom(observer, member, next);
      heard = next;
      next = losses.nextKept(observer, member, next + 1);
    }
  }

  /** The same from a heartbeat on that is heard, as things are. */
  private dueFrom(observer: number, member: number, heard: number): number {
    if (heard === Number.POSITIVE_INFINITY) return heard;
    const { beats, losses } = this;
    const until = beats.numberAt(member, this.horizonNs);
    for (let at = heard; ; ) {
      const run = losses.nextRun(observer, member, at, until);
      if (run === undefined) return Number.POSITIVE_INFINITY;
      const dueNs = this.dueAfter(observer, member, run.before, run.after);
      if (Number.isFinite(dueNs)) return dueNs;
      at = run.after;
    }
  }

  /**
   * When a member is overdue that is not heard between two of its heartbeats [ns]; +Infinity: that is too short, or it
   * will pass the verification.
   */
  private dueAfter(observer: number, member: number, heard: number, next: number): number {
    const { beats, parts } = this;
    this.found = next;
    if (heard < 0 || (next - heard) * beats.periodNs <= parts.dropNs) return Number.POSITIVE_INFINITY;
    const dueNs = beats.momentOf(member, heard) + parts.latencyNs + parts.dropNs;
    return parts.isVerified(observer, member, dueNs) ? Number.POSITIVE_INFINITY : dueNs;
  }

  /** When the observer last heard the member, were it heard all the time [ns]. */
  heardNs(observer: number, member: number): number {
    const { beats, losses, parts } = this;
    const beatNs = beats.lastAt(member, this.sim.nowNs - parts.latencyNs);
    if (!Number.isFinite(beatNs)) return beatNs;
    const number = losses.lastKept(observer, member, beats.numberAt(member, beatNs));
    return number < 0 ? Number.NEGATIVE_INFINITY : beats.momentOf(member, number) + parts.latencyNs;
  }

  /** OVERDUE: nothing was heard for dropTime; whoever looks next will see it. */
  private overdue(observer: number, member: number): void {
    const { parts, sim } = this;
    const pair = observer * parts.nodes + member;
    if (this.dueNs[pair] !== sim.nowNs) return;
    const next = this.endedBy[pair];
    this.plan(observer, member, this.dueFrom(observer, member, next));
    if (!parts.trusts(observer, member) || !parts.hears(observer, member)) return;
    this.planLook(observer, member, sim.nowNs, next);
  }

  /** Number of the first heartbeat that the observer hears after a moment, were it not to cease. */
  private nextHeard(observer: number, member: number, afterNs: number): number {
    const number = this.beats.numberAt(member, afterNs - this.parts.latencyNs);
    return this.losses.nextKept(observer, member, Math.max(0, number + 1));
  }

  /** The observer finds out at its first look after a moment, unless it hears the member before. */
  lookAfter(observer: number, member: number, deadlineNs: number): void {
    const afterNs = Math.max(deadlineNs, this.sim.nowNs - 1);
    const isHeard = this.parts.hears(observer, member);
    const next = isHeard ? this.nextHeard(observer, member, afterNs) : Number.POSITIVE_INFINITY;
    this.planLook(observer, member, deadlineNs, next);
  }

  private planLook(observer: number, member: number, deadlineNs: number, next: number): void {
    const { sim, parts } = this;
    if (parts.isFrozen(observer)) return;
    const lookNs = this.packets.nextLook(observer, Math.max(deadlineNs, sim.nowNs - 1));
    // Who is heard before is kept in mind as well: until then the losses may change.
    const heardNs = this.beats.momentOf(member, next) + parts.latencyNs;
    const endNs = Math.min(lookNs, heardNs);
    this.looks.set(observer * parts.nodes + member, deadlineNs, endNs, heardNs <= lookNs);
    sim.scheduleAt(endNs, eventKind.UNHEARD, observer, member);
  }

  /** UNHEARD: the observer looks. */
  private look(observer: number, member: number): void {
    if (this.looks.take(observer * this.parts.nodes + member, this.sim.nowNs)) this.parts.unheard(observer, member);
  }

  /** Who hears whom has changed: those that are overdue are looked at at other moments. */
  reconsider(): void {
    if (this.looks.size === 0) return;
    const { nodes } = this.parts;
    for (const [pair, deadlineNs] of this.looks.takeAll()) {
      this.lookAfter(Math.floor(pair / nodes), pair % nodes, deadlineNs);
    }
  }

  /** A node begins to send: its heartbeats are others from now on. */
  began(member: number): void {
    if (this.sim.nowNs >= this.horizonNs) return;
    for (let observer = 0; observer < this.parts.nodes; observer += 1)
      this.plan(observer, member, this.nextDue(observer, member));
  }

  /** A node that stood still runs again: what it has not heard meanwhile it sees now. */
  thawed(observer: number): void {
    const { parts } = this;
    for (let member = 0; member < parts.nodes && this.losses.isKnown; member += 1) {
      if (member === observer || !parts.trusts(observer, member) || !parts.hears(observer, member)) continue;
      const deadlineNs = this.heardNs(observer, member) + parts.dropNs;
      if (deadlineNs >= this.sim.nowNs || parts.isVerified(observer, member, deadlineNs)) continue;
      this.lookAfter(observer, member, deadlineNs);
    }
  }
}
