import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jvmFields } from '../../models/scenario/jvm-schema.ts';
import { nodeState, TomcatNodes } from '../../models/tomcat-nodes.ts';

fc.configureGlobal({ seed: 20_261_121 });

const options = {
  cores: 2,
  maxThreads: 3,
  acceptCount: 2,
  maxConnections: 4,
  startUpS: 1,
  cpuQuota: { quotaMs: 0, periodMs: 100 },
  jvm: jvmFields.parse({}),
};
const make = (nodes = 2): TomcatNodes => new TomcatNodes(Array.from({ length: nodes }, () => options));

test('requests wait for a thread in the order in which they came, each node by itself', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ node: fc.nat(2), takes: fc.boolean() }), { maxLength: 200 }), (steps) => {
      const nodes = make(3);
      const queueNext = new Int32Array(256).fill(-1);
      const naive: number[][] = [[], [], []];
      let slot = 0;
      for (const { node, takes } of steps) {
        if (takes) {
          assert.is(nodes.dequeue(node, queueNext), naive[node].shift() ?? -1);
        } else {
          nodes.enqueue(node, slot, queueNext);
          naive[node].push(slot);
          slot += 1;
        }
      }
      naive.forEach((rest, node) => {
        for (const expected of rest) assert.is(nodes.dequeue(node, queueNext), expected);
        assert.is(nodes.dequeue(node, queueNext), -1);
      });
    }),
  );
});

test('a connector takes maxConnections and a backlog of acceptCount, and executes maxThreads', () => {
  const nodes = make();
  for (let taken = 0; taken < options.maxConnections + options.acceptCount; taken += 1) {
    assert.ok(nodes.hasRoom(0), `connection ${taken + 1}`);
    nodes.connections[0] += 1;
  }
  assert.not.ok(nodes.hasRoom(0));
  assert.ok(nodes.hasRoom(1), 'the other node has its own');
  nodes.threadsBusy[0] = options.maxThreads - 1;
  assert.ok(nodes.hasThread(0));
  nodes.threadsBusy[0] += 1;
  assert.not.ok(nodes.hasThread(0));
});

test('who takes requests, who takes messages, who stands still', () => {
  const nodes = make(1);
  const rows: [number, boolean, boolean][] = [
    [nodeState.DOWN, false, false],
    [nodeState.STARTING, false, false],
    [nodeState.JOINING, true, false],
    [nodeState.SERVING, true, true],
  ];
  for (const [state, isUp, isServing] of rows) {
    nodes.state[0] = state;
    assert.is(nodes.isUp(0), isUp);
    assert.is(nodes.isServing(0), isServing);
  }
  nodes.frozenUntilNs[0] = 100;
  assert.ok(nodes.isFrozen(0, 99));
  assert.not.ok(nodes.isFrozen(0, 100));
});

test('a death takes queue, threads, connections and work with it, and ends what refers to this start', () => {
  const nodes = make();
  const queueNext = new Int32Array(8);
  nodes.enqueue(0, 5, queueNext);
  nodes.enqueue(1, 6, queueNext);
  nodes.threadsBusy[0] = 3;
  nodes.connections[0] = 5;
  nodes.frozenUntilNs[0] = 1000;
  nodes.cpus[0].offer(0, 500);
  nodes.die(0, 100, true);
  assert.is(nodes.dequeue(0, queueNext), -1);
  assert.is(nodes.dequeue(1, queueNext), 6);
  assert.is(nodes.threadsBusy[0], 0);
  assert.is(nodes.connections[0], 0);
  assert.is(nodes.state[0], nodeState.DOWN);
  assert.is(nodes.start[0], 1);
  assert.is(nodes.isSilent[0], 1);
  assert.not.ok(nodes.isFrozen(0, 100));
  assert.is(nodes.cpus[0].busyNsUntil(200), 100, 'what it had done by then stays counted');
});

test.run();
