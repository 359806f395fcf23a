import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bench, equalServers, letter, servers } from './helpers.ts';

test('equal weights take turns', () => {
  assert.is(new Bench('round-robin', { servers: equalServers(3) }).letters(7), 'abcabca');
});

test('weights 5, 1, 1 give a a b a c a a', () => {
  const bench = new Bench('round-robin', { servers: servers({ weight: 5 }, {}, {}) });
  assert.is(bench.letters(14), 'aabacaaaabacaa');
});

test('each worker process has its own turn, unless the state is in a zone', () => {
  const turns = (zone: boolean): string => {
    const bench = new Bench('round-robin', { servers: equalServers(3), workers: 2, zone });
    return [0, 1, 0, 1, 0, 1].map((worker) => letter(bench.send({ worker }))).join('');
  };
  assert.is(turns(false), 'aabbcc');
  assert.is(turns(true), 'abcabc');
});

test('a server that is down is left out', () => {
  assert.is(new Bench('round-robin', { servers: servers({}, { down: true }, {}) }).letters(4), 'acac');
});

test('backup servers serve only when no other can', () => {
  const bench = new Bench('round-robin', { servers: servers({}, { backup: true }, { backup: true }) });
  assert.is(bench.letters(3), 'aaa');
  bench.end(bench.pick(), 'failed');
  assert.is(letter(bench.pickAgain()), 'b', 'the same request goes on to the backup servers');
  assert.is(bench.letters(3), 'cbc');
  assert.is(bench.letters(1, { atS: 11 }), 'a', 'the probe after fail_timeout');
});

test('no live upstreams: nothing is revived, the request fails at once', () => {
  const bench = new Bench('round-robin', { servers: equalServers(2) });
  for (const _ of [0, 1]) bench.send({}, 'failed');
  assert.is(bench.letters(3, { atS: 10 }), '---');
  assert.is(bench.letters(4, { atS: 11 }), 'bbab', 'b is a turn ahead, and both weights have to recover');
});

test('a request tries each server once', () => {
  const bench = new Bench('round-robin', { servers: servers({ maxFails: 0 }, { maxFails: 0 }) });
  bench.end(bench.pick(), 'failed');
  bench.end(bench.pickAgain(), 'failed');
  assert.is(bench.pickAgain(), -1);
  assert.is(bench.letters(2), 'ba', 'with max_fails=0 the next request sees nothing of it');
});

test('max_conns counts the open requests of the worker', () => {
  const bench = new Bench('round-robin', { servers: servers({ maxConns: 1 }, { maxConns: 2 }), workers: 2 });
  assert.is([0, 1, 2].map(() => letter(bench.pick())).join(''), 'abb');
  assert.is(bench.pick(), -1);
  assert.is(letter(bench.pick({ worker: 1 })), 'a');
  bench.request.worker = 0;
  bench.end(0, 'ok');
  assert.is(letter(bench.pick()), 'a');
});

test('a sticky request pays for its turn, but not more than one round', () => {
  const bench = new Bench('sticky-route', { servers: equalServers(3) });
  assert.is(bench.letters(4, { routeServer: 0 }), 'aaaa');
  assert.is(bench.letters(7), 'bcabcab', 'one turn of each of the others makes up for all four');
});

test.run();
