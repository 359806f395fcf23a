import { captured, MEMBERSHIP_PORT, type Packet } from './capture.ts';
import { StateClient } from './http-client.ts';
import { addressOf, type Lab, nowMs, pause } from './lab.ts';
import { configOf, type Effort, type Measurement, type NodeEvent, spreadOf, withCluster } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** A restarted node settles before the next trial [ms]. */
const SETTLE_MS = 3000;
/** Load: from one request to the next, all nodes in turn [ms]. */
const LOAD_GAP_MS = 50;

type Ending = Exclude<NodeEvent, 'freeze'>;

interface Observation {
  readonly trial: number;
  readonly victim: number;
  readonly observer: number;
  readonly afterEventMs: number;
  readonly afterHeartbeatMs: number;
  /** From the event until the victim, cut off, has lost the observer [ms]. */
  readonly byVictimMs: number;
}

/** Waits for the log line of an observer that has lost a member. @returns its moment, NaN when none came. */
async function lossNoticed(lab: Lab, observer: number, lost: number, sinceMs: number, forMs: number): Promise<number> {
  const member = `tcp://{${addressOf(lost).replaceAll('.', ', ')}}`;
  for (; nowMs() - sinceMs < forMs; await pause(50)) {
    const line = lab
      .logOf(observer)
      .find(
        ({ atMs, text }) => atMs >= sinceMs && text.includes('Received member disappeared') && text.includes(member),
      );
    if (line) return line.atMs;
  }
  return Number.NaN;
}

/** Requests of one session per node, in turn; a node that is gone gets none. @returns what ends them. */
function load(nodes: number, isGone: (node: number) => boolean): () => Promise<void> {
  const clients = Array.from({ length: nodes }, () => new StateClient());
  let isEnded = false;
  const run = async (): Promise<void> => {
    const asked: Promise<unknown>[] = [];
    for (let turn = 0; !isEnded; turn += 1) {
      const node = turn % nodes;
      if (!isGone(node)) asked.push(clients[node].ask(node, 'p=100').catch(() => null));
      await pause(LOAD_GAP_MS);
    }
    await Promise.all(asked);
    for (const client of clients) client.close();
  };
  const running = run();
  return () => {
    isEnded = true;
    return running;
  };
}

async function trialOf(lab: Lab, effort: Effort, config: ClusterConfig, event: Ending, trial: number) {
  const victim = trial % lab.count;
  const others = Array.from({ length: lab.count }, (_, node) => node).filter((node) => node !== victim);
  await pause(SETTLE_MS + Math.floor(config.frequencyMs * ((trial * 0.618) % 1)));
  let eventMs = Number.POSITIVE_INFINITY;
  const lostMs: number[] = [];
  const byVictimMs: number[] = [];
  const endLoad = effort.isLoaded ? load(lab.count, (node) => node === victim && nowMs() >= eventMs) : null;
  const packets = await captured(lab, async () => {
    await pause(config.frequencyMs * 1.5);
    eventMs = nowMs();
    if (event === 'linkdown') lab.cut(victim, true);
    else eventMs = await lab.kill(victim, event === 'sigterm' ? 'SIGTERM' : 'SIGKILL');
    const forMs = config.dropTimeMs + 1000 * (lab.count + 3);
    for (const observer of others) lostMs.push(await lossNoticed(lab, observer, victim, eventMs, forMs));
    if (event !== 'linkdown') return;
    for (const observer of others) byVictimMs.push(await lossNoticed(lab, victim, observer, eventMs, forMs));
  });
  await endLoad?.();
  const beats = packets.filter((one: Packet) => one.toPort === MEMBERSHIP_PORT && one.from === victim);
  const lastMs = beats.findLast(({ atMs }) => event !== 'linkdown' || atMs <= eventMs)?.atMs ?? Number.NaN;
  if (event === 'linkdown') {
    lab.cut(victim, false);
    await pause(2 * SETTLE_MS);
  } else await lab.start(victim, config);
  return others.map(
    (observer, at): Observation => ({
      trial,
      victim,
      observer,
      afterEventMs: lostMs[at] - eventMs,
      afterHeartbeatMs: lostMs[at] - lastMs,
      byVictimMs: (byVictimMs[at] ?? Number.NaN) - eventMs,
    }),
  );
}

const textOf = (ms: number): string => (Number.isNaN(ms) ? '' : ms.toFixed(1));

/** The row of all trials so far, and a row for each. */
function rowsOf(lab: Lab, effort: Effort, config: ClusterConfig, event: Ending, seen: readonly Observation[]) {
  const columns = {
    tomcat_version: lab.version,
    case: event,
    frequency_ms: config.frequencyMs,
    dropTime_ms: config.dropTimeMs,
    load: effort.isLoaded ? 'load' : 'idle',
    sendOptions: config.sendOptions,
    nodes: lab.count,
  };
  const spread = (prefix: string, of: (one: Observation) => number): Record<string, string> =>
    spreadOf(
      prefix,
      seen.map(of).filter((ms) => !Number.isNaN(ms)),
    );
  const row: Row = {
    ...columns,
    trials: new Set(seen.map(({ trial }) => trial)).size,
    observations: seen.length,
    ...spread('detect_after_event', ({ afterEventMs }) => afterEventMs),
    ...spread('detect_after_last_heartbeat', ({ afterHeartbeatMs }) => afterHeartbeatMs),
    ...spread('victim_detects_observer', ({ byVictimMs }) => byVictimMs),
    not_detected: seen.filter(({ afterEventMs }) => Number.isNaN(afterEventMs)).length,
  };
  const trials = seen.map((one) => ({
    ...columns,
    trial: one.trial,
    victim: one.victim + 1,
    observer: one.observer + 1,
    detect_after_event_ms: textOf(one.afterEventMs),
    detect_after_last_heartbeat_ms: textOf(one.afterHeartbeatMs),
    victim_detects_observer_ms: textOf(one.byVictimMs),
  }));
  return { row, trials };
}

/** One node after the other is killed, stopped or cut off, and when each survivor says so in its log. */
export const failureDetection: Measurement = {
  name: 'failure-detection',
  about: 'from the end of a node to the log line of each survivor',
  async measure({ lab, effort, tables, tell }) {
    const config = configOf(effort);
    const ended: Row[] = [];
    await withCluster(lab, config, async () => {
      for (const event of effort.events ?? ['kill']) {
        if (event === 'freeze') continue;
        const load = effort.isLoaded ? 'load' : 'idle';
        const name = `failure-detection-trials-${event}-${config.frequencyMs}-${config.dropTimeMs}-${load}`;
        const seen: Observation[] = [];
        for (let trial = 0; trial < effort.trials; trial += 1) {
          tell(`${name}: ${trial + 1} of ${effort.trials}`);
          seen.push(...(await trialOf(lab, effort, config, event, trial)));
          const { row, trials } = rowsOf(lab, effort, config, event, seen);
          tables.replace(name, trials);
          tables.replace('failure-detection', [...ended, row]);
        }
        ended.push(rowsOf(lab, effort, config, event, seen).row);
      }
    });
  },
};
