import { requestDoes } from '../../models/requests.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import { type MeasuredRow, numberOr, wordsIn } from './check.ts';
import { measured2core } from './measured-2core.ts';
import { measuredScenario, payload, scripted } from './measured-scenario.ts';

/** Load: requests per second in all, one session per node. */
const LOAD_GAP_NS = 50e6;
const EVENT_NS = 3e9;
/** So many times the measurement is repeated, with as many trials each. */
export const BATCHES = 12;

/** What one trial has shown. */
export interface Trial {
  /** From the event until each survivor's view has lost the victim [ms]. */
  readonly survivors: number[];
  /** Until the victim's view has lost each survivor [ms]. */
  readonly victim: number[];
}

type Fault = Scenario['faults'][number];

/** What was done to the victim, by the name of the case. */
function faultOf(name: string, victim: number, nodes: number, atS: number): Fault {
  const node = `node-${victim + 1}`;
  const others = Array.from({ length: nodes }, (_, at) => `node-${at + 1}`).filter((other) => other !== node);
  if (/kill|crash/.test(name)) return { atS, crash: node };
  if (/stop|term|graceful|shutdown/.test(name)) return { atS: atS + measured2core.stopNs / 1e9, stop: node };
  if (/freeze|hang/.test(name)) return { atS, freeze: node, forS: 60 };
  // Off the bridge its host still has a link; else its link is down.
  return { atS, partition: /bridge|master/.test(name) ? [others, [node]] : [[node], others], forS: 60 };
}

/** Where trials are made. */
export interface Place {
  /** Of the cluster. */
  readonly nodes: number;
  /** Trials of one cluster: a node that is not started anew keeps the phase of its heartbeats. */
  readonly batch: number;
  readonly trial: number;
  /** From the victim's last heartbeat to the event; NaN: any [ms]. */
  readonly phaseMs: number;
}

/** One trial of a case. */
export function trialOf(row: MeasuredRow, { nodes, batch, trial, phaseMs }: Place): Trial {
  const victim = trial % nodes;
  const what = wordsIn(row, 'case', /\w/);
  const endsNobody = 'forS' in faultOf(what, 0, nodes, 0);
  const seed = batch + (endsNobody ? 0 : (trial + 1) * BATCHES);
  const scenario = measuredScenario(row, { seed: seed + 1, nodes, writes: [payload(100)], jvmRoute: true });
  const { cluster, script } = scripted(scenario, 0);
  const { membership } = cluster;
  const anyMs = keyedUniform(7, batch, trial) * numberOr(row, 'frequency_ms', 500);
  const beatNs = membership.beats.lastAt(victim, EVENT_NS);
  const atS = Math.round((beatNs + 1e6 * (Number.isNaN(phaseMs) ? anyMs : phaseMs)) / 1000) / 1e6;
  cluster.faults.set([faultOf(what, victim, nodes, atS)]);
  if ((row.load || 'idle') !== 'idle') {
    const sessions = Array.from({ length: nodes }, () => script.client());
    const ask = (turn: number): void => {
      const node = turn % nodes;
      const isGone = cluster.sim.nowNs >= atS * 1e9 && node === victim;
      if (!isGone) script.ask(sessions[node], node, requestDoes.WRITE, () => {});
      script.after(LOAD_GAP_NS, () => ask(turn + 1));
    };
    script.after(Math.floor(keyedUniform(8, batch, trial) * LOAD_GAP_NS), () => ask(trial % nodes));
  }
  const watchedMs = numberOr(row, 'dropTime_ms', 3000) + 1000 * (nodes + 2);
  cluster.sim.runUntil(Math.round(atS * 1e9) + Math.round(1e6 * watchedMs));
  const gone = membership.detections.filter(({ event, at_s }) => event === 'disappeared' && at_s >= atS);
  const name = `node-${victim + 1}`;
  const delay = ({ at_s }: { at_s: number }): number => (at_s - atS) * 1000;
  return {
    survivors: gone.filter(({ member }) => member === name).map(delay),
    victim: gone.filter(({ observer }) => observer === name).map(delay),
  };
}
