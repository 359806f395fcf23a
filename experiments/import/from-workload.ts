import type { Workload } from './access-log.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';

function round(value: number, digits = 6): number {
  return Number(value.toPrecision(digits));
}

/** The load an access log shows: the rate of its busiest hour, its networks, the length of its sessions. */
export function importWorkload(builder: ScenarioBuilder, workload: Workload): void {
  const at = { file: workload.file, line: 1 };
  const count = `${workload.requests} requests`;
  builder.set('load.requestsPerSecond', round(workload.busiestHourPerSecond), at, `busiest hour of ${count}`);
  const rest = 1 - workload.networks.reduce((sum, { share }) => sum + share, 0);
  const networks = [
    ...workload.networks.map(({ share, kind }) => ({ share: round(share), kind })),
    ...(rest > 1e-9 ? [{ share: round(rest), kind: 'internet' }] : []),
  ];
  if (networks.length > 0) builder.set('load.clients.networks', networks, at, 'addresses of the clients');
  const by = workload.sessionsBy === 'cookie' ? 'session cookie' : 'address and browser';
  builder.set(
    'session.requestsMean',
    round(Math.max(1, workload.requestsPerSession)),
    at,
    `${workload.sessions} sessions by ${by}`,
  );
  if (workload.gapSMean !== undefined) {
    builder.set('session.thinkTimeSMean', round(workload.gapSMean), at, 'mean time between two requests of a session');
  }
  if (workload.skippedLines > 0) {
    const line = workload.firstSkippedLine;
    builder.note({ file: workload.file, line }, `${workload.skippedLines} lines in no known format, this the first`);
  }
  if (workload.tookMsMean !== undefined) {
    const ms = round(workload.tookMsMean, 3);
    builder.note(
      at,
      `request times (mean ${ms} ms): they hold queueing and waiting; set service.cpuMsMean and backendMsMean yourself`,
    );
  }
  const methods = [...workload.methods].map(
    ([method, requests]) => `${method} ${round((requests / workload.requests) * 100, 3)} %`,
  );
  builder.note(at, `request mix (${methods.join(', ')}): a log does not tell which requests write the session`);
}
