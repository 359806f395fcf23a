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

/** Makes the faults of a scenario happen at their moments, and end. */
export function planFaults(target: FaultTarget, scenario: Scenario): void {
  const { sim } = target;
  const { faults, network } = scenario;
  sim.on(eventKind.FAULT, 'fault', (index) => begin(index));
  sim.on(eventKind.FAULT_END, 'fault end', (index) => end(index));
  faults.forEach((fault, index) => {
    sim.scheduleAt(seconds(fault.atS), eventKind.FAULT, index);
    if ('forS' in fault) sim.scheduleAt(seconds(fault.atS + fault.forS), eventKind.FAULT_END, index);
  });

  const groups = (names: readonly (readonly string[])[]): [number[], number[]] => [
    names[0].map(indexOf),
    names[1].map(indexOf),
  ];

  function begin(index: number): void {
    const fault = faults[index];
    if ('crash' in fault) target.crash(indexOf(fault.crash), false);
    else if ('powerOff' in fault) target.crash(indexOf(fault.powerOff), true);
    else if ('restart' in fault) target.restart(indexOf(fault.restart));
    else if ('stop' in fault) target.stop(indexOf(fault.stop));
    else if ('freeze' in fault) target.freeze(indexOf(fault.freeze), seconds(fault.atS + fault.forS));
    else if ('partition' in fault) target.cut(groups(fault.partition), seconds(fault.atS + fault.forS));
    else if ('packetLoss' in fault) target.setLoss(fault.packetLoss);
    else storeFault(fault, index);
  }

  function storeFault(fault: Fault, index: number): void {
    const { store } = target;
    if ('crashStore' in fault) store.crash(indexOf(fault.crashStore), false);
    else if ('powerOffStore' in fault) store.crash(indexOf(fault.powerOffStore), true);
    else if ('restartStore' in fault) store.restart(indexOf(fault.restartStore));
    else if ('freezeStore' in fault) store.freeze(indexOf(fault.freezeStore), seconds(fault.atS + fault.forS));
    else if ('slowStore' in fault) store.slow(indexOf(fault.slowStore), fault.factor);
    else if ('partitionStore' in fault) cutStore(fault.partitionStore, index, true);
    else if ('crashTogether' in fault) {
      store.crash(indexOf(fault.crashTogether[1]), false);
      target.crash(indexOf(fault.crashTogether[0]), false);
    }
  }

  function cutStore(names: readonly string[], index: number, isCut: boolean): void {
    const nodes = names.filter((name) => name.startsWith('node-'));
    const servers = names.filter((name) => !name.startsWith('node-'));
    target.store.cut(index % CUTS, servers.map(indexOf), nodes.map(indexOf), isCut);
  }

  function end(index: number): void {
    const fault = faults[index];
    if ('freeze' in fault) target.thaw(indexOf(fault.freeze));
    else if ('partition' in fault) target.cut(groups(fault.partition), sim.nowNs);
    else if ('packetLoss' in fault) target.setLoss(network.lossRatio);
    else if ('freezeStore' in fault) target.store.thaw(indexOf(fault.freezeStore));
    else if ('slowStore' in fault) target.store.slow(indexOf(fault.slowStore), 1);
    else if ('partitionStore' in fault) cutStore(fault.partitionStore, index, false);
  }
}
