// The two planes alone, without a cluster around them: random messages, deaths, pauses and joins in a world so small
// that moments coincide and everything overtakes everything. Both must tell the same of every copy, every start and
// every count; and the log must not mind being looked at more often.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PlaneBench, type World } from '../oracle/plane-pair.ts';
import { type Step, steps, Walk, worlds } from '../oracle/plane-steps.ts';

const SEED = 20261121;
const WALKS = 3000;

interface Outcome {
  readonly seen: unknown[];
  readonly dropped: number;
  readonly missedCopies: number;
  readonly deliveries: number;
}

function outcome(
  world: World,
  path: readonly Step[],
  kind: 'log' | 'skipping log' | 'restless log' | 'naive',
): Outcome {
  const bench = new PlaneBench(world, kind);
  const walk = new Walk(bench, world.nodes, world.sessions);
  for (const step of path) walk.step(step);
  return { seen: walk.seen, ...(bench.outcome(walk.alive) as Omit<Outcome, 'seen'>) };
}

const total = { dropped: 0, missedCopies: 0, deliveries: 0, seen: 0 };

test(`${WALKS} random walks of seed ${SEED} end the same with the log and with one event per delivery`, () => {
  fc.assert(
    fc.property(worlds, steps, (world, path) => {
      const naive = outcome(world, path, 'naive');
      assert.equal(outcome(world, path, 'log'), naive);
      assert.equal(outcome(world, path, 'skipping log'), naive);
      total.dropped += naive.dropped;
      total.missedCopies += naive.missedCopies;
      total.deliveries += naive.deliveries;
      total.seen += naive.seen.length;
    }),
    { seed: SEED, numRuns: WALKS },
  );
});

test('a log that is looked at and pruned at any moment gives the same', () => {
  fc.assert(
    fc.property(worlds, steps, (world, path) => {
      assert.equal(outcome(world, path, 'restless log'), outcome(world, path, 'log'));
    }),
    { seed: SEED + 1, numRuns: WALKS / 2 },
  );
});

test('the walks contain messages that are dropped, lost and delivered, and reads', () => {
  for (const [what, count] of Object.entries(total)) assert.ok(count > WALKS, `${count} ${what} in ${WALKS} walks`);
});

test.run();
