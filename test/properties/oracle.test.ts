// The log with cursors against one event per delivery: equal to the last bit on random scenarios, crashes included.
// The scenarios are rough on purpose, every other one is wide as well; a last test holds that they contain what could go wrong.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster, type PlaneFactory } from '../../models/cluster.ts';
import { LogPlane } from '../../models/replication/log-plane.ts';
import type { RunResult } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { CollectedServers } from '../../sim/collected-servers.ts';
import { CompilingServers } from '../../sim/compiling-servers.ts';
import { NaivePlane } from '../oracle/naive-plane.ts';
import { randomScenario } from '../oracle/random-scenario.ts';
import { restless } from '../oracle/restless-plane.ts';
import { wideScenario } from '../oracle/wide-scenario.ts';

const SEED = Number(process.env.ORACLE_SEED ?? 20261121);
const SCENARIOS = Number(process.env.ORACLE_SCENARIOS ?? 240);
const RESTLESS = 40;
const PART = 60;

const seen = {
  skipped: 0,
  unasked: 0,
  irregular: 0,
  dropped: 0,
  missed: 0,
  stale: 0,
  lostUpdates: 0,
  lostSessions: 0,
  diverged: 0,
  held: 0,
  timedOut: 0,
  collections: 0,
  compiled: 0,
  discarded: 0,
};
const [rough, wide] = [randomScenario, wideScenario].map((arbitrary) =>
  fc.sample(arbitrary, { seed: SEED, numRuns: SCENARIOS / 2 }),
);
const samples = rough.flatMap((one, place) => [one, wide[place]]);

const naive: PlaneFactory = (parts, sessions, sim) => new NaivePlane(parts, sessions, sim);

function differences(input: unknown, other: PlaneFactory, many?: number): string[] {
  const scenario = parseScenario(input);
  const plane: { log?: LogPlane } = {};
  const fast = new Cluster(scenario, 0, (parts, sessions) => {
    plane.log = new LogPlane(parts, sessions, many);
    return plane.log;
  });
  const slow = new Cluster(scenario, 0, other);
  const ours = fast.run();
  const theirs = slow.run();
  const found = insane(ours);
  for (const part of ['throughput', 'traffic', 'consistency', 'detection', 'nodeRequests', 'deliveries'] as const) {
    if (!isDeepStrictEqual(ours[part], theirs[part])) {
      found.push(`${part}: ${JSON.stringify(ours[part])} instead of ${JSON.stringify(theirs[part])}`);
    }
  }
  for (const count of ['dropped', 'missedCopies', 'sent'] as const) {
    if (fast.plane[count] !== slow.plane[count]) {
      found.push(`${count}: ${fast.plane[count]} instead of ${slow.plane[count]}`);
    }
  }
  seen.skipped += plane.log?.skipped ?? 0;
  seen.unasked += fast.channel.acknowledged.unasked;
  seen.irregular += plane.log?.irregularCopies ?? 0;
  seen.dropped += fast.plane.dropped;
  seen.missed += fast.plane.missedCopies;
  seen.stale += ours.consistency.stale_reads;
  seen.lostUpdates += ours.consistency.lost_updates;
  seen.lostSessions += ours.consistency.lost_sessions;
  seen.held += fast.channel.windows.held;
  seen.timedOut += fast.channel.windows.timedOut;
  for (const cpu of fast.nodes.cpus) {
    if (cpu instanceof CollectedServers) seen.collections += cpu.collections;
    if (!(cpu instanceof CompilingServers)) continue;
    seen.compiled += cpu.compiledNs;
    seen.discarded += cpu.discards;
  }
  seen.diverged += ours.consistency.diverged_sessions;
  return found;
}

/** Figures that no run can have: below zero, no number, more lost than there was. */
function insane({ throughput, traffic, consistency, nodeRequests }: RunResult): string[] {
  const figures = [throughput, consistency, nodeRequests, ...traffic].flatMap((part) => Object.entries(part));
  const found = figures.filter(([, value]) => typeof value === 'number' && !(value >= 0 && value < Number.MAX_VALUE));
  const { requests, stale_reads, failed_requests } = consistency;
  if (Math.max(stale_reads, failed_requests) > requests) found.push(['requests', requests]);
  return found.map(([name, value]) => `${name} is ${value}`);
}

function compare(first: number, count: number, factory: PlaneFactory): void {
  samples.slice(first, first + count).forEach((input, place) => {
    const found = differences(input, factory, place % 4 < 2 ? 1 : undefined);
    const text = `scenario ${first + place + 1}, seed ${SEED}\n${JSON.stringify(input)}\n`;
    assert.ok(found.length === 0, text + found.join('\n'));
  });
}

for (let first = 0; first < SCENARIOS; first += PART) {
  test(`scenarios ${first + 1} to ${first + PART} of seed ${SEED} give the same results either way`, () => {
    compare(first, PART, naive);
  });
}

test('copies of which the planes know nothing are looked at either way, also those that nobody wrote in the window', () => {
  const input = {
    nodes: 8,
    node: { cores: 3 },
    service: { cpuMsMean: 1 },
    session: {
      requestsMean: 5,
      thinkTimeSMean: 2,
      thinkTimeDistribution: 'constant',
      bytes: 20_000,
      mutateWithoutSetRatio: 0.2,
      idleTimeoutS: 2,
      logoutRatio: 0.5,
    },
    load: { requestsPerSecond: 120 },
    replication: { strategy: 'redisson', readMode: 'MEMORY', broadcastSessionEvents: true },
    balancer: {
      type: 'round-robin',
      jvmRoute: false,
      maxFails: 0,
      failTimeoutS: 0.1,
      connectTimeoutS: 1,
      readTimeoutS: 0.05,
    },
    network: { bandwidthMbps: 1 },
    faults: [
      { atS: 4.249, crash: 'node-1' },
      { atS: 1.106, freezeStore: 'n1', forS: 0.05 },
    ],
    run: { warmUpS: 0, durationS: 3, seed: 471_460 },
  };
  assert.equal(differences(input, naive), []);
});

test('a thread waits for no member that its message does not go to', () => {
  const input = {
    nodes: 5,
    session: { requestsMean: 5, thinkTimeSMean: 2, thinkTimeDistribution: 'constant', bytes: 20_000, idleTimeoutS: 1 },
    load: { requestsPerSecond: 40 },
    replication: { strategy: 'all-to-all', useDirtyFlag: false },
    membership: { memberDropTimeMs: 501 },
    channel: { receiver: { rxBufSizeBytes: 1000 }, sender: { poolSize: 2 } },
    network: { bandwidthMbps: 1 },
    faults: [
      { atS: 0.893, freeze: 'node-2', forS: 2.5 },
      {
        atS: 0.77,
        partition: [
          ['node-5', 'node-3'],
          ['node-2', 'node-1'],
        ],
        forS: 2.5,
      },
    ],
    run: { warmUpS: 1, durationS: 5, seed: 19 },
  };
  assert.equal(differences(input, naive), []);
});

test('the scenarios contain what could go wrong', () => {
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `nothing ${what} in ${SCENARIOS} scenarios`);
});

test(`catching up and forgetting at any other moment changes none of the first ${RESTLESS}`, () => {
  compare(0, RESTLESS, (parts, sessions, sim) => restless(new LogPlane(parts, sessions), parts.nodes, sim, SEED));
});

test.run();
