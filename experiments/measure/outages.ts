import { quantile } from '../validation/check.ts';
import { addressOf, type Lab, nowMs, pause } from './lab.ts';
import { configsOf, type Effort, type MeasuredTable, type Measurement, warmUp, withCluster } from './measurement.ts';
import { SteadyWriter } from './steady-writer.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** From a response to the next request [ms]. */
const GAP_MS = 100;
/** Written so long before an outage and after it [ms]. */
const AROUND_MS = 5000;
/** How often the node that was cut off is asked what it holds [ms]. */
const LOOK_MS = 30;
/** From one trial to the next [ms]. */
const REST_MS = 2000;
/** What is logged of members; in each line the member's address. */
const MEMBER_LINES =
  /Received memberDisappeared|Verification complete\. Member [a-z ]+|Received member disappeared:|Replication member added:/;

type Outage = 'freeze' | 'linkdown';

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

async function hangTrial(lab: Lab, mode: Outage, sendOptions: number, outageS: number, trial: number) {
  const victim = lab.count - 1;
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

async function healTrial(lab: Lab, sendOptions: number, outageS: number, trial: number) {
  const victim = lab.count - 1;
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

/** Runs trials with every cluster that an effort asks for; without jvmRoute, so that looking at a copy does not rename it. */
async function trialsOf(
  lab: Lab,
  effort: Effort,
  once: (config: ClusterConfig, outageS: number, trial: number) => Promise<void>,
): Promise<void> {
  for (const config of configsOf(effort)) {
    await withCluster(lab, { ...config, jvmRoute: false }, async () => {
      await warmUp(lab.count, 'c&p=1000');
      for (const outageS of effort.outagesS) {
        for (let trial = 0; trial < effort.trials; trial += 1) {
          await once(config, outageS, trial);
          await pause(REST_MS);
        }
      }
    });
  }
}

/** Rows of several tables. */
class Tables {
  private readonly rows = new Map<string, MeasuredTable['rows'][number][]>();

  add(name: string, row: MeasuredTable['rows'][number]): void {
    this.rows.set(name, [...(this.rows.get(name) ?? []), row]);
  }

  all(): MeasuredTable[] {
    return [...this.rows].map(([name, rows]) => ({ name, rows }));
  }
}

/** A frozen or cut-off peer while the first node is written to. */
export const hangs: Measurement = {
  name: 'hang',
  about: 'a peer that is frozen or cut off while another node is written to',
  async measure(lab, effort, tell) {
    const tables = new Tables();
    await trialsOf(lab, effort, async ({ sendOptions }, outageS, trial) => {
      for (const mode of ['freeze', 'linkdown'] as const) {
        if (effort.events !== null && !effort.events.includes(mode)) continue;
        tell(`hang: ${mode}, option ${sendOptions}, ${outageS} s, ${trial + 1} of ${effort.trials}`);
        tables.add(`hang-${mode}-${sendOptions}`, await hangTrial(lab, mode, sendOptions, outageS, trial));
      }
    });
    return tables.all();
  },
};

/** After a cut: when what is written reaches the node again. */
export const heals: Measurement = {
  name: 'heal',
  about: 'a peer that is cut off: when what another node writes reaches it again',
  async measure(lab, effort, tell) {
    const tables = new Tables();
    await trialsOf(lab, effort, async ({ sendOptions }, outageS, trial) => {
      tell(`heal: option ${sendOptions}, ${outageS} s, ${trial + 1} of ${effort.trials}`);
      tables.add(`heal-${sendOptions}-${outageS}s`, await healTrial(lab, sendOptions, outageS, trial));
    });
    return tables.all();
  },
};
