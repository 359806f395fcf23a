import { Agent } from 'node:http';
import { quantile } from '../validation/check.ts';
import { StateClient } from './http-client.ts';
import { addressOf, type Lab, nowMs, pause } from './lab.ts';
import { type Bench, configsOf, type Measurement, warmUp, withCluster } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** Written so long before the kill and after it, and from then until all copies are looked at [ms]. */
const BEFORE_MS = 5000;
const AFTER_MS = 6000;
const REST_MS = 1000;
/** From the creation of one session to the next [ms]. */
const PACE_MS = 10;
/** Kept connections to a node. */
const CONNECTIONS = 64;

/** What a request found, against what was acknowledged last. */
type Found = 'ok' | 'lost' | 'stale' | 'ahead' | 'failed';

/** A sticky session, and who asks for it. */
class StickySession {
  written = 0;
  isBusy = false;
  readonly client: StateClient;
  home: number;

  constructor(home: number, agent: Agent) {
    this.home = home;
    this.client = new StateClient(agent);
  }

  /** One request, whose `query` writes or only reads. */
  async ask(query: string): Promise<Found> {
    const answer = await this.client.ask(this.home, query).catch(() => null);
    if (answer === null) return 'failed';
    const before = Math.max(0, answer.counter);
    const found = answer.isNew ? 'lost' : before < this.written ? 'stale' : before > this.written ? 'ahead' : 'ok';
    this.written = query === 'r' ? this.written : before + 1;
    return found;
  }
}

/** How often each was found. */
class Tally {
  readonly counts = { ok: 0, lost: 0, stale: 0, ahead: 0, failed: 0 };
  readonly latenciesMs: number[] = [];

  add(found: Found, latencyMs: number): void {
    this.counts[found] += 1;
    this.latenciesMs.push(latencyMs);
  }

  at(share: number): string {
    return this.latenciesMs.length === 0 ? '' : quantile(this.latenciesMs, share).toFixed(2);
  }
}

interface Tallies {
  readonly before: Tally;
  readonly failover: Tally;
  readonly after: Tally;
  /** Attempts that failed, and requests whose second attempt did. */
  attempts: number;
  unanswered: number;
}

/** One request of a session; where it fails it goes at once to the next node, and the session stays there. */
async function request(session: StickySession, query: string, survivors: number, tallies: Tallies, isDead: boolean) {
  session.isBusy = true;
  const sentMs = nowMs();
  let found = await session.ask(query);
  let tally = isDead ? tallies.after : tallies.before;
  if (found === 'failed') {
    tallies.attempts += 1;
    session.home = Math.floor(Math.random() * survivors);
    found = await session.ask(query);
    tally = tallies.failover;
    if (found === 'failed') tallies.unanswered += 1;
  }
  tally.add(found, nowMs() - sentMs);
  session.isBusy = false;
}

/** Requests of sessions drawn at random, whatever becomes of those before. */
async function drive(
  ratePerS: number,
  untilMs: () => number,
  sessions: readonly StickySession[],
  send: (session: StickySession) => void,
): Promise<void> {
  let dueMs = nowMs();
  while (dueMs < untilMs()) {
    while (dueMs <= nowMs()) {
      const session = sessions[Math.floor(Math.random() * sessions.length)];
      if (!session.isBusy) send(session);
      dueMs += 1000 / ratePerS;
    }
    await pause(1);
  }
}

/** When each survivor logged that it lost the victim [ms after the kill]; empty: it never did. */
function detections(lab: Lab, victim: number, sinceMs: number): Row {
  const member = `tcp://{${addressOf(victim).replaceAll('.', ', ')}}`;
  return Object.fromEntries(
    Array.from({ length: victim }, (_, node) => {
      const line = lab
        .logOf(node)
        .find(
          ({ atMs, text }) => atMs >= sinceMs && text.includes('Received member disappeared') && text.includes(member),
        );
      return [`detect_n${node + 1}_ms`, line ? Math.round(line.atMs - sinceMs) : ''];
    }),
  );
}

async function trialOf({ lab, effort }: Bench, config: ClusterConfig, trial: number): Promise<Row> {
  const { ratePerS, payloads, sessions: counts } = effort;
  const query = `c&p=${payloads[0]}`;
  const victim = lab.count - 1;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const sessions: StickySession[] = [];
  for (let at = 0; at < counts[0]; at += 1) {
    const session = new StickySession(at % lab.count, agent);
    await session.ask(query);
    sessions.push(session);
    await pause(PACE_MS);
  }
  const tallies: Tallies = {
    ...{ before: new Tally(), failover: new Tally(), after: new Tally() },
    ...{ attempts: 0, unanswered: 0 },
  };
  let killedMs = Number.POSITIVE_INFINITY;
  const startMs = nowMs();
  const asked: Promise<void>[] = [];
  const driving = drive(
    ratePerS,
    () => (killedMs === Number.POSITIVE_INFINITY ? startMs + 2 * BEFORE_MS : killedMs + AFTER_MS),
    sessions,
    (session) => asked.push(request(session, query, victim, tallies, nowMs() >= killedMs)),
  );
  await pause(BEFORE_MS + config.frequencyMs * ((trial * 0.618) % 1));
  killedMs = await lab.kill(victim);
  await driving;
  await Promise.all(asked);
  await pause(REST_MS);
  const sweep = new Tally();
  for (const session of sessions) sweep.add(await session.ask('r'), 0);
  agent.destroy();
  const of = (name: string, { counts: found }: Tally): Row =>
    Object.fromEntries(['ok', 'lost', 'stale', 'ahead'].map((what) => [`${name}_${what}`, found[what as Found]]));
  return {
    tomcat_version: lab.version,
    manager: config.manager,
    sendOptions: config.sendOptions,
    nodes: lab.count,
    jvmRoute: config.jvmRoute ? 1 : 0,
    payload_bytes: payloads[0],
    rate_per_s: ratePerS.toFixed(1),
    sessions: sessions.length,
    trial,
    victim_sessions: Math.floor(sessions.length / lab.count),
    requests_before: tallies.before.latenciesMs.length,
    requests_after: tallies.after.latenciesMs.length + tallies.failover.latenciesMs.length,
    failed_attempts: tallies.attempts,
    failed_requests_no_retry_success: tallies.unanswered,
    failover_first_requests: tallies.failover.latenciesMs.length,
    ...of('failover', tallies.failover),
    stale_before: tallies.before.counts.stale + tallies.before.counts.ahead,
    lost_before: tallies.before.counts.lost,
    stale_after: tallies.after.counts.stale + tallies.after.counts.ahead,
    lost_after: tallies.after.counts.lost,
    ...of('sweep', sweep),
    latency_before_p50_ms: tallies.before.at(0.5),
    latency_before_p99_ms: tallies.before.at(0.99),
    latency_after_p50_ms: tallies.after.at(0.5),
    latency_after_p99_ms: tallies.after.at(0.99),
    latency_after_max_ms: tallies.after.at(1),
    failover_latency_p50_ms: tallies.failover.at(0.5),
    failover_latency_max_ms: tallies.failover.at(1),
    ...detections(lab, victim, killedMs),
  };
}

/** The last node is killed under load, and its sessions go on at the others. */
export const crashes: Measurement = {
  name: 'crash',
  about: 'sessions of a node that is killed under load, and their requests at the others',
  async measure(bench) {
    const { lab, effort, tables, tell } = bench;
    for (const config of configsOf(effort)) {
      const name = `crash-${config.manager}-${config.sendOptions}`;
      await withCluster(lab, config, async () => {
        await warmUp(lab.count, `c&p=${effort.payloads[0]}`);
        for (let trial = 0; trial < effort.trials; trial += 1) {
          tell(`${name}: ${trial + 1} of ${effort.trials}`);
          tables.add(name, await trialOf(bench, config, trial));
          if (trial + 1 === effort.trials) break;
          await lab.start(lab.count - 1, config);
          await pause(config.dropTimeMs);
        }
      });
    }
  },
};
