import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Heartbeats } from '../../../models/membership/heartbeats.ts';

fc.configureGlobal({ seed: 20_261_121 });

/** One node's life as pieces, each a list of beats. */
const life = fc.record({
  periodNs: fc.integer({ min: 1, max: 50 }),
  phaseNs: fc.nat(49),
  /** Gaps between stop, start, stop, start ... */
  turns: fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 }),
  asked: fc.array(fc.tuple(fc.integer({ min: -20, max: 150 }), fc.nat(150)), { minLength: 1, maxLength: 10 }),
});

test('last, next and count are those of a list of beats, through stops and starts', () => {
  fc.assert(
    fc.property(life, ({ periodNs, phaseNs, turns, asked }) => {
      const beats = new Heartbeats(1, periodNs, () => phaseNs % periodNs);
      let firstNs = (phaseNs % periodNs) - periodNs;
      let untilNs = Number.POSITIVE_INFINITY;
      let nowNs = 0;
      const check = (): void => {
        const list: number[] = [];
        for (let beat = firstNs; beat <= Math.min(untilNs, nowNs + 2000); beat += periodNs) list.push(beat);
        for (const [after, length] of asked) {
          const atNs = nowNs + after;
          assert.is(beats.lastAt(0, atNs), Math.max(...list.filter((beat) => beat <= atNs), Number.NEGATIVE_INFINITY));
          assert.is(
            beats.nextAfter(0, atNs),
            Math.min(...list.filter((beat) => beat > atNs), Number.POSITIVE_INFINITY),
          );
          const among = list.filter((beat) => beat > atNs && beat <= atNs + length);
          assert.is(beats.count(0, atNs, atNs + length), among.length);
        }
      };
      check();
      turns.forEach((gap, turn) => {
        nowNs += gap;
        if (turn % 2 === 0) {
          beats.stop(0, nowNs);
          untilNs = Math.min(untilNs, nowNs);
        } else {
          beats.start(0, nowNs);
          firstNs = nowNs;
          untilNs = Number.POSITIVE_INFINITY;
        }
        check();
      });
    }),
    { numRuns: 500 },
  );
});

test('nodes beat by themselves; a beat at the moment of the stop is still sent', () => {
  const beats = new Heartbeats(2, 10, (node) => node * 3);
  beats.stop(0, 20);
  assert.is(beats.lastAt(0, 100), 20);
  assert.is(beats.nextAfter(0, 20), Number.POSITIVE_INFINITY);
  assert.is(beats.nextAfter(0, 19), 20);
  assert.is(beats.lastAt(1, 100), 93);
  assert.is(beats.nextAfter(1, 100), 103);
  beats.stop(0, 50);
  assert.is(beats.lastAt(0, 100), 20, 'a second stop brings nothing back');
});

test.run();
