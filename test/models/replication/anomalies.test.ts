// The anomalies that a cluster of Tomcats is known for, one by one, in the log and in the oracle alike: each is told
// as times and outcomes, so that the rules of `DeliveryPlane` can be read here.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { effect } from '../../../models/replication/delivery-plane.ts';
import { PlaneBench, type Post, type World } from '../../oracle/plane-pair.ts';

const world: World = {
  nodes: 3,
  cores: 1,
  wakeNs: 0,
  quotaNs: 0,
  threads: 2,
  latencyNs: 100,
  writeNs: 0,
  delayMeanNs: 0,
  delaySeed: 1,
  sessions: 1,
  knownBefore: 0,
};

const post = (sender: number, code: number, version: number, departsInNs: number, epoch = 0): Post => ({
  ...{ sender, session: 0, effect: code, version, epoch, handedInNs: 0, departsInNs },
  ...{ copyNs: 10, serviceNs: 5, bytes: 100 },
});

/** Holds for both planes. */
function anomaly(title: string, known: boolean, story: (bench: PlaneBench) => void): void {
  for (const kind of ['log', 'naive'] as const) {
    test(`${title} (${kind})`, () => story(new PlaneBench({ ...world, knownBefore: known ? 1 : 0 }, kind)));
  }
}

const versions = (bench: PlaneBench): number[] => [0, 1, 2].map((node) => bench.read(node, 0).version);

anomaly('in order, every node has the last version once it is done', false, (bench) => {
  bench.post(post(0, effect.CREATE, 0, 0));
  bench.post(post(0, effect.UPDATE, 1, 50));
  bench.wait(110);
  assert.equal(versions(bench), [1, -1, -1], 'arrived at node 2, not done');
  bench.wait(5);
  assert.equal(versions(bench), [1, 0, -1], 'node 2 gets the first copy, node 3 the second');
  bench.wait(100);
  assert.equal(versions(bench), [1, 1, 1]);
  assert.is(bench.plane.dropped, 0);
});

anomaly('a DELTA that overtakes its CREATED is dropped in silence', false, (bench) => {
  bench.post(post(0, effect.CREATE, 0, 500));
  bench.post(post(0, effect.UPDATE, 1, 0));
  bench.wait(2000);
  assert.equal(versions(bench), [1, 0, 0], 'the others have the session without its first write');
  assert.is(bench.plane.dropped, 2);
});

anomaly('the delta of request k-1 that arrives after that of k brings the old attributes back', true, (bench) => {
  bench.post(post(0, effect.UPDATE, 1, 500));
  bench.wait(10);
  bench.post(post(0, effect.UPDATE, 2, 0));
  bench.wait(200);
  assert.equal(versions(bench), [2, 2, 2]);
  bench.wait(2000);
  assert.equal(versions(bench), [2, 1, 1]);
  assert.is(bench.plane.dropped, 0);
});

anomaly('a change of the id that is overtaken by the next delta costs that delta', true, (bench) => {
  bench.post(post(0, effect.RENAME, 0, 500, 1));
  bench.post(post(0, effect.UPDATE, 1, 0, 1));
  bench.wait(2000);
  assert.equal(versions(bench), [1, 0, 0]);
  assert.is(bench.read(1, 0).epoch, 1);
  assert.is(bench.plane.dropped, 2);
});

anomaly('a delta under the old id that arrives after the new id is dropped', true, (bench) => {
  bench.post(post(0, effect.UPDATE, 1, 500, 0));
  bench.post(post(1, effect.RENAME, 0, 0, 1));
  bench.wait(2000);
  assert.equal(versions(bench), [1, 0, 0]);
  assert.is(bench.plane.dropped, 2);
});

anomaly('a node that lags behind renames: the others keep what they have', true, (bench) => {
  bench.post({ ...post(0, effect.UPDATE, 1, 0), unseen: [1] });
  bench.wait(1000);
  bench.post(post(1, effect.RENAME, 0, 0, 1));
  bench.wait(1000);
  assert.equal(versions(bench), [1, 0, 1]);
  assert.equal(
    [0, 1, 2].map((node) => bench.read(node, 0).epoch),
    [1, 1, 1],
  );
});

anomaly('a node that writes while an older delta is on its way is overwritten by it', true, (bench) => {
  bench.post(post(0, effect.UPDATE, 1, 500));
  bench.wait(10);
  bench.post(post(1, effect.UPDATE, 2, 3000));
  assert.is(bench.read(1, 0).version, 2, 'its own write is visible at once');
  bench.wait(1000);
  assert.equal(versions(bench), [1, 1, 1], 'the older delta has come, the newer one has not left its card');
  bench.wait(5000);
  assert.equal(versions(bench), [2, 1, 2]);
});

anomaly('what a killed process has not handed over is lost, what its kernel has is not', true, (bench) => {
  bench.post({ ...post(0, effect.UPDATE, 1, 500), handedInNs: 50 });
  bench.post({ ...post(0, effect.UPDATE, 2, 500), handedInNs: 150 });
  bench.wait(100);
  bench.crash(0, false);
  bench.wait(2000);
  assert.equal(
    [1, 2].map((node) => bench.read(node, 0).version),
    [1, 1],
  );
  assert.is(bench.plane.missedCopies, 2);
});

anomaly('a host that loses its power takes along what has not left its card', true, (bench) => {
  bench.post(post(0, effect.UPDATE, 1, 95));
  bench.wait(110);
  bench.crash(0, true);
  bench.wait(2000);
  assert.equal(
    [1, 2].map((node) => bench.read(node, 0).version),
    [1, 0],
    'one of two copies had left',
  );
});

anomaly('a joining node has what its donor showed, and nothing that was on its way then', true, (bench) => {
  bench.crash(2, false);
  bench.wait(10);
  bench.plane.listen(2);
  bench.post(post(0, effect.UPDATE, 1, 500));
  bench.wait(10);
  bench.plane.copyState(2, 1, bench.nowNs);
  bench.wait(2000);
  assert.equal(versions(bench), [1, 1, 0], 'the delta reached node 3 before its state did, and is not in it');
  bench.post(post(0, effect.UPDATE, 2, 0));
  bench.wait(1000);
  assert.equal(versions(bench), [2, 2, 2]);
});

anomaly('a frozen node goes on where it stood', true, (bench) => {
  bench.post({ ...post(0, effect.UPDATE, 1, 0), serviceNs: 50 });
  bench.wait(120);
  bench.freeze(1, 1000);
  bench.wait(990);
  assert.is(bench.read(1, 0).version, 0);
  bench.wait(60);
  assert.is(bench.read(1, 0).version, 1);
});

anomaly('a message that has to wait for a sender has changed its own node already', true, (bench) => {
  const waiting = post(0, effect.UPDATE, 1, 0);
  bench.plane.change(waiting, bench.nowNs);
  assert.equal(versions(bench), [1, 0, 0]);
  bench.wait(100);
  bench.post(post(0, effect.UPDATE, 2, 0));
  bench.wait(100);
  bench.post({ ...waiting, isOwnKnown: true });
  bench.wait(1000);
  assert.equal(versions(bench), [2, 1, 1], 'sent late, it brings the old attributes to the others only');
});

test.run();
