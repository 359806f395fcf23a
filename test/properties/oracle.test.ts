// The log with cursors against one event per delivery: equal to the last bit on random scenarios, crashes included.
// The scenarios are rough on purpose; a last test holds that they contain what could go wrong.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { NaivePlane } from '../oracle/naive-plane.ts';
import { randomScenario } from '../oracle/random-scenario.ts';

const SEED = 20261121;
const SCENARIOS = 200;

const seen = { dropped: 0, missed: 0, stale: 0, lostUpdates: 0, lostSessions: 0, diverged: 0, deliveries: 0 };
const samples = fc.sample(randomScenario, { seed: SEED, numRuns: SCENARIOS });

function differences(input: unknown): string[] {
  const scenario = parseScenario(input);
  const fast = new Cluster(scenario, 0);
  const naive = new Cluster(scenario, 0, (parts, sessions, sim) => new NaivePlane(parts, sessions, sim));
  const ours = fast.run();
  const theirs = naive.run();
  const found: string[] = [];
  for (const part of ['throughput', 'traffic', 'consistency', 'detection', 'nodeRequests', 'deliveries'] as const) {
    if (!isDeepStrictEqual(ours[part], theirs[part])) {
      found.push(`${part}: ${JSON.stringify(ours[part])} instead of ${JSON.stringify(theirs[part])}`);
    }
  }
  for (const count of ['dropped', 'missedCopies', 'sent'] as const) {
    if (fast.plane[count] !== naive.plane[count]) {
      found.push(`${count}: ${fast.plane[count]} instead of ${naive.plane[count]}`);
    }
  }
  seen.dropped += fast.plane.dropped;
  seen.missed += fast.plane.missedCopies;
  seen.deliveries += ours.deliveries;
  seen.stale += ours.consistency.stale_reads;
  seen.lostUpdates += ours.consistency.lost_updates;
  seen.lostSessions += ours.consistency.lost_sessions;
  seen.diverged += ours.consistency.diverged_sessions;
  return found;
}

const PART = 50;
for (let first = 0; first < SCENARIOS; first += PART) {
  test(`scenarios ${first + 1} to ${first + PART} of seed ${SEED} give the same results either way`, () => {
    samples.slice(first, first + PART).forEach((input, place) => {
      const found = differences(input);
      const text = `scenario ${first + place + 1}, seed ${SEED}\n${JSON.stringify(input)}\n`;
      assert.ok(found.length === 0, text + found.join('\n'));
    });
  });
}

test('the scenarios contain what could go wrong', () => {
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `nothing ${what} in ${SCENARIOS} scenarios`);
});

test.run();
