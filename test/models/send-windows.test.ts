import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster } from '../../models/cluster.ts';
import { requestDoes } from '../../models/requests.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../models/scenario/schema.ts';

const WINDOW_BYTES = Math.round((4 / 3) * 65536 + 1.6 * 65536);

/** Three nodes; a client writes on the first every `gapMs`, and the third stands still from 1 s on. */
class Bench {
  readonly cluster: Cluster;
  readonly latenciesMs: number[] = [];
  writes = 0;
  private session = -1;

  constructor(more: ScenarioInput, gapMs = 2) {
    const scenario = parseScenario({
      nodes: 3,
      session: { attributes: [{ name: 'p', type: 'byte[]', bytes: 4000 }] },
      balancer: { jvmRoute: false },
      calibration: { dispatchLagUsMean: 0, receiveLagUsMean: 0 },
      faults: [{ atS: 1, freeze: 'node-3', forS: 30 }],
      run: { warmUpS: 0, durationS: 60 },
      ...more,
    });
    this.cluster = new Cluster(scenario, 0, undefined, true);
    const { script } = this.cluster;
    const write = (): void => {
      if (this.session >= 0) this.writes += 1;
      script!.ask(this.session, 0, requestDoes.WRITE, ({ latencyNs }) => this.latenciesMs.push(latencyNs / 1e6));
      script!.after(gapMs * 1e6, write);
    };
    script!.ask(script!.client(), 0, requestDoes.WRITE, ({ session }) => {
      this.session = session;
      script!.after(gapMs * 1e6, write);
    });
  }

  runUntil(atS: number): this {
    this.cluster.sim.runUntil(atS * 1e9);
    return this;
  }

  /** Bytes of the first node's that another one has not read. */
  unread(node: number): number {
    return this.cluster.plane.unread(0, node, this.cluster.sim.nowNs);
  }

  versionAt(node: number): number {
    this.cluster.catchUp(node);
    return this.cluster.strategy.versionAt(node, this.session);
  }

  get newest(): number {
    return this.cluster.sessions.latest.get(this.session);
  }
}

test('where no receiver is behind no thread ever waits', () => {
  const bench = new Bench({ faults: [] }).runUntil(5);
  assert.is(bench.cluster.channel.windows.held, 0);
  assert.is(bench.newest - bench.versionAt(1), 0);
});

test('ten windows of a node that stands still fill up, then the healthy one gets nothing either', () => {
  const bench = new Bench({}).runUntil(3);
  const { windows } = bench.cluster.channel;
  assert.is(windows.held, 10);
  assert.ok(
    bench.unread(2) > 10 * WINDOW_BYTES && bench.unread(2) < 10 * WINDOW_BYTES + 10 * 5000,
    `${bench.unread(2)}`,
  );
  assert.is(bench.unread(1), 0);
  assert.ok(windows.queued(0) > 100, `${windows.queued(0)} messages wait`);
  assert.ok(bench.newest - bench.versionAt(1) >= windows.queued(0), 'the healthy node lags');
  assert.ok(Math.max(...bench.latenciesMs) < 20, 'and the clients notice nothing');
});

test('after the select of 5 s a thread gives up: the message is lost to the slow node, and goes on to the healthy one', () => {
  const bench = new Bench({}).runUntil(6);
  const before = bench.versionAt(1);
  bench.runUntil(9);
  const { windows } = bench.cluster.channel;
  assert.is(windows.timedOut, 10);
  assert.ok(bench.versionAt(1) > before);
});

test('when the node goes on everything drains, and the copies agree', () => {
  const bench = new Bench({ faults: [{ atS: 1, freeze: 'node-3', forS: 4 }] }).runUntil(12);
  assert.is(bench.cluster.channel.windows.queued(0), 0);
  assert.ok(bench.newest - bench.versionAt(2) <= 2);
  assert.is(bench.cluster.channel.windows.timedOut, 0);
});

test('a queue that is full makes the callers write, on connections of their own, until those are full as well', () => {
  const channel = { dispatch: { maxQueueSizeBytes: 100_000 } };
  const bench = new Bench({ channel }).runUntil(2.7);
  assert.ok(bench.unread(2) > 11 * WINDOW_BYTES, 'more than the dispatcher has');
  assert.ok(Math.max(...bench.latenciesMs) < 20);
  bench.runUntil(5);
  assert.ok(bench.unread(2) < 25 * WINDOW_BYTES + 1e6, `${bench.unread(2)}`);
  const answered = bench.latenciesMs.length;
  assert.ok(bench.writes - answered > 100, 'requests wait for room');
});

test('larger buffers hold more', () => {
  const channel = { receiver: { rxBufSizeBytes: 131072 }, sender: { txBufSizeBytes: 131072 } };
  const bench = new Bench({ channel }).runUntil(4);
  assert.ok(bench.unread(2) > 19 * WINDOW_BYTES, `${bench.unread(2)}`);
});

test('a node that dies is waited for no longer', () => {
  const faults = [
    { atS: 1, freeze: 'node-3', forS: 30 },
    { atS: 3, crash: 'node-3' },
  ];
  const bench = new Bench({ faults }).runUntil(3.1);
  assert.is(bench.cluster.channel.windows.queued(0), 0);
  assert.ok(bench.newest - bench.versionAt(1) <= 2);
});

test.run();
