import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DispatchQueue } from '../../models/dispatch-queue.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';

fc.configureGlobal({ seed: 20_261_121 });

const noLag = new KeyedDelay(1, 0);
const make = (maxThreads: number, maxQueueSizeBytes = 1e9, lag = noLag): DispatchQueue =>
  new DispatchQueue(2, { maxThreads, maxQueueSizeBytes }, lag);

interface Message {
  gap: number;
  holdNs: number;
  bytes: number;
}

const messages = fc.array(
  fc.record({ gap: fc.nat(100), holdNs: fc.nat(400), bytes: fc.integer({ min: 1, max: 100 }) }),
  { minLength: 1, maxLength: 80 },
);

/** k threads and a line, told by who is busy until when and which messages are not sent yet. */
function naive(all: Message[], threads: number, maxBytes: number): number[] {
  const busyUntil: number[] = new Array(threads).fill(0);
  const taken: { sentNs: number; bytes: number }[] = [];
  let nowNs = 0;
  return all.map(({ gap, holdNs, bytes }) => {
    nowNs += gap;
    const thread = busyUntil.indexOf(Math.min(...busyUntil));
    const startNs = Math.max(nowNs, busyUntil[thread]);
    const size = taken.filter((one) => one.sentNs > nowNs).reduce((sum, one) => sum + one.bytes, 0);
    if (size + bytes > maxBytes) return -1;
    busyUntil[thread] = startNs + holdNs;
    taken.push({ sentNs: busyUntil[thread], bytes });
    return startNs;
  });
}

function run(all: Message[], threads: number, maxBytes: number): number[] {
  const queue = make(threads, maxBytes);
  let nowNs = 0;
  return all.map(({ gap, holdNs, bytes }) => {
    nowNs += gap;
    const handedNs = queue.take(0, nowNs, bytes, 0);
    if (handedNs >= 0) queue.holdUntil(handedNs + holdNs);
    return handedNs;
  });
}

test('what a message has waited for a processor is no lag any more', () => {
  const handedNs = [0, 400, 1000, 5000].map((queuedNs) => {
    const queue = make(
      1,
      1e9,
      new KeyedDelay(1, [
        [0, 1000],
        [1, 1000],
      ]),
    );
    return queue.take(0, 100, 10, 0, queuedNs);
  });
  assert.equal(handedNs, [1100, 700, 100, 100]);
});

test('k threads, first come first served, a bounded line: as a naive model has it', () => {
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 4 }), fc.constantFrom(0, 50, 150, 1000, 1e9), (all, k, max) => {
      assert.equal(run(all, k, max), naive(all, k, max));
    }),
    { numRuns: 500 },
  );
});

test('what a thread has in hand counts until it is sent, as what waits does', () => {
  const queue = make(1, 100);
  assert.is(queue.take(0, 0, 101), -1, 'larger than the bound');
  assert.is(queue.take(0, 0, 60), 0);
  queue.holdUntil(1000);
  assert.is(queue.take(0, 0, 60), -1, '60 bytes are in hand');
  assert.is(queue.take(0, 0, 40), 1000);
  queue.holdUntil(2000);
  assert.is(queue.take(0, 999, 1), -1, 'full');
  assert.is(queue.take(0, 1000, 60), 2000, 'the first has been sent');
});

test('while all threads are held their messages and the line count together', () => {
  const queue = make(1, 100);
  queue.take(0, 0, 60);
  queue.holdUntil(10);
  const thread = queue.hold(0);
  assert.is(queue.queue(0, 500, 41), false, 'a thread that is held has not sent its message');
  assert.is(queue.queue(0, 500, 40), true);
  queue.letGo(0, thread, 600);
  queue.unqueue(0, 40);
  assert.is(queue.take(0, 600, 100), 600, 'all have left');
});

test('the hand-over to a thread takes its lag, a number of the message and not of the question', () => {
  const lag = new KeyedDelay(7, 60_000);
  const queue = make(10, 1e9, lag);
  const handed = Array.from({ length: 5 }, (_, serial) => queue.take(0, serial * 1e6, 1, 0) - serial * 1e6);
  assert.equal(
    handed,
    [0, 1, 2, 3, 4].map((serial) => lag.of(serial, 0)),
  );
  assert.is(queue.take(1, 0, 1, 0), lag.of(0, 1), 'each node counts its own messages');
});

test('a message that is queued while the one before it waits goes behind it, by what lies between the wakings of two threads', () => {
  const lag = new KeyedDelay(7, 60_000);
  const queue = make(10, 1e9, lag);
  let serial = 0;
  let sooner = 0;
  for (let pair = 1; pair <= 400; pair += 1) {
    const atNs = pair * 1e9;
    const wokenNs = [0, 10_000].map((laterNs, second) => atNs + laterNs + lag.of(serial + second, 0));
    serial += 2;
    const first = queue.take(0, atNs, 1, 30_000);
    const second = queue.take(0, atNs + 10_000, 1, 30_000);
    assert.is(first, wokenNs[0]);
    if (first <= atNs + 10_000) assert.is(second, wokenNs[1], 'the first has gone');
    else
      assert.is(
        second - first,
        Math.min(Math.abs(wokenNs[1] - first), 30_000),
        'or by what the first takes to be written',
      );
    if (wokenNs[1] < wokenNs[0]) sooner += 1;
  }
  assert.ok(sooner > 50, `${sooner}`);
});

test('a node that dies loses its line, and its threads are free', () => {
  const queue = make(1, 100);
  queue.take(0, 0, 1, 0);
  queue.holdUntil(1e9);
  queue.take(0, 0, 99);
  queue.reset(0, 50);
  assert.is(queue.take(0, 60, 100, 0), 60);
});

test.run();
