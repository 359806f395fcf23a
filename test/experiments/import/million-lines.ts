// Slow check, run by CI beside the tests: tsx test/experiments/import/million-lines.ts
// Writes an access log of a million lines with known rates, networks and sessions, reads it back, simulates the workload
// that it becomes for as long as it lasts, and compares. Prints time and the peak memory of reading; ends with 1 if a figure is off by
// more than 2 % or that memory exceeds 300 MB.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readAccessLog } from '../../../experiments/import/access-log.ts';
import { importWorkload } from '../../../experiments/import/from-workload.ts';
import { ScenarioBuilder } from '../../../experiments/import/scenario-builder.ts';
import { Cluster } from '../../../models/cluster.ts';
import { requestDoes } from '../../../models/requests.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import { folderWith } from './helpers.ts';

const lines = 1_000_000;
const perSecond = 50;
const natShare = 0.3;
const sessionRequests = 25;

let state = 42;
function draw(): number {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
}

function stamp(second: number): string {
  const at = new Date(Date.UTC(2026, 10, 21) + second * 1000).toISOString();
  return `${at.slice(8, 10)}/Nov/2026:${at.slice(11, 19)} +0000`;
}

const file = join(folderWith({}), 'access.log');
const out = openSync(file, 'w');
const open: { id: string; client: string; left: number }[] = [];
let sessions = 0;
let natRequests = 0;
for (let block = 0; block < 1000; block += 1) {
  let text = '';
  for (let index = 0; index < lines / 1000; index += 1) {
    const request = block * (lines / 1000) + index;
    const at = Math.floor(draw() * 1000);
    if (open[at] === undefined || open[at].left === 0) {
      sessions += 1;
      const nat = draw() < natShare;
      const octet = (): number => Math.floor(draw() * 256);
      const client = nat ? '198.51.100.7' : `${1 + Math.floor(draw() * 190)}.${octet()}.${octet()}.${octet()}`;
      open[at] = { id: sessions.toString(16).toUpperCase().padStart(32, '0'), client, left: sessionRequests };
    }
    const session = open[at];
    session.left -= 1;
    if (session.client === '198.51.100.7') natRequests += 1;
    const method = draw() < 0.2 ? 'POST' : 'GET';
    text += `${session.client} - - [${stamp(Math.floor(request / perSecond))}] "${method} /p${Math.floor(draw() * 100_000)} HTTP/1.1" 200 512 "-" "Mozilla/5.0" 0.0${10 + Math.floor(draw() * 80)} JSESSIONID=${session.id}.t1\n`;
  }
  writeSync(out, text);
}
closeSync(out);

const started = performance.now();
const log = readAccessLog(file);
const seconds = (performance.now() - started) / 1000;
const peakMb = process.resourceUsage().maxRSS / 1024;

/** Requests of a simulation as long as the log, as their servlets end. */
function simulated(): { requests: number; writes: number; nat: number } {
  const builder = new ScenarioBuilder();
  importWorkload(builder, log);
  const run = { warmUpS: 0, durationS: lines / perSecond, seed: 1 };
  const cluster = new Cluster(
    parseScenario({
      ...builder.scenario,
      replication: { strategy: 'none' },
      balancer: { type: 'ip-hash' },
      nodes: 2,
      run,
    }),
    0,
  );
  const { requests, sessions, strategy } = cluster;
  const seen = { requests: 0, writes: 0 };
  const byAddress = new Map<number, number>();
  const finish = strategy.finish.bind(strategy);
  strategy.finish = (slot): void => {
    finish(slot);
    if (cluster.sim.nowNs >= run.durationS * 1e9) return;
    seen.requests += 1;
    if (requests.does[slot] === requestDoes.WRITE) seen.writes += 1;
    const address = sessions.address.get(requests.session[slot]);
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
  };
  cluster.run();
  return { ...seen, nat: Math.max(...byAddress.values()) };
}

const workload = simulated();
const checks: [string, number, number][] = [
  ['requests', log.requests, lines],
  ['requests per second', log.meanPerSecond, perSecond],
  ['busiest hour', log.busiestHourPerSecond, perSecond],
  ['share of the NAT', log.networks[0]?.share ?? 0, natRequests / lines],
  ['sessions', log.sessions, sessions],
  ['requests per session', log.requestsPerSession, lines / sessions],
  ['share of POST', (log.methods.get('POST') ?? 0) / lines, 0.2],
  ['simulated requests', workload.requests, lines],
  ['simulated writes', workload.writes / workload.requests, 0.2],
  ['simulated NAT', workload.nat / workload.requests, natRequests / lines],
];
let failed = peakMb > 300;
for (const [name, got, wanted] of checks) {
  const off = Math.abs(got / wanted - 1);
  failed ||= off > 0.02;
  console.log(`${name.padEnd(22)} ${got.toFixed(4)} of ${wanted.toFixed(4)} (${(off * 100).toFixed(2)} % off)`);
}
console.log(`${lines} lines in ${seconds.toFixed(1)} s, peak memory ${peakMb.toFixed(0)} MB`);
process.exitCode = failed ? 1 : 0;
