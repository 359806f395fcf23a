// A server dies behind nginx: who waits how long, how many requests fail, when traffic returns. Every figure follows
// from the rules of ngx_http_upstream_round_robin.c and ngx_http_upstream.c; node-2 dies at 10 s and restarts at 70 s.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { requestDoes } from '../../../models/requests.ts';
import { chosen, type Failure, failuresIn, type Part, plain, type Recorded, record } from './helpers.ts';

const VICTIM = 1;
const CONNECT_TIMEOUT_S = 4;
const RATE = 200;
/** node.startUpS 5 s, then four heartbeat periods of 0.5 s. */
const BACK_S = 77;

function run(fault: Part, balancer: Part, more: Part = {}): Recorded {
  return record({
    ...plain,
    nodes: 4,
    load: { requestsPerSecond: RATE },
    faults: [
      { atS: 10, ...fault },
      { atS: 70, restart: 'node-2' },
    ],
    balancer: { type: 'round-robin', connectTimeoutS: CONNECT_TIMEOUT_S, ...balancer },
    run: { warmUpS: 5, durationS: 95, replications: 1 },
    ...more,
  });
}

const killed = { crash: 'node-2' };
const blackHoled = { powerOff: 'node-2' };
const setUps = [
  { name: '1 worker', balancer: {}, copies: 1 },
  { name: '8 workers', balancer: { workerProcesses: 8 }, copies: 8 },
  { name: '8 workers with a zone', balancer: { workerProcesses: 8, zone: true }, copies: 1 },
];

/**
 * fail_timeout of 10 s on a clock of whole seconds: whoever has seen a failure at t asks again with the first request
 * from floor(t) + 11 s on, and only with that one.
 */
function checkProbes({ failures, choices }: Recorded, copies: number, waitS: number): void {
  // Whoever waits for a silent host hears of its restart in another way.
  const untilS = waitS > 1 ? 70 : BACK_S;
  for (let worker = 0; worker < copies; worker += 1) {
    const isMine = (one: { worker: number }): boolean => copies === 1 || one.worker === worker;
    const seen = failures.filter((one) => isMine(one) && one.atS < untilS);
    const afterFirstWait = seen.filter(({ atS }) => atS > 10 + 2 * waitS + 1);
    assert.ok(afterFirstWait.length >= 2, `${afterFirstWait.length} probes`);
    for (const probe of afterFirstWait) {
      const sentS = probe.atS - waitS;
      const before = seen.filter(({ atS }) => atS < sentS).at(-1) as Failure;
      const dueS = Math.floor(before.atS) + 11;
      assert.ok(sentS >= dueS - 0.001, `asked at ${sentS} s, ${before.atS} s was the last failure`);
      const isNext = !choices.some((one) => isMine(one) && one.atS >= dueS && one.atS < sentS - 0.3 && one.server < 0);
      assert.ok(isNext && sentS < dueS + 0.8, `asked at ${sentS} s, due at ${dueS} s`);
    }
  }
}

for (const { name, balancer, copies } of setUps) {
  test(`a killed server behind nginx, ${name}: refused once per worker and fail_timeout, no client notices`, () => {
    const recorded = run(killed, balancer);
    const { result, answers } = recorded;
    assert.is(result.consistency.failed_requests, 0);
    const first = failuresIn(recorded, 10, 20);
    assert.is(first.length, copies, 'the first failure of each copy of the state shuts the server');
    assert.ok(first.every(({ end }) => end === 'refused'));
    checkProbes(recorded, copies, 0.0002);
    const slowest = Math.max(...answers.map(({ sentS, atS }) => atS - sentS));
    assert.ok(slowest < 0.05, `${slowest} s`);
    assert.is(result.consistency.executed_twice, 0, 'refused is not executed');
  });

  test(`a black-holed server behind nginx, ${name}: each victim waits the connect timeout, none fails`, () => {
    const recorded = run(blackHoled, balancer);
    const { result, answers, choices } = recorded;
    assert.is(result.consistency.failed_requests, 0, 'a connect that times out goes on elsewhere');
    const victims = answers.filter(({ sentS, atS }) => atS - sentS > 1);
    const silent = recorded.failures.filter(({ end }) => end === 'connect-timeout');
    assert.is(victims.length, silent.length, 'each attempt that nobody answers has one victim');
    for (const { sentS, atS, node } of victims) {
      assert.ok(Math.abs(atS - sentS - CONNECT_TIMEOUT_S) < 0.05 || atS >= 70, `${atS - sentS} s`);
      assert.is.not(node, VICTIM);
    }
    const before = choices.filter(({ atS }) => atS >= 10 && atS < 10 + CONNECT_TIMEOUT_S);
    const share = before.filter(({ server }) => server === VICTIM).length / before.length;
    assert.ok(Math.abs(share - 0.25) < 0.02, `until the first timeout its share of requests is sent there: ${share}`);
    checkProbes(recorded, copies, CONNECT_TIMEOUT_S);
  });

  test(`traffic returns to a server behind nginx, ${name}, with the first probe after it is back`, () => {
    const recorded = run(killed, balancer);
    for (let worker = 0; worker < copies; worker += 1) {
      const isMine = (one: { worker: number }): boolean => copies === 1 || one.worker === worker;
      const last = recorded.failures.filter((one) => isMine(one)).at(-1) as Failure;
      const [firstS] = recorded.choices
        .filter((one) => isMine(one) && one.server === VICTIM && one.atS > last.atS)
        .map(({ atS }) => atS);
      assert.ok(firstS >= BACK_S && firstS >= Math.floor(last.atS) + 11, `back at ${firstS} s`);
      assert.ok(firstS < Math.floor(last.atS) + 12, `back at ${firstS} s, last failure at ${last.atS} s`);
    }
    const share = chosen(recorded, VICTIM, 90, 100).length / recorded.choices.filter(({ atS }) => atS >= 90).length;
    assert.ok(Math.abs(share - 0.25) < 0.02, `then it has its share again: ${share}`);
  });
}

const slow = {
  service: { cpuMsMean: 1, distribution: 'constant', backendMsMean: 400 },
  session: { requestsMean: 1, writeRatio: 0.4 },
};

test('requests under way at a killed server: a GET is executed twice, a POST is answered 502, at once', () => {
  const recorded = run(killed, {}, slow);
  const lost = recorded.failures.filter(({ end }) => end === 'lost');
  assert.ok(lost.length > 8, `${lost.length} under way: 50/s x 0.4 s are expected`);
  assert.ok(lost.every(({ atS }) => atS < 10.001));
  const posts = lost.filter(({ method }) => method === 'POST').length;
  assert.ok(posts > 0 && posts < lost.length);
  assert.is(recorded.result.consistency.failed_requests, posts);
  assert.is(recorded.result.consistency.executed_twice, lost.length - posts);
  const failed = recorded.answers.filter(({ isFailed }) => isFailed);
  assert.ok(failed.every(({ does, atS }) => does === requestDoes.WRITE && atS < 10.001));
});

test('non_idempotent repeats the POST as well; proxy_next_upstream off repeats nothing', () => {
  const all = run(killed, { nonIdempotent: true }, slow);
  const lost = all.failures.filter(({ end }) => end === 'lost').length;
  assert.is(all.result.consistency.failed_requests, 0);
  assert.is(all.result.consistency.executed_twice, lost);
  const off = run(killed, { nextUpstream: [] }, slow);
  assert.is(off.result.consistency.executed_twice, 0);
  assert.is(off.result.consistency.failed_requests, off.failures.length);
});

test('requests under way at a black-holed server wait the read timeout', () => {
  const recorded = run(blackHoled, { readTimeoutS: 6 }, slow);
  const late = recorded.failures.filter(({ end }) => end === 'read-timeout');
  assert.ok(late.length > 8);
  for (const { atS } of late) assert.ok(atS < 16.001, 'sent before 10 s');
  const posts = late.filter(({ method }) => method === 'POST').length;
  assert.is(recorded.result.consistency.failed_requests, posts, '504');
  assert.is(recorded.result.consistency.executed_twice, late.length - posts);
});

test('an idle connection kept to a black-holed server costs the read timeout and the POST its answer', () => {
  const recorded = run(
    blackHoled,
    { readTimeoutS: 6, keepalive: 32 },
    { session: { requestsMean: 1, writeRatio: 0.4 } },
  );
  const first = failuresIn(recorded, 10, 20.5).filter(({ end }) => end === 'read-timeout');
  assert.ok(first.length >= 1, 'what is sent over it is lost');
  const posts = first.filter(({ method }) => method === 'POST').length;
  assert.is(recorded.result.consistency.failed_requests, posts);
  assert.is(recorded.result.consistency.executed_twice, 0, 'nobody has executed anything');
});

test('a frozen server goes on when it thaws: what was repeated meanwhile is executed twice', () => {
  const recorded = record({
    ...plain,
    nodes: 2,
    load: { requestsPerSecond: 100 },
    faults: [{ atS: 10, freeze: 'node-2', forS: 20 }],
    balancer: { type: 'round-robin', readTimeoutS: 5 },
    run: { warmUpS: 5, durationS: 45, replications: 1 },
  });
  const late = recorded.failures.filter(({ end }) => end === 'read-timeout');
  assert.ok(late.length > 200, 'five seconds of its share, then one probe per fail_timeout');
  assert.is(recorded.result.consistency.executed_twice, late.length);
  assert.is(recorded.result.consistency.failed_requests, 0);
  const served = recorded.answers.filter(({ node, sentS, atS }) => node === VICTIM && sentS > 10 && atS < 30);
  assert.is(served.length, 0);
});

test('with one try and a short limit of time nothing is repeated', () => {
  const once = run(killed, { nextUpstreamTries: 1 });
  assert.is(once.result.consistency.failed_requests, once.failures.length);
  const limited = run(blackHoled, { nextUpstreamTimeoutS: 3 });
  const before = limited.failures.filter(({ atS }) => atS < 70).length;
  assert.ok(before > 100 && limited.result.consistency.failed_requests >= before, '4 s of connecting are past 3 s');
});

test.run();
