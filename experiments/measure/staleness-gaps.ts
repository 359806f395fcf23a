import { quantile } from '../validation/check.ts';
import { StateClient } from './http-client.ts';
import { nowMs, pause, sleepUntil } from './lab.ts';
import { type Bench, type Measurement, measureCases } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

const SESSION_REQUESTS = 100;
/** From the first request of a session to the second one [ms]. */
const FIRST_GAP_MS = 300;

/** Waits to the fraction of a millisecond. */
async function waitUntil(untilMs: number): Promise<void> {
  if (untilMs - nowMs() > 3) await pause(untilMs - nowMs() - 2);
  sleepUntil(untilMs);
}

async function rowOf({ lab, effort }: Bench, config: ClusterConfig, gapMs: number): Promise<Row> {
  const { payloads, requests } = effort;
  const query = `c&p=${payloads[0]}`;
  const sessions = Math.ceil(requests / SESSION_REQUESTS);
  let stale = 0;
  let fresh = 0;
  const gaps: number[] = [];
  const latencies: number[] = [];
  const startMs = nowMs();
  for (let session = 0; session < sessions; session += 1) {
    const client = new StateClient();
    let node = session % lab.count;
    let written = (await client.ask(node, query)).counter + 1;
    written = Math.max(1, written);
    await pause(FIRST_GAP_MS);
    let answeredMs = nowMs();
    for (let request = 0; request < SESSION_REQUESTS; request += 1) {
      if (request > 0) await waitUntil(answeredMs + gapMs);
      if (request > 0) gaps.push(nowMs() - answeredMs);
      node = (node + 1) % lab.count;
      const answer = await client.ask(node, query);
      answeredMs = nowMs();
      latencies.push(answer.latencyMs);
      if (answer.isNew && answer.counter < 0) fresh += 1;
      else if (answer.counter !== written) stale += 1;
      written = Math.max(0, answer.counter) + 1;
    }
    client.close();
  }
  const asked = sessions * SESSION_REQUESTS;
  return {
    tomcat_version: lab.version,
    manager: config.manager,
    sendOptions: config.sendOptions,
    jvmRoute: config.jvmRoute ? 1 : 0,
    nodes: lab.count,
    payload_bytes: payloads[0],
    gap_target_ms: gapMs.toFixed(1),
    gap_actual_p50_ms: quantile(gaps, 0.5).toFixed(3),
    gap_actual_p95_ms: quantile(gaps, 0.95).toFixed(3),
    sessions: 1,
    requests: asked,
    trials: asked,
    total_rate_per_s: ((1000 * asked) / (nowMs() - startMs)).toFixed(1),
    stale_requests: stale,
    stale_fraction: (stale / asked).toFixed(5),
    new_session_requests: fresh,
    new_session_fraction: (fresh / asked).toFixed(5),
    latency_p50_ms: quantile(latencies, 0.5).toFixed(3),
    latency_p95_ms: quantile(latencies, 0.95).toFixed(3),
    latency_p99_ms: quantile(latencies, 0.99).toFixed(3),
  };
}

/** A session's requests to the nodes in turn, by the gap between a response and the next request. */
export const staleness: Measurement = {
  name: 'staleness',
  about: 'old counters seen when the requests of a session go to the nodes in turn, by gap',
  measure: (bench) =>
    measureCases(bench, {
      cases: ({ gapsMs }) => gapsMs,
      mayBeRouted: true,
      isTimed: true,
      table: ({ manager, sendOptions, jvmRoute }) => `staleness-${manager}-${sendOptions}-${jvmRoute ? 1 : 0}`,
      label: (gapMs) => `${gapMs} ms`,
      row: rowOf,
    }),
};
