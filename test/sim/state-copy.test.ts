import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type RandomSource, RandomStreams } from '../../sim/random.ts';
import { Wiring } from '../../sim/state-copy.ts';
import { hiddenState } from '../oracle/hidden-state.ts';

class Part {
  value = 0;
  next: Part | null = null;
}

class Actor extends Part {
  readonly add = (): void => {
    this.value += 1;
  };
}

/** Some of everything that state is kept in. */
class Whole {
  readonly constant = TABLE;
  readonly actors = [new Actor(), new Actor()];
  readonly parts: Part[] = [...this.actors];
  current: Part = this.parts[0];
  act = this.actors[0].add;
  readonly map = new Map<string, Part>();
  readonly set = new Set<number>([1]);
  column = new Float64Array(4);
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  entries: { at: number; part: Part }[] = [];
  more: Record<string, unknown> = { a: 1 };
  readonly stream: RandomSource;

  constructor() {
    const buffer = new ArrayBuffer(32);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.stream = new RandomStreams(1, 0).stream('x');
  }
}

const TABLE = { constants: [1, 2, 3] };

function pair<T extends object>(make: () => T): { from: T; to: T; copy: () => void } {
  const from = make();
  const to = make();
  const wirings = [new Wiring(from), new Wiring(to)];
  return { from, to, copy: () => wirings[0].copyTo(wirings[1]) };
}

test('a copy has the same state, shares none of it, and points to its own parts', () => {
  const { from, to, copy } = pair(() => new Whole());
  const own = to.actors[1];
  from.current = from.parts[1];
  from.act = from.actors[1].add;
  from.act();
  const late = new Part();
  late.value = 7;
  late.next = from.parts[0];
  from.parts.push(late);
  from.parts.reverse();
  from.map.set('late', late).set('own', from.current);
  from.set.delete(1);
  from.set.add(3).add(2);
  from.column = Float64Array.of(5, 6);
  from.words[7] = 9;
  from.entries.push({ at: 3, part: late }, { at: 4, part: from.current });
  from.more = { b: [late] };
  from.stream.next();
  copy();
  assert.equal(JSON.stringify(to), JSON.stringify(from));
  assert.is(to.current, own);
  assert.is(to.act, own.add);
  assert.is(to.parts[1], own);
  assert.is.not(to.parts[0], late);
  assert.is(to.map.get('late'), to.parts[0]);
  assert.is(to.entries[0].part, to.parts[0]);
  assert.instance(to.parts[0], Part);
  assert.is(to.parts[0].next, to.parts[2]);
  assert.equal([...to.map.keys(), ...to.set], ['late', 'own', 3, 2]);
  assert.is.not(to.column.buffer, from.column.buffer);
  assert.is(to.words.buffer, to.doubles.buffer);
  assert.is(to.constant, TABLE);
  assert.is(to.stream.next(), from.stream.next());
  to.act();
  assert.equal([to.current.value, from.current.value], [2, 1]);
});

test('a graph can be copied into again, whatever has become of it', () => {
  const { from, to, copy } = pair(() => new Whole());
  from.map.set('a', from.parts[0]);
  from.parts[0].value = 3;
  copy();
  const before = JSON.stringify(to);
  to.parts.length = 0;
  to.map.clear();
  to.column = new Float64Array(9);
  to.more = { x: new Part(), y: 2 };
  to.words.fill(4);
  to.current.value = 11;
  copy();
  assert.is(JSON.stringify(to), before);
  assert.is(to.map.get('a'), to.parts[0]);
});

test('views of one buffer made in a run share one buffer in the copy', () => {
  const { from, to, copy } = pair(() => ({ whole: new Int32Array(2), part: new Int32Array(1) }));
  from.whole = new Int32Array([1, 2, 3, 4]);
  from.part = from.whole.subarray(1, 3);
  copy();
  to.whole[1] = 8;
  assert.equal([...to.part], [8, 3]);
  assert.equal([...from.part], [2, 3]);
});

test('what cannot be copied is an error that names it', () => {
  const cases: [unknown, RegExp][] = [
    [() => 0, /function .* came into being in a run, in Holder/],
    [new Date(0), /state in Date/],
    [new WeakMap(), /state in WeakMap/],
    [new (class Own extends Map {})(), /state in Own/],
    [new DataView(new ArrayBuffer(1)), /state in DataView/],
  ];
  for (const [held, message] of cases) {
    class Holder {
      held: unknown = null;
    }
    const { from, copy } = pair(() => new Holder());
    from.held = held;
    assert.throws(copy, message);
  }
});

test('graphs that were built in different ways are an error', () => {
  const [one, two] = [new Wiring({ a: [1], b: new Map() }), new Wiring({ a: new Map(), b: [1] })];
  assert.throws(() => one.copyTo(two), /not built in the same way/);
  assert.throws(() => one.copyTo(new Wiring({ a: [1] })), /parts/);
});

test('state that closures hide from the copy is found', () => {
  const find = (make: () => object): string[] =>
    hiddenState(() => {
      const [from, to] = [make(), make()];
      const wirings = [new Wiring(from), new Wiring(to)];
      (from as { count?: () => void }).count?.();
      wirings[0].copyTo(wirings[1]);
      return { from: wirings[0], to: wirings[1], everything: { from, to } };
    });
  const counter = (): object => {
    let calls = 0;
    return { count: () => calls++ };
  };
  const nested = (): object => {
    let calls = 0;
    const inner = (): number => calls++;
    return { count: () => inner() };
  };
  const aside = (): object => {
    const part = new Actor();
    return { count: () => part.add() };
  };
  assert.match(find(counter).join(), /count > calls .*: 1 and 0/);
  assert.match(find(nested).join(), /count > inner .* > calls .*: 1 and 0/);
  assert.match(find(aside).join(), /Actor of .*only closures hold it/);
  assert.match(find(() => ({ count: new Actor().add })).join(), /Actor of .*only closures hold it/);
  assert.equal(
    find(() => new Part()),
    [],
  );
});

test.run();
