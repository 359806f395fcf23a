import { requestDoes } from '../../models/requests.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import { type MeasuredRow, numberIn } from './check.ts';
import { measuredScenario, payload, scripted } from './measured-scenario.ts';

/** Load: requests per second in all, one session per node. */
const LOAD_GAP_NS = 50e6;
const EVENT_NS = 3e9;

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
  if (/stop|term|graceful|shutdown/.test(name)) return { atS, stop: node };
  if (/freeze|hang/.test(name)) return { atS, freeze: node, forS: 60 };
  return { atS, partition: [[node], others], forS: 60 };
}

/**
 * One trial of a case.
 * @param nodes - of the cluster. @param phaseMs - from the victim's last heartbeat to the event; NaN: any.
 */
export function trialOf(row: MeasuredRow, nodes: number, phaseMs: number, seed: number): Trial {
  const victim = seed % nodes;
  const scenario = measuredScenario(row, { seed: seed + 1, nodes, writes: [payload(100)], jvmRoute: true });
  const { cluster, script } = scripted(scenario, 0);
  const { membership } = cluster;
  const anyMs = keyedUniform(7, seed, 1) * numberIn(row, 'frequency_ms');
  const beatNs = membership.beatBefore(victim, EVENT_NS);
  const atS = Math.round((beatNs + 1e6 * (Number.isNaN(phaseMs) ? anyMs : phaseMs)) / 1000) / 1e6;
  cluster.faults.set([faultOf(row.case, victim, nodes, atS)]);
  if (row.load !== 'idle') {
    const sessions = Array.from({ length: nodes }, () => script.client());
    const ask = (turn: number): void => {
      const node = turn % nodes;
      const isGone = cluster.sim.nowNs >= atS * 1e9 && node === victim;
      if (!isGone) script.ask(sessions[node], node, requestDoes.WRITE, () => {});
      script.after(LOAD_GAP_NS, () => ask(turn + 1));
    };
    script.after(Math.floor(keyedUniform(7, seed, 2) * LOAD_GAP_NS), () => ask(seed % nodes));
  }
  const watchedMs = numberIn(row, 'dropTime_ms') + 1000 * (nodes + 2);
  cluster.sim.runUntil(Math.round(atS * 1e9) + Math.round(1e6 * watchedMs));
  const gone = membership.detections.filter(({ event, at_s }) => event === 'disappeared' && at_s >= atS);
  const name = `node-${victim + 1}`;
  const delay = ({ at_s }: { at_s: number }): number => (at_s - atS) * 1000;
  return {
    survivors: gone.filter(({ member }) => member === name).map(delay),
    victim: gone.filter(({ observer }) => observer === name).map(delay),
  };
}
