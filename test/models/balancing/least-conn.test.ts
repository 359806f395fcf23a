import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bench, equalServers, letter, servers } from './helpers.ts';

test('least_conn: fewest open requests per weight, in turn among equals', () => {
  const bench = new Bench('least-conn', { servers: equalServers(3) });
  assert.is([0, 1, 2].map(() => letter(bench.pick())).join(''), 'abc');
  bench.end(1, 'ok');
  assert.is(letter(bench.pick()), 'b');
  assert.is(letter(bench.pick()), 'c', 'it came third because it was alone, which is not counted as its turn');

  const weighted = new Bench('least-conn', { servers: servers({ weight: 3 }, {}) });
  const picks = Array.from({ length: 8 }, () => weighted.pick());
  assert.is(picks.filter((server) => server === 0).length, 6);
});

test('least_conn: open requests are those of the worker, unless there is a zone', () => {
  const pick = (zone: boolean): string => {
    const bench = new Bench('least-conn', { servers: equalServers(2), workers: 2, zone });
    return [0, 1].map((worker) => letter(bench.pick({ worker }))).join('');
  };
  assert.is(pick(false), 'aa', 'two workers send their first requests to the same server');
  assert.is(pick(true), 'ab');
});

test('least_conn: backup servers when no other can serve', () => {
  const bench = new Bench('least-conn', { servers: servers({}, { backup: true }, { backup: true }) });
  bench.end(bench.pick(), 'failed');
  assert.is(letter(bench.pickAgain()), 'b');
  assert.is(letter(bench.pick()), 'c', 'the other backup server still has an open request');
});

/** Gives the listed numbers in order. */
function listed(...numbers: number[]): () => number {
  return () => numbers.shift()!;
}

test('random two: the less loaded of two draws, the second one if equal', () => {
  const bench = new Bench('random-two', {
    servers: equalServers(4),
    random: listed(0, 0.3, 0, 0.3, 0, 0.3, 0, 0, 0.6),
  });
  assert.is(letter(bench.pick()), 'b');
  assert.is(letter(bench.pick()), 'a');
  assert.is(letter(bench.pick()), 'b');
  assert.is(letter(bench.pick()), 'c', 'the same server drawn twice is drawn again');
});

test('random two: by weight, and never one that is shut', () => {
  const random = listed(0, 0.8, 0.1, 0.9);
  const bench = new Bench('random-two', { servers: servers({ weight: 3 }, { down: true }, {}), random });
  // Slots: a a a b c.
  assert.is(letter(bench.pick()), 'c', 'drawn a, c');
  assert.is(letter(bench.pick()), 'a', 'drawn a (0.1), c (0.9): c is busier');
});

test('random two: in turn if only one server is left', () => {
  let counter = 0;
  const random = (): number => (counter++ % 7) / 7;
  const bench = new Bench('random-two', { servers: servers({ down: true }, {}, { down: true }), random });
  assert.is(bench.letters(5), 'bbbbb');
});

test('random two spreads far better than one random choice would', () => {
  let state = 1;
  const random = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const bench = new Bench('random-two', { servers: equalServers(100), random });
  const load = new Array<number>(100).fill(0);
  for (let request = 0; request < 10_000; request++) load[bench.pick()] += 1;
  assert.ok(Math.max(...load) <= 104, `${Math.max(...load)}: one choice gives about 125`);
});

test.run();
