import { quantile } from '../validation/check.ts';
import { addressOf, type Lab, nowMs, pause } from './lab.ts';
import { type Bench, type Effort, type Measurement, measureCases } from './measurement.ts';
import { SteadyWriter } from './steady-writer.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** From a response to the next request [ms]. */
const GAP_MS = 100;
/** Written so long before an outage and after it [ms]. */
const AROUND_MS = 5000;
/** How often the node that was cut off is asked what it holds [ms]. */
const LOOK_MS = 30;
/** Before a trial, after the one before it [ms]. */
const REST_MS = 2000;
/** What is logged of members; in each line the member's address. */
const MEMBER_LINES =
  /Received memberDisappeared|Verification complete\. Member [a-z ]+|Received member disappeared:|Replication member added:/;

type Outage = 'freeze' | 'linkdown';

/** One outage of so many seconds. */
interface Trial {
  readonly outageS: number;
  readonly trial: number;
}

interface Hang extends Trial {
  readonly mode: Outage;
}

function begin(lab: Lab, mode: Outage, victim: number): number {
  return mode === 'freeze' ? lab.freeze(victim, true) : lab.cut(victim, true);
}

function end(lab: Lab, mode: Outage, victim: number): number {
  return mode === 'freeze' ? lab.freeze(victim, false) : lab.cut(victim, false);
}

/** What the first node logged of another one since a moment: seconds after it, and words. */
function eventsOf(lab: Lab, member: number, sinceMs: number): { atS: number; what: string }[] {
  const name = `{${addressOf(member).replaceAll('.', ', ')}}`;
  return lab
    .logOf(0)
    .filter(({ atMs, text }) => atMs >= sinceMs && text.includes(name))
    .flatMap(({ atMs, text }) => {
      const what = MEMBER_LINES.exec(text)?.[0];
      return what === undefined ? [] : [{ atS: (atMs - sinceMs) / 1000, what }];
    });
}

/** When the first node logged something for the first time [s after a moment]; empty: it never did. */
function firstOf(events: readonly { atS: number; what: string }[], words: string, fromS = 0): string {
  return events.find(({ atS, what }) => atS >= fromS && what.includes(words))?.atS.toFixed(2) ?? '';
}

async function hangTrial({ lab }: Bench, { sendOptions }: ClusterConfig, { mode, outageS, trial }: Hang): Promise<Row> {
  const victim = lab.count - 1;
  await pause(REST_MS);
  const writer = new SteadyWriter(0, GAP_MS);
  await pause(AROUND_MS);
  const beginMs = begin(lab, mode, victim);
  await pause(outageS * 1000 - (nowMs() - beginMs));
  const endMs = end(lab, mode, victim);
  await pause(AROUND_MS);
  await writer.stop();
  const atVictim = await writer.counterAt(victim);
  const events = eventsOf(lab, victim, beginMs);
  const latencies = (fromMs: number, untilMs: number): number[] =>
    writer.writes.filter(({ sentMs }) => sentMs >= fromMs && sentMs < untilMs).map(({ latencyMs }) => latencyMs);
  const during = latencies(beginMs, endMs);
  const slow = during.filter((ms) => ms > 1000);
  return {
    tomcat_version: lab.version,
    mode,
    sendOptions,
    nodes: lab.count,
    trial,
    outage_s: outageS,
    requests_during: during.length,
    latency_before_p50_ms: quantile(latencies(0, beginMs), 0.5).toFixed(2),
    latency_during_p50_ms: quantile(during, 0.5).toFixed(2),
    latency_during_max_ms: Math.max(...during).toFixed(1),
    requests_over_1s: slow.length,
    stalled_total_s: (slow.reduce((sum, ms) => sum + ms, 0) / 1000).toFixed(2),
    declared_gone_after_s: firstOf(events, 'Received member disappeared'),
    verified_still_alive_at_s: firstOf(events, 'still alive'),
    n_still_alive: events.filter(({ what }) => what.includes('still alive')).length,
    readded_after_recovery_s:
      events.length === 0 ? '' : secondsLess(firstOf(events, 'member added', (endMs - beginMs) / 1000), outageS),
    counter_at_node1: writer.written,
    counter_at_victim_after: atVictim,
    log_events: events.map(({ atS, what }) => `${atS.toFixed(2)}s ${what}`).join(' | '),
  };
}

function secondsLess(text: string, outageS: number): string {
  return text === '' ? '' : (Number(text) - outageS).toFixed(2);
}

async function healTrial({ lab }: Bench, { sendOptions }: ClusterConfig, { outageS, trial }: Trial): Promise<Row> {
  const victim = lab.count - 1;
  await pause(REST_MS);
  const writer = new SteadyWriter(0, GAP_MS);
  await pause(AROUND_MS);
  const cutMs = lab.cut(victim, true);
  await pause(outageS * 1000 - (nowMs() - cutMs));
  const healedMs = lab.cut(victim, false);
  const stuck = await writer.counterAt(victim);
  const behind = writer.written - stuck;
  let first = '';
  let caughtUp = '';
  while (caughtUp === '' && nowMs() < healedMs + 3000 * outageS + 10_000) {
    const counter = await writer.counterAt(victim);
    const sinceS = ((nowMs() - healedMs) / 1000).toFixed(2);
    if (first === '' && counter > stuck) first = sinceS;
    if (counter >= writer.written - 1) caughtUp = sinceS;
    await pause(LOOK_MS);
  }
  const events = eventsOf(lab, victim, cutMs);
  await writer.stop();
  return {
    tomcat_version: lab.version,
    sendOptions,
    nodes: lab.count,
    outage_s: outageS.toFixed(1),
    trial,
    readded_by_node1_after_s: secondsLess(firstOf(events, 'member added', (healedMs - cutMs) / 1000), outageS),
    updates_behind_at_first_read: behind,
    caught_up_after_s: caughtUp,
    first_progress_after_s: first,
    log_events: events.map(({ atS, what }) => `${atS.toFixed(2)}s ${what}`).join(' | '),
  };
}

function trialsOf({ outagesS, trials }: Effort): Trial[] {
  return outagesS.flatMap((outageS) => Array.from({ length: trials }, (_, trial) => ({ outageS, trial })));
}

function hangsOf(effort: Effort): Hang[] {
  const modes = (['freeze', 'linkdown'] as const).filter((mode) => effort.events?.includes(mode) ?? true);
  return trialsOf(effort).flatMap((trial) => modes.map((mode) => ({ ...trial, mode })));
}

/** A frozen or cut-off peer while the first node is written to; without jvmRoute, so that looking at a copy does not rename it. */
export const hangs: Measurement = {
  name: 'hang',
  about: 'a peer that is frozen or cut off while another node is written to',
  measure: (bench) =>
    measureCases(bench, {
      cases: hangsOf,
      mayBeRouted: false,
      table: ({ sendOptions }, { mode }) => `hang-${mode}-${sendOptions}`,
      label: ({ outageS, trial }) => `${outageS} s, ${trial + 1} of ${bench.effort.trials}`,
      row: hangTrial,
    }),
};

/** After a cut: when what is written reaches the node again. */
export const heals: Measurement = {
  name: 'heal',
  about: 'a peer that is cut off: when what another node writes reaches it again',
  measure: (bench) =>
    measureCases(bench, {
      cases: trialsOf,
      mayBeRouted: false,
      table: ({ sendOptions }, { outageS }) => `heal-${sendOptions}-${outageS}s`,
      label: ({ trial }) => `${trial + 1} of ${bench.effort.trials}`,
      row: healTrial,
    }),
};
