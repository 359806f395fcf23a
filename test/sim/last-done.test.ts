// Who may be the last to have done a message: held against all stations, each replayed to the end.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BroadcastLog, logFlag } from '../../sim/broadcast-log.ts';
import { KeyedDelay } from '../../sim/keyed-delay.ts';
import { keyedUint32 } from '../../sim/keyed-random.ts';
import { LastDone } from '../../sim/last-done.ts';
import { type CursorListener, LogCursor } from '../../sim/log-cursor.ts';
import { MultiServer } from '../../sim/servers.ts';

const SEED = 20261121;
const STATIONS = 6;
const LATENCY_NS = 3;

interface Step {
  readonly gapNs: number;
  readonly sender: number;
  readonly waitNs: number;
  readonly burst: number;
  readonly work: number;
  /** Stations whose processors are all busy when the message is sent, one bit each, and for how long. */
  readonly busy: number;
  readonly busyNs: number;
}

interface World {
  readonly servers: readonly number[];
  readonly threads: number;
  readonly lagNs: number;
  readonly serviceNs: number;
  readonly copyNs: number;
  readonly steps: readonly Step[];
}

const worlds: fc.Arbitrary<World> = fc.record({
  servers: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: STATIONS, maxLength: STATIONS }),
  threads: fc.integer({ min: 3, max: 5 }),
  lagNs: fc.constantFrom(0, 5, 40),
  serviceNs: fc.constantFrom(1, 10, 30),
  copyNs: fc.constantFrom(1, 10, 60),
  steps: fc.array(
    fc.record({
      gapNs: fc.oneof(fc.nat(60), fc.nat(900)),
      sender: fc.nat(STATIONS - 1),
      waitNs: fc.constantFrom(0, 0, 0, 0, 90, 2_000_000),
      burst: fc.constantFrom(1, 1, 1, 2, 4, 12),
      work: fc.nat(3 * STATIONS),
      busy: fc.oneof(fc.constant(0), fc.nat(2 ** STATIONS - 1)),
      busyNs: fc.oneof(fc.nat(300), fc.nat(5000)),
    }),
    { minLength: 5, maxLength: 40 },
  ),
});

let asked = 0;
let marked = 0;

/** Stations that answer for an awaited message: when they started it and were done. */
class Cluster implements CursorListener {
  readonly log: BroadcastLog;
  readonly cpus: MultiServer[];
  readonly delay: KeyedDelay;
  readonly lastDone: LastDone;
  readonly cursors: LogCursor[];
  readonly started: (readonly [startNs: number, doneNs: number] | undefined)[] = [];
  private readonly views: number[];

  constructor(readonly world: World) {
    const { servers, threads, lagNs } = world;
    this.log = new BroadcastLog(STATIONS, 16, Math.min(...servers));
    this.cpus = servers.map((count) => new MultiServer(count));
    this.delay = new KeyedDelay(SEED, lagNs);
    this.log.work.delayMaxNs = this.delay.largestNs;
    this.cursors = this.cpus.map((cpu, station) => {
      const parts = { log: this.log, cpu, delay: this.delay, listener: this };
      return new LogCursor(station, parts, { threads, latencyNs: LATENCY_NS });
    });
    this.lastDone = new LastDone(this.log, this.delay, LATENCY_NS, this.cursors);
    this.views = servers.map((_, sender) => this.log.addView(sender, new Uint8Array(STATIONS).fill(1)));
  }

  consumed(station: number, _index: number, startNs: number, doneNs: number): void {
    this.started[station] = [startNs, doneNs];
  }

  missed(): void {}
  external(): void {}
  isIndifferent(): boolean {
    return true;
  }

  send(nowNs: number, sender: number, waitNs: number, isAwaited: boolean): number {
    const index = this.log.end;
    const draw = keyedUint32(SEED, index, 3);
    const times = { appendedNs: nowNs, handedNs: nowNs, departNs: nowNs + waitNs, copyNs: this.world.copyNs };
    const except = draw % 5 === 0 ? (sender + 1 + (draw % (STATIONS - 1))) % STATIONS : -1;
    const serviceNs = draw % (2 * this.world.serviceNs);
    return this.log.append(
      { ...times, serviceNs, bytes: 1, sender, view: this.views[sender], except, effect: 0, epoch: 0 },
      {
        ...{ subject: -1, value: 0, previousValue: 0, previousEpoch: 0, previous: -1, landedNs: 0 },
        lagFactor: 1,
        ...{ word: this.delay.wordOf(index), flags: isAwaited ? logFlag.AWAITED : 0 },
      },
    );
  }
}

/** Sends a message that is awaited behind others, and looks for its last answer when all its copies are there. */
function walk(world: World): void {
  const cluster = new Cluster(world);
  const { log, cursors, cpus, lastDone, started } = cluster;
  let nowNs = 0;
  for (const { gapNs, sender, waitNs, burst, work, busy, busyNs } of world.steps) {
    nowNs += gapNs;
    for (let station = 0; station < STATIONS; station += 1) {
      if ((busy & (1 << station)) === 0) continue;
      cursors[station].catchUp(nowNs);
      const longerNs = keyedUint32(SEED, nowNs, station) % 30;
      for (let server = 0; server < cpus[station].servers; server += 1) cpus[station].offer(nowNs, busyNs + longerNs);
    }
    for (let count = 1; count < burst; count += 1) cluster.send(nowNs, (sender + count) % STATIONS, waitNs, false);
    const message = cluster.send(nowNs, sender, 0, true);
    const arrivals = cursors.map((cursor) => cursor.arrivalNs(message));
    const arrivedNs = lastDone.arrivedNs(message);
    assert.is(arrivedNs, Math.max(...arrivals.filter((atNs) => !Number.isNaN(atNs))));
    started.length = 0;
    if (work < STATIONS) {
      const lookNs = nowNs + (keyedUint32(SEED, message, 9) % (arrivedNs - nowNs + 1));
      cursors[work].catchUp(lookNs);
      if (burst < 4) cpus[work].offer(lookNs, 7 * gapNs);
    }
    nowNs = arrivedNs;
    const isMarked = Uint8Array.from(arrivals, (atNs, station) =>
      Number.isNaN(atNs) || started[station] !== undefined ? 0 : 1,
    );
    const candidates: number[] = [];
    lastDone.candidates(message, isMarked, nowNs, candidates);
    asked += candidates.length;
    marked += isMarked.reduce((sum, one) => sum + one, 0);
    for (const cursor of cursors) cursor.catchUp(nowNs);
    // Whoever is left out has started; who waits for a thread can only be among the candidates.
    for (let station = 0; station < STATIONS; station += 1) {
      if (isMarked[station] === 1 && !candidates.includes(station)) assert.ok(started[station], `station ${station}`);
    }
    nowNs += 1e7;
    for (const cursor of cursors) cursor.catchUp(nowNs);
    for (const part of [0, 1] as const) {
      const last = (stations: number[]): number => Math.max(0, ...stations.map((one) => started[one]?.[part] ?? 0));
      const early = [...isMarked.keys()].filter((station) => isMarked[station] === 0);
      assert.is(last([...candidates, ...early]), last([...isMarked.keys()]));
    }
    log.flags[message & log.mask] = 0;
  }
}

test('the last to start a message and the last to have done it are among those named, and the others have started', () => {
  fc.assert(fc.property(worlds, walk), { seed: SEED, numRuns: 500 });
});

test('many are not named', () => {
  assert.ok(asked < 0.6 * marked, `${asked} of ${marked}`);
});

test.run();
