// A worker dies behind mod_jk: by default it waits for ever, repeats everything, and looks at its workers once a minute.
// node-2 dies at 10 s and restarts at 70 s; its connector is open again at 77 s.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Part, plain, type Recorded, record } from './helpers.ts';

const VICTIM = 1;

function run(fault: Part, jk: Part = {}, more: Part = {}): Recorded {
  return record({
    ...plain,
    nodes: 4,
    load: { requestsPerSecond: 100 },
    faults: [{ atS: 10, ...fault }, ...('freeze' in fault ? [] : [{ atS: 70, restart: 'node-2' }])],
    balancer: { type: 'jk-request', jk },
    run: { warmUpS: 5, durationS: 125, replications: 1 },
    ...more,
  });
}

const killed = { crash: 'node-2' };
const blackHoled = { powerOff: 'node-2' };

test('a killed worker behind mod_jk is in error at once and probed by the maintenance after recover_time', () => {
  const recorded = run(killed);
  assert.is(recorded.result.consistency.failed_requests, 0);
  assert.is(recorded.failures.length, 1, 'no other request is busy there: the error is global');
  const again = recorded.choices.filter(({ server, atS }) => server === VICTIM && atS > recorded.failures[0].atS);
  // Maintenance at 60 s comes before recover_time is over (70 s); that of 120 s finds the worker recovered.
  assert.ok(again[0].atS >= 120 && again[0].atS < 120.2, `${again[0].atS}`);
});

const slow = {
  service: { cpuMsMean: 1, distribution: 'constant', backendMsMean: 400 },
  session: { requestsMean: 1, writeRatio: 0.4 },
};

test('requests under way at a killed worker are repeated, the POST as well: executed twice, none fails', () => {
  const { failures, result } = run(killed, {}, slow);
  const lost = failures.filter(({ end }) => end === 'lost');
  assert.ok(lost.some(({ method }) => method === 'POST'));
  assert.is(result.consistency.failed_requests, 0);
  assert.is(result.consistency.executed_twice, lost.length);
});

test('recovery_options=1 repeats nothing that was sent; 1 + 16 repeats the GET', () => {
  const none = run(killed, { recoveryOptions: 1 }, slow);
  const lost = none.failures.filter(({ end }) => end === 'lost').length;
  assert.is(none.result.consistency.failed_requests, lost);
  assert.is(none.result.consistency.executed_twice, 0);
  const gets = run(killed, { recoveryOptions: 17 }, slow);
  const posts = gets.failures.filter(({ end, method }) => end === 'lost' && method === 'POST').length;
  assert.is(gets.result.consistency.failed_requests, posts);
});

test('a black-holed worker by default: nobody gives up; requests wait until the host is back, some for ever', () => {
  const { result, failures, cluster, answers } = run(blackHoled);
  assert.is(failures.filter(({ atS }) => atS < 70).length, 0, 'no timeout at all');
  const waiting = answers.filter(({ sentS, atS }) => sentS > 10 && sentS < 70 && atS >= 70);
  assert.ok(waiting.length > 0.2 * 100 * 60, `${waiting.length} wait for the next SYN`);
  assert.is(result.consistency.failed_requests, 0);
  assert.ok(cluster.requests.underWay > 0, 'what was sent over pooled connections is never answered');
});

test('socket_connect_timeout and reply_timeout end that: each victim waits them, and the worker is in error', () => {
  const { failures, answers, result } = run(blackHoled, { socketConnectTimeoutMs: 3000, replyTimeoutMs: 5000 });
  assert.is(result.consistency.failed_requests, 0);
  const waits = answers.filter(({ sentS, atS }) => atS - sentS > 1).map(({ sentS, atS }) => atS - sentS);
  assert.is(waits.length, failures.length);
  for (const wait of waits) assert.ok(Math.abs(wait - 3) < 0.01 || Math.abs(wait - 5) < 0.01, `${wait} s`);
  assert.ok(
    failures.every(({ atS }) => atS < 20),
    'a reply timeout makes the error global',
  );
});

test('a frozen worker by default: its requests wait until it thaws, none is repeated', () => {
  const { failures, answers, result } = run({ freeze: 'node-2', forS: 60 });
  assert.is(failures.length, 0);
  const waiting = answers.filter(({ sentS, atS }) => sentS > 10 && sentS < 70 && atS >= 70);
  assert.ok(Math.abs(waiting.length / (100 * 60) - 0.25) < 0.02, 'its quarter of the requests, for a minute');
  assert.is(result.consistency.failed_requests, 0);
});

test('reply_timeout: what has been sent to a frozen worker is executed twice', () => {
  const { failures, result } = run({ freeze: 'node-2', forS: 60 }, { replyTimeoutMs: 5000 });
  assert.ok(failures.length > 100 && failures.every(({ end }) => end === 'read-timeout'));
  assert.is(result.consistency.executed_twice, failures.length);
  assert.is(result.consistency.failed_requests, 0);
});

test('prepost_timeout: the CPing finds out before anything is sent; nothing is executed twice', () => {
  const { failures, result } = run({ freeze: 'node-2', forS: 60 }, { prepostTimeoutMs: 2000 });
  assert.ok(failures.length > 100 && failures.every(({ end }) => end === 'connect-timeout'));
  assert.is(result.consistency.executed_twice, 0);
  assert.is(result.consistency.failed_requests, 0);
  const lastS = failures.at(-1)!.atS;
  assert.ok(lastS > 40 && lastS < 75, 'errors of single requests become global after error_escalation_time, 30 s');
});

test('sticky_session_force answers 503 for sessions of a dead worker', () => {
  const sessions = {
    session: { requestsMean: 20, thinkTimeSMean: 1, writeRatio: 0 },
    run: { warmUpS: 5, durationS: 45 },
  };
  const moves = run(killed, {}, sessions);
  assert.is(moves.result.consistency.failed_requests, 0);
  const stays = run(killed, { stickySessionForce: true }, sessions);
  assert.ok(stays.result.consistency.failed_requests > 50);
});

test('with every worker dead the request goes round twice, pauses and fails', () => {
  const recorded = record({
    ...plain,
    nodes: 2,
    load: { requestsPerSecond: 20 },
    faults: [
      { atS: 10, crash: 'node-1' },
      { atS: 10, crash: 'node-2' },
    ],
    balancer: { type: 'jk-request' },
    run: { warmUpS: 5, durationS: 20, replications: 1 },
  });
  const failed = recorded.answers.filter(({ isFailed }) => isFailed);
  assert.ok(failed.length > 200);
  for (const { sentS, atS } of failed) assert.ok(atS - sentS > 0.1 && atS - sentS < 0.11, `${atS - sentS} s`);
});

test.run();
