import { captured, MEMBERSHIP_PORT, type Packet } from './capture.ts';
import { addressOf, type Lab, pause } from './lab.ts';
import { configOf, type Measurement, spreadOf, withCluster } from './measurement.ts';

/** A restarted node settles before it is killed again [ms]. */
const SETTLE_MS = 3000;

interface Observation {
  readonly trial: number;
  readonly victim: number;
  readonly observer: number;
  readonly afterEventMs: number;
  readonly afterHeartbeatMs: number;
}

/** Waits for the log line of an observer that has lost a member. @returns its moment, NaN when none came. */
async function lossNoticed(
  lab: Lab,
  observer: number,
  victim: number,
  sinceMs: number,
  forMs: number,
): Promise<number> {
  const member = `tcp://{${addressOf(victim).replaceAll('.', ', ')}}`;
  for (let waitedMs = 0; waitedMs < forMs; waitedMs += 50) {
    const line = lab
      .logOf(observer)
      .find(
        ({ atMs, text }) => atMs >= sinceMs && text.includes('Received member disappeared') && text.includes(member),
      );
    if (line) return line.atMs;
    await pause(50);
  }
  return Number.NaN;
}

/** Kill -9 (or SIGTERM) of one node after the other, and when each survivor says so in its log. */
export const failureDetection: Measurement = {
  name: 'failure-detection',
  about: 'from the end of a node to the log line of each survivor',
  async measure(lab, effort, tell) {
    const config = configOf(effort);
    const name = effort.isSigterm ? 'sigterm' : 'kill';
    const seen: Observation[] = [];
    await withCluster(lab, config, async () => {
      for (let trial = 0; trial < effort.trials; trial += 1) {
        tell(`failure detection: ${trial + 1} of ${effort.trials}`);
        const victim = trial % lab.count;
        await pause(SETTLE_MS + Math.floor(config.frequencyMs * ((trial * 0.618) % 1)));
        const found: { observer: number; lostMs: number }[] = [];
        let killedMs = Number.NaN;
        const packets = await captured(lab, async () => {
          await pause(config.frequencyMs * 1.5);
          killedMs = await lab.kill(victim, effort.isSigterm ? 'SIGTERM' : 'SIGKILL');
          for (let observer = 0; observer < lab.count; observer += 1) {
            if (observer === victim) continue;
            const lostMs = await lossNoticed(lab, observer, victim, killedMs, config.dropTimeMs + 5000);
            found.push({ observer, lostMs });
          }
        });
        const beats = packets.filter((one: Packet) => one.toPort === MEMBERSHIP_PORT && one.from === victim);
        const lastMs = beats[beats.length - 1]?.atMs ?? Number.NaN;
        for (const { observer, lostMs } of found) {
          const afterEventMs = lostMs - killedMs;
          seen.push({ trial, victim, observer, afterEventMs, afterHeartbeatMs: lostMs - lastMs });
        }
        await lab.start(victim, config);
      }
    });
    const columns = { frequency_ms: config.frequencyMs, dropTime_ms: config.dropTimeMs, load: 'idle' };
    const row = {
      tomcat_version: lab.version,
      case: name,
      ...columns,
      sendOptions: config.sendOptions,
      nodes: lab.count,
      trials: effort.trials,
      observations: seen.length,
      ...spreadOf(
        'detect_after_event',
        seen.map(({ afterEventMs }) => afterEventMs),
      ),
      ...spreadOf(
        'detect_after_last_heartbeat',
        seen.map(({ afterHeartbeatMs }) => afterHeartbeatMs),
      ),
    };
    const trials = seen.map(({ trial, victim, observer, afterEventMs, afterHeartbeatMs }) => ({
      tomcat_version: lab.version,
      case: name,
      ...columns,
      sendOptions: config.sendOptions,
      nodes: lab.count,
      trial,
      victim: victim + 1,
      observer: observer + 1,
      detect_after_event_ms: afterEventMs.toFixed(1),
      detect_after_last_heartbeat_ms: afterHeartbeatMs.toFixed(1),
    }));
    const table = `failure-detection-trials-${name}-${config.frequencyMs}-${config.dropTimeMs}-idle`;
    return [
      { name: 'failure-detection', rows: [row] },
      { name: table, rows: trials },
    ];
  },
};
