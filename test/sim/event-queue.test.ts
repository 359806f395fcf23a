import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventQueue } from '../../sim/event-queue.ts';

interface Pending {
  timeNs: number;
  seq: number;
  kind: number;
  a: number;
  b: number;
  handle: number;
}

/** The reference: an array searched from its start for the smallest (time, sequence number). */
class NaiveQueue {
  pending: Pending[] = [];

  take(): Pending | undefined {
    let best = 0;
    for (let i = 1; i < this.pending.length; i++) {
      const { timeNs, seq } = this.pending[i];
      const first = this.pending[best];
      if (timeNs < first.timeNs || (timeNs === first.timeNs && seq < first.seq)) best = i;
    }
    return this.pending.splice(best, 1)[0];
  }
}

/** Drives the queue and the reference side by side; a disagreement throws. */
class Pair {
  readonly queue = new EventQueue();
  readonly naive = new NaiveQueue();
  readonly spent: number[] = [];
  nowNs = 0;
  private seq = 0;

  push(delayNs: number, kind: number, a: number, b: number): void {
    const timeNs = this.nowNs + delayNs;
    const handle = this.queue.push(timeNs, kind, a, b);
    this.naive.pending.push({ timeNs, seq: this.seq++, kind, a, b, handle });
    this.check();
  }

  pop(): void {
    const expected = this.naive.take();
    const found = this.queue.pop();
    assert.is(found, expected !== undefined);
    if (expected !== undefined) {
      const { timeNs, seq, kind, a, b } = this.queue;
      assert.equal({ timeNs, seq, kind, a, b, handle: expected.handle }, expected);
      this.nowNs = timeNs;
      this.spent.push(expected.handle);
    }
    this.check();
  }

  cancel(choice: number): void {
    const { pending } = this.naive;
    if (pending.length > 0) {
      const [gone] = pending.splice(choice % pending.length, 1);
      assert.ok(this.queue.cancel(gone.handle));
      this.spent.push(gone.handle);
    }
    if (this.spent.length > 0) assert.not(this.queue.cancel(this.spent[(choice * 7919) % this.spent.length]));
    this.check();
  }

  check(): void {
    if (this.queue.size !== this.naive.pending.length) assert.is(this.queue.size, this.naive.pending.length);
  }
}

const delay = fc.oneof(
  { weight: 3, arbitrary: fc.nat(20) },
  { weight: 2, arbitrary: fc.constantFrom(0, 0, 1, 500, 1e9, 3e15) },
  { weight: 3, arbitrary: fc.nat(2 ** 31 - 1) },
);
const operation = fc.record({
  push: fc.nat({ max: 60 }),
  pop: fc.nat({ max: 60 }),
  cancel: fc.nat({ max: 15 }),
  delays: fc.array(delay, { minLength: 1, maxLength: 8 }),
  spread: fc.constantFrom(0, 0, 1, 1000, 1e6),
});

test('random pushes, pops and cancels come out as from a searched array', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.nat(1000), (operations, initial) => {
      const pair = new Pair();
      for (let i = 0; i < initial; i++) pair.push((i * 7_919_993) % 1_000_003, i % 1000, i, -i);
      for (const { push, pop, cancel, delays, spread } of operations) {
        for (let i = 0; i < push; i++) pair.push(delays[i % delays.length] + i * spread, i, i * 3, -i);
        for (let i = 0; i < cancel; i++) pair.cancel(i * 104_729 + push);
        for (let i = 0; i < pop; i++) pair.pop();
      }
      while (pair.naive.pending.length > 0) pair.pop();
      pair.pop();
    }),
    { seed: 20_261_120, numRuns: 60 },
  );
});

test('equal times come out in the order of their pushes, at every population', () => {
  for (const population of [1, 2, 5, 63, 64, 65, 255, 256, 257, 600, 5000, 100_000]) {
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

test('the first time can be seen before it is popped', () => {
  const queue = new EventQueue();
  assert.is(queue.peekTimeNs(), Number.POSITIVE_INFINITY);
  const first = queue.push(3, 0, 0, 0);
  queue.push(5, 0, 0, 0);
  assert.is(queue.peekTimeNs(), 3);
  queue.cancel(first);
  assert.is(queue.peekTimeNs(), 5);
  assert.is(queue.size, 1);
});

test('a handle is void once its event ran, also when the slot serves another event', () => {
  const queue = new EventQueue();
  const first = queue.push(1, 0, 0, 0);
  queue.pop();
  const second = queue.push(2, 0, 0, 0);
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
  const first = queue.push(0, 0, 0, 0);
  queue.pop();
  for (let i = 0; i < 2 ** 22 + 10; i++) {
    if (queue.push(i, 0, 0, 0) === first) assert.unreachable('handle given out twice');
    queue.pop();
  }
  queue.push(0, 0, 0, 0);
  assert.not(queue.cancel(first));
});

test('timers that are always cancelled leave nothing behind', () => {
  const queue = new EventQueue();
  for (let i = 0; i < 1000; i++) queue.push(1e12 + i, 0, i, 0);
  for (let i = 0; i < 300_000; i++) queue.cancel(queue.push(2e12 + i, 1, 0, 0));
  assert.is(queue.size, 1000);
  for (let i = 0; i < 1000; i++) {
    queue.pop();
    assert.is(queue.a, i);
  }
  assert.not(queue.pop());
});

test.run();
