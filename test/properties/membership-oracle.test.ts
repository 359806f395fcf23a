// The views of a lossy network, against a membership that looks at every heartbeat: the same changes at the same
// nanosecond, through losses that begin, change and end, crashes, restarts, pauses and cuts.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bench } from '../oracle/membership-bench.ts';
import { NaiveMembership } from '../oracle/naive-membership.ts';

fc.configureGlobal({ seed: 20_261_121 });

type Step =
  | { readonly atMs: number; readonly loss: number }
  | { readonly atMs: number; readonly what: 'life' | 'pause'; readonly node: number }
  | { readonly atMs: number; readonly what: 'cut'; readonly node: number; readonly other: number };

const ratio = fc.constantFrom(0, 0, 0.05, 0.3, 0.3, 0.6, 0.9, 0.97, 1);
const atMs = fc.integer({ min: 5000, max: 90_000 });
const lossStep = fc.record({ atMs, loss: ratio });
const faultStep = fc.oneof(
  lossStep,
  fc.record({ atMs, what: fc.constantFrom('life' as const, 'pause' as const), node: fc.nat(5) }),
  fc.record({ atMs, what: fc.constant('cut' as const), node: fc.nat(5), other: fc.nat(5) }),
);

const setting = {
  nodes: fc.integer({ min: 2, max: 6 }),
  seed: fc.nat(2 ** 31),
  mcastFrequencyMs: fc.constantFrom(100, 250, 500),
  heartbeatWorkUs: fc.constantFrom(0, 600),
  drops: fc.constantFrom(1, 1.5, 2, 3, 4.2, 6),
  first: ratio.filter((share) => share > 0),
};

/** Both run the same steps. @returns changes of both, in the order of time. */
function changesOf(
  given: {
    nodes: number;
    seed: number;
    mcastFrequencyMs: number;
    heartbeatWorkUs: number;
    drops: number;
    first: number;
  },
  steps: readonly Step[],
  more: { latencyUs: number; soTimeoutMs: number; isVerifying: boolean },
): [string[], string[]] {
  const { nodes, seed, mcastFrequencyMs, heartbeatWorkUs, drops, first } = given;
  const { latencyUs, soTimeoutMs, isVerifying } = more;
  const periodNs = mcastFrequencyMs * 1e6 + heartbeatWorkUs * 1e3;
  // At least one period: a member that expires between any two heartbeats is another matter.
  const memberDropTimeMs = Math.ceil(mcastFrequencyMs * drops) + 1;
  const membership = {
    mcastFrequencyMs,
    heartbeatWorkUs,
    memberDropTimeMs,
    soTimeoutMs,
    tcpFailureDetector: { enabled: isVerifying },
  };
  const bench = new Bench(nodes, membership, seed, { lossRatio: first, latencyUs });
  const naive = new NaiveMembership({
    nodes,
    seed,
    periodNs,
    dropNs: memberDropTimeMs * 1e6,
    latencyNs: latencyUs * 1000,
    soTimeoutNs: soTimeoutMs * 1e6,
    isVerifying,
  });
  if (first > 0) naive.setLoss(first);
  const isDown = new Array<boolean>(nodes).fill(false);
  const isFrozen = new Array<boolean>(nodes).fill(false);
  const isCut = new Set<number>();
  for (const [place, step] of [...steps].sort((a, b) => a.atMs - b.atMs).entries()) {
    // Not at the nanosecond of a heartbeat, where the order is anybody's choice.
    const atNs = step.atMs * 1e6 + (place + 1) * 104_729;
    bench.sim.runUntil(atNs);
    naive.sim.runUntil(atNs);
    if ('loss' in step) {
      bench.membership.setLoss(step.loss);
      naive.setLoss(step.loss);
      continue;
    }
    const node = step.node % nodes;
    if (step.what === 'life' && !isFrozen[node]) {
      isDown[node] = !isDown[node];
      if (isDown[node]) bench.crash(node);
      else bench.restart(node);
      if (isDown[node]) naive.crash(node);
      else naive.restart(node);
    } else if (step.what === 'pause' && !isDown[node]) {
      isFrozen[node] = !isFrozen[node];
      bench.freeze(node, isFrozen[node]);
      naive.freeze(node, isFrozen[node]);
    } else if (step.what === 'cut') {
      const other = step.other % nodes;
      const pair = Math.min(node, other) * nodes + Math.max(node, other);
      if (other === node) continue;
      const cuts = !isCut.has(pair);
      if (cuts) isCut.add(pair);
      else isCut.delete(pair);
      bench.cut([node], [other], cuts);
      naive.cut(node, other, cuts);
    }
  }
  bench.sim.runUntil(120e9);
  naive.sim.runUntil(120e9);
  // The naive one has no packets from before the begin.
  const order = (changes: readonly string[]): string[] =>
    changes
      .filter((change) => Number(change.split(' ')[0]) > 3e9)
      .sort((a, b) => Number(a.split(' ')[0]) - Number(b.split(' ')[0]) || (a < b ? -1 : 1));
  const seen = bench.membership.detections.map(
    ({ at_s, observer, member, event }) =>
      `${Math.round(at_s * 1e9)} ${observer}${event === 'added' ? '+' : '-'}${member}`,
  );
  return [order(seen), order(naive.changes)];
}

let total = 0;

function same(seen: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((change, place) => change !== seen[place]);
  const text = `change ${at}: ${seen.slice(Math.max(0, at - 2), at + 3)}; every heartbeat says ${expected.slice(Math.max(0, at - 2), at + 3)}`;
  assert.ok(at < 0 && seen.length === expected.length, at < 0 ? `then ${seen.slice(expected.length)}` : text);
  total += seen.length;
}

test('losses that begin, change and end: every view changes when it does if all heartbeats are looked at', () => {
  const losses = fc.record({ ...setting, steps: fc.array(lossStep, { maxLength: 12 }) });
  fc.assert(
    fc.property(
      losses,
      fc.constantFrom(1, 100, 20_000),
      fc.constantFrom(40, 500),
      fc.boolean(),
      (given, latencyUs, soTimeoutMs, isVerifying) => {
        const [seen, expected] = changesOf(given, given.steps, { latencyUs, soTimeoutMs, isVerifying });
        same(seen, expected);
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(total > 1000, `${total} changes`);
});

test('and crashes, restarts, pauses and cuts among them', () => {
  const faults = fc.record({ ...setting, steps: fc.array(faultStep, { minLength: 1, maxLength: 14 }) });
  total = 0;
  fc.assert(
    fc.property(faults, (given) => {
      const [seen, expected] = changesOf(given, given.steps, { latencyUs: 1, soTimeoutMs: 5000, isVerifying: false });
      same(seen, expected);
    }),
    { numRuns: 300 },
  );
  assert.ok(total > 1000, `${total} changes`);
});

test.run();
