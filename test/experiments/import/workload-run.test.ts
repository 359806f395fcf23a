// A log of one day becomes a workload, and the simulated requests are those of the log: rates over the day, mix,
// networks of the clients, within 2 %.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAccessLog } from '../../../experiments/import/access-log.ts';
import { importCluster } from '../../../experiments/import/to-scenario.ts';
import { Cluster } from '../../../models/cluster.ts';
import { requestDoes } from '../../../models/requests.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import { fileWith } from './helpers.ts';

const daySeconds = 86_400;
/** Requests per second in each quarter of the day. */
const quarters = [1, 2, 4, 3];
const perSession = 2;
const shares = { nat: 0.3, subnet: 0.2, posts: 0.25 };

let state = 7;
function draw(): number {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
}

function clientOf(): string {
  const octet = (): number => Math.floor(draw() * 256);
  const where = draw();
  if (where < shares.nat) return '198.51.100.7';
  if (where < shares.nat + shares.subnet) return `192.0.2.${octet()}`;
  return `${1 + Math.floor(draw() * 190)}.${octet()}.${octet()}.${octet()}`;
}

function stamp(second: number): string {
  const at = new Date(Date.UTC(2026, 10, 21) + second * 1000).toISOString();
  return `${at.slice(8, 10)}/Nov/2026:${at.slice(11, 19)} +0000`;
}

/** Sessions of two requests, 20 s apart, in the order of their times. */
function logText(): string {
  const lines: string[][] = Array.from({ length: daySeconds }, () => []);
  for (let second = 0; second < daySeconds; second += 1) {
    const rate = quarters[Math.floor((second * 4) / daySeconds)] / perSession;
    for (let count = Math.floor(rate + draw()); count > 0; count -= 1) {
      const client = clientOf();
      const id = Math.floor(draw() * 2 ** 31).toString(16);
      for (const at of [second, (second + 20) % daySeconds]) {
        const method = draw() < shares.posts ? 'POST' : 'GET';
        lines[at].push(`${client} - - [${stamp(at)}] "${method} /a HTTP/1.1" 200 9 "-" "b" JSESSIONID=${id}.t1`);
      }
    }
  }
  return `${lines.flat().join('\n')}\n`;
}

const log = fileWith('access.log', logText());
const imported = importCluster({ accessLog: log });

const scenario = parseScenario({
  ...imported.scenario,
  load: { ...(imported.scenario.load as object), profileStartS: 0 },
  replication: { strategy: 'none' },
  // A balancer that looks at the clients' addresses: for others they are not kept.
  balancer: { type: 'ip-hash' },
  nodes: 2,
  run: { warmUpS: 0, durationS: daySeconds, seed: 3 },
});

/** Every request of a simulated day, as its servlet ends. */
function simulatedDay(): { quarters: number[]; requests: number; writes: number; addresses: Map<number, number> } {
  const cluster = new Cluster(scenario, 0);
  const { requests, sessions, sim, strategy } = cluster;
  const seen = { quarters: [0, 0, 0, 0], requests: 0, writes: 0, addresses: new Map<number, number>() };
  const finish = strategy.finish.bind(strategy);
  strategy.finish = (slot): void => {
    finish(slot);
    if (sim.nowNs >= daySeconds * 1e9) return;
    const address = sessions.address.get(requests.session[slot]);
    seen.requests += 1;
    seen.quarters[Math.floor((sim.nowNs * 4) / (daySeconds * 1e9))] += 1;
    if (requests.does[slot] === requestDoes.WRITE) seen.writes += 1;
    seen.addresses.set(address, (seen.addresses.get(address) ?? 0) + 1);
  };
  cluster.run();
  return seen;
}

const logged = readAccessLog(log);
const day = simulatedDay();

function near(got: number, wanted: number, what: string): void {
  assert.ok(Math.abs(got / wanted - 1) < 0.02, `${what}: ${got} of ${wanted}`);
}

test('the import names the busiest hour, its rate and the day around it', () => {
  near(scenario.load.requestsPerSecond, 4, 'requests per second of the busiest hour');
  assert.is(scenario.load.profile.length, 24);
  const { profileStartS } = imported.scenario.load as { profileStartS: number };
  assert.ok(profileStartS >= daySeconds / 2 && profileStartS < (daySeconds * 3) / 4, 'third quarter');
});

test('the rates of the simulated day are those of the log', () => {
  near(day.requests, logged.requests, 'requests of the day');
  day.quarters.forEach((got, quarter) => {
    const hours = logged.perSecondByHour.slice(quarter * 6, quarter * 6 + 6);
    const wanted = hours.reduce((sum, rate) => sum + rate * 3600, 0);
    near(got, wanted, `quarter ${quarter + 1} of the day`);
  });
});

test('the mix of requests is that of the log', () => {
  near(day.writes / day.requests, logged.methods.get('POST')! / logged.requests, 'share of POST');
});

test('the networks of the clients are those of the log', () => {
  const bySize = [...day.addresses.values()].sort((a, b) => b - a);
  near(bySize[0] / day.requests, logged.networks.find(({ kind }) => kind === 'nat')!.share, 'behind one address');
  const networks = new Map<number, Set<number>>();
  const requests = new Map<number, number>();
  for (const [address, count] of day.addresses) {
    const network = address >>> 8;
    networks.set(network, (networks.get(network) ?? new Set()).add(address));
    requests.set(network, (requests.get(network) ?? 0) + count);
  }
  const [subnet] = [...networks].sort((a, b) => b[1].size - a[1].size)[0];
  assert.is(networks.get(subnet)!.size, 256);
  near(requests.get(subnet)! / day.requests, logged.networks.find(({ kind }) => kind === 'subnet')!.share, 'one /24');
});

test.run();
