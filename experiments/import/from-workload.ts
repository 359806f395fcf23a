import type { Workload } from './access-log.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';

function round(value: number, digits = 6): number {
  return Number(value.toPrecision(digits));
}

/** Methods that change something; a log tells no more about what a request does to its session. */
const writing = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** The rate of each hour of the day, where the log covers a day. @returns whether it does. */
function importProfile(builder: ScenarioBuilder, workload: Workload): boolean {
  const { perSecondByHour: rates, meanPerSecond, firstS, lastS } = workload;
  if (lastS - firstS < 0.98 * 86_400) return false;
  const at = { file: workload.file, line: 1 };
  const busiest = Math.max(...rates);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const hour = rates.indexOf(busiest);
  const profile = rates.map((rate, index) => ({ atS: 3600 * index, factor: round(rate / busiest) }));
  builder.set('load.requestsPerSecond', round((meanPerSecond * busiest) / mean), at, 'busiest hour of the day');
  builder.set('load.profile', profile, at, 'requests per hour of the day');
  builder.set('load.profileStartS', 3600 * hour, at, `the busiest hour, from ${hour}:00; 0 begins at midnight`);
  return true;
}

/** The load an access log shows: the rate of its busiest hour, its networks, the length of its sessions. */
export function importWorkload(builder: ScenarioBuilder, workload: Workload): void {
  const at = { file: workload.file, line: 1 };
  const count = `${workload.requests} requests`;
  if (!importProfile(builder, workload))
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
  const writes = writing.reduce((sum, method) => sum + (workload.methods.get(method) ?? 0), 0);
  const mix = `share of ${writing.join(', ')}, taken for the requests that write the session`;
  if (writes > 0) builder.set('session.writeRatio', round(writes / workload.requests), at, mix);
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
  builder.note(at, `request mix (${methods.join(', ')}): a log does not tell which of them write the session`);
}
