// What a node sees of the others decides to whom the channel sends: counted from the outside, message by message.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Cluster } from '../../models/cluster.ts';
import { kindCode } from '../../models/messages.ts';
import type { ScenarioInput } from '../../models/scenario/schema.ts';
import { cluster } from '../validation/runs.ts';

interface Sent {
  atS: number;
  from: number;
  to: number;
}

/** Every delta of a run: when, from whom, to whom. */
function deltas(one: Cluster): Sent[] {
  const sent: Sent[] = [];
  one.traffic.observer = {
    message: (kind, from, to) => {
      if (kind === kindCode['session-delta']) sent.push({ atS: one.sim.nowNs / 1e9, from, to });
    },
  };
  one.run();
  return sent;
}

function receivers(sent: Sent[], from: number, afterS: number, untilS: number): number[] {
  const some = sent.filter((one) => one.from === from && one.atS > afterS && one.atS < untilS);
  assert.ok(some.length > 0, `node ${from} sends nothing between ${afterS} and ${untilS} s`);
  return [...new Set(some.map(({ to }) => to))].sort((a, b) => a - b);
}

const quick = { mcastFrequencyMs: 100, memberDropTimeMs: 600 };

test('a dead member gets messages until it is dropped, and again from the moment it has joined', () => {
  const faults: ScenarioInput['faults'] = [
    { atS: 1, crash: 'node-2' },
    { atS: 3, restart: 'node-2' },
  ];
  const one = cluster({ membership: quick, node: { startUpS: 0.5 }, faults, run: { warmUpS: 0.5, durationS: 6 } });
  const sent = deltas(one);
  assert.equal(receivers(sent, 0, 0, 1), [1, 2, 3]);
  assert.equal(receivers(sent, 0, 1, 1.4), [1, 2, 3], 'not yet dropped');
  assert.equal(receivers(sent, 0, 1.8, 3.5), [2, 3]);
  assert.equal(receivers(sent, 0, 3.51, 6), [1, 2, 3]);
  assert.equal(receivers(sent, 1, 0, 1), [0, 2, 3]);
  assert.equal(
    sent.filter(({ from, atS }) => from === 1 && atS > 1 && atS < 3.9),
    [],
    'a node that does not serve sends nothing',
  );
});

test('a partition that lasts parts the receivers of both sides, and heals', () => {
  const partition: [string[], string[]] = [['node-1'], ['node-2', 'node-3', 'node-4']];
  const faults: ScenarioInput['faults'] = [{ atS: 1, partition, forS: 5 }];
  const sent = deltas(cluster({ membership: quick, faults, run: { warmUpS: 0.5, durationS: 13 } }));
  assert.equal(receivers(sent, 1, 3, 6), [2, 3]);
  assert.equal(
    sent.filter(({ from, atS }) => from === 0 && atS > 4.8 && atS < 6),
    [],
    'cut off from three members, the last is dropped after 0.6 s and three timeouts of 1 s',
  );
  for (const node of [0, 1, 2, 3]) {
    const others = [0, 1, 2, 3].filter((other) => other !== node);
    assert.equal(
      receivers(sent, node, 11.2, 13.5),
      others,
      'the one cut off is asked for again each 5 s (address-resolution.ts)',
    );
  }
});

test('a graceful stop: the others send it nothing from the next message on', () => {
  const sent = deltas(cluster({ faults: [{ atS: 2, stop: 'node-4' }] }));
  assert.equal(receivers(sent, 0, 2.001, 6), [1, 2]);
});

test('every node agrees on the number of its members with the channel, whatever happens', () => {
  const faults: ScenarioInput['faults'] = [
    { atS: 1, freeze: 'node-1', forS: 2 },
    { atS: 1.5, powerOff: 'node-2' },
    { atS: 3, partition: [['node-3'], ['node-4', 'node-1']], forS: 2 },
    { atS: 3.5, restart: 'node-2' },
    { atS: 5, stop: 'node-1' },
    { atS: 5.2, restart: 'node-1' },
  ];
  const one = cluster({ membership: quick, node: { startUpS: 0.1 }, faults, run: { warmUpS: 0.5, durationS: 9 } });
  const { membership, channel } = one;
  let looks = 0;
  const viewChanged = one.viewChanged.bind(one);
  one.viewChanged = (observer, member, isMember) => {
    viewChanged(observer, member, isMember);
    looks += 1;
    for (let node = 0; node < 4; node += 1) {
      const members = membership.view(node).reduce((sum, is) => sum + is, 0) - 1;
      assert.is(channel.members(node), members, `node ${node}`);
    }
  };
  one.run();
  assert.ok(looks > 10);
  for (let node = 0; node < 4; node += 1) assert.equal([...membership.view(node)], [1, 1, 1, 1], `node ${node}`);
});

test('packets may be lost from the beginning where some nodes never become members', () => {
  for (const misconfiguration of [{ loopbackReceivers: ['node-1'] }, { tcpPort: 'refused' }] as const) {
    const lossy = cluster({ misconfiguration, network: { lossRatio: 0.1 } } as ScenarioInput);
    assert.ok(lossy.run().consistency.requests > 0);
  }
});

test.run();
