// A host whose link was down has to ask for the addresses of its peers: who is added when, after a cut.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AddressResolution } from '../../../models/membership/address-resolution.ts';
import { Bench } from '../../oracle/membership-bench.ts';

const SECOND = 1e9;
const PERIOD_S = 0.5006;
const HEARTBEAT_S = 5;
const CONNECT_S = 1;
const VICTIM = 2;

test('a packet leaves with the first question after the link is up, or is given up 3 s after the first; then it is asked anew', () => {
  const addresses = new AddressResolution(3);
  const leaves = (nowS: number, upS: number): number => addresses.leavesNs(2, 0, nowS * SECOND, upS * SECOND) / SECOND;
  assert.is(leaves(5, 4), 5, 'nobody has asked before');
  addresses.asks(2, 0, 10 * SECOND);
  addresses.asks(2, 0, 11.5 * SECOND);
  assert.is(leaves(10.6, 10.5), 11);
  assert.is(leaves(11.7, 11), 11.7, 'answered before');
  assert.is(leaves(11.6, 11.5), 12);
  assert.is(leaves(12.6, 12.5), Number.POSITIVE_INFINITY);
  assert.is(leaves(13, 12.5), 13);
  assert.is(addresses.leavesNs(0, 2, 10.6 * SECOND, 0), 10.6 * SECOND, 'the peers have forgotten nothing');
});

/** From the end of an outage until each node that has lost another one knows it again [s]. */
function readded(seed: number, outageS: number, end: (bench: Bench, isDown: boolean) => void): number[] {
  const bench = new Bench(3, {}, seed);
  const atS = 10 + seed * 0.0137;
  bench.at(atS, () => end(bench, true));
  bench.at(atS + outageS, () => end(bench, false));
  bench.at(atS + outageS + 2 * HEARTBEAT_S + 3);
  const { detections } = bench.membership;
  const added = detections.filter(({ event }) => event === 'added');
  const lost = detections.filter(({ event }) => event === 'disappeared');
  assert.is(added.length, lost.length, `seed ${seed}: who was lost is a member again`);
  return added.map(({ at_s }) => at_s - atS - outageS);
}

test('after a short outage of its link some connects of a node are given up, and made again at a channel heartbeat', () => {
  let late = 0;
  for (let seed = 1; seed <= 30; seed += 1) {
    for (const delayS of readded(seed, 5, (bench, isDown) => bench.unplug(VICTIM, isDown))) {
      assert.ok(delayS <= PERIOD_S + CONNECT_S + HEARTBEAT_S + 1e-3, `seed ${seed}: ${delayS} s`);
      if (delayS > PERIOD_S + CONNECT_S) late += 1;
    }
  }
  assert.ok(late > 30 && late < 80, `${late} of 120`);
});

test('after a long outage, and where the network between is cut instead, the first heartbeat is enough', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const others = Array.from({ length: 3 }, (_, node) => node).filter((node) => node !== VICTIM);
    const delays = [
      ...readded(seed, 15, (bench, isDown) => bench.unplug(VICTIM, isDown)),
      ...readded(seed, 5, (bench, isCut) => bench.cut([VICTIM], others, isCut)),
    ];
    for (const delayS of delays) assert.ok(delayS <= PERIOD_S + 1e-3, `seed ${seed}: ${delayS} s`);
  }
});

test.run();
