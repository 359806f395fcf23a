// What a thread sends itself comes in order; what dispatcher threads send does not.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { counter, measuredScenario, scripted } from '../../experiments/validation/measured-scenario.ts';
import { OrderedConnections } from '../../models/ordered-connections.ts';
import { requestDoes } from '../../models/requests.ts';

test('close behind a message of its sender about its session, a message has the delays of the first of them', () => {
  const connections = new OrderedConnections(2, 100);
  assert.is(connections.likeOf(0, 7, 0), -1, 'the first');
  connections.sent(0, 7, 0, 40, -1);
  assert.is(connections.likeOf(0, 7, 100), 40);
  connections.sent(0, 7, 100, 41, 40);
  assert.is(connections.likeOf(0, 7, 200), 40);
  assert.is(connections.likeOf(0, 7, 201), -1, 'later');
  assert.is(connections.likeOf(0, 8, 100), -1, 'of another session');
  assert.is(connections.likeOf(1, 7, 100), -1, 'of another sender');
  connections.sent(0, -1, 110, 42, -1);
  assert.is(connections.likeOf(0, -1, 110), -1, 'about no session');
});

/** Share of copies of new sessions that lack what their first request has set. */
function bare(sendOptions: number): number {
  const row = { tomcat_version: '10.1.60', manager: 'delta', sendOptions: String(sendOptions), nodes: '3' };
  const { cluster, script } = scripted(measuredScenario(row, { writes: [counter] }), 0);
  const sessions: number[] = [];
  for (let at = 0; at < 200; at += 1) {
    script.after(at * 5e6, () =>
      script.ask(script.client(), 0, requestDoes.WRITE, ({ session }) => sessions.push(session)),
    );
  }
  cluster.sim.runUntil(2.5e9);
  let lacking = 0;
  for (const node of [1, 2]) {
    cluster.catchUp(node);
    for (const session of sessions) if (cluster.strategy.versionAt(node, session) < 1) lacking += 1;
  }
  return lacking / (2 * sessions.length);
}

test('new sessions come with what their first request has set under options 0 and 4, and not always under 8', () => {
  assert.is(bare(0), 0);
  assert.is(bare(4), 0);
  assert.ok(bare(8) > 0.1);
});

test.run();
