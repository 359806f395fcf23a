import type { RunResult } from '../../models/results.ts';
import type { Fault } from '../../models/scenario/fault-schema.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { mser5 } from '../../sim/statistics.ts';
import type { Measures } from './run-record.ts';

/** Intervals of a pilot run; MSER-5 looks at means of five of them. */
const INTERVALS = 200;

/** The pilot of a point: the whole run without its faults, watched from its first moment on. */
export function pilotOf(scenario: Scenario): Scenario {
  const { warmUpS, durationS } = scenario.run;
  const totalS = warmUpS + durationS;
  const run = { ...scenario.run, warmUpS: 0, durationS: totalS, timelineS: totalS / INTERVALS };
  return { ...scenario, faults: [], run };
}

/** Where the warm-up of a pilot ends, by MSER-5 on the mean latency of each interval. */
export function warmUpMeasures(scenario: Scenario, { timeline }: RunResult): Measures {
  let last = timeline.find(({ latency_ms_mean }) => latency_ms_mean !== null)?.latency_ms_mean ?? 0;
  const series = timeline.map(({ latency_ms_mean }) => {
    last = latency_ms_mean ?? last;
    return last;
  });
  return { warm_up_s: mser5(series) * scenario.run.timelineS };
}

/** A scenario with another length of its warm-up; what goes wrong keeps its place in the window, but not before the start. */
export function withWarmUp(scenario: Scenario, warmUpS: number): Scenario {
  const shiftS = warmUpS - scenario.run.warmUpS;
  if (shiftS === 0) return scenario;
  const faults = scenario.faults.map((fault): Fault => ({ ...fault, atS: Math.max(0, fault.atS + shiftS) }));
  return { ...scenario, faults, run: { ...scenario.run, warmUpS } };
}
