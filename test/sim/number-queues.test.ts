import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NumberQueues } from '../../sim/number-queues.ts';

test('several queues of numbers come out as from arrays, and use their memory again', () => {
  const step = fc.record({ queue: fc.nat(3), puts: fc.nat(40), takes: fc.nat(45) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queues = new NumberQueues(4);
      const arrays: number[][] = [[], [], [], []];
      let next = 0;
      for (const { queue, puts, takes } of steps) {
        for (let i = 0; i < puts; i++, next++) {
          queues.push(queue, next);
          arrays[queue].push(next);
        }
        for (let i = 0; i < takes && arrays[queue].length > 0; i++) {
          assert.is(queues.first(queue), arrays[queue].shift());
          queues.shift(queue);
        }
        arrays.forEach((left, each) => {
          assert.is(queues.isEmpty(each), left.length === 0);
          if (left.length > 0) assert.is(queues.first(each), left[0]);
        });
      }
    }),
    { seed: 20_261_121, numRuns: 200 },
  );
});

test.run();
