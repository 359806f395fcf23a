import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BroadcastLog, type LogEntry, type LogSubject, logFlag } from '../../sim/broadcast-log.ts';
import { InvariantError } from '../../sim/invariant.ts';

const entry = (appendedNs: number, more: Partial<LogEntry> = {}): LogEntry => ({
  ...{ appendedNs, handedNs: appendedNs + 1, departNs: appendedNs + 2, copyNs: 3, serviceNs: 4, bytes: 100 },
  ...{ sender: 0, view: 0, except: -1, effect: 2, epoch: 5 },
  ...more,
});

const about = (more: Partial<LogSubject> = {}): LogSubject => ({
  ...{
    subject: 7,
    value: 8,
    previousValue: 9,
    previousEpoch: 10,
    previous: -1,
    landedNs: 0,
    lagFactor: 1,
    word: 11,
    flags: 0,
  },
  ...more,
});

test('copies leave in rotated order, starting after the sender, who gets none', () => {
  const log = new BroadcastLog(4);
  const all = new Uint8Array(4).fill(1);
  assert.is(log.addView(1, all), 0);
  assert.is(log.addView(3, Uint8Array.of(0, 1, 1, 1)), 1);
  assert.equal([...log.ranks.subarray(0, 8)], [2, -1, 0, 1, -1, 0, 1, -1]);
});

test('the rank table by station says the same as the one by view, however many views there are', () => {
  const log = new BroadcastLog(3);
  for (let view = 0; view < 50; view += 1) log.addView(view % 3, Uint8Array.of(view & 1, view & 2 ? 1 : 0, 1));
  for (let view = 0; view < 50; view += 1) {
    for (let station = 0; station < 3; station += 1) {
      assert.is(log.columns[station * log.columnLength + view], log.ranks[view * 3 + station], `view ${view}`);
    }
  }
});

test('entries keep their index and their contents while the ring grows and the oldest are forgotten', () => {
  const log = new BroadcastLog(2, 4);
  log.addView(0, Uint8Array.of(1, 1));
  for (let index = 0; index < 100; index += 1) {
    assert.is(log.append(entry(10 * index), about({ subject: index, previous: index - 1 })), index);
    if (index % 7 === 6) log.prune(index - 5);
  }
  assert.is(log.end, 100);
  for (let index = log.first; index < log.end; index += 1) {
    const slot = index & log.mask;
    const kept = [log.appendedNs, log.handedNs, log.departNs, log.copyNs, log.serviceNs].map((column) => column[slot]);
    assert.equal(kept, [10 * index, 10 * index + 1, 10 * index + 2, 3, 4]);
    const told = [log.subject, log.previous, log.value, log.previousValue, log.previousEpoch].map((at) => at[slot]);
    assert.equal(told, [index, index - 1, 8, 9, 10]);
    const rest = [log.word, log.view, log.sender, log.except, log.effect, log.epoch, log.flags].map((at) => at[slot]);
    assert.equal(rest, [11, 0, 0, -1, 2, 5, 0]);
  }
});

test('it is noted once a message is awaited or leaves a station out', () => {
  for (const [one, other] of [
    [entry(0), about({ flags: logFlag.AWAITED })],
    [entry(0, { except: 1 }), about()],
  ] as const) {
    const log = new BroadcastLog(2);
    log.addView(0, Uint8Array.of(1, 1));
    log.append(entry(0), about({ flags: logFlag.RACY }));
    assert.not(log.hasSpecial);
    log.append(one, other);
    assert.ok(log.hasSpecial);
  }
});

test('what is not there cannot be forgotten, nor what is forgotten come back', () => {
  const log = new BroadcastLog(1);
  log.addView(0, Uint8Array.of(1));
  log.append(entry(0), about());
  const isBug = (error: unknown) => error instanceof InvariantError;
  assert.throws(() => log.prune(2), isBug);
  log.prune(1);
  assert.throws(() => log.prune(0), isBug);
});

test.run();
