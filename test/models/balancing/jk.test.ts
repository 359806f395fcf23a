// mod_jk: methods, the states of a worker and their clocks, sticky sessions, retries.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type JkAttempt, jkAfterAttempt, jkNextStep, jkPolicyDefaults } from '../../../models/balancing/jk-policy.ts';
import { Bench, equalServers, letter, servers } from './helpers.ts';

test('Request: by factor, equals take turns, sticky requests count', () => {
  assert.is(new Bench('jk-request', { servers: equalServers(3) }).letters(6), 'abcabc');
  const weighted = new Bench('jk-request', { servers: servers({ loadFactor: 3 }, {}, { loadFactor: 2 }) });
  const counts = [0, 0, 0];
  for (let request = 0; request < 600; request++) counts[weighted.send()] += 1;
  assert.equal(counts, [300, 100, 200]);

  const sticky = new Bench('jk-request', { servers: equalServers(2) });
  sticky.letters(4, { routeServer: 0 });
  assert.is(sticky.letters(5), 'bbbba');
});

test('each process of httpd takes its own turns among equals', () => {
  const bench = new Bench('jk-session', { servers: equalServers(3), workers: 2 });
  const wishes = [0, 1, 0, 1].map((worker) => ({ worker, hasSession: true }));
  assert.is(wishes.map((wish) => letter(bench.send(wish))).join(''), 'aabb');
});

test('Session: only requests without a session id count', () => {
  const bench = new Bench('jk-session', { servers: equalServers(2) });
  bench.letters(4, { routeServer: 0 });
  assert.is(bench.letters(4), 'abab');
});

test('Busyness: open requests per factor', () => {
  const bench = new Bench('jk-busyness', { servers: servers({ loadFactor: 2 }, {}) });
  const picks = Array.from({ length: 6 }, () => bench.pick());
  assert.is(picks.filter((server) => server === 0).length, 4);
  for (const server of picks) bench.end(server, 'ok');
  bench.pick({ routeServer: 0 });
  assert.is(letter(bench.pick()), 'b');
});

test('Traffic: bytes in and out per factor', () => {
  const bench = new Bench('jk-traffic', { servers: equalServers(2) });
  bench.send({}, 'ok', 10_000);
  const small = Array.from({ length: 5 }, () => letter(bench.send({}, 'ok', 2500))).join('');
  assert.is(small, 'bbbba');
});

test('load values are halved for every minute of maintenance', () => {
  for (const [atS, left] of [
    [59, 64],
    [60, 32],
    [119, 32],
    [240, 4],
  ]) {
    const bench = new Bench('jk-request', { servers: equalServers(2) });
    bench.letters(64, { routeServer: 0 });
    let toCatchUp = 0;
    while (bench.send({ atS }) === 1) toCatchUp += 1;
    assert.is(toCatchUp, left, `after ${atS} s`);
  }
});

test('smallest distance first', () => {
  const bench = new Bench('jk-request', { servers: servers({ distance: 1 }, {}, {}) });
  assert.is(bench.letters(4), 'bcbc');
  for (const server of [1, 2]) bench.send({ routeServer: server }, 'failed');
  assert.is(bench.letters(2, { atS: 1 }), 'aa');
});

test('an error is local while the worker serves others, and global once it serves none', () => {
  const bench = new Bench('jk-request', { servers: equalServers(2) });
  const wish = { routeServer: 0 };
  for (let open = 0; open < 3; open++) bench.pick(wish);
  bench.end(0, 'failed');
  assert.is(letter(bench.pickAgain()), 'b', 'this request goes elsewhere');
  assert.is(letter(bench.send(wish)), 'a', 'others still go there');
  bench.begin();
  bench.end(0, 'failed');
  bench.end(0, 'failed');
  assert.is(letter(bench.send(wish)), 'b');
});

test('local errors become global after error_escalation_time', () => {
  const bench = new Bench('jk-request', { servers: equalServers(2) });
  const wish = { routeServer: 0 };
  bench.pick(wish);
  const outcomeAt = (atS: number): string => {
    bench.send({ ...wish, atS }, 'failed');
    return letter(bench.send({ ...wish, atS }));
  };
  bench.send({ ...wish, atS: 1 }, 'failed');
  bench.send({ ...wish, atS: 30 }, 'failed');
  assert.is(outcomeAt(31), 'b', '30 s after the first one');

  const cured = new Bench('jk-request', { servers: equalServers(2) });
  cured.pick(wish);
  for (let atS = 1; atS < 200; atS += 10) {
    cured.send({ ...wish, atS }, 'failed');
    assert.is(letter(cured.send({ ...wish, atS: atS + 1 })), 'a', 'each success begins the count anew');
  }
});

test('a worker in error recovers at the first maintenance more than recover_time later', () => {
  const bench = new Bench('jk-request', { servers: equalServers(2) });
  bench.send({ routeServer: 0, atS: 5 }, 'failed');
  const wish = { routeServer: 0 };
  for (const atS of [6, 60, 66, 119]) assert.is(letter(bench.send({ ...wish, atS })), 'b', `${atS} s`);
  assert.is(letter(bench.pick({ ...wish, atS: 120 })), 'a', '115 s after the error, not 60');
  assert.is(letter(bench.pick({ ...wish, atS: 120 })), 'b', 'one request is the probe');
  bench.end(0, 'ok');
  assert.is(letter(bench.send({ ...wish, atS: 121 })), 'a');
});

test('a recovered worker is not flooded: it begins with the highest load', () => {
  const bench = new Bench('jk-request', { servers: equalServers(3) });
  bench.send({ routeServer: 0, atS: 5 }, 'failed');
  for (let atS = 6; atS < 120; atS++) bench.send({ atS });
  const counts = [0, 0, 0];
  for (let request = 0; request < 30; request++) counts[bench.send({ atS: 130 })] += 1;
  assert.ok(counts[0] >= 9 && counts[0] <= 11, `${counts}`);
});

test('with nobody left recovery is forced, once per request', () => {
  const bench = new Bench('jk-request', { servers: equalServers(2) });
  const tries = [bench.pick()];
  for (let again = 0; again < 4; again++) {
    bench.end(tries[again], 'failed');
    tries.push(bench.pickAgain());
    if (tries[again + 1] === -1) break;
  }
  assert.is(tries.map(letter).join(''), 'abab-');
});

test('sticky_session_force: the session waits for its worker, whose recovery each such request forces', () => {
  const bench = new Bench('jk-request', { servers: equalServers(2), noFailover: true });
  bench.begin({ routeServer: 0 });
  for (let attempt = 0; attempt < 2; attempt++) {
    assert.is(letter(bench.pickAgain()), 'a');
    bench.end(0, 'failed');
  }
  assert.is(bench.pickAgain(), -1);
  assert.is(letter(bench.send({ routeServer: 0 })), 'a');
  assert.is(bench.send({ hasSession: true }), -1, 'an id without a known route gets no worker either');
  assert.is.not(bench.send(), -1);
});

test('a worker in error hands its sessions to its redirect, or else to its domain', () => {
  const list = servers({ redirect: 'tb' }, { route: 'tb', drain: true }, { domain: 'd' }, { domain: 'd' }, {});
  const bench = new Bench('jk-request', { servers: list });
  for (const server of [0, 2]) bench.send({ routeServer: server }, 'failed');
  assert.is(bench.letters(3, { routeServer: 0 }), 'bbb');
  assert.is(bench.letters(3, { routeServer: 2 }), 'ddd');
});

test('reply timeouts count against max_reply_timeouts, a bad status at once', () => {
  const wish = { routeServer: 0 };
  const bench = new Bench('jk-request', { servers: equalServers(2), maxReplyTimeouts: 2 });
  for (let time = 0; time < 2; time++) bench.send(wish, 'reply-timeout');
  assert.is(letter(bench.send(wish)), 'a');
  bench.send(wish, 'reply-timeout');
  assert.is(letter(bench.send(wish)), 'b');

  const hard = new Bench('jk-request', { servers: equalServers(2) });
  hard.pick(wish);
  hard.send(wish, 'failed-hard');
  assert.is(letter(hard.send(wish)), 'b', 'although it still serves a request');
});

test('recovery_options say what may be executed twice', () => {
  const isRecoverable = (recoveryOptions: number, attempt: Partial<JkAttempt> = {}): boolean => {
    const full: JkAttempt = { end: 'lost', method: 'GET', isHeaderSent: false, ...attempt };
    return jkAfterAttempt(full, { ...jkPolicyDefaults, recoveryOptions }).isRecoverable;
  };
  assert.is(isRecoverable(0, { method: 'POST' }), true, 'by default even a POST that Tomcat has received');
  assert.is(isRecoverable(0, { isHeaderSent: true }), true);
  assert.is(isRecoverable(1), false);
  assert.is(isRecoverable(1, { end: 'connect-failed' }), true);
  assert.is(isRecoverable(2, { isHeaderSent: true }), false);
  assert.is(isRecoverable(2), true);
  assert.is(isRecoverable(1 + 16), true);
  assert.is(isRecoverable(1 + 16, { method: 'HEAD' }), false);
  assert.is(isRecoverable(1 + 8, { method: 'HEAD' }), true);
  assert.is(isRecoverable(1 + 8 + 16), false, 'the bit for HEAD hides the one for GET');
  assert.is(isRecoverable(0, { end: 'client-gone' }), false);
});

test('what a status counts as', () => {
  const policy = { ...jkPolicyDefaults, failOnStatus: [500], failOnStatusSoft: [503] };
  const outcome = (end: number): string => jkAfterAttempt({ end, method: 'GET', isHeaderSent: false }, policy).outcome;
  assert.equal([200, 500, 503, 404].map(outcome), ['ok', 'failed-hard', 'neutral', 'ok']);
});

test('two workers, a pause, two workers again, the end', () => {
  const progress = { attempts: 0, pauses: 0 };
  const steps = [1, 2, 3, 4].map(() => jkNextStep(progress, jkPolicyDefaults, 3));
  assert.equal(steps, ['again', 'pause', 'again', 'end']);
});

test.run();
