import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RequestPool } from '../../models/requests.ts';

fc.configureGlobal({ seed: 20_261_121 });

type Columns = Record<string, ArrayLike<number> & { [slot: number]: number }>;

function columns(pool: RequestPool): [string, Columns[string]][] {
  return Object.entries(pool as unknown as Columns).filter(([, column]) => ArrayBuffer.isView(column));
}

test('a slot that is used again is fresh but for its generation', () => {
  const pool = new RequestPool();
  const slot = pool.open(3, 50);
  const fresh = columns(pool).map(([name, column]) => [name, column[slot]] as const);
  const generation = pool.generation[slot];
  for (const [name, column] of columns(pool)) if (name !== 'generation') column[slot] = 1;
  pool.close(slot);
  assert.is(pool.isOpen[slot], 0);
  assert.is(pool.open(3, 50), slot);
  for (const [name, value] of fresh) {
    if (name !== 'generation') assert.is(columns(pool).find(([other]) => other === name)?.[1][slot], value, name);
  }
  assert.is(pool.generation[slot], generation + 1);
});

test('what is void or closed is told apart from the next use', () => {
  const pool = new RequestPool();
  const slot = pool.open(0, 0);
  const seen = new Set([pool.generation[slot]]);
  for (let step = 0; step < 10; step += 1) {
    if (step % 2 === 0) pool.void(slot);
    else {
      pool.close(slot);
      pool.open(0, 0);
    }
    assert.not.ok(seen.has(pool.generation[slot]));
    seen.add(pool.generation[slot]);
  }
});

test('more requests than the pool began with: every column grows and keeps what it held', () => {
  const pool = new RequestPool();
  const slots = Array.from({ length: 256 }, (_, session) => pool.open(session, session));
  for (const [, column] of columns(pool)) for (const slot of slots) column[slot] = slot % 100;
  assert.is(pool.open(9, 9), 256);
  for (const [name, column] of columns(pool)) {
    assert.is(column.length, 512, name);
    for (const slot of slots) assert.is(column[slot], slot % 100, `${name}[${slot}]`);
  }
});

test('open slots are those opened and not closed, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(), { freq: 2 }), { maxLength: 600 }), (steps) => {
      const pool = new RequestPool();
      const open = new Set<number>();
      for (const step of steps) {
        if (step === null || open.size === 0) {
          const slot = pool.open(1, 1);
          assert.not.ok(open.has(slot));
          open.add(slot);
        } else {
          const slot = [...open][step % open.size];
          open.delete(slot);
          pool.close(slot);
        }
      }
      let count = 0;
      for (let slot = 0; slot < pool.slots; slot += 1) count += pool.isOpen[slot];
      assert.is(count, open.size);
    }),
  );
});

test.run();
