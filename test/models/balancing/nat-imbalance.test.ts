// Clients as they are, in full simulations: an office behind one address moves as one, a campus as well, a carrier in a
// few lumps; what ip_hash makes of it follows from the shares of the networks.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClientNetworks } from '../../../models/client-networks.ts';
import { simulate } from '../../../models/cluster.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import { RandomStreams } from '../../../sim/random.ts';

type Networks = readonly Readonly<{ share: number; kind: string; count?: number; addresses?: number }>[];

/** Sum of the squared shares of the nodes' requests, one value per replication. */
function squares(
  networks: Networks,
  nodes: number,
  replications: number,
  balancer = { type: 'ip-hash', key: 'cookie' },
) {
  const scenario = parseScenario({
    nodes,
    service: { cpuMsMean: 0.1 },
    session: { requestsMean: 1, writeRatio: 0, idleTimeoutS: 1 },
    load: { requestsPerSecond: 1000, clients: { networks } },
    membership: { mcastFrequencyMs: 2000, memberDropTimeMs: 10000 },
    replication: { strategy: 'none' },
    balancer,
    run: { warmUpS: 0, durationS: 1 },
  });
  const values: number[] = [];
  for (let replication = 1; replication <= replications; replication += 1) {
    const { nodeRequests } = simulate(scenario, replication);
    const sum = nodeRequests.reduce((total, count) => total + count, 0);
    const shares = nodeRequests.reduce((total, count) => total + (count / sum) ** 2, 0);
    // A sample of `sum` requests adds (1 - shares) / sum to the expectation.
    values.push((shares - 1 / sum) / (1 - 1 / sum));
  }
  const mean = values.reduce((total, value) => total + value, 0) / replications;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (replications - 1);
  return { mean, standardError: Math.sqrt(variance / replications) };
}

function theory(weights: readonly number[], nodes: number): number {
  const squared = weights.reduce((total, weight) => total + weight ** 2, 0);
  return squared + (1 - squared) / nodes;
}

// One office of half the clients, three of a tenth, and the Internet.
const offices: Networks = [
  { share: 0.5, kind: 'nat' },
  { share: 0.3, kind: 'nat', count: 3 },
  { share: 0.2, kind: 'internet' },
];

for (const nodes of [2, 4, 8]) {
  test(`ip_hash behind NAT, ${nodes} nodes: E[sum of squared shares] = sum w^2 + (1 - sum w^2) / n`, () => {
    const { mean, standardError } = squares(offices, nodes, 150);
    const expected = theory([0.5, 0.1, 0.1, 0.1], nodes);
    assert.ok(standardError < 0.015, `${standardError}`);
    assert.ok(Math.abs(mean - expected) < 4 * standardError, `${mean} +- ${standardError}, theory ${expected}`);
  });
}

test('a carrier with 8 addresses weighs as 8 networks, a campus in one /24 as one', () => {
  const carrier = squares([{ share: 1, kind: 'mobile', addresses: 8 }], 4, 150);
  const eighths = Array.from({ length: 8 }, () => 1 / 8);
  assert.ok(Math.abs(carrier.mean - theory(eighths, 4)) < 4 * carrier.standardError, `${carrier.mean}`);
  const campus = squares([{ share: 1, kind: 'subnet' }], 4, 10);
  assert.is(campus.mean, 1, 'ip_hash sees three octets: all at one node');
  const byAddress = squares([{ share: 1, kind: 'subnet' }], 4, 10, { type: 'consistent-hash', key: 'address' });
  assert.ok(byAddress.mean < 0.4, `hash $remote_addr sees the last octet: ${byAddress.mean}`);
});

test('cookies spread what addresses do not: a hash of the session id balances an office', () => {
  const office: Networks = [{ share: 1, kind: 'nat' }];
  const byAddress = squares(office, 4, 5);
  assert.is(byAddress.mean, 1);
  // The first request of a session has no cookie and takes its turn.
  const byCookie = squares(office, 4, 5, { type: 'hash', key: 'cookie' });
  assert.ok(Math.abs(byCookie.mean - 0.25) < 0.01, `${byCookie.mean}`);
});

test('networks: shares, addresses and their draws', () => {
  const scenario = parseScenario({
    load: {
      clients: {
        networks: [
          { share: 1, kind: 'nat' },
          { share: 2, kind: 'subnet' },
          { share: 1, kind: 'mobile', addresses: 3, count: 2 },
        ],
      },
    },
  });
  const make = (replication: number): ClientNetworks =>
    new ClientNetworks(scenario.load.clients.networks, new RandomStreams(1, replication).stream('clients/networks'));
  const networks = make(1);
  const draws = Array.from({ length: 1000 }, (_, index) => (index + 0.5) / 1000);
  const at = (where: number): Set<number> => new Set(draws.map((who) => networks.address(where, who)));
  assert.is(at(0.1).size, 1);
  assert.is(at(0.3).size, 256);
  assert.is(new Set([...at(0.3)].map((address) => address >>> 8)).size, 1);
  assert.equal(at(0.26), at(0.74));
  assert.is(at(0.8).size, 3);
  assert.is(at(0.9).size, 3);
  assert.not.equal(at(0.8), at(0.9), 'two carriers');
  assert.is(networks.address(0.1, 0.5), make(1).address(0.1, 0.5), 'a function of seed and replication');
  assert.is.not(networks.address(0.1, 0.5), make(2).address(0.1, 0.5));
});

test.run();
