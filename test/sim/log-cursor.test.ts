import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BroadcastLog, logFlag } from '../../sim/broadcast-log.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';
import { comesLate } from '../../sim/late-copies.ts';
import { type CursorListener, LogCursor } from '../../sim/log-cursor.ts';
import { MultiServer } from '../../sim/servers.ts';

const LATENCY_NS = 100;

/** One station that hears, and tells of every message: 0 and 2 send, 1 listens. */
class Bench implements CursorListener {
  readonly log = new BroadcastLog(3);
  readonly cpu: MultiServer;
  readonly cursor: LogCursor;
  readonly told: string[] = [];

  constructor(threads = 1, cores = 1) {
    this.cpu = new MultiServer(cores);
    const parts = { log: this.log, cpu: this.cpu, delay: new KeyedDelay(1, 0), listener: this };
    this.cursor = new LogCursor(1, parts, { threads, latencyNs: LATENCY_NS });
    for (const sender of [0, 2]) this.log.addView(sender, Uint8Array.of(1, 1, 1));
    this.log.addView(0, Uint8Array.of(1, 0, 1));
  }

  /** A message of station 0 whose copy arrives at `departNs` + 10 + the latency. */
  send(appendedNs: number, departNs: number, serviceNs: number, more: { sender?: number; view?: number } = {}): number {
    const { sender = 0, view = sender === 0 ? 0 : 1 } = more;
    const copyNs = sender === 0 ? 10 : 5;
    return this.log.append(
      {
        appendedNs,
        handedNs: appendedNs,
        departNs,
        copyNs,
        serviceNs,
        bytes: 100,
        sender,
        view,
        except: -1,
        effect: 0,
        epoch: 0,
      },
      {
        ...{
          subject: 0,
          value: 0,
          previousValue: 0,
          previousEpoch: 0,
          previous: -1,
          landedNs: 0,
          lagFactor: 1,
          word: 0,
        },
        flags: logFlag.AWAITED,
      },
    );
  }

  consumed(_station: number, index: number, startNs: number, doneNs: number): void {
    this.told.push(`${index}: ${startNs}-${doneNs}`);
  }

  isIndifferent(): boolean {
    return false;
  }

  missed(_station: number, index: number, isSent: boolean): void {
    this.told.push(`${index} ${isSent ? 'lost' : 'not sent'}`);
  }

  external(_station: number, id: number, startNs: number, doneNs: number): void {
    this.told.push(`x${id}: ${startNs}-${doneNs}`);
  }
}

test('a message starts when it has arrived, in the order of arrival, not of sending', () => {
  const bench = new Bench();
  bench.send(0, 500, 7);
  bench.send(1, 50, 7);
  bench.cursor.catchUp(159);
  assert.equal(bench.told, []);
  assert.ok(bench.cursor.isWaiting(1));
  bench.cursor.catchUp(160);
  assert.equal(bench.told, ['1: 160-167']);
  assert.not(bench.cursor.isWaiting(1));
  assert.is(bench.cursor.doneNs(1, 160), 167);
  assert.is(bench.cursor.doneNs(1, 167), Number.NEGATIVE_INFINITY);
  bench.cursor.catchUp(1e6);
  assert.equal(bench.told, ['1: 160-167', '0: 610-617']);
  assert.is(bench.cursor.deliveries, 2);
  assert.is(bench.cursor.oldestNeeded(), 2);
});

test('of two that arrive at one moment the one sent first starts first', () => {
  const bench = new Bench();
  bench.send(0, 40, 1);
  bench.send(0, 40, 1, { sender: 2 });
  bench.send(0, 40, 1);
  bench.cursor.catchUp(1000);
  assert.equal(
    bench.told.map((text) => text[0]),
    ['0', '1', '2'],
  );
});

test('threads are held for the own time of a message, processors queue what the threads hand on', () => {
  const bench = new Bench(2, 1);
  for (let count = 0; count < 4; count += 1) bench.send(0, 0, 30);
  bench.cursor.catchUp(1000);
  assert.equal(bench.told, ['0: 110-140', '1: 110-170', '2: 140-200', '3: 140-230']);
});

test('whoever waits for a message learns when it can start', () => {
  const bench = new Bench();
  bench.send(0, 0, 30);
  bench.send(0, 0, 30);
  bench.cursor.catchUp(110);
  assert.ok(bench.cursor.isAwaited);
  assert.ok(bench.cursor.isBlocked(110));
  assert.is(bench.cursor.blockedUntilNs(), 140);
  bench.cursor.catchUp(140);
  assert.not(bench.cursor.isAwaited);
  assert.not(bench.cursor.isBlocked(140));
});

test('a message by another way stands in the same line', () => {
  const bench = new Bench();
  bench.send(0, 0, 30);
  bench.send(0, 20, 30);
  bench.cursor.catchUp(115);
  bench.cursor.takeExternal(115, 9, { serviceNs: 5, isAlone: true });
  bench.cursor.catchUp(1000);
  assert.equal(bench.told, ['0: 110-140', 'x9: 140-145', '1: 145-175']);
});

test('copies that are not sent, lost, or held up are told or come late', () => {
  const bench = new Bench();
  bench.send(0, 0, 1, { view: 2 });
  bench.cursor.neverComes(bench.send(0, 0, 1));
  comesLate(bench.cursor, bench.send(0, 0, 1), 400);
  bench.send(0, 0, 1);
  assert.ok(Number.isNaN(bench.cursor.arrivalNs(0)));
  assert.is(bench.cursor.arrivalNs(2), 500);
  bench.cursor.catchUp(499);
  assert.ok(bench.cursor.isWaiting(2));
  assert.is(bench.cursor.oldestNeeded(), 2);
  bench.cursor.catchUp(1000);
  assert.equal(bench.told, ['0 not sent', '1 lost', '3: 110-111', '2: 500-501']);
  assert.is(bench.cursor.missed, 1);
});

test('what a dead sender had not sent goes, in the order of sending; what has arrived stays', () => {
  const bench = new Bench();
  bench.send(0, 900, 1);
  bench.send(0, 300, 1);
  bench.send(0, 0, 500);
  bench.send(0, 1, 1);
  bench.send(0, 400, 1, { sender: 2 });
  bench.cursor.catchUp(200);
  bench.cursor.dropUnsent(0, 200, () => true);
  bench.cursor.catchUp(5000);
  assert.equal(bench.told, ['2: 110-610', '0 lost', '1 lost', '3: 610-611', '4: 611-612']);
});

test('a stopped station takes nothing until it listens again, and nothing of before', () => {
  const bench = new Bench();
  bench.send(0, 0, 50);
  bench.send(0, 0, 50);
  bench.cursor.catchUp(110);
  bench.send(110, 200, 50);
  bench.cursor.stop();
  assert.is(bench.cursor.missed, 2, 'one waits, one is on its way');
  bench.send(111, 111, 50);
  bench.cursor.catchUp(1000);
  bench.cursor.resume();
  bench.send(1000, 1000, 50);
  bench.cursor.catchUp(5000);
  assert.equal(bench.told, ['0: 110-160', '4: 1110-1160']);
});

test('a pause stops what is in hand and starts nothing', () => {
  const bench = new Bench(3, 2);
  bench.send(0, 0, 50);
  bench.send(0, 50, 50);
  bench.cursor.catchUp(130);
  bench.cpu.standStill(130, 1130);
  bench.cursor.freeze(130, 1130);
  assert.is(bench.cursor.doneNs(0, 130), 1160);
  bench.cursor.catchUp(5000);
  assert.equal(bench.told, ['0: 110-160', '1: 1130-1180']);
});

const arrivals = fc.array(fc.record({ gapNs: fc.nat(30), lagNs: fc.nat(200), serviceNs: fc.nat(60) }), {
  maxLength: 80,
});

test('looked at once or at any moments, starts and ends are the same', () => {
  const run = (list: { gapNs: number; lagNs: number; serviceNs: number }[], isOften: boolean, servers: number[]) => {
    const bench = new Bench(servers[0], servers[1]);
    let nowNs = 0;
    for (const { gapNs, lagNs, serviceNs } of list) {
      nowNs += gapNs;
      if (isOften) bench.cursor.catchUp(nowNs);
      if (isOften && serviceNs % 3 === 0) bench.log.prune(Math.max(bench.log.first, bench.cursor.oldestNeeded()));
      bench.send(nowNs, nowNs + lagNs, serviceNs);
    }
    bench.cursor.catchUp(1e9);
    return bench.told;
  };
  const servers = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(arrivals, servers, (list, counts) => assert.equal(run(list, true, counts), run(list, false, counts))),
    { seed: 20261121, numRuns: 300 },
  );
});

test.run();
