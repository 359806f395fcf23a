// Passive failure detection of nginx, rule by rule: who is shut, for how long, and who notices.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bench, equalServers, letter, servers } from './helpers.ts';

test('one failure shuts a server for fail_timeout, then one live request is the probe', () => {
  const bench = new Bench('round-robin', { servers: equalServers(2) });
  bench.end(bench.pick(), 'failed');
  assert.is(letter(bench.pickAgain()), 'b', 'the client sees no error');
  assert.is(bench.letters(3, { atS: 5 }), 'bbb');
  assert.is(bench.letters(3, { atS: 10 }), 'bbb', 'not before fail_timeout is over');
  const picks = [11, 11, 11].map((atS) => letter(bench.pick({ atS })));
  assert.is(picks.join(''), 'bba', 'its weight had fallen to 0 and comes back by 1 a round');
  assert.is(bench.letters(4, { atS: 12 }), 'bbbb', 'the probe is on its way: shut for all others');
});

test('a probe that fails shuts the server again from that moment', () => {
  const bench = new Bench('ip-hash', { servers: equalServers(2) });
  const wish = { address: '192.168.2.7' };
  const home = bench.send(wish, 'failed');
  const other = 1 - home;
  assert.is(bench.send({ ...wish, atS: 10 }), other);
  bench.begin({ ...wish, atS: 11 });
  assert.is(bench.pickAgain(), home);
  bench.end(home, 'failed', 13);
  assert.is(bench.send({ ...wish, atS: 23 }), other);
  assert.is(bench.send({ ...wish, atS: 24 }), home);
  assert.is(bench.send({ ...wish, atS: 25 }), home, 'the probe went well');
});

test('times count in whole seconds', () => {
  const bench = new Bench('ip-hash', { servers: equalServers(2) });
  const wish = { address: '192.168.2.7' };
  const home = bench.send({ ...wish, atS: 0.9 }, 'failed');
  assert.is(bench.send({ ...wish, atS: 10.99 }), 1 - home);
  assert.is(bench.send({ ...wish, atS: 11 }), home, '10.1 s after the failure, 11 s by the clock');
});

test('max_fails failures shut a server; a success clears them only after fail_timeout', () => {
  const bench = new Bench('ip-hash', { servers: equalServers(2, { maxFails: 3 }) });
  const wish = { address: '192.168.2.7' };
  const home = bench.send(wish, 'failed');
  assert.is(bench.send({ ...wish, atS: 1 }), home, 'the success right after clears nothing');
  bench.send({ ...wish, atS: 2 }, 'failed');
  assert.is(bench.send({ ...wish, atS: 3 }), home);
  bench.send({ ...wish, atS: 4 }, 'failed');
  assert.is(bench.send({ ...wish, atS: 5 }), 1 - home, 'three failures, though with successes between them');

  const patient = new Bench('ip-hash', { servers: equalServers(2, { maxFails: 2 }) });
  patient.send(wish, 'failed');
  assert.is(patient.send({ ...wish, atS: 11 }), home, 'a success more than fail_timeout later');
  patient.send({ ...wish, atS: 12 }, 'failed');
  assert.is(patient.send({ ...wish, atS: 13 }), home, 'one failure again, not two');
});

test('each worker finds out for itself; with a zone one failure is enough for all', () => {
  const failures = (zone: boolean): number => {
    const bench = new Bench('ip-hash', { servers: equalServers(2), workers: 8, zone });
    const home = bench.send({ address: '192.168.2.7' });
    let failed = 0;
    for (let worker = 0; worker < 8; worker++) {
      const server = bench.pick({ address: '192.168.2.7', worker, atS: 1 });
      if (server === home) failed += 1;
      bench.end(server, server === home ? 'failed' : 'ok');
    }
    return failed;
  };
  assert.is(failures(false), 8);
  assert.is(failures(true), 1);
});

test('a single server is never shut', () => {
  for (const type of ['round-robin', 'ip-hash', 'hash', 'consistent-hash', 'least-conn']) {
    const bench = new Bench(type, { servers: equalServers(1) });
    for (let time = 0; time < 5; time++) assert.is(bench.send({ key: 'k' }, 'failed'), 0, type);
  }
  const withBackup = new Bench('round-robin', { servers: servers({}, { backup: true }) });
  withBackup.send({}, 'failed');
  assert.is(letter(withBackup.send()), 'b', 'with a backup server it is');
});

test('max_fails=0 never shuts a server', () => {
  const bench = new Bench('round-robin', { servers: equalServers(2, { maxFails: 0 }) });
  for (let time = 0; time < 20; time++) bench.send({}, 'failed');
  assert.is(bench.letters(4), 'abab');
});

test('the effective weight falls by weight / max_fails and recovers by 1 a round', () => {
  const bench = new Bench('round-robin', { servers: servers({ weight: 10, maxFails: 2 }, { weight: 10 }) });
  bench.send({}, 'failed');
  const shareOfA = (requests: number): number =>
    Array.from({ length: requests }, () => bench.send()).filter((server) => server === 0).length;
  assert.ok(shareOfA(10) < 5);
  shareOfA(10);
  assert.is(shareOfA(100), 50);
});

test('what is neutral (403, 404, client gone) counts as a success', () => {
  const bench = new Bench('round-robin', { servers: equalServers(2) });
  for (let time = 0; time < 4; time++) bench.send({}, 'neutral');
  assert.is(bench.letters(4), 'abab');
});

test('hash, consistent hash: the keys of a failed server move, and come back: sessions bounce twice', () => {
  for (const type of ['hash', 'consistent-hash']) {
    const bench = new Bench(type, { servers: equalServers(4) });
    const keys = Array.from({ length: 400 }, (_, index) => `session-${index}`);
    const at = (atS: number): number[] => keys.map((key) => bench.send({ key, atS }));
    const before = at(0);
    const victim = before[0];
    bench.end(bench.pick({ key: keys[0] }), 'failed', 0);
    const during = at(5);
    during.forEach((server, index) => {
      if (before[index] === victim) assert.is.not(server, victim);
      else assert.is(server, before[index], `${type}: only its own keys move`);
    });
    assert.is(new Set(during).size, 3);
    assert.equal(at(11), before, `${type}: all come back with the first probe`);
  }
});

test('hash methods go over to round robin after more than 20 shut candidates', () => {
  for (const type of ['ip-hash', 'hash', 'consistent-hash']) {
    const all = equalServers(50).map((server, index) => ({ ...server, down: index !== 49 }));
    const bench = new Bench(type, { servers: all });
    for (let index = 0; index < 200; index++) {
      assert.is(bench.send({ key: `key-${index}`, address: `10.${index}.3.4` }), 49, type);
    }
  }
});

test.run();
