import type { Detection, RunResult } from '../../models/results.ts';
import type { Fault } from '../../models/scenario/fault-schema.ts';
import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { Measures } from '../lib/run-record.ts';

/** From when to when a node was dead [s]. */
interface Outage {
  readonly fromS: number;
  readonly toS: number;
}

function deathOf(fault: Fault): string | undefined {
  if ('crash' in fault) return fault.crash;
  if ('powerOff' in fault) return fault.powerOff;
  if ('stop' in fault) return fault.stop;
  return 'crashTogether' in fault ? fault.crashTogether[0] : undefined;
}

/** When which node was dead, by the plan of the faults; a start counts from its end. */
function outages({ faults }: Scenario, endS: number): Map<string, Outage[]> {
  const found = new Map<string, Outage[]>();
  for (const fault of [...faults].sort((a, b) => a.atS - b.atS)) {
    const node = deathOf(fault);
    if (node === undefined) continue;
    const back = faults.find((one) => 'restart' in one && one.restart === node && one.atS >= fault.atS);
    const outage = { fromS: fault.atS, toS: back?.atS ?? endS };
    found.set(node, [...(found.get(node) ?? []), outage]);
  }
  return found;
}

/** One node thrown out of another's view although it lives, or stands still and comes back. */
interface Mistake {
  readonly fromS: number;
  readonly toS: number;
  /** Whether its end was seen: not the end of the run, nor a death. */
  readonly isOver: boolean;
}

/** A wrong suspicion lasts until the member is back in the view, somebody of the two dies, or the run ends. */
function mistakesIn(changes: readonly Detection[], dead: ReadonlyMap<string, Outage[]>, endS: number): Mistake[] {
  const mistakes: Mistake[] = [];
  const open = new Map<string, number>();
  const deadAt = (node: string, atS: number): boolean =>
    (dead.get(node) ?? []).some(({ fromS, toS }) => atS >= fromS && atS < toS);
  const nextDeath = (node: string, atS: number): number =>
    Math.min(endS, ...(dead.get(node) ?? []).map(({ fromS }) => fromS).filter((fromS) => fromS >= atS));
  const close = (pair: string, fromS: number, backS: number): void => {
    const [observer, member] = pair.split(' ');
    const deathS = Math.min(nextDeath(observer, fromS), nextDeath(member, fromS));
    mistakes.push({ fromS, toS: Math.min(backS, deathS), isOver: backS < deathS });
  };
  for (const { at_s, observer, member, event } of changes) {
    const pair = `${observer} ${member}`;
    const since = open.get(pair);
    if (event === 'added') {
      if (since !== undefined) close(pair, since, at_s);
      open.delete(pair);
    } else if (!deadAt(member, at_s) && since === undefined) open.set(pair, at_s);
  }
  for (const [pair, fromS] of open) close(pair, fromS, endS);
  return mistakes;
}

/** Seconds of the window in which both of a pair live, summed over the ordered pairs. */
function pairSeconds(nodes: number, dead: ReadonlyMap<string, Outage[]>, fromS: number, toS: number): number {
  const edges = [...dead.values()].flat().flatMap((one) => [one.fromS, one.toS]);
  const times = [...new Set([fromS, toS, ...edges.filter((atS) => atS > fromS && atS < toS)])].sort((a, b) => a - b);
  let sum = 0;
  for (let at = 1; at < times.length; at += 1) {
    const middleS = (times[at - 1] + times[at]) / 2;
    const down = [...dead.values()].filter((list) => list.some((one) => middleS >= one.fromS && middleS < one.toS));
    const up = nodes - down.length;
    sum += (times[at] - times[at - 1]) * up * (up - 1);
  }
  return sum;
}

/** How long each observer needed to throw a dead member out [ms]; one that never did is missing. */
function detectionsIn(changes: readonly Detection[], dead: ReadonlyMap<string, Outage[]>, fromS: number): number[] {
  const found: number[] = [];
  for (const [node, list] of dead) {
    for (const outage of list.filter((one) => one.fromS >= fromS)) {
      const seen = new Set<string>();
      for (const { at_s, member, observer, event } of changes) {
        const isIts = member === node && event === 'disappeared' && at_s >= outage.fromS && at_s < outage.toS;
        if (!isIts || seen.has(observer)) continue;
        seen.add(observer);
        found.push((at_s - outage.fromS) * 1000);
      }
    }
  }
  return found;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number | null => (values.length > 0 ? sum(values) / values.length : null);

/**
 * Quality of the failure detection of a run, in the terms of Chen, Toueg and Aguilera.
 * @see source: "On the quality of service of failure detectors", IEEE Transactions on Computers 51 (2002).
 */
export function detectionMeasures(scenario: Scenario, { detection }: RunResult): Measures {
  const { warmUpS, durationS } = scenario.run;
  const endS = warmUpS + durationS;
  const dead = outages(scenario, endS);
  const changes = detection.filter(({ at_s }) => at_s <= endS);
  const detections = detectionsIn(changes, dead, warmUpS);
  const mistakes = mistakesIn(changes, dead, endS).filter(({ toS }) => toS > warmUpS);
  const begun = mistakes.filter(({ fromS }) => fromS >= warmUpS);
  const over = begun.filter(({ isOver }) => isOver);
  const observed = pairSeconds(nodeCount(scenario), dead, warmUpS, endS);
  const wrongS = sum(mistakes.map(({ fromS, toS }) => toS - Math.max(fromS, warmUpS)));
  return {
    detections: detections.length,
    detection_ms_mean: mean(detections),
    detection_ms_max: detections.length > 0 ? detections.reduce((a, b) => Math.max(a, b)) : null,
    pair_seconds: observed,
    mistakes: begun.length,
    mistake_duration_ms_mean: mean(over.map(({ fromS, toS }) => (toS - fromS) * 1000)),
    query_accuracy: observed > 0 ? 1 - wrongS / observed : null,
  };
}
