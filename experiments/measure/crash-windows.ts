import { quantile } from '../validation/check.ts';
import { StateClient } from './http-client.ts';
import { type Lab, nowMs, pause, sleepUntil } from './lab.ts';
import { type Bench, type Measurement, measureCases } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** A session settles before its last request [ms]. */
const SETTLE_MS = 100;
/** From the signal until the survivors are asked [ms]. */
const LOOK_MS = 20;
/** From then on until the process goes on: under option 6 the answers wait for it, but not what they read [ms]. */
const FROZEN_MS = 200;

/** One write at the last node, whose process is stopped `delayMs` after the response. @returns which of the others lack it. */
async function windowOf(lab: Lab, query: string, delayMs: number, delays: number[]): Promise<boolean[]> {
  const victim = lab.count - 1;
  const client = new StateClient();
  await client.ask(victim, query);
  await pause(SETTLE_MS);
  const { counter } = await client.ask(victim, query);
  const answeredMs = nowMs();
  sleepUntil(answeredMs + delayMs);
  delays.push(lab.freeze(victim, true) - answeredMs);
  await pause(LOOK_MS);
  const asked = Array.from({ length: victim }, async (_, node) => {
    const reader = new StateClient();
    reader.cookie = client.cookie;
    const answer = await reader.ask(node, 'r');
    reader.close();
    return answer.counter !== counter + 1;
  });
  await Promise.race([Promise.all(asked), pause(FROZEN_MS)]);
  lab.freeze(victim, false);
  const missing = await Promise.all(asked);
  client.close();
  await pause(SETTLE_MS);
  return missing;
}

async function rowOf({ lab, effort }: Bench, config: ClusterConfig, delayMs: number): Promise<Row> {
  const { payloads, windows: trials } = effort;
  const delays: number[] = [];
  const found: boolean[][] = [];
  for (let trial = 0; trial < trials; trial += 1)
    found.push(await windowOf(lab, `c&p=${payloads[0]}`, delayMs, delays));
  const count = (is: (missing: readonly boolean[]) => boolean): number => found.filter(is).length;
  const atAll = count((missing) => missing.every((one) => one));
  const nodes = Object.fromEntries(
    Array.from({ length: lab.count - 1 }, (_, node) => [`missing_at_survivor${node + 1}`, count((m) => m[node])]),
  );
  return {
    tomcat_version: lab.version,
    manager: config.manager,
    sendOptions: config.sendOptions,
    nodes: lab.count,
    payload_bytes: payloads[0],
    freeze_after_response_ms: delayMs,
    freeze_signal_sent_after_ms_p50: quantile(delays, 0.5).toFixed(3),
    trials,
    ...nodes,
    missing_at_both: atAll,
    missing_at_any: count((missing) => missing.some((one) => one)),
    lost_fraction_both: (atAll / trials).toFixed(4),
  };
}

/** What the survivors lack when a node stands still from just after its response on; no jvmRoute, which looking would change. */
export const crashWindows: Measurement = {
  name: 'crash-window',
  about: 'what the others lack when a node stops just after a response',
  measure: (bench) =>
    measureCases(bench, {
      cases: ({ delaysMs }) => delaysMs,
      mayBeRouted: false,
      isTimed: true,
      table: ({ manager, sendOptions }) => `crash-window-${manager}-${sendOptions}`,
      label: (delayMs) => `${delayMs} ms after the response`,
      row: rowOf,
    }),
};
