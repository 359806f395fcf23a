import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SessionTable, sessionState } from '../../models/sessions.ts';
import type { LazyColumn } from '../../sim/lazy-column.ts';
import type { Column } from '../../sim/packed-rows.ts';

fc.configureGlobal({ seed: 20_261_121 });

/** The columns by name: side by side, or each for itself until it is used. */
function columns(table: SessionTable): [name: string, column: Column][] {
  const isColumn = (part: unknown): part is Column => part instanceof Object && 'get' in part && 'add' in part;
  return Object.entries(table).filter((entry): entry is [string, Column] => isColumn(entry[1]));
}

function snapshot(table: SessionTable, row: number): string {
  return columns(table)
    .map(([name, column]) => `${name}=${column.get(row)}`)
    .join(' ');
}

test('a row that is used again is as fresh as a new one, column by column', () => {
  const table = new SessionTable(['second', 'pins']);
  assert.is(columns(table).length, 27);
  const row = table.open();
  const fresh = snapshot(table, row);
  for (const [, column] of columns(table)) column.set(row, 7);
  table.close(row);
  assert.is(table.open(), row);
  assert.is(snapshot(table, row), fresh);
});

test('more rows than the table began with: every column grows and keeps what it held', () => {
  const table = new SessionTable(['second', 'secondVersion', 'head', 'pins']);
  const rows = Array.from({ length: 1024 }, () => table.open());
  for (const [, column] of columns(table)) for (const row of rows) column.set(row, row % 100);
  const next = table.open();
  assert.is(next, 1024);
  for (const [name, column] of columns(table)) {
    column.set(next, 101);
    for (const row of rows) assert.is(column.get(row), row % 100, `${name}[${row}]`);
    assert.is(column.get(next), 101, name);
  }
  table.close(next);
  assert.is(table.open(), next);
  assert.is(table.state.get(next), sessionState.ACTIVE);
});

test('a column that nobody has written to takes no memory, and each row reads as it begins', () => {
  const table = new SessionTable();
  for (let row = 0; row < 3000; row++) table.open();
  const { second } = table;
  const values = (): ArrayLike<number> => (second as unknown as { values: ArrayLike<number> }).values;
  second.set(2999, -1);
  (second as LazyColumn).clear(5);
  assert.is(values().length, 0);
  assert.is(second.get(2999), -1);
  second.set(7, 3);
  assert.equal([second.get(6), second.get(7), second.get(2999), second.get(1e6)], [-1, 3, -1, -1]);
});

test('no row is given out twice, and none is wasted', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(), { freq: 2 }), { maxLength: 300 }), (steps) => {
      const table = new SessionTable();
      const open: number[] = [];
      let most = 0;
      for (const step of steps) {
        if (step === null || open.length === 0) {
          const row = table.open();
          assert.not.ok(open.includes(row));
          open.push(row);
        } else {
          table.close(open.splice(step % open.length, 1)[0]);
        }
        most = Math.max(most, open.length);
      }
      assert.is(table.rows, most);
    }),
  );
});

test.run();
