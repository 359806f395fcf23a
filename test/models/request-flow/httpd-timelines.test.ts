// A server dies behind httpd's mod_proxy_balancer: errors are shared by all processes, `retry` is 60 s, and only a
// connection that could not be made moves a request. node-2 dies at 10 s and restarts at 70 s.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chosen, type Part, plain, type Recorded, record } from './helpers.ts';

const VICTIM = 1;

function run(fault: Part, balancer: Part = {}, more: Part = {}): Recorded {
  return record({
    ...plain,
    nodes: 4,
    load: { requestsPerSecond: 100 },
    faults: [
      { atS: 10, ...fault },
      { atS: 70, restart: 'node-2' },
    ],
    balancer: { type: 'by-requests', connectTimeoutS: 4, readTimeoutS: 6, ...balancer },
    run: { warmUpS: 5, durationS: 165, replications: 1 },
    ...more,
  });
}

const killed = { crash: 'node-2' };
const blackHoled = { powerOff: 'node-2' };

for (const workerProcesses of [1, 8]) {
  test(`a killed server behind httpd, ${workerProcesses} processes: one refusal for all, then none for 60 s`, () => {
    const recorded = run(killed, { workerProcesses });
    const { failures, result } = recorded;
    assert.is(result.consistency.failed_requests, 0, 'refused is asked elsewhere');
    assert.is(failures.length, 2, 'at the crash, and 60 s later while it still starts');
    assert.ok(failures.every(({ end }) => end === 'refused'));
    const [first, second] = failures;
    assert.ok(first.atS < 10.1);
    assert.ok(second.atS > first.atS + 60 && second.atS < first.atS + 60.1, 'retry is strictly more than 60 s');
    const backS = recorded.choices.find(({ server, atS }) => server === VICTIM && atS > second.atS)!.atS;
    assert.ok(backS > second.atS + 60 && backS < second.atS + 60.1, `${backS}: it was there again from 77 s on`);
  });
}

test('retry=5 brings traffic back 5 s after the last refusal', () => {
  const recorded = run(killed, { httpd: { retryS: 5 } });
  assert.is(recorded.failures.length, 1 + Math.floor(67 / 5), 'one refusal every 5 s, from 10 to 77 s');
  const lastS = recorded.failures.at(-1)!.atS;
  const backS = recorded.choices.find(({ server, atS }) => server === VICTIM && atS > lastS)!.atS;
  assert.ok(lastS < 77 && backS > 77 && backS < 82.1, `${backS}`);
});

const slow = {
  service: { cpuMsMean: 1, distribution: 'constant', backendMsMean: 400 },
  session: { requestsMean: 1, writeRatio: 0.4 },
};

test('requests under way at a killed server are answered 502, GET or POST; nothing is executed twice', () => {
  const { failures, result } = run(killed, {}, slow);
  const lost = failures.filter(({ end }) => end === 'lost').length;
  assert.ok(lost > 4);
  assert.is(result.consistency.failed_requests, lost);
  assert.is(result.consistency.executed_twice, 0);
});

test('a black-holed server: pooled connections cost 504 after the timeout, new ones the connect timeout', () => {
  const recorded = run(blackHoled);
  const { failures, result, answers, choices } = recorded;
  const silent = failures.filter(({ atS }) => atS < 70);
  const late = silent.filter(({ end }) => end === 'read-timeout');
  assert.ok(late.length >= 1 && late.length < silent.length);
  assert.is(result.consistency.failed_requests, late.length, 'a timeout of the response is the answer');
  const waits = answers.filter(({ sentS, atS }) => atS - sentS > 1);
  assert.is(waits.length, silent.length);
  for (const { isFailed, sentS, atS } of waits) {
    const waitS = isFailed ? 6 : 4;
    assert.ok(Math.abs(atS - sentS - waitS) < 0.05, `${atS - sentS} s, then ${isFailed ? '504' : 'elsewhere'}`);
  }
  const firstS = silent.find(({ end }) => end === 'connect-timeout')!.atS;
  assert.ok(firstS < 14.5);
  const afterwards = choices.filter(({ server, atS }) => server === VICTIM && atS > firstS && atS < 70);
  assert.is(afterwards.length, 0, 'in error for all');
  const backS = choices.find(({ server, atS }) => server === VICTIM && atS > firstS)!.atS;
  const lastS = silent.filter(({ end }) => end === 'connect-timeout').at(-1)!.atS;
  assert.ok(backS > lastS + 60 && backS < lastS + 60.2, 'attempts that were under way renew the error');
});

test('a frozen server stays in use, unless failontimeout: every request there times out', () => {
  const frozen = { freeze: 'node-2', forS: 60 };
  const parts = { session: { requestsMean: 1, writeRatio: 0 } };
  const stays = record({
    ...plain,
    ...parts,
    nodes: 4,
    load: { requestsPerSecond: 100 },
    faults: [{ atS: 10, ...frozen }],
    balancer: { type: 'by-requests', readTimeoutS: 6 },
    run: { warmUpS: 5, durationS: 75, replications: 1 },
  });
  const { failed_requests: failed } = stays.result.consistency;
  const sentThere = chosen(stays, VICTIM, 10, 64 - 0.001).length;
  assert.ok(sentThere > 25 * 54, 'its share of the requests, and of those that clients send again');
  const late = failed - sentThere;
  assert.ok(late >= 0 && late <= 60, `${late}: once it thaws, it works through what nobody waits for first`);
  const leaves = record({
    ...plain,
    ...parts,
    nodes: 4,
    load: { requestsPerSecond: 100 },
    faults: [{ atS: 10, ...frozen }],
    balancer: { type: 'by-requests', readTimeoutS: 6, httpd: { failOnTimeout: true } },
    run: { warmUpS: 5, durationS: 75, replications: 1 },
  });
  assert.ok(leaves.result.consistency.failed_requests < 0.15 * failed, 'only those of the first 6 s');
});

test('status=+I: a member that is never in error is refused again and again, and no other is asked', () => {
  const servers = [{}, { status: '+I' }, {}, {}];
  const { failures, result } = run(killed, { servers });
  assert.ok(failures.length > 1000, `${failures.length} refusals`);
  assert.is(result.consistency.failed_requests, failures.length, 'each of them ends with 503');
});

test('nofailover answers 503 for sessions of a dead member; others go on', () => {
  const sessions = {
    session: { requestsMean: 20, thinkTimeSMean: 1, writeRatio: 0 },
    run: { warmUpS: 5, durationS: 45 },
  };
  const balancer = { type: 'sticky-route', over: 'by-requests' };
  const moves = run(killed, balancer, sessions);
  assert.is(moves.result.consistency.failed_requests, 0);
  assert.ok(moves.result.consistency.lost_sessions > 10);
  const stays = run(killed, { ...balancer, httpd: { noFailover: true } }, sessions);
  assert.ok(stays.result.consistency.failed_requests > 50, 'its clients ask and ask');
  assert.ok(stays.result.consistency.lost_sessions <= 2);
});

test.run();
