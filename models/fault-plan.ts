import { invariant } from '../sim/invariant.ts';
import type { PlannedEvent } from '../sim/planned-event.ts';
import type { Simulation } from '../sim/simulation.ts';
import { seconds } from '../sim/time.ts';
import { eventKind } from './events.ts';
import type { Fault } from './scenario/fault-schema.ts';
import type { Scenario } from './scenario/schema.ts';
import type { StoreServers } from './stores/store-servers.ts';

/** Cuts of a store that can be told apart. */
const CUTS = 31;

/** What can be done to the cluster. */
export interface FaultTarget {
  readonly sim: Simulation;
  crash(node: number, isSilent: boolean): void;
  stop(node: number): void;
  restart(node: number): void;
  freeze(node: number, untilNs: number): void;
  thaw(node: number): void;
  /** @param untilNs - when the network is whole again; in the past: it is. */
  cut(groups: readonly [readonly number[], readonly number[]], untilNs: number): void;
  setLoss(ratio: number): void;
  readonly store: StoreServers;
}

function indexOf(name: string): number {
  return Number(name.replace(/^(node-|n)/, '')) - 1;
}

/** Begins and ends of faults that a plan can hold: far more than anybody writes down. */
const EVENTS_MAX = 2 ** 20;

function groups(names: readonly (readonly string[])[]): [number[], number[]] {
  return [names[0].map(indexOf), names[1].map(indexOf)];
}

/** Makes the faults of a scenario happen at their moments, and end. The faults to come can be replaced. */
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
    else if ('freeze' in fault) target.freeze(indexOf(fault.freeze), seconds(fault.atS + fault.forS));
    else if ('partition' in fault) target.cut(groups(fault.partition), seconds(fault.atS + fault.forS));
    else if ('packetLoss' in fault) target.setLoss(fault.packetLoss);
    else this.storeFault(fault, index);
  }

  private storeFault(fault: Fault, index: number): void {
    const { target } = this;
    const { store } = target;
    if ('crashStore' in fault) store.crash(indexOf(fault.crashStore), false);
    else if ('powerOffStore' in fault) store.crash(indexOf(fault.powerOffStore), true);
    else if ('restartStore' in fault) store.restart(indexOf(fault.restartStore));
    else if ('freezeStore' in fault) store.freeze(indexOf(fault.freezeStore), seconds(fault.atS + fault.forS));
    else if ('slowStore' in fault) store.slow(indexOf(fault.slowStore), fault.factor);
    else if ('partitionStore' in fault) this.cutStore(fault.partitionStore, index, true);
    else if ('crashTogether' in fault) {
      store.crash(indexOf(fault.crashTogether[1]), false);
      target.crash(indexOf(fault.crashTogether[0]), false);
    }
  }

  private cutStore(names: readonly string[], index: number, isCut: boolean): void {
    const nodes = names.filter((name) => name.startsWith('node-'));
    const servers = names.filter((name) => !name.startsWith('node-'));
    this.target.store.cut(index % CUTS, servers.map(indexOf), nodes.map(indexOf), isCut);
  }

  private end(index: number): void {
    const { target } = this;
    const fault = this.faults[index];
    if ('freeze' in fault) target.thaw(indexOf(fault.freeze));
    else if ('partition' in fault) target.cut(groups(fault.partition), target.sim.nowNs);
    else if ('packetLoss' in fault) target.setLoss(this.lossRatio);
    else if ('freezeStore' in fault) target.store.thaw(indexOf(fault.freezeStore));
    else if ('slowStore' in fault) target.store.slow(indexOf(fault.slowStore), 1);
    else if ('partitionStore' in fault) this.cutStore(fault.partitionStore, index, false);
  }
}
