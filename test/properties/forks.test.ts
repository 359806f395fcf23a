// A forked run equals the uninterrupted one to the last bit and event, on rough random scenarios of every kind; the run
// it was taken from does not notice. And the copy forgets nothing: state where no walk over fields finds it shows.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../models/cluster.ts';
import { ForkableRun } from '../../models/forkable-run.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import { seconds } from '../../sim/time.ts';
import { hiddenState } from '../oracle/hidden-state.ts';
import { wideScenario } from '../oracle/wide-scenario.ts';

const SEED = 4;
const SCENARIOS = Number(process.env.FORK_SCENARIOS ?? 60);
const PART = 20;

const scenarios = fc.sample(wideScenario, { seed: SEED, numRuns: SCENARIOS }).map((input) => parseScenario(input));
const seen = {
  before: 0,
  between: 0,
  inWindow: 0,
  lost: 0,
  stale: 0,
  failed: 0,
  strategies: new Set(),
  types: new Set(),
};

/** A moment of the run [ns]: now and then the beginning, the end, that of a fault or the one before. */
function momentOf({ run, faults }: Scenario, number: number, draw: number): number {
  const endNs = seconds(run.warmUpS + run.durationS);
  const uniform = keyedUniform(SEED, number, draw);
  const special = [0, endNs, ...faults.flatMap(({ atS }) => [seconds(atS), seconds(atS) - 1])];
  const place = Math.floor(uniform * 3 * special.length);
  return Math.max(0, Math.min(endNs, special[place] ?? Math.round(keyedUniform(SEED, number, draw + 100) * endNs)));
}

function check(scenario: Scenario, number: number): void {
  const whole = JSON.stringify(simulate(scenario, number % 3));
  const atNs = momentOf(scenario, number, 0);
  // The run that is forked knows only the faults that have begun: those to come are the fork's own.
  const past = scenario.faults.findLastIndex(({ atS }) => seconds(atS) <= atNs);
  const begun = scenario.faults.slice(0, past + 1);
  const run = new ForkableRun({ ...scenario, faults: begun }, number % 3);
  run.runUntilNs(atNs);
  const fork = run.fork(scenario.faults);
  fork.runUntilNs(Math.max(atNs, momentOf(scenario, number, 1)));
  const second = fork.fork();
  const found = {
    'the fork': fork.finish(),
    'a fork of the fork': second.finish(),
    'a fork after both': run.fork(scenario.faults).finish(),
    'another, in a used cluster': [run.finishWith(begun), run.finishWith(scenario.faults)][1],
  };
  for (const [name, result] of Object.entries(found)) {
    const where = `${name} at ${atNs} ns of scenario ${number + 1}, seed ${SEED}\n${JSON.stringify(scenario)}`;
    assert.ok(JSON.stringify(result) === whole, where);
  }
  const alone = JSON.stringify(simulate({ ...scenario, faults: begun }, number % 3));
  assert.ok(JSON.stringify(run.finish()) === alone, `the run that was forked at ${atNs} ns, scenario ${number + 1}`);
  const { consistency } = found['the fork'];
  seen.before += past < 0 ? 1 : 0;
  seen.between += past >= 0 && past < scenario.faults.length - 1 ? 1 : 0;
  seen.inWindow += atNs > seconds(scenario.run.warmUpS) ? 1 : 0;
  seen.lost += consistency.lost_sessions + consistency.lost_updates;
  seen.stale += consistency.stale_reads;
  seen.failed += consistency.failed_requests;
  seen.strategies.add(scenario.replication.strategy);
  seen.types.add(scenario.balancer.type);
}

for (let first = 0; first < SCENARIOS; first += PART) {
  test(`scenarios ${first + 1} to ${first + PART} of seed ${SEED}, forked, equal themselves`, () => {
    for (let number = first; number < first + PART; number += 1) check(scenarios[number], number);
  });
}

test('the scenarios contain what could go wrong', () => {
  const { strategies, types, ...counts } = seen;
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, `nothing ${what} in ${SCENARIOS} scenarios`);
  assert.is(strategies.size, 10);
  assert.is(types.size, 12);
});

/** The first scenario with each strategy and each balancer. */
function oneOfEach(): Scenario[] {
  const met = new Set<string>();
  return scenarios.filter(({ replication, balancer }) => {
    const before = met.size;
    met.add(replication.strategy).add(balancer.type);
    return met.size > before;
  });
}

test('no closure hides state from the copy, whatever the strategy and the balancer', () => {
  oneOfEach().forEach((scenario, number) => {
    const look = (): string[] =>
      hiddenState(() => {
        const run = new ForkableRun(scenario, 0);
        run.runUntilNs(momentOf(scenario, number, 2));
        const fork = run.fork();
        return { from: run.wiring, to: fork.wiring, everything: { run, fork } };
      });
    // Now and then Node makes an object of its own meanwhile; what a closure of ours holds is there every time.
    const once = look();
    const again = once.length > 0 ? look() : [];
    assert.equal(
      once.filter((what) => again.includes(what)),
      [],
      JSON.stringify(scenario),
    );
  });
});

test.run();
