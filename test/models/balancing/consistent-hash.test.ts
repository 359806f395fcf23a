import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { balancerServer } from '../../../models/balancing/balancer.ts';
import { buildHashRing } from '../../../models/balancing/consistent-hash.ts';
import { crc32 } from '../../../models/balancing/crc32.ts';
import { Bench, equalServers } from './helpers.ts';

const keys = Array.from(
  { length: 20_000 },
  (_, index) => crc32(`${index}`).toString(16) + crc32(`x${index}`).toString(16),
);

function choices(type: string, count: number, without = -1): string[] {
  const servers = equalServers(count).filter((_, index) => index !== without);
  const bench = new Bench(type, { servers });
  return keys.map((key) => servers[bench.send({ key })].name);
}

/** Share of the ring that belongs to each server. */
function shares(servers: ReturnType<typeof equalServers>, points?: number): number[] {
  const ring = buildHashRing(servers, points);
  const arcs = new Array<number>(servers.length).fill(0);
  for (let index = 0; index < ring.hash.length; index++) {
    const before = index === 0 ? ring.hash[ring.hash.length - 1] - 2 ** 32 : ring.hash[index - 1];
    arcs[ring.nameIndex[index]] += (ring.hash[index] - before) / 2 ** 32;
  }
  return arcs;
}

test('shares of the ring for real names, as computed from the source', () => {
  const local = [8081, 8082, 8083, 8084].map((port) => balancerServer(`127.0.0.1:${port}`));
  const expected: [ReturnType<typeof equalServers>, number[]][] = [
    [equalServers(2), [0.518, 0.482]],
    [equalServers(3), [0.31, 0.317, 0.373]],
    [equalServers(4), [0.256, 0.23, 0.281, 0.233]],
    [local, [0.257, 0.222, 0.244, 0.277]],
  ];
  for (const [servers, wanted] of expected) {
    shares(servers).forEach((share, index) => {
      assert.ok(Math.abs(share - wanted[index]) < 0.0006, `${servers[index].name}: ${share}, not ${wanted[index]}`);
    });
  }
});

test('consistent: a server that goes takes only its own keys along, for n = 2 to 50', () => {
  for (let count = 2; count <= 50; count++) {
    const without = count >> 1;
    const gone = equalServers(count)[without].name;
    const before = choices('consistent-hash', count);
    const after = choices('consistent-hash', count, without);
    const moved = before.filter((name, index) => name !== after[index]).length;
    const owned = before.filter((name) => name === gone).length;
    assert.is(moved, owned, `n=${count}: keys moved that were not at the server that went`);
    const share = shares(equalServers(count))[without];
    const spread = Math.sqrt((share * (1 - share)) / keys.length);
    assert.ok(Math.abs(moved / keys.length - share) < 4 * spread, `n=${count}: ${moved / keys.length}, share ${share}`);
    assert.ok(Math.abs(share * count - 1) < 4 / Math.sqrt(160), `n=${count}: share ${share} is far from 1/n`);
  }
});

test('plain: of n servers one that goes or comes moves (n - 1) / n of the keys, for n = 2 to 50', () => {
  for (let count = 2; count <= 50; count++) {
    const all = choices('hash', count);
    for (const without of [0, count - 1]) {
      const fewer = choices('hash', count, without);
      const moved = all.filter((name, index) => name !== fewer[index]).length / keys.length;
      const theory = (count - 1) / count;
      const spread = Math.sqrt((theory * (1 - theory)) / keys.length);
      assert.ok(Math.abs(moved - theory) < 4.5 * spread + 0.002, `n=${count}: moved ${moved}, theory ${theory}`);
    }
  }
});

/** Mean squared deviation of a server's share from 1/n, relative to 1/n, over many rings of 10 servers. */
function imbalance(points: number, nameOf: (ring: number, index: number) => string): number {
  const count = 10;
  const rings = 100;
  let squares = 0;
  for (let ring = 0; ring < rings; ring++) {
    const servers = Array.from({ length: count }, (_, index) => balancerServer(nameOf(ring, index)));
    for (const share of shares(servers, points)) squares += (share * count - 1) ** 2 / (count * rings);
  }
  return squares;
}

test('imbalance falls with the points: CV^2 of the shares = (n - 1) / (n p + 1) for p points a server', () => {
  const unlike = (ring: number, index: number): string =>
    `h${crc32(`${ring}/${index}`)}x${crc32(`${index}:${ring}`)}:80`;
  const alike = (ring: number, index: number): string => `10.${ring}.0.${index + 1}:8080`;
  for (const points of [1, 4, 16, 40, 160, 640]) {
    const theory = 9 / (10 * points + 1);
    const ratio = imbalance(points, unlike) / theory;
    assert.ok(Math.abs(ratio - 1) < 0.2, `${points} points: ${ratio} times the theory`);
    // CRC-32 is linear: names that differ in a digit give points that are not independent until there are many.
    if (points < 16) continue;
    const ratioAlike = imbalance(points, alike) / theory;
    assert.ok(Math.abs(ratioAlike - 1) < 0.2, `${points} points, names alike: ${ratioAlike} times the theory`);
  }
});

test('servers of one name share its points by smooth weighted round robin', () => {
  const servers = ['app:8080', 'app:8080', 'other:8080'].map((name) => balancerServer(name));
  const bench = new Bench('consistent-hash', { servers });
  const key = keys.find((one) => bench.send({ key: one }) !== 2)!;
  const first = bench.send({ key });
  assert.equal([bench.send({ key }), bench.send({ key })], [1 - first, first]);
});

test('without a key it is round robin', () => {
  assert.is(new Bench('consistent-hash', { servers: equalServers(3) }).letters(4), 'abca');
  assert.is(new Bench('hash', { servers: equalServers(3) }).letters(4), 'abca');
});

test.run();
