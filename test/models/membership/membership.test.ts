// The membership alone: how soon it notices what, and what it counts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HEARTBEAT_BYTES, SHUTDOWN_BYTES } from '../../../models/messages.ts';
import { Bench } from '../../oracle/membership-bench.ts';

const PERIOD_MS = 500.6;
const DROP_MS = 3000;
const LATENCY_MS = 0.1;

test('a crash is noticed dropTime - period to dropTime + check granularity afterwards, by every survivor, N 2 to 32', () => {
  for (const nodes of [2, 3, 5, 8, 16, 32]) {
    const seen: number[] = [];
    for (let seed = 0; seed < 60; seed += 1) {
      const bench = new Bench(nodes, {}, seed * 7919);
      bench.at(10 + seed * 0.0137, () => bench.crash(seed % nodes));
      bench.at(20);
      const delays = bench.delays('disappeared', seed % nodes);
      assert.is(delays.length, nodes - 1, 'each survivor once');
      seen.push(...delays);
    }
    const least = Math.min(...seen);
    const most = Math.max(...seen);
    const mean = seen.reduce((sum, one) => sum + one, 0) / seen.length;
    assert.ok(least > DROP_MS - PERIOD_MS, `N=${nodes}: ${least} ms`);
    assert.ok(most < DROP_MS + PERIOD_MS + 4 * LATENCY_MS, `N=${nodes}: ${most} ms`);
    const expected = DROP_MS - PERIOD_MS / 2 + PERIOD_MS / nodes;
    assert.ok(Math.abs(mean - expected) < 80, `N=${nodes}: mean ${mean} ms, expected about ${expected}`);
  }
});

test('counted from the last heartbeat it is dropTime or a little more, never less', () => {
  for (let seed = 0; seed < 40; seed += 1) {
    const bench = new Bench(3, { mcastFrequencyMs: 1000, memberDropTimeMs: 5000, heartbeatWorkUs: 0 }, seed);
    bench.at(10, () => bench.crash(1));
    bench.at(30);
    for (const delay of bench.delays('disappeared', 1)) assert.ok(delay > 4000 && delay < 6001, `${delay} ms`);
  }
});

test('a host that does not answer costs one connect timeout more', () => {
  const refused = new Bench(4, {}, 5);
  const silent = new Bench(4, {}, 5);
  refused.at(10, () => refused.crash(2));
  silent.at(10, () => silent.crash(2, true));
  for (const bench of [refused, silent]) bench.at(30);
  const extra = silent.delays('disappeared').map((delay, place) => delay - refused.delays('disappeared')[place]);
  for (const one of extra) assert.ok(Math.abs(one - 1000) < 1, `${one} ms`);
});

test('a node that is cut off drops its peers one after the other, at least 1 s apart; they drop it at once', () => {
  const bench = new Bench(5, {}, 3);
  bench.at(10, () => bench.cut([0], [1, 2, 3, 4]));
  bench.at(30);
  const alone = bench.delays('disappeared', undefined, 0).sort((a, b) => a - b);
  assert.is(alone.length, 4);
  for (let place = 1; place < 4; place += 1) assert.ok(alone[place] - alone[place - 1] >= 1000 - 1e-6, `${alone}`);
  assert.ok(alone[0] > DROP_MS - PERIOD_MS + 1000 && alone[3] < DROP_MS + PERIOD_MS + 4001, `${alone}`);
  const others = bench.delays('disappeared', 0);
  assert.is(others.length, 4);
  for (const delay of others) assert.ok(delay > 3499 && delay < 4502, `${delay} ms`);
});

test('without TcpFailureDetector silence alone decides', () => {
  const bench = new Bench(4, { tcpFailureDetector: { enabled: false } }, 3);
  bench.at(10, () => bench.cut([0], [1, 2, 3]));
  bench.at(30);
  for (const delay of bench.delays('disappeared')) assert.ok(delay > 2499 && delay < 3502, `${delay} ms`);
  assert.is(bench.delays('disappeared').length, 6);
});

test('a graceful stop is one datagram: everybody knows one latency later, and 86 bytes are counted at each', () => {
  const bench = new Bench(4);
  bench.at(10, () => {
    bench.traffic.isOpen = true;
    bench.membership.meter.measureFrom(bench.sim.nowNs);
    bench.membership.saidGoodbye(1);
    bench.crash(1);
  });
  bench.at(10.001);
  assert.equal(bench.delays('disappeared', 1), [LATENCY_MS, LATENCY_MS, LATENCY_MS]);
  const [row] = bench.traffic.rows(1, 1);
  assert.is(row.messages, 3);
  assert.is(row.bytes, 3 * SHUTDOWN_BYTES);
  bench.at(30);
  assert.is(bench.changes.length, 3, 'and nobody expires it again');
});

test('the dead hear no goodbye', () => {
  const bench = new Bench(3);
  bench.at(10, () => bench.crash(0));
  bench.at(20, () => {
    bench.traffic.isOpen = true;
    bench.membership.meter.measureFrom(bench.sim.nowNs);
    bench.membership.saidGoodbye(1);
  });
  assert.is(bench.traffic.rows(1, 1)[0].messages, 1);
});

test('a frozen peer is never removed: its kernel accepts the connect', () => {
  const bench = new Bench(3);
  bench.at(10, () => bench.freeze(1, true));
  bench.at(100, () => bench.freeze(1, false));
  bench.at(110);
  assert.equal(bench.changes, []);
});

test('performReadTest removes a frozen peer, 5 s after its silence is noticed; thawed it is added again', () => {
  const bench = new Bench(3, { tcpFailureDetector: { performReadTest: true } });
  bench.at(10, () => bench.freeze(1, true));
  bench.at(30);
  assert.equal([...bench.changes].sort(), ['0-1', '2-1']);
  for (const delay of bench.delays('disappeared')) assert.ok(delay > 7499 && delay < 8502, `${delay} ms`);
  bench.freeze(1, false);
  bench.at(31);
  assert.equal(bench.changes.slice(2).sort(), ['0+1', '2+1']);
});

test('a frozen observer notices nothing until it runs again', () => {
  const bench = new Bench(3);
  bench.at(10, () => bench.freeze(0, true));
  bench.at(11, () => bench.crash(1));
  bench.at(12, () => bench.crash(2));
  bench.at(16, () => bench.restart(2));
  bench.at(40);
  assert.equal(
    bench.changes.filter((change) => change.startsWith('0')),
    [],
  );
  bench.freeze(0, false);
  bench.at(42);
  const seen = bench.changes.filter((change) => change.startsWith('0'));
  assert.equal(seen.sort(), ['0+2', '0-1']);
});

test('a freeze makes nobody younger', () => {
  const bench = new Bench(3);
  const born = [0, 1, 2].map((node) => bench.membership.bornNs(node));
  bench.at(10, () => bench.freeze(1, true));
  bench.at(12, () => bench.freeze(1, false));
  assert.equal(
    [0, 1, 2].map((node) => bench.membership.bornNs(node)),
    born,
  );
  bench.crash(1);
  bench.at(20, () => bench.restart(1));
  assert.is(bench.membership.bornNs(1), 20e9);
});

test('a partition: each side drops the other and keeps itself; when it heals each adds the other within a period', () => {
  const bench = new Bench(5);
  bench.at(10, () => bench.cut([0, 1], [2, 3, 4]));
  bench.at(30);
  assert.equal([...bench.membership.view(0)], [1, 1, 0, 0, 0]);
  assert.equal([...bench.membership.view(4)], [0, 0, 1, 1, 1]);
  assert.is(bench.changes.length, 12);
  bench.cut([0, 1], [2, 3, 4], false);
  bench.at(30 + (PERIOD_MS + 1) / 1000);
  for (let node = 0; node < 5; node += 1) assert.equal([...bench.membership.view(node)], [1, 1, 1, 1, 1]);
  assert.is(bench.delays('added').length, 12);
  for (const delay of bench.delays('added')) assert.ok(delay <= PERIOD_MS + 2 * LATENCY_MS, `${delay} ms`);
});

test('a cut that heals before dropTime changes nothing, and does not shorten the next one', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const bench = new Bench(3, {}, seed);
    bench.at(10, () => bench.cut([0], [1, 2]));
    bench.at(12, () => bench.cut([0], [1, 2], false));
    bench.at(12.7, () => bench.cut([0], [1, 2]));
    bench.at(30);
    assert.is(bench.changes.length, 4);
    for (const one of bench.delays('disappeared'))
      assert.ok(one > 3499, `seed ${seed}: ${one} ms after the second cut`);
  }
});

test('a restart after the expiry is a member again, each way', () => {
  const bench = new Bench(3);
  bench.at(10, () => bench.crash(1));
  bench.at(20, () => bench.restart(1));
  assert.equal([...bench.membership.view(1)], [0, 1, 0], 'it begins alone');
  bench.at(21);
  assert.equal([...bench.membership.view(1)], [1, 1, 1]);
  assert.equal(bench.changes.slice(2).sort(), ['0+1', '1+0', '1+2', '2+1']);
  const own = bench.delays('added', undefined, 1);
  assert.is(own.length, 2);
});

test('a restart before the expiry is another member: it is added although the old one was never dropped', () => {
  const bench = new Bench(3);
  bench.at(10, () => bench.crash(1));
  bench.at(11, () => bench.restart(1));
  bench.at(30);
  assert.equal([...bench.changes].sort(), ['0+1', '1+0', '1+2', '2+1']);
});

test('heartbeats: N(N-1) receptions of 77 bytes per period, all members up', () => {
  for (const nodes of [2, 3, 8, 20]) {
    const bench = new Bench(nodes);
    bench.at(10, () => {
      bench.traffic.isOpen = true;
      bench.membership.meter.measureFrom(bench.sim.nowNs);
    });
    const periods = 100;
    bench.at(10 + (periods * PERIOD_MS) / 1000);
    bench.membership.meter.meterAll(bench.sim.nowNs);
    const [row] = bench.traffic.rows(1, 1);
    assert.is(row.messages, periods * nodes * (nodes - 1));
    assert.is(row.bytes, row.messages * HEARTBEAT_BYTES);
  }
});

test('heartbeats are counted for those who hear them at the time: before a death, during a cut, after a restart', () => {
  const bench = new Bench(3, { heartbeatWorkUs: 0 });
  bench.at(10, () => {
    bench.traffic.isOpen = true;
    bench.membership.meter.measureFrom(bench.sim.nowNs);
  });
  let expected = 0;
  const after = (periods: number, receptions: number, action: () => void): void => {
    expected += periods * receptions;
    bench.at(bench.sim.nowNs / 1e9 + periods / 2, action);
  };
  after(20, 6, () => bench.crash(2));
  after(20, 2, () => bench.cut([0], [1]));
  after(10, 0, () => bench.cut([0], [1], false));
  after(20, 2, () => bench.restart(2));
  after(20, 6, () => bench.membership.meter.meterAll(bench.sim.nowNs));
  const [row] = bench.traffic.rows(1, 1);
  assert.ok(
    Math.abs(row.messages - expected) <= 2,
    `${row.messages} receptions, expected ${expected} and one beat more`,
  );
});

test.run();
