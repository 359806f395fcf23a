import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventQueue } from '../../sim/event-queue.ts';
import { RandomStreams } from '../../sim/random.ts';

function pushed(queue: EventQueue, timeNs: number, kind: number, a: number, b: number): number {
  queue.push(timeNs, kind, a, b);
  return queue.handle();
}

interface Pending {
  timeNs: number;
  kind: number;
  a: number;
  b: number;
  handle: number;
}

/** The queue beside the reference, a sorted array; a disagreement throws. */
class Pair {
  readonly queue = new EventQueue();
  readonly sorted: Pending[] = [];
  readonly spent: number[] = [];
  nowNs = 0;
  private pushes = 0;

  /** The first argument of an event is its number, so that no two can be taken for one another. */
  push(delayNs: number, kind: number, b: number): void {
    const timeNs = this.nowNs + delayNs;
    const a = this.pushes++;
    this.expect({ timeNs, kind, a, b, handle: pushed(this.queue, timeNs, kind, a, b) });
  }

  /** An event without a handle. */
  pushFirm(delayNs: number, kind: number): void {
    const timeNs = this.nowNs + delayNs;
    const a = this.pushes++;
    this.queue.pushFirm(timeNs, kind, a);
    this.expect({ timeNs, kind, a, b: 0, handle: -1 });
  }

  private expect(event: Pending): void {
    let low = 0;
    for (let high = this.sorted.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle].timeNs <= event.timeNs) low = middle + 1;
      else high = middle;
    }
    this.sorted.splice(low, 0, event);
    this.check();
  }

  pop(): void {
    const expected = this.sorted.shift();
    const { queue } = this;
    if (expected === undefined) {
      assert.not(queue.pop());
      return;
    }
    assert.is(queue.peekTimeNs(), expected.timeNs);
    assert.not(queue.popUntil(expected.timeNs - 1));
    assert.ok(queue.popUntil(expected.timeNs));
    const { timeNs, kind, a, b } = queue;
    if (timeNs !== expected.timeNs || a !== expected.a) assert.equal([timeNs, a], [expected.timeNs, expected.a]);
    if (kind !== expected.kind || b !== expected.b) assert.equal({ kind, b }, expected);
    this.nowNs = timeNs;
    this.spent.push(expected.handle);
    this.check();
  }

  cancel(choice: number): void {
    if (this.sorted.length > 0 && this.sorted[choice % this.sorted.length].handle >= 0) {
      const [gone] = this.sorted.splice(choice % this.sorted.length, 1);
      assert.ok(this.queue.cancel(gone.handle));
      this.spent.push(gone.handle);
    }
    if (this.spent.length > 0) assert.not(this.queue.cancel(this.spent[(choice * 7919) % this.spent.length]));
    this.check();
  }

  check(): void {
    if (this.queue.size !== this.sorted.length) assert.is(this.queue.size, this.sorted.length);
  }
}

const delay = fc.oneof(
  { weight: 3, arbitrary: fc.nat(20) },
  { weight: 2, arbitrary: fc.constantFrom(0, 0, 1, 500, 1e9, 1e15) },
  { weight: 3, arbitrary: fc.nat(2 ** 31 - 1) },
);
const operation = fc.record({
  push: fc.nat({ max: 90 }),
  pop: fc.nat({ max: 90 }),
  cancel: fc.nat({ max: 15 }),
  delays: fc.array(delay, { minLength: 1, maxLength: 8 }),
  spread: fc.constantFrom(0, 0, 1, 1000, 1e6),
});

test('random pushes, pops and cancels come out as from a sorted array', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.nat(3000), (operations, initial) => {
      const pair = new Pair();
      for (let i = 0; i < initial; i++) pair.push((i * 7_919_993) % 1_000_003, i % 1000, -i);
      for (const { push, pop, cancel, delays, spread } of operations) {
        for (let i = 0; i < push; i++) pair.push(delays[i % delays.length] + i * spread, i, -i);
        for (let i = 0; i < cancel; i++) pair.cancel(i * 104_729 + push);
        for (let i = 0; i < pop; i++) pair.pop();
      }
      while (pair.sorted.length > 0) pair.pop();
      pair.pop();
    }),
    { seed: 20_261_120, numRuns: 150 },
  );
});

test('events that nobody can cancel, near and far, keep the order among others', () => {
  const far = fc.oneof(delay, fc.constantFrom(2 ** 30 - 1, 2 ** 30, 3e9, 1e11, 2e14, 4e14));
  const step = fc.record({
    delays: fc.array(far, { minLength: 1, maxLength: 12 }),
    firm: fc.nat({ max: 60 }),
    push: fc.nat({ max: 25 }),
    pop: fc.nat({ max: 80 }),
    cancel: fc.nat({ max: 25 }),
    spread: fc.constantFrom(0, 0, 1, 1e6, 1e9),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pair = new Pair();
      for (const { delays, firm, push, pop, cancel, spread } of steps) {
        const delayOf = (i: number): number => delays[i % delays.length] + i * spread;
        for (let i = 0; i < Math.max(firm, push); i++) {
          if (i < firm) pair.pushFirm(delayOf(i), i % 5 === 4 ? 2 : 1);
          if (i < push) pair.push(delayOf(i), 3, -i);
        }
        for (let i = 0; i < cancel; i++) pair.cancel(i * 104_729 + push);
        for (let i = 0; i < pop; i++) pair.pop();
        assert.is(
          pair.queue.countByKind()[1],
          pair.sorted.reduce((count, { kind }) => count + (kind === 1 ? 1 : 0), 0),
        );
      }
      while (pair.sorted.length > 0) pair.pop();
      pair.pop();
    }),
    { seed: 20_261_121, numRuns: 100 },
  );
});

test('far timers that are always cancelled leave nothing behind among those that cannot be', () => {
  const queue = new EventQueue();
  for (let i = 0; i < 1000; i++) queue.pushFirm(1e12 + i * 1e9, 0, i);
  for (let i = 0; i < 300_000; i++) queue.cancel(pushed(queue, 1e12 + (i % 7) * 3e9, 1, 0, 0));
  const counts = queue.countByKind();
  assert.equal([queue.size, counts[0], counts[1]], [1000, 1000, 0]);
  for (let i = 0; i < 1000; i++) {
    queue.pop();
    assert.is(queue.a, i);
  }
  assert.not(queue.pop());
});

const laws: Record<string, (u: number, v: number) => number> = {
  exponential: (u) => -Math.log(u) * 1e6,
  constant: () => 1000,
  'half zeros': (u, v) => (v < 0.5 ? 0 : u * 1e6),
  ticks: (u) => Math.ceil(u * 10),
  bimodal: (u, v) => (v < 0.9 ? u * 1e3 : u * 1e9),
  'powers of two': (u) => 2 ** Math.floor(u * 44),
  'a narrow cluster with far outliers': (u, v) => (v < 0.01 ? u * 1e12 : u * 50),
  'all at one moment': () => 0,
  'ever narrower clusters': (u, v) => u * 2 ** (50 - 6.2 * Math.floor(v * 8)),
  pareto: (u) => Math.min(1e12, u ** -2),
};

for (const [name, law] of Object.entries(laws)) {
  test(`delays ${name}: populations that rise and fall keep the order, with cancels`, () => {
    const source = new RandomStreams('event-queue', 0).stream(name);
    const pair = new Pair();
    const push = () => pair.push(Math.round(law(source.double(), source.double())), 3, 7);
    for (const population of [10, 70, 40, 600, 100, 5000, 300, 2500, 0]) {
      while (pair.sorted.length < population) push();
      while (pair.sorted.length > population) pair.pop();
      for (let i = 0; i < 2 * population; i++) {
        pair.pop();
        push();
        if (i % 3 === 0) {
          pair.cancel(Math.floor(source.next() * 1e6));
          push();
        }
      }
    }
  });
}

for (const name of ['exponential', 'constant', 'half zeros', 'ticks', 'all at one moment']) {
  test(`delays ${name}: a few events become a ring, many, and few again, and keep their handles`, () => {
    const source = new RandomStreams('event-queue', 1).stream(name);
    const pair = new Pair();
    for (let round = 0; round < 1500; round++) {
      const population = Math.floor(source.next() ** 2 * (round % 3 === 0 ? 100 : 22));
      while (pair.sorted.length < population) pair.push(Math.round(laws[name](source.double(), source.double())), 3, 7);
      while (pair.sorted.length > population) {
        if (source.next() < 0.3) pair.cancel(Math.floor(source.next() * 1e6));
        else pair.pop();
      }
      for (let i = 0; i < 5; i++) {
        pair.pop();
        pair.push(Math.round(laws[name](source.double(), source.double())), 3, 7);
      }
    }
    while (pair.sorted.length > 0) pair.pop();
  });
}

test('times up to the largest safe integer keep the order at every population', () => {
  for (const population of [3, 8, 9, 33, 63, 64, 65, 200]) {
    const pair = new Pair();
    const most = Number.MAX_SAFE_INTEGER;
    for (let i = 0; i < population; i++) pair.push(most - ((i * 37) % 11), 1, 0);
    for (let i = 0; i < population; i += 3) pair.cancel(i);
    pair.push(0, 2, 0);
    while (pair.sorted.length > 0) pair.pop();
    pair.pop();
  }
});

test('a queue that is never asked in vain stays in order while it empties and fills', () => {
  const source = new RandomStreams('event-queue', 2).stream('waves');
  const queue = new EventQueue();
  let pushes = 0;
  for (const most of [3, 9, 30, 63, 70, 40, 64, 5]) {
    for (let round = 0; round < 60; round++) {
      const waiting: [number, number][] = [];
      const fromNs = queue.timeNs;
      for (let i = 0; i < most; i++) {
        const timeNs = fromNs + Math.floor(source.next() * 20);
        queue.push(timeNs, 1, pushes, 0);
        waiting.push([timeNs, pushes++]);
      }
      waiting.sort(([a, first], [b, second]) => a - b || first - second);
      for (const [timeNs, number] of waiting) {
        queue.pop();
        if (queue.timeNs !== timeNs || queue.a !== number) assert.equal([queue.timeNs, queue.a], [timeNs, number]);
      }
    }
  }
  assert.not(queue.pop());
});

test('the handle is that of the event pushed last, until it is popped', () => {
  const queue = new EventQueue();
  assert.throws(() => queue.handle(), /is gone/);
  const first = pushed(queue, 5, 1, 0, 0);
  const second = pushed(queue, 4, 2, 0, 0);
  assert.ok(queue.pop());
  assert.is(queue.kind, 2);
  assert.throws(() => queue.handle(), /is gone/);
  assert.not(queue.cancel(second));
  assert.ok(queue.cancel(first));
  assert.is(queue.size, 0);
});

test('equal times come out in the order of their pushes, at every population', () => {
  for (const population of [1, 2, 5, 63, 64, 65, 66, 129, 255, 600, 5000, 100_000]) {
    const queue = new EventQueue();
    for (let i = 0; i < population; i++) queue.push(7, 1, i, 0);
    for (let i = 0; i < population; i++) {
      queue.pop();
      if (queue.a !== i || queue.timeNs !== 7) assert.is(queue.a, i);
      queue.push(7, 2, i + population, 0);
    }
    for (let i = 0; i < population; i++) {
      queue.pop();
      if (queue.a !== i + population) assert.is(queue.a, i + population);
    }
    assert.not(queue.pop());
  }
});

test('many far events of one time, pushed while others are pending', () => {
  const pair = new Pair();
  for (let i = 0; i < 200; i++) pair.push((i * 37) % 200, 0, 0);
  for (let i = 0; i < 300; i++) pair.push(10_000, 1, 0);
  for (let i = 0; i < 250; i++) pair.pop();
  for (let i = 0; i < 300; i++) pair.push(50_000, 1, 0);
  for (let i = 0; i < 600; i++) pair.pop();
});

test('clusters within clusters within clusters, more than the ladder has rungs', () => {
  const pair = new Pair();
  for (let depth = 0; depth < 9; depth++) {
    for (let i = 0; i < 70; i++) pair.push(Math.floor((2 ** 52 / 71 ** depth) * (1 - i / 1000)), depth, i);
  }
  while (pair.sorted.length > 0) pair.pop();
});

test('the first time can be seen before it is popped', () => {
  const queue = new EventQueue();
  assert.is(queue.peekTimeNs(), Number.POSITIVE_INFINITY);
  const first = pushed(queue, 3, 0, 0, 0);
  queue.push(5, 0, 0, 0);
  assert.is(queue.peekTimeNs(), 3);
  queue.cancel(first);
  assert.is(queue.peekTimeNs(), 5);
  assert.is(queue.size, 1);
});

test('a handle is void once its event ran, also when the slot serves another event', () => {
  const queue = new EventQueue();
  const first = pushed(queue, 1, 0, 0, 0);
  queue.pop();
  const second = pushed(queue, 2, 0, 0, 0);
  assert.is.not(first, second);
  assert.not(queue.cancel(first));
  assert.is(queue.size, 1);
  assert.ok(queue.cancel(second));
  assert.not(queue.cancel(second));
  for (const never of [-1, 1e9, 2 ** 52, Number.NaN]) assert.not(queue.cancel(never));
  assert.not(queue.pop());
});

test('no handle comes back after millions of reuses of one slot', () => {
  const queue = new EventQueue();
  const first = pushed(queue, 0, 0, 0, 0);
  queue.pop();
  for (let i = 0; i < 2 ** 22 + 10; i++) {
    if (pushed(queue, i, 0, 0, 0) === first) assert.unreachable('handle given out twice');
    queue.pop();
  }
  queue.push(0, 0, 0, 0);
  assert.not(queue.cancel(first));
});

test('timers that are always cancelled leave nothing behind', () => {
  const queue = new EventQueue();
  for (let i = 0; i < 1000; i++) queue.push(1e12 + i, 0, i, 0);
  for (let i = 0; i < 300_000; i++) queue.cancel(pushed(queue, 2e12 + i, 1, 0, 0));
  assert.is(queue.size, 1000);
  assert.is(queue.countByKind()[0], 1000);
  assert.is(queue.countByKind()[1], 0);
  for (let i = 0; i < 1000; i++) {
    queue.pop();
    assert.is(queue.a, i);
  }
  assert.not(queue.pop());
});

test('cancelling nearly all of a large population keeps the rest, in order', () => {
  const pair = new Pair();
  for (let i = 0; i < 3000; i++) pair.push((i * 7919) % 10_007, 0, i);
  for (let i = 0; i < 200; i++) pair.pop();
  while (pair.sorted.length > 5) pair.cancel(pair.sorted.length * 31);
  while (pair.sorted.length > 0) pair.pop();
  for (let i = 0; i < 300; i++) pair.push(i % 7, 0, i);
  while (pair.sorted.length > 0) pair.pop();
});

test('half a million events, many of them cancelled, come out in order', () => {
  const source = new RandomStreams('event-queue', 0).stream('many');
  const queue = new EventQueue();
  const handles = Array.from({ length: 500_000 }, (_, i) => pushed(queue, Math.floor(source.next() * 1e8), 0, i, 0));
  let cancelled = 0;
  handles.forEach((handle, i) => {
    if (i % 3 === 0 && queue.cancel(handle)) cancelled++;
  });
  assert.is(queue.size, 500_000 - cancelled);
  let lastNs = -1;
  let last = -1;
  let count = 0;
  for (; queue.pop(); count++) {
    if (queue.timeNs < lastNs || (queue.timeNs === lastNs && queue.a < last)) assert.unreachable('out of order');
    if (queue.a % 3 === 0) assert.unreachable('a cancelled event ran');
    lastNs = queue.timeNs;
    last = queue.a;
  }
  assert.is(count, 500_000 - cancelled);
});

test.run();
