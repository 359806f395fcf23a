// The membership as one would write it first: every heartbeat is an event at each receiver, and every packet is a look at
// all members. Which heartbeats are lost is asked of the same definition, one by one.
import { HeartbeatLoss, MEMBERS_MAX } from '../../models/membership/heartbeat-loss.ts';
import { Heartbeats } from '../../models/membership/heartbeats.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import { Simulation } from '../../sim/simulation.ts';

const BEAT = 0;
const ARRIVE = 1;
const TIMEOUT = 2;

/** What the naive membership is told [ns]. */
export interface NaiveOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly periodNs: number;
  readonly dropNs: number;
  readonly latencyNs: number;
  readonly soTimeoutNs: number;
  /** Whether a silent member is asked before it is dropped. */
  readonly isVerifying: boolean;
}

/** Heartbeats, losses, crashes, pauses and cuts, without verification of the dead. */
export class NaiveMembership {
  readonly sim = new Simulation();
  /** Every change of a view: moment [ns], observer, sign, member. */
  readonly changes: string[] = [];
  private readonly options: NaiveOptions;
  private readonly beats: Heartbeats;
  private readonly losses: HeartbeatLoss;
  private readonly ratios: [fromNs: number, ratio: number][] = [];
  private readonly isUp: boolean[];
  private readonly isFrozen: boolean[];
  private readonly cuts = new Set<string>();
  private readonly view: boolean[][];
  private readonly heardNs: number[][];
  /** The member has ceased to be heard, and nothing has come since. */
  private readonly isMissed: boolean[][];
  /** It has expired below, though it passed the verification. */
  private readonly isSuspect: boolean[][];
  private readonly isOutdated: boolean[][];
  private readonly packets: number[];

  constructor(options: NaiveOptions) {
    const { nodes, seed, periodNs, dropNs, latencyNs } = options;
    this.options = options;
    this.beats = new Heartbeats(nodes, periodNs, (node) => Math.floor(keyedUniform(seed, node, 1) * periodNs));
    this.losses = new HeartbeatLoss(this.beats, seed, dropNs);
    const table = <T>(value: (observer: number, member: number) => T): T[][] =>
      Array.from({ length: nodes }, (_, observer) =>
        Array.from({ length: nodes }, (_, member) => value(observer, member)),
      );
    this.isUp = new Array<boolean>(nodes).fill(true);
    this.isFrozen = new Array<boolean>(nodes).fill(false);
    this.packets = new Array<number>(nodes).fill(0);
    this.view = table(() => true);
    this.heardNs = table((_, member) => this.beats.first(member) + latencyNs);
    this.isMissed = table(() => false);
    this.isSuspect = table(() => false);
    this.isOutdated = table(() => false);
    this.sim.on(BEAT, 'beat', (node) => this.beat(node));
    this.sim.on(ARRIVE, 'arrive', (observer, member) => this.arrive(observer, member));
    this.sim.on(TIMEOUT, 'timeout', (node, packet) => this.timeout(node, packet));
    for (let node = 0; node < nodes; node += 1) {
      this.sim.scheduleAt(this.beats.nextAfter(node, -1), BEAT, node);
      this.packet(node);
    }
  }

  private hears(observer: number, member: number): boolean {
    return this.isUp[member] && !this.isFrozen[member] && !this.cuts.has(`${member}-${observer}`);
  }

  private beat(node: number): void {
    const { nowNs } = this.sim;
    if (this.beats.lastAt(node, nowNs) !== nowNs) return;
    this.sim.scheduleAt(nowNs + this.options.periodNs, BEAT, node);
    for (let other = 0; other < this.options.nodes; other += 1) {
      if (other === node || !this.hears(other, node) || this.losses.isLost(other, node, nowNs)) continue;
      this.sim.schedule(this.options.latencyNs, ARRIVE, other, node);
    }
    this.packet(node);
  }

  private arrive(observer: number, member: number): void {
    const isListening = this.isUp[observer] && !this.isFrozen[observer];
    if (!isListening && this.isMissed[observer][member]) return;
    this.heardNs[observer][member] = this.sim.nowNs;
    this.isSuspect[observer][member] = false;
    if (!isListening || !this.hears(observer, member)) return;
    this.isMissed[observer][member] = false;
    if (!this.view[observer][member] || this.isOutdated[observer][member]) this.change(observer, member, true);
    this.isOutdated[observer][member] = false;
    this.packet(observer);
  }

  /** A packet ends the receive that waits, and another begins. */
  private packet(node: number): void {
    this.packets[node] += 1;
    this.sim.schedule(this.options.soTimeoutNs, TIMEOUT, node, this.packets[node]);
    this.look(node);
  }

  private timeout(node: number, packet: number): void {
    if (packet !== this.packets[node]) return;
    this.sim.schedule(this.options.soTimeoutNs, TIMEOUT, node, packet);
    this.look(node);
  }

  private look(observer: number): void {
    const { nowNs } = this.sim;
    if (!this.isUp[observer] || this.isFrozen[observer]) return;
    for (let member = 0; member < this.options.nodes; member += 1) {
      const dueNs = this.heardNs[observer][member] + this.options.dropNs;
      if (member === observer || !this.view[observer][member] || nowNs <= dueNs) continue;
      if (this.isSuspect[observer][member]) continue;
      if (this.options.isVerifying && this.passes(observer, member, dueNs)) this.isSuspect[observer][member] = true;
      else this.change(observer, member, false);
    }
  }

  private passes(observer: number, member: number, dueNs: number): boolean {
    let ratio = 0;
    for (const [fromNs, since] of this.ratios) if (fromNs <= dueNs) ratio = since;
    const draw = keyedUniform(this.options.seed ^ 0x2545f491, dueNs, observer * MEMBERS_MAX + member);
    return draw >= 1 - (1 - ratio) ** 2;
  }

  private change(observer: number, member: number, isMember: boolean): void {
    this.view[observer][member] = isMember;
    this.changes.push(`${this.sim.nowNs} ${observer}${isMember ? '+' : '-'}${member}`);
  }

  private miss(observer: number, member: number): void {
    if (observer !== member && this.view[observer][member]) this.isMissed[observer][member] = true;
  }

  setLoss(ratio: number): void {
    if (ratio === this.losses.ratio) return;
    this.losses.setRatio(ratio, this.sim.nowNs);
    this.ratios.push([this.sim.nowNs, ratio]);
  }

  crash(node: number): void {
    this.isUp[node] = false;
    this.beats.stop(node, this.sim.nowNs);
    for (let other = 0; other < this.options.nodes; other += 1) {
      this.miss(other, node);
      this.view[node][other] = false;
      this.isOutdated[node][other] = false;
    }
  }

  restart(node: number): void {
    this.isUp[node] = true;
    for (let other = 0; other < this.options.nodes; other += 1) {
      if (other !== node && this.view[other][node]) this.isOutdated[other][node] = true;
    }
    this.begin(node);
  }

  freeze(node: number, isFrozen: boolean): void {
    this.isFrozen[node] = isFrozen;
    if (!isFrozen) {
      this.begin(node);
      return;
    }
    this.beats.stop(node, this.sim.nowNs);
    for (let other = 0; other < this.options.nodes; other += 1) this.miss(other, node);
  }

  private begin(node: number): void {
    this.beats.start(node, this.sim.nowNs);
    this.sim.schedule(0, BEAT, node);
  }

  cut(left: number, right: number, isCut: boolean): void {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ]) {
      if (isCut) this.cuts.add(`${one}-${other}`);
      else this.cuts.delete(`${one}-${other}`);
      if (isCut) this.miss(one, other);
    }
  }
}
