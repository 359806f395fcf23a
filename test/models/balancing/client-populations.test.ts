// What hashing does to clients as they are: offices behind one address, session ids that change their route.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32 } from '../../../models/balancing/crc32.ts';
import { routeOfSessionId } from '../../../models/balancing/sticky-route.ts';
import { Bench, equalServers } from './helpers.ts';

/** A session id of Tomcat: 32 hex digits that look random. */
function sessionId(number: number): string {
  const parts = ['a', 'b', 'c', 'd'].map((salt) =>
    crc32(`${salt}${number * 7919}`)
      .toString(16)
      .padStart(8, '0'),
  );
  return parts.join('').toUpperCase();
}

/** A uniform number in [0, 1) by a counter; the test needs no more than that. */
function uniform(counter: number): number {
  return crc32(`u${counter}:${counter * 31}`) / 2 ** 32;
}

test('the last octet of an IPv4 address does not count', () => {
  for (const [count, wanted] of [
    [2, { '192.168.1': 0, '192.168.2': 1, '10.0.0': 1, '127.0.0': 0 }],
    [3, { '192.168.1': 1, '192.168.2': 2, '10.0.0': 0, '127.0.0': 2 }],
    [4, { '192.168.1': 2, '192.168.2': 3, '10.0.0': 1, '127.0.0': 0 }],
  ] as const) {
    const bench = new Bench('ip-hash', { servers: equalServers(count) });
    for (const [network, server] of Object.entries(wanted)) {
      for (const host of [1, 77, 200]) assert.is(bench.send({ address: `${network}.${host}` }), server, network);
    }
  }
});

test('all 16 bytes of an IPv6 address count', () => {
  const bench = new Bench('ip-hash', { servers: equalServers(4) });
  const hosts = Array.from({ length: 64 }, (_, host) => {
    bench.begin();
    bench.request.addressBytes = Uint8Array.from([32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    return bench.pickAgain();
  });
  assert.is(new Set(hosts).size, 4);
});

test('ip_hash behind NAT: E[sum of squared shares] = sum w^2 + (1 - sum w^2) / n', () => {
  // One office of half the clients, three of a tenth each, and 100 clients of their own networks.
  const weights = [0.5, 0.1, 0.1, 0.1, ...Array.from({ length: 100 }, () => 0.002)];
  const squaresOfWeights = weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const draws = 2000;
  for (const count of [2, 3, 5, 8]) {
    const bench = new Bench('ip-hash', { servers: equalServers(count) });
    let sum = 0;
    let sumOfSquares = 0;
    for (let draw = 0; draw < draws; draw++) {
      const shares = new Array<number>(count).fill(0);
      weights.forEach((weight, network) => {
        bench.begin();
        bench.request.address = Math.floor(uniform(draw * weights.length + network) * 2 ** 32);
        shares[bench.pickAgain()] += weight;
      });
      const squares = shares.reduce((total, share) => total + share ** 2, 0);
      sum += squares;
      sumOfSquares += squares ** 2;
    }
    const mean = sum / draws;
    const standardError = Math.sqrt((sumOfSquares / draws - mean ** 2) / draws);
    const theory = squaresOfWeights + (1 - squaresOfWeights) / count;
    assert.ok(Math.abs(mean - theory) < 4 * standardError, `n=${count}: ${mean} +- ${standardError}, theory ${theory}`);
  }
});

/** Whether a session whose id is renamed to the route of each server it reaches ever stays at one. */
function settles(bench: Bench, number: number, count: number): boolean {
  const id = sessionId(number);
  let server = number % count;
  for (let request = 0; request <= count; request++) {
    const next = bench.send({ key: `${id}.tomcat${server + 1}` });
    if (next === server) return true;
    server = next;
  }
  return false;
}

test('hash $cookie_JSESSIONID consistent with JvmRouteBinderValve: so many sessions never settle', () => {
  const sessions = 20_000;
  for (const [count, percent] of [
    [2, 25],
    [3, 36],
    [4, 42],
    [8, 59],
  ] as const) {
    const bench = new Bench('consistent-hash', { servers: equalServers(count) });
    let never = 0;
    for (let number = 0; number < sessions; number++) never += settles(bench, number, count) ? 0 : 1;
    const share = (100 * never) / sessions;
    assert.ok(Math.abs(share - percent) <= 2, `N=${count}: ${share} %, not ${percent}`);
  }
});

test('without a route in the id each session settles with its second request', () => {
  const bench = new Bench('consistent-hash', { servers: equalServers(4) });
  for (let number = 0; number < 100; number++) {
    const key = sessionId(number);
    assert.is(routeOfSessionId(key), '');
    assert.is(bench.send({ key }), bench.send({ key }));
  }
});

test.run();
