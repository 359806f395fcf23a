import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kindCode, messageKinds } from '../../models/messages.ts';
import { TrafficMeter } from '../../models/traffic-meter.ts';
import { BroadcastLog } from '../../sim/broadcast-log.ts';

fc.configureGlobal({ seed: 20_261_121 });

/** Counts every delivery by itself. */
class NaiveMeter {
  readonly rows = new Map<number, { messages: number; bytes: number; byNode: number[] }>();
  private readonly nodes: number;

  constructor(nodes: number) {
    this.nodes = nodes;
  }

  delivery(kind: number, from: number, to: number, bytes: number): void {
    const row = this.rows.get(kind) ?? { messages: 0, bytes: 0, byNode: new Array(this.nodes).fill(0) };
    this.rows.set(kind, row);
    row.messages += 1;
    row.bytes += bytes;
    if (from >= 0) row.byNode[from] += bytes;
    if (to >= 0) row.byNode[to] += bytes;
  }
}

const NODES_MAX = 6;
const step = fc.record({
  sender: fc.nat(NODES_MAX - 1),
  to: fc.integer({ min: -1, max: NODES_MAX - 1 }),
  kind: fc.nat(messageKinds.length - 1),
  bytes: fc.integer({ min: 1, max: 5000 }),
  members: fc.array(fc.boolean(), { minLength: NODES_MAX, maxLength: NODES_MAX }),
  isWhole: fc.boolean(),
  except: fc.integer({ min: -1, max: NODES_MAX - 1 }),
  isBroadcast: fc.boolean(),
  isOpen: fc.boolean(),
});

test('messages, bytes and the busiest node are those of counting every delivery by itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: NODES_MAX }), fc.array(step, { maxLength: 60 }), (nodes, steps) => {
      const meter = new TrafficMeter(nodes);
      const naive = new NaiveMeter(nodes);
      const log = new BroadcastLog(nodes);
      const seen: number[] = [];
      meter.observer = { message: (kind, from, to, bytes) => seen.push(kind, from, to, bytes) };
      for (const one of steps) {
        const sender = one.sender % nodes;
        meter.isOpen = one.isOpen;
        if (seen.length % 3 === 0) meter.observer = null;
        if (!one.isBroadcast) {
          const to = Math.min(one.to, nodes - 1);
          meter.sent(one.kind, sender, to, 1, one.bytes);
          if (one.isOpen) naive.delivery(one.kind, sender, to, one.bytes);
          continue;
        }
        const members = Uint8Array.from({ length: nodes }, (_, node) => (one.isWhole || one.members[node] ? 1 : 0));
        const view = log.addView(sender, members);
        const isMember = one.except >= 0 && one.except < nodes && one.except !== sender && members[one.except] === 1;
        const except = isMember ? one.except : -1;
        meter.broadcastSent(one.kind, sender, except, one.bytes, log.ranks, view * nodes);
        for (let node = 0; node < nodes && one.isOpen; node += 1) {
          const isSent = node !== sender && node !== except && members[node] === 1;
          if (isSent) naive.delivery(one.kind, sender, node, one.bytes);
        }
      }
      const rows = meter.rows(10, 4);
      assert.is(rows.length, naive.rows.size);
      for (const row of rows) {
        const expected = naive.rows.get(kindCode[row.kind as keyof typeof kindCode])!;
        assert.is(row.messages, expected.messages);
        assert.is(row.bytes, expected.bytes);
        assert.is(row.node_bytes_per_s_max, Math.max(...expected.byNode) / 4);
        assert.is(row.bytes_per_s, expected.bytes / 4);
        assert.is(row.messages_per_request, expected.messages / 10);
        assert.is(row.bytes_per_request, expected.bytes / 10);
      }
    }),
    { numRuns: 300 },
  );
});

test('an answer of each of several nodes is counted as so many messages', () => {
  const [whole, single] = [new TrafficMeter(5), new TrafficMeter(5)];
  const heard: string[] = [];
  whole.observer = { message: (_kind, from, to, bytes) => heard.push(`${from}>${to} ${bytes}`) };
  whole.sentByEach(kindCode.ack, Uint8Array.of(0, 1, 0, 1, 1), 2, 75);
  assert.equal(heard, ['1>2 75', '3>2 75', '4>2 75']);
  for (const meter of [whole, single]) meter.isOpen = true;
  whole.sentByEach(kindCode.ack, Uint8Array.of(0, 1, 0, 1, 1), 2, 75);
  for (const from of [1, 3, 4]) single.sent(kindCode.ack, from, 2, 1, 75);
  assert.equal(whole.rows(1, 1), single.rows(1, 1));
});

test('an observer hears of every single message, the window open or not', () => {
  const meter = new TrafficMeter(3);
  const log = new BroadcastLog(3);
  const view = log.addView(1, new Uint8Array([1, 1, 1]));
  const heard: string[] = [];
  meter.observer = { message: (_kind, from, to) => heard.push(`${from}>${to}`) };
  meter.broadcastSent(0, 1, -1, 10, log.ranks, view * 3);
  meter.sent(0, 2, 0, 1, 10);
  assert.equal(heard, ['1>0', '1>2', '2>0']);
  assert.equal(meter.rows(1, 1), []);
});

test('no request, no rate per request; kinds in the order of the list', () => {
  const meter = new TrafficMeter(2);
  meter.isOpen = true;
  meter.sent(kindCode.ack, 0, 1, 2, 42);
  meter.sent(kindCode.heartbeat, -1, 1, 3, 231);
  const rows = meter.rows(0, 2);
  assert.equal(
    rows.map(({ kind }) => kind),
    ['heartbeat', 'ack'],
  );
  assert.is(rows[0].messages_per_request, null);
  assert.is(rows[1].bytes_per_request, null);
});

test.run();
