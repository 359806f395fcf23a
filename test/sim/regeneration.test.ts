// Counting what came before an idle moment instead of replaying it: a station that does so and one that replays everything
// must know the same at every look.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BroadcastLog, logFlag } from '../../sim/broadcast-log.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';
import { keyedUint32 } from '../../sim/keyed-random.ts';
import { type CursorListener, LogCursor } from '../../sim/log-cursor.ts';
import { MultiServer } from '../../sim/servers.ts';

const SEED = 20261121;
const STATIONS = 5;

const PLAIN = { except: -1, effect: 0, epoch: 0 };
const ABOUT = { subject: 0, value: 0, previousValue: 0, previousEpoch: 0, previous: -1, landedNs: 0 };

/** A message of which a station must be told; the others carry a flag and change nothing. */
const matters = (index: number): boolean => keyedUint32(SEED, index, 7) % 40 === 0;

class Station implements CursorListener {
  readonly cpu: MultiServer;
  readonly cursor: LogCursor;
  readonly told: string[] = [];

  constructor(log: BroadcastLog, world: World, many: number | undefined) {
    this.cpu = new MultiServer(world.servers);
    const parts = { log, cpu: this.cpu, delay: new KeyedDelay(SEED, world.lagNs), listener: this };
    this.cursor = new LogCursor(1, parts, { threads: world.threads, latencyNs: 3, many });
  }

  consumed(_station: number, index: number, startNs: number, doneNs: number): void {
    if (matters(index)) this.told.push(`${index}: ${startNs}-${doneNs}`);
  }

  isIndifferent(_station: number, index: number): boolean {
    return !matters(index);
  }

  missed(_station: number, index: number): void {
    this.told.push(`${index} missed`);
  }

  external(_station: number, id: number, startNs: number, doneNs: number): void {
    this.told.push(`x${id}: ${startNs}-${doneNs}`);
  }

  /** All that anybody can ask of it. */
  knows(log: BroadcastLog, nowNs: number): unknown {
    const { cursor, cpu } = this;
    const recent: unknown[] = [];
    for (let index = Math.max(log.first, log.end - 60); index < log.end; index += 1) {
      const isWaiting = cursor.isWaiting(index);
      recent.push(isWaiting, isWaiting ? 0 : cursor.doneNs(index, nowNs), cursor.isPast(index));
    }
    return [cpu.busyNsUntil(nowNs), cpu.jobs, cursor.deliveries, cursor.oldestNeeded(), recent, [...this.told]];
  }
}

interface World {
  readonly servers: number;
  readonly threads: number;
  readonly lagNs: number;
  readonly serviceNs: number;
  readonly copyNs: number;
  readonly flagged: number;
  readonly steps: readonly { gapNs: number; burst: number; sender: number; waitNs: number; look: number }[];
}

const worlds: fc.Arbitrary<World> = fc.record({
  servers: fc.integer({ min: 1, max: 4 }),
  threads: fc.integer({ min: 1, max: 6 }),
  lagNs: fc.constantFrom(0, 5, 40),
  serviceNs: fc.constantFrom(1, 10, 30, 60),
  copyNs: fc.constantFrom(0, 1, 4),
  flagged: fc.constantFrom(0, 2, 30),
  steps: fc.array(
    fc.record({
      gapNs: fc.oneof(fc.nat(20), fc.nat(400)),
      burst: fc.constantFrom(1, 1, 1, 3, 20),
      sender: fc.nat(STATIONS - 1),
      waitNs: fc.constantFrom(0, 0, 0, 5, 300, 2_000_000),
      look: fc.nat(30),
    }),
    { minLength: 30, maxLength: 200, size: 'max' },
  ),
});

/** Few messages at a time, and work of the stations' own in between. */
const calm: fc.Arbitrary<World> = fc.record({
  servers: fc.integer({ min: 1, max: 2 }),
  threads: fc.integer({ min: 1, max: 3 }),
  lagNs: fc.constantFrom(0, 5, 40),
  serviceNs: fc.constantFrom(10, 60),
  copyNs: fc.constantFrom(0, 4),
  flagged: fc.constantFrom(0, 0, 30),
  steps: fc.array(
    fc.record({
      gapNs: fc.oneof(fc.nat(900), fc.nat(50)),
      burst: fc.constantFrom(1, 1, 2),
      sender: fc.nat(STATIONS - 1),
      waitNs: fc.constantFrom(0, 0, 5, 300),
      look: fc.constantFrom(5, 5, 0, 28, 28, 29),
    }),
    { minLength: 20, maxLength: 60 },
  ),
});

let skipped = 0;
let passed = 0;
let delivered = 0;

function walk(world: World): void {
  const log = new BroadcastLog(STATIONS, 16, world.servers);
  const views = Array.from({ length: STATIONS }, (_, sender) => log.addView(sender, new Uint8Array(STATIONS).fill(1)));
  const without = log.addView(0, Uint8Array.of(1, 0, 1, 1, 1));
  // One that searches, one that replays everything, one that passes quiet moments over and searches only after 48 messages.
  const stations = [1, Number.POSITIVE_INFINITY, undefined].map((many) => new Station(log, world, many));
  const delay = new KeyedDelay(SEED, world.lagNs);
  log.work.delayMaxNs = delay.largestNs;
  let nowNs = 0;
  for (const { gapNs, burst, sender, waitNs, look } of world.steps) {
    nowNs += gapNs;
    for (let count = 0; count < burst; count += 1) {
      const index = log.end;
      const draw = keyedUint32(SEED, index, 3);
      const serviceNs = draw % (2 * world.serviceNs);
      const view = sender === 0 && draw % 50 === 0 ? without : views[sender];
      const departNs = nowNs + waitNs;
      const { copyNs } = world;
      log.append(
        { ...{ appendedNs: nowNs, handedNs: nowNs, departNs, copyNs, serviceNs, bytes: 100 }, ...PLAIN, sender, view },
        {
          ...ABOUT,
          lagFactor: 1,
          word: delay.wordOf(index),
          flags: world.flagged > 0 && draw % world.flagged === 0 ? logFlag.RACY : 0,
        },
      );
    }
    if (look > 0 && look < 28) continue;
    for (const { cursor, cpu } of stations) {
      cursor.catchUp(nowNs);
      if (look === 28) cpu.offer(nowNs, 100 + 10 * gapNs);
      if (look === 29) cursor.takeExternal(nowNs, nowNs, { serviceNs: 50, isAlone: true });
      if (look === 30) cursor.freeze(nowNs, nowNs + 70);
      if (look === 30) cpu.standStill(nowNs, nowNs + 70);
      cursor.catchUp(nowNs);
    }
    for (const station of [stations[0], stations[2]])
      assert.equal(station.knows(log, nowNs), stations[1].knows(log, nowNs));
    log.prune(Math.min(...stations.map(({ cursor }) => cursor.oldestNeeded())));
  }
  for (const { cursor } of stations) cursor.catchUp(nowNs + 1e9);
  for (const station of [stations[0], stations[2]])
    assert.equal(station.knows(log, nowNs + 1e9), stations[1].knows(log, nowNs + 1e9));
  assert.is(stations[1].cursor.skipped, 0);
  skipped += stations[0].cursor.skipped;
  passed += stations[2].cursor.skipped;
  delivered += stations[0].cursor.deliveries;
}

test('a station that skips knows the same as one that replays everything', () => {
  fc.assert(fc.property(worlds, walk), { seed: SEED, numRuns: 300 });
});

test('also where it is looked at often and passes quiet moments over', () => {
  fc.assert(fc.property(calm, walk), { seed: SEED, numRuns: 300 });
});

test('much is skipped', () => {
  assert.ok(skipped > delivered / 30, `${skipped} of ${delivered} deliveries`);
  assert.ok(passed > delivered / 60, `${passed} of ${delivered} deliveries`);
});

test.run();
