// The accounts of a run agree with each other on rough and wide random scenarios: the sums over nodes and over intervals are
// the totals, every message has one sender, and who looks changes nothing.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster, simulate } from '../../models/cluster.ts';
import { messageKinds } from '../../models/messages.ts';
import type { RunResult } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { wideScenario } from '../oracle/wide-scenario.ts';

const SEED = 20261122;
const SCENARIOS = 40;
const scenarios = fc.sample(wideScenario, { seed: SEED, numRuns: SCENARIOS }).map((input) => parseScenario(input));

interface Watched {
  readonly result: RunResult;
  /** Per kind: messages, bytes, and bytes that each node has sent and received. */
  readonly kinds: Map<string, { messages: number; bytes: number; nodes: number[] }>;
}

/** A run with everything on that can be watched. */
function watched(scenario: Scenario): Watched {
  const cluster = new Cluster({ ...scenario, run: { ...scenario.run, timelineS: 0.1 } }, 0);
  const kinds: Watched['kinds'] = new Map();
  cluster.traffic.observer = {
    message(code, from, to, bytes, messages): void {
      if (!cluster.traffic.isOpen) return;
      const kind = messageKinds[code];
      const sum = kinds.get(kind) ?? { messages: 0, bytes: 0, nodes: new Array<number>(cluster.nodes.count).fill(0) };
      sum.messages += messages;
      sum.bytes += bytes;
      for (const node of [from, to]) if (node >= 0) sum.nodes[node] += bytes;
      kinds.set(kind, sum);
    },
  };
  return { result: cluster.run(), kinds };
}

const runs = scenarios.map((scenario) => ({ scenario, ...watched(scenario) }));

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

test('a timeline and an observer change no result', () => {
  runs.forEach(({ scenario, result }, place) => {
    const plain = simulate({ ...scenario, run: { ...scenario.run, timelineS: 0 } }, 0);
    assert.equal({ ...result, timeline: [] }, plain, `scenario ${place + 1} of seed ${SEED}`);
  });
});

test('the intervals of the timeline add up to the run', () => {
  let failed = 0;
  runs.forEach(({ scenario, result: { timeline, consistency, throughput } }, place) => {
    const where = `scenario ${place + 1} of seed ${SEED}`;
    const completed = sum(timeline.map((row) => row.completed));
    assert.is(sum(timeline.map((row) => row.failed)), consistency.failed_requests, where);
    assert.is(completed + consistency.failed_requests, consistency.requests, where);
    assert.is(completed, Math.round(throughput.completed_rps * scenario.run.durationS), where);
    assert.is(sum(timeline.flatMap((row) => row.node_requests)), completed, where);
    failed += consistency.failed_requests;
  });
  assert.ok(failed > 0);
});

test('what is seen of each message adds up to the traffic, of all and of the busiest node', () => {
  const met = new Set<string>();
  runs.forEach(({ scenario, result, kinds }, place) => {
    for (const { kind, messages, bytes, node_bytes_per_s_max } of result.traffic) {
      const seen = kinds.get(kind);
      if (seen === undefined) continue;
      const where = `${kind}, scenario ${place + 1} of seed ${SEED}`;
      met.add(kind);
      assert.is(seen.messages, messages, where);
      assert.is(seen.bytes, bytes, where);
      assert.is(Math.max(...seen.nodes) / scenario.run.durationS, node_bytes_per_s_max, where);
    }
  });
  assert.ok(met.size > 15, [...met].join(', '));
});

test.run();
