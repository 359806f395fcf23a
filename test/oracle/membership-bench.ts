// The membership alone, in a network of marked nodes: who is dead, cut off or standing still is set by hand.
import * as assert from 'uvu/assert';
import { eventKind } from '../../models/events.ts';
import { Membership, type MembershipHost } from '../../models/membership/membership.ts';
import { Misdirection } from '../../models/misdirection.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../models/scenario/schema.ts';
import { TrafficMeter } from '../../models/traffic-meter.ts';
import { Simulation } from '../../sim/simulation.ts';

/** A network whose membership is under test. */
export class Bench implements MembershipHost {
  readonly sim = new Simulation();
  readonly traffic: TrafficMeter;
  readonly misdirection: Misdirection;
  readonly membership: Membership;
  readonly changes: string[] = [];
  private readonly down = new Set<number>();
  private readonly silent = new Set<number>();
  private readonly frozen = new Set<number>();
  private readonly cuts = new Set<string>();
  private readonly links = new Map<number, number>();

  constructor(
    readonly nodes: number,
    membership: ScenarioInput['membership'] = {},
    seed = 1,
    network: ScenarioInput['network'] = {},
  ) {
    this.traffic = new TrafficMeter(nodes);
    const scenario = parseScenario({ nodes, membership, network });
    this.misdirection = new Misdirection(scenario.misconfiguration, nodes);
    this.membership = new Membership(this, scenario, nodes, seed);
    this.sim.on(eventKind.EXPIRE, 'expire', (observer, member) => this.membership.expire(observer, member));
    this.sim.on(eventKind.VERIFIED, 'verified', (observer, member) => this.membership.verified(observer, member));
    this.sim.on(eventKind.HEARD, 'heard', (observer, member) => this.membership.heard(observer, member));
  }

  nodeName(node: number): string {
    return String(node);
  }

  isUp(node: number): boolean {
    return !this.down.has(node);
  }

  isFrozen(node: number): boolean {
    return this.frozen.has(node);
  }

  isCut(from: number, to: number): boolean {
    return this.cuts.has(`${from}-${to}`);
  }

  linkUpNs(node: number): number {
    return this.links.get(node) ?? 0;
  }

  connect(from: number, to: number): 'yes' | 'refused' | 'silent' {
    if (this.isCut(from, to) || this.silent.has(to)) return 'silent';
    return this.isUp(to) ? 'yes' : 'refused';
  }

  viewChanged(observer: number, member: number, isMember: boolean): void {
    this.changes.push(`${observer}${isMember ? '+' : '-'}${member}`);
    assert.is(this.membership.sees(observer, member), isMember);
  }

  at(atS: number, action?: () => void): void {
    this.sim.runUntil(Math.round(atS * 1e9));
    action?.();
  }

  crash(node: number, isSilent = false): void {
    this.down.add(node);
    if (isSilent) this.silent.add(node);
    this.membership.died(node);
  }

  restart(node: number): void {
    this.down.delete(node);
    this.silent.delete(node);
    this.membership.joined(node);
  }

  freeze(node: number, isFrozen: boolean): void {
    if (isFrozen) this.frozen.add(node);
    else this.frozen.delete(node);
    this.membership.paused(node, isFrozen);
  }

  cut(left: number[], right: number[], isCut = true): void {
    for (const one of left) {
      for (const other of right) {
        for (const pair of [`${one}-${other}`, `${other}-${one}`]) {
          if (isCut) this.cuts.add(pair);
          else this.cuts.delete(pair);
        }
      }
    }
    for (const one of left) for (const other of right) this.membership.cut(one, other, isCut);
  }

  /** The link of a node's host goes down, or comes up. */
  unplug(node: number, isDown = true): void {
    this.links.set(node, isDown ? Number.POSITIVE_INFINITY : this.sim.nowNs);
    const others = Array.from({ length: this.nodes }, (_, other) => other).filter((other) => other !== node);
    this.cut([node], others, isDown);
  }

  /** Delays of what an observer, or all, noticed of a member, or of all [ms]. */
  delays(event: 'disappeared' | 'added', member?: number, observer?: number): number[] {
    return this.membership.detections
      .filter((one) => one.event === event)
      .filter((one) => member === undefined || one.member === String(member))
      .filter((one) => observer === undefined || one.observer === String(observer))
      .map((one) => one.after_ms!);
  }
}
