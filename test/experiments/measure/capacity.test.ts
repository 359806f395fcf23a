// The search for the capacity and the load that it offers, without a cluster: against servers of this process.
import { createServer, type Server } from 'node:http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { searchCapacity } from '../../../experiments/measure/capacity.ts';
import { isCarried, type Step } from '../../../experiments/measure/loaded-cluster.ts';
import { OpenLoad, type Target } from '../../../experiments/measure/open-load.ts';

function stepOf(offeredPerS: number, { completed = offeredPerS, p95Ms = 5, errors = 0 } = {}): Step {
  return {
    offeredPerS,
    completedPerS: completed,
    counts: { offered: offeredPerS, completed, errors, latenciesMs: new Array(100).fill(p95Ms), lagsMs: [0] },
    unanswered: [0, 0],
    cores: [0.1, 0.1],
    throttled: [0, 0],
    compilerCores: [0, 0],
    generatorCores: 0.1,
    drainS: 0,
  };
}

test('a step is carried up to 97 % completed, 500 ms and no error', () => {
  assert.ok(isCarried(stepOf(1000, { completed: 970, p95Ms: 500 })));
  assert.not(isCarried(stepOf(1000, { completed: 969 })));
  assert.not(isCarried(stepOf(1000, { p95Ms: 501 })));
  assert.not(isCarried(stepOf(1000, { errors: 1 })));
});

test('the search ends within 4 % of the limit, on both sides of it', async () => {
  for (const limit of [130, 400, 1021, 2650]) {
    const asked: number[] = [];
    const { carried, failed } = await searchCapacity(2, async (perS) => {
      asked.push(perS);
      return stepOf(perS, { completed: Math.min(perS, limit) });
    });
    // 97 % are enough, so the limit is felt a little above it.
    const felt = limit / 0.97;
    assert.ok(carried!.offeredPerS <= felt && carried!.offeredPerS > felt / 1.04, String(carried!.offeredPerS));
    assert.ok(failed!.offeredPerS > felt && failed!.offeredPerS < felt * 1.04, String(failed!.offeredPerS));
    assert.ok(asked.length < 25, String(asked.length));
  }
});

test('one failure is tried again, two end the way up; a cluster that carries nothing is told', async () => {
  let failures = 1;
  const once = await searchCapacity(2, async (perS) => {
    if (perS > 500 && failures > 0) {
      failures -= 1;
      return stepOf(perS, { p95Ms: 900 });
    }
    return stepOf(perS, { completed: Math.min(perS, 1000) });
  });
  assert.ok(once.carried!.offeredPerS > 900);
  assert.is((await searchCapacity(2, async (perS) => stepOf(perS, { errors: 1 }))).carried, null);
});

/** A server that answers like the servlet, after a while. */
function serve(answerMs: number, seen: Map<string, number>): Promise<{ server: Server; target: Target }> {
  let made = 0;
  const server = createServer((request, response) => {
    const id = /JSESSIONID=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (id === undefined) {
      made += 1;
      response.setHeader('Set-Cookie', `JSESSIONID=s${made}; Path=/app; HttpOnly`);
      return response.end(`s${made} 1 -1`);
    }
    seen.set(id, (seen.get(id) ?? 0) + 1);
    setTimeout(() => response.end(`${id} 0 7`), answerMs);
  });
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      resolve({ server, target: { host: '127.0.0.1', port } });
    });
  });
}

test('an open load comes at its rate, keeps to its sessions, and counts what is answered in its window', async () => {
  const seen = new Map<string, number>();
  const [one, two] = await Promise.all([serve(20, seen), serve(20, new Map())]);
  const load = new OpenLoad([one.target, two.target], 'c&p=10');
  try {
    await load.createSessions(3);
    const kept = await load.saturate(2, 20);
    await load.drain(1000);
    assert.ok(kept.completed >= 20);
    assert.is(kept.latenciesMs.length, kept.offered);
    assert.equal(load.unanswered(), [0, 0]);
    let began = 0;
    const counts = await load.run(400, 0, 500, () => {
      began += 1;
    });
    await load.drain(2000);
    assert.is(began, 1);
    assert.is(counts.errors, 0);
    // 200 are expected; beyond 5 standard deviations it is no Poisson process of that rate.
    assert.ok(Math.abs(counts.offered - 200) < 71, String(counts.offered));
    assert.is(counts.latenciesMs.length, counts.offered);
    assert.ok(Math.min(...counts.latenciesMs) >= 19);
    assert.ok(counts.completed <= counts.offered);
    assert.equal([...seen.keys()].sort(), ['s1', 's2', 's3']);
  } finally {
    load.close();
    for (const { server } of [one, two]) server.closeAllConnections();
    for (const { server } of [one, two]) server.close();
  }
});

test('a load whose node is gone ends with a reason', async () => {
  const { server, target } = await serve(0, new Map());
  const load = new OpenLoad([target], 'c');
  try {
    await load.createSessions(1);
    server.closeAllConnections();
    server.close();
    await load.run(50, 0, 200, () => {});
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /the load could not go on: 127\.0\.0\.1/);
  } finally {
    load.close();
  }
});

test.run();
