import type { Simulation } from '../sim/simulation.ts';
import { seconds } from '../sim/time.ts';
import { eventKind } from './events.ts';
import type { Scenario } from './scenario/schema.ts';

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
  crashStore(server: number): void;
  restartStore(server: number): void;
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
    else if ('crashStore' in fault) target.crashStore(indexOf(fault.crashStore));
    else target.restartStore(indexOf(fault.restartStore));
  }

  function end(index: number): void {
    const fault = faults[index];
    if ('freeze' in fault) target.thaw(indexOf(fault.freeze));
    else if ('partition' in fault) target.cut(groups(fault.partition), sim.nowNs);
    else if ('packetLoss' in fault) target.setLoss(network.lossRatio);
  }
}
