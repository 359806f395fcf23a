import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { balancerTypes, createBalancer } from '../../../models/balancing/index.ts';
import { findRoute, routeOfSessionId, sessionIdOf } from '../../../models/balancing/sticky-route.ts';
import { Bench, equalServers, letter } from './helpers.ts';

const random = (): number => 0.4;

test('the route is what follows the first dot', () => {
  assert.is(routeOfSessionId('6210B784.tomcat3'), 'tomcat3');
  assert.is(routeOfSessionId('6210B784.tomcat3.x'), 'tomcat3.x');
  assert.is(routeOfSessionId('6210B784'), '');
  assert.is(routeOfSessionId('6210B784!tomcat3', '!'), 'tomcat3');
  assert.is(routeOfSessionId('tomcat3', ''), 'tomcat3');
  const servers = equalServers(3).map((server, index) => ({ ...server, route: index === 1 ? 'tomcat2' : '' }));
  assert.is(findRoute(servers, 'tomcat2'), 1);
  assert.is(findRoute(servers, 'tomcat9'), -1);
  assert.is(findRoute(servers, ''), -1);
});

test('the path parameter wins over the cookie', () => {
  assert.is(sessionIdOf('A.t1', 'B.t2'), 'A.t1');
  assert.is(sessionIdOf('', 'B.t2'), 'B.t2');
});

test('over every type: sessions stay, and move only while their server cannot serve', () => {
  for (const over of Object.keys(balancerTypes).filter((type) => type !== 'sticky-route')) {
    const bench = new Bench('sticky-route', { servers: equalServers(4), over, random });
    const wish = { routeServer: 2, key: 'k', address: '10.1.2.3' };
    for (let request = 0; request < 5; request++) assert.is(letter(bench.send(wish)), 'c', over);
    const victim = bench.pick(wish);
    bench.end(victim, 'failed');
    const other = bench.pickAgain();
    assert.ok(other !== -1 && other !== 2, over);
    bench.end(other, 'ok');
    assert.is.not(bench.send({ ...wish, atS: 5 }), 2, over);
    for (const atS of [130, 200, 260]) bench.send({ ...wish, atS });
    assert.is(letter(bench.send({ ...wish, atS: 261 })), 'c', `${over}: back home`);
  }
});

test('without the option the nginx and httpd types know no routes', () => {
  for (const over of ['round-robin', 'by-requests']) {
    const bench = new Bench(over, { servers: equalServers(3) });
    assert.is(bench.letters(3, { routeServer: 2 }), 'abc', over);
  }
});

test('noFailover: an error rather than another server', () => {
  for (const over of ['round-robin', 'by-requests', 'hash']) {
    const bench = new Bench('sticky-route', { servers: equalServers(3), over, noFailover: true });
    const wish = { routeServer: 1, key: 'k' };
    bench.send(wish, 'failed');
    assert.is(bench.send({ ...wish, atS: 1 }), -1, over);
    assert.is.not(bench.send({ atS: 1, key: 'k' }), -1, `${over}: a new session is served`);
  }
});

test('a draining server keeps its sessions and gets no new ones', () => {
  for (const over of ['round-robin', 'by-requests', 'jk-request']) {
    const servers = equalServers(2).map((server, index) => ({ ...server, drain: index === 0 }));
    const bench = new Bench('sticky-route', { servers, over });
    assert.is(bench.letters(3), 'bbb', over);
    assert.is(bench.letters(3, { routeServer: 0 }), 'aaa', over);
  }
});

test('unknown types and empty balancers are refused', () => {
  assert.throws(() => createBalancer('constructor', { servers: equalServers(1) }), /is not one of round-robin/);
  assert.throws(() => createBalancer('round-robin', { servers: [] }), /no server/);
  assert.throws(() => createBalancer('random-two', { servers: equalServers(2) }), /random numbers/);
});

test.run();
