// What the lint rules say, in numbers: the fixture that fires and the one that does not are imported, put under one load
// and one fault, and simulated. The tests hold signs and ratios, never a fitted number.
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sortFiles } from '../../experiments/import/cluster-files.ts';
import { importCluster } from '../../experiments/import/to-scenario.ts';
import { simulate } from '../../models/cluster.ts';
import type { RunResult } from '../../models/results.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../models/scenario/schema.ts';
import type { Files } from '../experiments/fixtures/lint-case.ts';
import { lintCases } from '../experiments/fixtures/lint-cases.ts';
import { folderWith } from '../experiments/import/helpers.ts';

type Tree = Record<string, unknown>;

const base: ScenarioInput = {
  nodes: 3,
  load: { requestsPerSecond: 120 },
  session: { requestsMean: 10, thinkTimeSMean: 1, writeRatio: 0.5 },
  service: { cpuMsMean: 5 },
  node: { cores: 4 },
  faults: [{ atS: 10, crash: 'node-1' }],
  run: { warmUpS: 5, durationS: 12, seed: 11 },
};

function merge(under: unknown, over: unknown): unknown {
  const isTree = (one: unknown): one is Tree => typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!isTree(under) || !isTree(over)) return structuredClone(over);
  const result: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) result[key] = key in under ? merge(under[key], value) : value;
  return result;
}

/** Imported files say less than a load and a fault; they win over `base`, and `around` wins over them. */
function runOf(files: Files, around: ScenarioInput): RunResult {
  const folder = folderWith(files);
  const { scenario } = importCluster(sortFiles(Object.keys(files).map((name) => join(folder, name))));
  return simulate(parseScenario(merge(merge(base, scenario), around)), 0);
}

/** @param says - the message of what is wrong, undefined if all is as the rule says. */
function shows(rule: string, around: ScenarioInput, says: (bad: RunResult, good: RunResult) => unknown): void {
  test(`${rule}: ${lintCases.find((one) => one.rule === rule)?.at.trim()}`, () => {
    const found = lintCases.find((one) => one.rule === rule);
    assert.ok(found, 'no such rule');
    says(runOf(found.fires, around), runOf(found.quiet, around));
  });
}

const messages = ({ traffic }: RunResult, kind: string): number =>
  traffic.find((row) => row.kind === kind)?.messages ?? 0;
const lost = ({ consistency }: RunResult): number => consistency.lost_sessions;
const quiet: ScenarioInput = { faults: [] };
const back: ScenarioInput = {
  faults: [
    { atS: 8, crash: 'node-1' },
    { atS: 9, restart: 'node-1' },
  ],
};

for (const rule of [
  ...['distributable-missing', 'distributable-only-in-conf-web-xml', 'distributable-cancelled-by-fragment'],
  ...['context-manager-overrides', 'multicast-group-differs', 'membership-ttl-zero', 'membership-off'],
  ...['receiver-address-loopback', 'receiver-address-any'],
]) {
  shows(rule, { nodes: 3 }, (bad, good) => {
    assert.ok(lost(bad) > 25, `${lost(bad)} sessions lost with the node`);
    assert.ok(lost(good) <= 2, `${lost(good)}`);
  });
}

shows('multicast-group-shared', quiet, (bad, good) => {
  assert.ok(messages(bad, 'session-delta') > 1.4 * messages(good, 'session-delta'), 'both clusters get everything');
});

shows(
  'drop-time-short',
  { ...quiet, membership: { tcpFailureDetector: { enabled: false } }, network: { lossRatio: 0.3 } },
  (bad, good) => {
    const mistakes = ({ detection }: RunResult): number =>
      detection.filter(({ event }) => event === 'disappeared').length;
    assert.ok(mistakes(bad) > 2 * mistakes(good) && mistakes(bad) > 5, `${mistakes(bad)} and ${mistakes(good)}`);
  },
);

shows(
  'detector-missing',
  { ...quiet, network: { lossRatio: 0.4 }, membership: { memberDropTimeMs: 1500 } },
  (bad, good) => {
    assert.ok(bad.detection.length > 2 * good.detection.length && bad.detection.length > 5, 'live members thrown out');
  },
);

shows('detector-above-dispatcher', {}, (bad, good) => {
  const noticed = ({ detection }: RunResult): number => Math.max(...detection.map(({ after_ms }) => after_ms ?? 0));
  assert.ok(noticed(bad) > 2000 && noticed(good) < 500, `${noticed(bad)} and ${noticed(good)} ms`);
});

shows('send-option-4-alone', quiet, (bad, good) => {
  assert.is(messages(bad, 'ack'), 0);
  assert.ok(messages(good, 'ack') > 1000);
});

shows(
  'async-without-dispatcher',
  { ...quiet, calibration: { dispatchLagUsMean: 0 }, network: { bandwidthMbps: 2 }, load: { requestsPerSecond: 200 } },
  (bad) => {
    assert.is(messages(bad, 'ack'), 0, 'a synchronous write without an acknowledgement');
  },
);

shows(
  'sender-pool-small',
  { ...quiet, network: { latencyUs: 60_000 }, load: { requestsPerSecond: 900 }, node: { cores: 16 } },
  (bad, good) => {
    const [slow, fast] = [bad.throughput.latency_ms_p95!, good.throughput.latency_ms_p95!];
    assert.ok(slow > 1.5 * fast, `${slow} and ${fast} ms: requests queue for 25 senders`);
  },
);

shows(
  'receiver-threads-few',
  { ...quiet, calibration: { messageReceiveUs: 9000 }, node: { cores: 16 }, load: { requestsPerSecond: 100 } },
  (bad, good) => {
    const [slow, fast] = [bad.throughput.latency_ms_p95!, good.throughput.latency_ms_p95!];
    assert.ok(slow > 1.3 * fast, `${slow} and ${fast} ms: senders wait for a thread`);
  },
);

shows('expire-on-shutdown', { faults: [{ atS: 10, stop: 'node-1' }] }, (bad, good) => {
  assert.ok(lost(bad) > 80 && lost(good) <= 2, `${lost(bad)} and ${lost(good)}`);
});

shows('valve-default-lost', {}, (bad, good) => {
  assert.is(messages(bad, 'session-delta'), 0);
  assert.ok(bad.consistency.lost_updates > good.consistency.lost_updates + 30);
});

shows('listener-default-lost', {}, (bad, good) => {
  assert.ok(lost(bad) > 25 && lost(good) <= 2, `${lost(bad)} and ${lost(good)}`);
  assert.ok(messages(bad, 'session-delta') > 0.8 * messages(good, 'session-delta'), 'the messages are all sent');
});

shows('cluster-placement-mixed', { nodes: 2 }, (bad, good) => {
  assert.ok(lost(bad) > 25 && lost(good) <= 2, `${lost(bad)} and ${lost(good)}`);
});

shows('jvm-route-duplicate', quiet, (bad, good) => {
  assert.ok(bad.throughput.node_requests_max_ratio! > 1.6, 'nearly everything goes to the first of the two');
  assert.ok(good.throughput.node_requests_max_ratio! < 1.3);
});

for (const rule of ['not-sticky', 'sticky-without-routes']) {
  const near = { network: { latencyUs: 1 }, session: { thinkTimeSMean: 0.001 } };
  shows(rule, { ...quiet, ...near }, (bad, good) => {
    assert.ok(bad.consistency.stale_reads > 10 && good.consistency.stale_reads === 0);
  });
}

shows('cookie-hash-with-jvm-route', { ...quiet, nodes: 4, balancer: { serverNames: [] } }, (bad, good) => {
  assert.is(messages(good, 'id-changed'), 0);
  assert.ok(messages(bad, 'id-changed') > 500, 'sessions that never settle');
});

shows(
  'worker-connections-few',
  { ...quiet, service: { backendMsMean: 2000 }, load: { requestsPerSecond: 300 } },
  (bad, good) => {
    assert.ok(
      bad.consistency.failed_requests > 100 && good.consistency.failed_requests === 0,
      'refused while threads idle',
    );
  },
);

shows(
  'upstream-without-zone',
  {
    nodes: 2,
    replication: { strategy: 'none' },
    load: { requestsPerSecond: 4 },
    faults: [{ atS: 8, powerOff: 'node-1' }],
    balancer: { connectTimeoutS: 2 },
  },
  (bad, good) => {
    const slow = ({ throughput }: RunResult): number => throughput.latency_ms_mean!;
    assert.ok(slow(bad) > 1.2 * slow(good), `${slow(bad)} and ${slow(good)} ms: each worker finds out for itself`);
  },
);

shows('keepalive-http10', { ...quiet, nodes: 2, network: { latencyUs: 5000 } }, (bad, good) => {
  const more = bad.throughput.latency_ms_p50! - good.throughput.latency_ms_p50!;
  assert.ok(Math.abs(more - 10) < 3, `${more} ms: a round trip for each new connection`);
});

shows(
  'retry-repeats-writes',
  { nodes: 2, faults: [{ atS: 8, freeze: 'node-1', forS: 5 }], balancer: { readTimeoutS: 0.5 } },
  (bad, good) => {
    const [twice, reads] = [bad.consistency.executed_twice, good.consistency.executed_twice];
    assert.ok(twice > 1.5 * reads, `${twice} and ${reads}: POST as well as GET`);
  },
);

for (const rule of ['no-failover', 'jk-sticky-force']) {
  shows(rule, { nodes: 2 }, (bad, good) => {
    const [refused, few] = [bad.consistency.failed_requests, good.consistency.failed_requests];
    assert.ok(refused > 50 && few < refused / 5, `${refused} and ${few}`);
  });
}

shows(
  'jk-without-timeouts',
  { nodes: 2, faults: [{ atS: 7, freeze: 'node-1', forS: 60 }], run: { durationS: 60 } },
  (bad, good) => {
    const [hung, all] = [bad.throughput.completed_rps, good.throughput.completed_rps];
    assert.ok(hung < 0.9 * all, `${hung} and ${all} requests/s: clients that wait for ever`);
  },
);

shows(
  'msm-ttl-not-refreshed',
  {
    session: { writeRatio: 0, idleTimeoutS: 15, requestsMean: 40 },
    faults: [{ atS: 40, crash: 'node-1' }],
    run: { durationS: 50 },
  },
  (bad, good) => {
    assert.ok(lost(bad) > 2 * lost(good) + 20, `${lost(bad)} and ${lost(good)}`);
  },
);

shows(
  'msm-non-sticky-unlocked',
  { ...quiet, balancer: { type: 'round-robin' }, session: { concurrentRatio: 0.4, writeRatio: 0.8 } },
  (bad, good) => {
    const [overwritten, few] = [bad.consistency.lost_updates, good.consistency.lost_updates];
    assert.ok(overwritten > 50 && few < overwritten / 5, `${overwritten} and ${few}`);
  },
);

shows('session-never-expires', quiet, (bad, good) => {
  const [endless, half] = [bad.throughput.session_memory_bytes_max!, good.throughput.session_memory_bytes_max!];
  assert.ok(endless > 100 * half, `${endless} and ${half} bytes`);
});

shows('state-transfer-timeout', { ...back, balancer: { type: 'round-robin' }, run: { durationS: 25 } }, (bad, good) => {
  assert.ok(lost(bad) > lost(good), `${lost(bad)} and ${lost(good)}: it serves before its state is there`);
});

test.run();
