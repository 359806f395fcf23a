import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NetworkCards, wireBytes } from '../../models/network-card.ts';

fc.configureGlobal({ seed: 20_261_121 });

const make = (): NetworkCards => new NetworkCards(2, { bandwidthMbps: 1000, latencyUs: 100 });

test('a message pays 66 bytes of headers per segment of 1448', () => {
  assert.is(wireBytes(0), 66);
  assert.is(wireBytes(1), 67);
  assert.is(wireBytes(1448), 1514);
  assert.is(wireBytes(1449), 1449 + 132);
});

test('units: a full frame takes 12,112 ns on 1 Gbit/s, the latency is 100,000 ns', () => {
  const cards = make();
  assert.is(cards.copyNs(1448), 12_112);
  assert.is(cards.latencyNs, 100_000);
});

test('copies of one message leave one after the other, the next message after them', () => {
  const cards = make();
  assert.is(cards.take(0, 1000, 1000, 50, 3), 1000);
  assert.is(cards.clearNs(0), 1150);
  assert.is(cards.take(0, 1000, 1000, 50, 1), 1150);
  assert.is(cards.take(1, 1000, 1000, 50, 1), 1000, 'each node has its own card');
  assert.is(cards.take(0, 5000, 5000, 50, 1), 5000, 'an idle card does not look back');
});

test('a card is never promised more than time allows: busy time = all copies, in any sequence of messages', () => {
  const message = fc.record({ gap: fc.nat(300), copyNs: fc.integer({ min: 1, max: 200 }), copies: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 50 }), (messages) => {
      const cards = make();
      let nowNs = 0;
      let freeNs = 0;
      for (const { gap, copyNs, copies } of messages) {
        nowNs += gap;
        const startNs = Math.max(nowNs, freeNs);
        freeNs = startNs + copies * copyNs;
        assert.is(cards.take(0, nowNs, nowNs, copyNs, copies), startNs);
        assert.is(cards.clearNs(0), freeNs);
      }
    }),
  );
});

test('what is handed over later leaves no earlier than that', () => {
  const cards = make();
  assert.is(cards.take(0, 0, 700, 50, 2), 700);
  assert.is(cards.take(0, 0, 20, 50, 2), 100, 'one handed over sooner may overtake it');
});

test('a reset card is free', () => {
  const cards = make();
  cards.take(0, 0, 0, 1000, 5);
  cards.reset(0, 300);
  assert.is(cards.clearNs(0), 300);
  assert.is(cards.take(0, 400, 400, 10, 1), 400);
});

test.run();
