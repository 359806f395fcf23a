// What fault scenarios cost that share one warm-up, against as many whole runs.
import { simulate } from '../../models/cluster.ts';
import { ForkableRun } from '../../models/forkable-run.ts';
import type { Fault } from '../../models/scenario/fault-schema.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { invariant } from '../../sim/invariant.ts';
import { clusterOf } from './cost.ts';
import { against, type BenchRow } from './rows.ts';

const SCENARIOS = 200;
/** Whole runs that are measured; all cost the same. */
const WHOLE = 20;
const NODES = 16;
const WARM_UP_S = 10;
const WINDOW_S = 2;
/** A fault scenario costs what comes after the fork, two of twelve seconds and what is still on its way, and a copy. */
const SHARE_MAX = 0.35;
/** A fork costs a copy, not a replay. */
const COPY_SHARE_MAX = 0.1;

/** Processor time of some work [ns]. */
function cpuNs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1e3;
}

function faultsOf(number: number): Fault[] {
  const node = `node-${1 + (number % NODES)}`;
  const atS = WARM_UP_S + 0.1 + number / 1000;
  return number % 2 === 0 ? [{ atS, crash: node }] : [{ atS, freeze: node, forS: 0.5 }];
}

/** 200 fault scenarios that share a warm-up, and one fork. */
export function forkRows(): BenchRow[] {
  const run = { warmUpS: WARM_UP_S, durationS: WINDOW_S, seed: 1 };
  const scenario = parseScenario(clusterOf(NODES, 'delta', 1000, WINDOW_S, { run }));
  const whole = (number: number): string => simulate({ ...scenario, faults: faultsOf(number) }, 1).fingerprint;
  for (let number = 0; number < 3; number += 1) whole(number);
  const fingerprints: string[] = [];
  const wholeNs = cpuNs(() => {
    for (let number = 0; number < WHOLE; number += 1) fingerprints.push(whole(number));
  });
  const found: string[] = [];
  let warm = new ForkableRun(scenario, 1);
  let warmNs = 0;
  const sharedNs = cpuNs(() => {
    warmNs = cpuNs(() => {
      warm = new ForkableRun(scenario, 1);
      warm.runUntil(WARM_UP_S);
    });
    for (let number = 0; number < SCENARIOS; number += 1) found.push(warm.finishWith(faultsOf(number)).fingerprint);
  });
  const isSame = fingerprints.every((fingerprint, number) => fingerprint === found[number]);
  invariant(isSame, 'a forked run is not the whole run');
  const twin = warm.fork();
  const forkNs = cpuNs(() => {
    for (let number = 0; number < SCENARIOS; number += 1) warm.forkInto(twin, faultsOf(number));
  });
  const what = `fault scenario, ${SCENARIOS} that share a warm-up, ${NODES} nodes`;
  return [
    against(what, sharedNs / SCENARIOS, wholeNs / WHOLE, SHARE_MAX, 'whole run'),
    against('a fork of it', forkNs / SCENARIOS, warmNs, COPY_SHARE_MAX, 'its warm-up'),
  ];
}
