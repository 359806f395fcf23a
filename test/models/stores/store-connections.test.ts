// A connection that many calls share, message after message, against a look at all of them together afterwards.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PacketLoss } from '../../../models/packet-loss.ts';
import { Batch } from '../../../models/stores/store-batch.ts';
import { StoreCall } from '../../../models/stores/store-call.ts';
import { StoreConnections, way } from '../../../models/stores/store-connections.ts';

const LATENCY_US = 100;
const batch = new Batch([['set', 1000, 8]]);

/** Losses that a test sets: of each message, in the order of the draws. */
class GivenLoss extends PacketLoss {
  private readonly waits: number[];
  constructor(waits: readonly number[]) {
    super('test', { latencyUs: LATENCY_US, bandwidthMbps: 1000, lossRatio: 0.1, lossLegs: ['stores'] });
    this.waits = [...waits];
  }
  override waitNs(): number {
    return this.waits.shift() ?? 0;
  }
}

interface Message {
  readonly atNs: number;
  readonly waitNs: number;
  /** Whether what it asks for is lost again. */
  readonly isVain: boolean;
}

const messages = fc
  .array(fc.record({ gapNs: fc.integer({ min: 1, max: 300e6 }), lost: fc.nat(3), isVain: fc.boolean() }), {
    maxLength: 25,
  })
  .map((rows) => {
    let atNs = 0;
    return rows.map(({ gapNs, lost, isVain }): Message => {
      atNs += gapNs % 7 === 0 ? gapNs : (gapNs % 1_000_000) + 1;
      return { atNs, waitNs: lost === 3 ? 200e6 : 0, isVain };
    });
  });

function call(): StoreCall {
  const about = { slot: -1, session: -1, node: 0, server: 0, batch, does: 0, version: -1, timeoutNs: 0 };
  return new StoreCall(about, null, { generation: 0, epoch: 0, mutations: 0 });
}

/** One after the other, as the model does it. */
function inTurn(rows: readonly Message[], isShared: boolean): number[] {
  // Each message draws its own loss; a whole one behind a gap draws whether the retransmission is lost as well.
  const found = new Map<StoreCall, number>();
  const waits: number[] = [];
  const loss = new GivenLoss([]);
  loss.waitNs = () => waits.shift() ?? 0;
  const plan = {
    sooner: (_way: number, one: StoreCall, beforeNs: number, atNs: number): void => {
      assert.is(found.get(one), beforeNs);
      found.set(one, atNs);
    },
  };
  const connections = new StoreConnections(loss, { nodes: 1, servers: 1, isShared }, plan);
  const calls = rows.map(({ atNs, waitNs, isVain }) => {
    const one = call();
    waits.splice(0, waits.length, waitNs, isVain ? 200e6 : 0);
    found.set(one, connections.arrivalNs(way.CALL, one, atNs));
    return one;
  });
  return calls.map((one) => found.get(one) as number);
}

/** All together: the first gap, the first later message that tells of it, and who is behind it. */
function together(rows: readonly Message[], fastNs: number): number[] {
  const arrivals: number[] = [];
  for (let at = 0; at < rows.length; ) {
    const { atNs, waitNs } = rows[at];
    if (waitNs === 0) {
      arrivals.push(atNs);
      at += 1;
      continue;
    }
    let untilNs = atNs + waitNs;
    let behind = at + 1;
    for (; behind < rows.length && rows[behind].atNs < untilNs; behind += 1) {
      const { isVain, waitNs: ownNs } = rows[behind];
      if (ownNs === 0 && !isVain) untilNs = Math.min(untilNs, rows[behind].atNs + fastNs);
    }
    for (; at < behind; at += 1) arrivals.push(untilNs);
  }
  return arrivals;
}

test('a shared connection delivers in order, and a later segment brings what is missing', () => {
  const { fastNs } = new GivenLoss([]);
  assert.is(fastNs, 250_000);
  let moved = 0;
  fc.assert(
    fc.property(messages, (rows) => {
      const found = inTurn(rows, true);
      assert.equal(found, together(rows, fastNs));
      assert.ok(found.every((atNs, place) => place === 0 || atNs >= found[place - 1]));
      moved += rows.filter(({ atNs, waitNs }, place) => waitNs > 0 && found[place] < atNs + waitNs).length;
    }),
    { seed: 20261122, numRuns: 500 },
  );
  assert.ok(moved > 100, `${moved} brought sooner`);
});

test('connections of a pool know nothing of each other', () => {
  const rows = [0, 1, 2].map((atNs) => ({ atNs, waitNs: atNs === 1 ? 200e6 : 0, isVain: false }));
  assert.equal(inTurn(rows, false), [0, 1 + 200e6, 2]);
});

test.run();
