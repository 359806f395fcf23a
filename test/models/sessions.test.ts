import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SessionTable, sessionState } from '../../models/sessions.ts';

fc.configureGlobal({ seed: 20_261_121 });

type Columns = Record<string, ArrayLike<number> & { [row: number]: number }>;

function columns(table: SessionTable): [string, Columns[string]][] {
  return Object.entries(table as unknown as Columns).filter(([, column]) => ArrayBuffer.isView(column));
}

function snapshot(table: SessionTable, row: number): string {
  return columns(table)
    .map(([name, column]) => `${name}=${column[row]}`)
    .join(' ');
}

test('a row that is used again is as fresh as a new one, column by column', () => {
  const table = new SessionTable();
  const row = table.open();
  const fresh = snapshot(table, row);
  for (const [, column] of columns(table)) column[row] = 7;
  table.close(row);
  assert.is(table.open(), row);
  assert.is(snapshot(table, row), fresh);
});

test('more rows than the table began with: every column grows and keeps what it held', () => {
  const table = new SessionTable();
  const rows = Array.from({ length: 1024 }, () => table.open());
  for (const [, column] of columns(table)) for (const row of rows) column[row] = row % 100;
  const next = table.open();
  assert.is(next, 1024);
  for (const [name, column] of columns(table)) {
    assert.is(column.length, 2048, name);
    for (const row of rows) assert.is(column[row], row % 100, `${name}[${row}]`);
  }
  assert.is(table.state[next], sessionState.ACTIVE);
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
