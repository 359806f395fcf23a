import { simulate } from '../../models/cluster.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { countPoints, gridPoints } from './grid.ts';
import { costOf } from './grid-driver.ts';
import { duration } from './progress.ts';
import type { Point } from './run-record.ts';
import { mostReplications, neededReplications } from './statistics-rules.ts';
import type { Driver } from './sweep.ts';
import type { SweepPlan } from './sweep-plan.ts';
import { readable } from './text-table.ts';

/** Requests of a probe, about, and how many probes are run at most. */
const PROBE_REQUESTS = 2000;
const PROBES = 12;

interface Rate {
  readonly events: number;
  readonly seconds: number;
}

function piece(scenario: Scenario, durationS: number): Rate {
  const run: Scenario['run'] = { ...scenario.run, warmUpS: 0, durationS, timelineS: 0 };
  const startedAt = performance.now();
  const { events } = simulate({ ...scenario, faults: [], run }, 1);
  return { events, seconds: (performance.now() - startedAt) / 1000 };
}

/** Runs a short and a longer piece of a point: what its start costs here, and what each further second does. */
function probe(plan: SweepPlan, point: Point): Rate {
  const scenario = plan.scenarioOf(point);
  const wholeS = scenario.run.warmUpS + scenario.run.durationS;
  const shortS = Math.min(wholeS / 3, Math.max(0.1, PROBE_REQUESTS / point.load_rps));
  piece(scenario, shortS);
  const [short, long] = [piece(scenario, shortS), piece(scenario, 3 * shortS)];
  const beyond = (wholeS - shortS) / (2 * shortS);
  const whole = (name: keyof Rate): number => short[name] + beyond * Math.max(0, long[name] - short[name]);
  return { events: whole('events'), seconds: whole('seconds') };
}

/** Events and seconds of one run of every point, by a few probes spread over the grid. */
function expected(plan: SweepPlan): Rate {
  const points = countPoints(plan.grid);
  const step = Math.max(1, Math.ceil(points / PROBES));
  let costProbed = 0;
  let cost = 0;
  let events = 0;
  let seconds = 0;
  let index = 0;
  for (const point of gridPoints(plan.grid)) {
    cost += costOf(point);
    if (index % step === Math.floor(step / 2)) {
      const rate = probe(plan, point);
      costProbed += costOf(point);
      events += rate.events;
      seconds += rate.seconds;
    }
    index += 1;
  }
  return { events: (events / costProbed) * cost, seconds: (seconds / costProbed) * cost };
}

/** What a sweep would do: points, runs, expected events and time on this machine. */
export function dryRunText(plan: SweepPlan, { runs }: Driver, jobs: number): string {
  const { events, seconds } = expected(plan);
  const points = countPoints(plan.grid);
  const each = neededReplications(plan.rules, 0, []);
  const most = mostReplications(plan.rules);
  const perPoint = runs / points;
  const replications = most === each ? `${each} replications` : `${each} to ${most} replications`;
  const pilots = plan.rules.warmUp === 'mser5' ? points : 0;
  const total = runs + pilots;
  return [
    `points           ${points.toLocaleString('en-US')}`,
    `runs             ${runs.toLocaleString('en-US')}${perPoint === each ? ` (${replications})` : ' (about)'}${pilots > 0 ? ` and ${pilots} pilots` : ''}`,
    `expected events  ${readable((events * total) / points)}`,
    `expected time    ${duration((seconds * total) / points / jobs)} with ${jobs} threads here`,
    '',
  ].join('\n');
}
