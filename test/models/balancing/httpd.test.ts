// mod_proxy_balancer: methods, error states shared by all processes, routes, spares and standbys.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type HttpdAttempt, httpdAfterAttempt, httpdPolicyDefaults } from '../../../models/balancing/httpd-policy.ts';
import { Bench, equalServers, letter, servers } from './helpers.ts';

test('by-requests: load factors 3, 1, 2 as measured; decimals count', () => {
  assert.is(
    new Bench('by-requests', { servers: servers({ loadFactor: 3 }, {}, { loadFactor: 2 }) }).letters(6),
    'acabca',
  );
  const bench = new Bench('by-requests', { servers: servers({ loadFactor: 1.5 }, {}) });
  assert.is(bench.letters(5), 'ababa');
});

test('a worker in error is left out by all processes for more than retry', () => {
  const bench = new Bench('by-requests', { servers: equalServers(2), workers: 8 });
  bench.end(bench.pick({ worker: 3 }), 'failed');
  assert.is(letter(bench.pickAgain()), 'b');
  assert.is(bench.letters(2, { worker: 5, atS: 59 }), 'bb');
  assert.is(bench.letters(1, { atS: 60 }), 'b', 'exactly retry is too soon');
  assert.is(bench.letters(2, { atS: 60.001 }).includes('a'), true);
});

test('after retry every request may use the worker, not one probe only', () => {
  const bench = new Bench('by-busyness', { servers: equalServers(2) });
  bench.send({}, 'failed');
  for (let open = 0; open < 4; open++) bench.pick({ atS: 30 });
  assert.is([1, 2, 3].map(() => letter(bench.pick({ atS: 61 }))).join(''), 'aaa');
});

test('all in error and none due: all errors are cleared, unless forcerecovery is off', () => {
  for (const [forceRecovery, wanted] of [
    [true, 'ab'],
    [false, '--'],
  ] as const) {
    const bench = new Bench('by-requests', { servers: equalServers(2), forceRecovery });
    bench.end(bench.pick(), 'failed');
    bench.end(bench.pickAgain(), 'failed');
    const letters = bench.letters(2, { atS: 1 }).split('').sort().join('');
    assert.is(letters, wanted);
  }
});

test('one worker that is disabled, not in error, keeps the errors from being cleared', () => {
  const bench = new Bench('by-requests', { servers: servers({}, { down: true }) });
  bench.send({}, 'failed');
  assert.is(bench.letters(1, { atS: 1 }), '-');
});

test('hot standbys serve only when no worker can, spares take the place of one that cannot', () => {
  const standby = new Bench('by-requests', { servers: servers({}, {}, { hotStandby: true }) });
  assert.is(standby.letters(4), 'abab');
  standby.end(standby.pick(), 'failed');
  standby.end(standby.pickAgain(), 'failed');
  assert.is(letter(standby.pickAgain()), 'c');

  const spare = new Bench('by-requests', { servers: servers({}, {}, { hotSpare: true }, { hotSpare: true }) });
  assert.is(spare.letters(4), 'abab');
  spare.send({}, 'failed');
  const seen = new Set(spare.letters(8, { atS: 1 }));
  assert.equal([...seen].sort(), ['b', 'c'], 'one failed, one spare');
});

test('sets are used in order', () => {
  const bench = new Bench('by-requests', { servers: servers({ lbSet: 1 }, {}, { lbSet: 1 }) });
  assert.is(bench.letters(2), 'bb');
  bench.send({}, 'failed');
  assert.is(bench.letters(2, { atS: 1 }), 'ac');
});

test('a worker with ignore-errors never goes into error', () => {
  const bench = new Bench('by-requests', { servers: servers({ ignoreErrors: true }, {}) });
  bench.send({}, 'failed');
  assert.is(bench.letters(2, { atS: 1 }), 'ba');
});

test('sticky requests are in the books of by-requests', () => {
  const bench = new Bench('sticky-route', { servers: equalServers(3), over: 'by-requests' });
  assert.is(bench.letters(2, { routeServer: 0 }), 'aa');
  assert.is(bench.letters(4), 'bcbc');
});

test('a route leads on to its redirect while its worker is in error', () => {
  const list = servers({ route: 't1', redirect: 't2' }, { route: 't2', redirect: 't3' }, { route: 't3' }, {});
  const bench = new Bench('sticky-route', { servers: list, over: 'by-requests' });
  bench.send({ routeServer: 0 }, 'failed');
  assert.is(letter(bench.send({ routeServer: 0, atS: 1 })), 'b');
  bench.send({ routeServer: 1, atS: 1 }, 'failed');
  assert.is(letter(bench.send({ routeServer: 0, atS: 2 })), 'c');
  assert.is(letter(bench.send({ routeServer: 0, atS: 61 })), 'a', 'back home after retry');
});

test('by-busyness: fewest open requests whatever the factor, in turn among equals', () => {
  const bench = new Bench('by-busyness', { servers: servers({ loadFactor: 10 }, {}, {}) });
  assert.is(letter(bench.pick()), 'a');
  assert.is([letter(bench.pick()), letter(bench.pick())].sort().join(''), 'bc');
  bench.end(1, 'ok');
  assert.is(letter(bench.pick()), 'b');
});

test('by-traffic: nothing decays, so a worker that was away gets everything until it has caught up', () => {
  const bench = new Bench('by-traffic', { servers: equalServers(2) });
  bench.send({}, 'failed', 0);
  for (let request = 0; request < 50; request++) bench.send({ atS: 1 }, 'ok', 1000);
  const back = Array.from({ length: 60 }, () => letter(bench.send({ atS: 61 }, 'ok', 1000))).join('');
  assert.is(back.slice(0, 50), 'a'.repeat(50));
  assert.is(back.slice(50), 'abababababab'.slice(0, 10));

  const weighted = new Bench('by-traffic', { servers: servers({ loadFactor: 3 }, {}) });
  const picks = Array.from({ length: 400 }, () => weighted.send({}, 'ok', 10_000));
  assert.is(picks.filter((server) => server === 0).length, 300);
});

test('only a connection that could not be made moves a request to another worker', () => {
  const policy = httpdPolicyDefaults(3);
  const verdict = (end: HttpdAttempt['end'], attempt = 0, changes = {}): string => {
    const { outcome, isRetried, status } = httpdAfterAttempt({ end, attempt }, { ...policy, ...changes });
    return `${outcome} ${isRetried ? 'retried' : 'ends'} ${status}`;
  };
  assert.is(verdict('connect-failed'), 'failed retried 503');
  assert.is(verdict('connect-failed', 1), 'failed retried 503');
  assert.is(verdict('connect-failed', 2), 'failed ends 503');
  assert.is(verdict('connect-failed', 0, { maxAttempts: 0 }), 'failed ends 503');
  assert.is(verdict('broken'), 'failed ends 500');
  assert.is(verdict('timeout'), 'ok ends 504', 'the black hole stays in use');
  assert.is(verdict('timeout', 0, { failOnTimeout: true }), 'failed ends 504');
  assert.is(verdict('lost'), 'ok ends 502');
  assert.is(verdict(503), 'ok ends 503', 'the answer 503 of Tomcat is an answer');
  assert.is(verdict(503, 0, { failOnStatus: [500, 503] }), 'failed ends 503');
});

test.run();
