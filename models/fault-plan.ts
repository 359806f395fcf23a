import { invariant } from '../sim/invariant.ts';
import type { PlannedEvent } from '../sim/planned-event.ts';
import type { Simulation } from '../sim/simulation.ts';
import { seconds } from '../sim/time.ts';
import { eventKind } from './events.ts';
import type { Fault } from './scenario/fault-schema.ts';
import type { Scenario } from './scenario/schema.ts';
import type { StoreServers } from './stores/store-servers.ts';

/** What can be done to the cluster. */
export interface FaultTarget {
  readonly sim: Simulation;
  crash(node: number, isSilent: boolean): void;
  stop(node: number): void;
  restart(node: number): void;
  freeze(node: number, untilNs: number): void;
  thaw(node: number): void;
  /** A partition begins and will last until then, or (`isCut` false) it ends; there may be others. */
  cut(groups: readonly [readonly number[], readonly number[]], isCut: boolean, untilNs: number): void;
  setLoss(ratio: number): void;
  readonly store: StoreServers;
}

function indexOf(name: string): number {
  return Number(name.replace(/^(node-|n)/, '')) - 1;
}

/** When a fault is over [ns]. */
function endNs(fault: Fault): number {
  return 'forS' in fault ? seconds(fault.atS + fault.forS) : Number.POSITIVE_INFINITY;
}

/** Begins and ends of faults that a plan can hold: far more than anybody writes down. */
const EVENTS_MAX = 2 ** 20;

function groups(names: readonly (readonly string[])[]): [number[], number[]] {
  return [names[0].map(indexOf), names[1].map(indexOf)];
}

/**
 * Makes the faults of a scenario happen at their moments, and end. The faults to come can be replaced.
 *
 * Of one kind several may be under way at once: what stands still or is cut off is so until the last of them has ended; of
 * shares of lost packets, and of factors of a slow server, the one that began last holds.
 */
export class FaultPlan {
  private readonly target: FaultTarget;
  /** Share of packets that the network loses by itself. */
  private readonly lossRatio: number;
  private readonly place: number;
  private faults: readonly Fault[] = [];
  private readonly beforeBegin: () => void;

  /** @param beforeBegin - called before each fault begins. */
  constructor(target: FaultTarget, { network, faults }: Scenario, beforeBegin: () => void) {
    const { sim } = target;
    this.target = target;
    this.beforeBegin = beforeBegin;
    this.lossRatio = network.lossRatio;
    sim.on(eventKind.FAULT, 'fault', (index) => this.begin(index));
    sim.on(eventKind.FAULT_END, 'fault end', (index) => this.end(index));
    this.place = sim.reserve(EVENTS_MAX);
    this.set(faults);
  }

  /**
   * Plans these faults instead of the ones before.
   * @throws InvariantError - a fault that has begun, or would have, is not the same in both.
   */
  set(faults: readonly Fault[]): void {
    const { sim } = this.target;
    const fromNs = sim.eventsRun === 0 ? sim.nowNs : sim.nowNs + 1;
    this.checkPast(faults, fromNs);
    const events: PlannedEvent[] = [];
    const add = (atS: number, kind: number, a: number): void => {
      const timeNs = seconds(atS);
      if (timeNs >= fromNs) events.push({ timeNs, kind, a, b: 0 });
    };
    faults.forEach((fault, index) => {
      add(fault.atS, eventKind.FAULT, index);
      if ('forS' in fault) add(fault.atS + fault.forS, eventKind.FAULT_END, index);
    });
    this.faults = faults;
    sim.plan(this.place, events);
  }

  private checkPast(faults: readonly Fault[], fromNs: number): void {
    const isPast = (fault: Fault | undefined): boolean => fault !== undefined && seconds(fault.atS) < fromNs;
    for (let index = 0; index < Math.max(faults.length, this.faults.length); index += 1) {
      if (!isPast(faults[index]) && !isPast(this.faults[index])) continue;
      const isSame = JSON.stringify(faults[index]) === JSON.stringify(this.faults[index]);
      invariant(isSame, () => `fault ${index} is of the past: ${JSON.stringify(faults[index])}`);
    }
  }

  private begin(index: number): void {
    const { target } = this;
    const fault = this.faults[index];
    this.beforeBegin();
    if ('crash' in fault) target.crash(indexOf(fault.crash), false);
    else if ('powerOff' in fault) target.crash(indexOf(fault.powerOff), true);
    else if ('restart' in fault) target.restart(indexOf(fault.restart));
    else if ('stop' in fault) target.stop(indexOf(fault.stop));
    else if ('freeze' in fault) target.freeze(indexOf(fault.freeze), endNs(fault));
    else if ('partition' in fault) target.cut(groups(fault.partition), true, endNs(fault));
    else if ('packetLoss' in fault) this.losePackets();
    else this.storeFault(fault, index);
  }

  private storeFault(fault: Fault, index: number): void {
    const { target } = this;
    const { store } = target;
    if ('crashStore' in fault) store.crash(indexOf(fault.crashStore), false);
    else if ('powerOffStore' in fault) store.crash(indexOf(fault.powerOffStore), true);
    else if ('restartStore' in fault) store.restart(indexOf(fault.restartStore));
    else if ('freezeStore' in fault) store.pause(indexOf(fault.freezeStore), endNs(fault));
    else if ('slowStore' in fault) this.slowStore(fault.slowStore);
    else if ('partitionStore' in fault) this.cutStore(fault.partitionStore, index, true);
    else if ('crashTogether' in fault) {
      store.crash(indexOf(fault.crashTogether[1]), false);
      target.crash(indexOf(fault.crashTogether[0]), false);
    }
  }

  private cutStore(names: readonly string[], index: number, isCut: boolean): void {
    const nodes = names.filter((name) => name.startsWith('node-'));
    const servers = names.filter((name) => !name.startsWith('node-'));
    this.target.store.cut(index, servers.map(indexOf), nodes.map(indexOf), isCut);
  }

  private slowStore(name: string): void {
    const factor = (fault: Fault): number =>
      'slowStore' in fault && fault.slowStore === name ? fault.factor : Number.NaN;
    this.target.store.slow(indexOf(name), this.present(factor, 1));
  }

  private losePackets(): void {
    const share = (fault: Fault): number => ('packetLoss' in fault ? fault.packetLoss : Number.NaN);
    this.target.setLoss(this.present(share, this.lossRatio));
  }

  /**
   * What holds of the faults under way: the value of the one that began last, of several the largest.
   * @param heldBy - NaN: the fault is of another kind.
   */
  private present(heldBy: (fault: Fault) => number, otherwise: number): number {
    const { nowNs } = this.target.sim;
    let present = otherwise;
    let sinceNs = Number.NEGATIVE_INFINITY;
    for (const fault of this.faults) {
      const value = heldBy(fault);
      const beginNs = seconds(fault.atS);
      if (Number.isNaN(value) || beginNs > nowNs || beginNs < sinceNs || endNs(fault) <= nowNs) continue;
      present = beginNs === sinceNs ? Math.max(present, value) : value;
      sinceNs = beginNs;
    }
    return present;
  }

  private end(index: number): void {
    const { target } = this;
    const fault = this.faults[index];
    if ('freeze' in fault) target.thaw(indexOf(fault.freeze));
    else if ('partition' in fault) target.cut(groups(fault.partition), false, target.sim.nowNs);
    else if ('packetLoss' in fault) this.losePackets();
    else if ('freezeStore' in fault) target.store.resume(indexOf(fault.freezeStore));
    else if ('slowStore' in fault) this.slowStore(fault.slowStore);
    else if ('partitionStore' in fault) this.cutStore(fault.partitionStore, index, false);
  }
}
