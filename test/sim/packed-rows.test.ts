import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Column, PackedRows } from '../../sim/packed-rows.ts';

fc.configureGlobal({ seed: 20_261_121 });

const ROWS = 20;

/** A column, what its rows begin with, and the numbers that it holds. */
interface Kind {
  readonly column: Column;
  readonly initial: number;
  readonly least: number;
  readonly most: number;
}

function kindsOf(table: PackedRows): Kind[] {
  const half = { least: -(2 ** 15), most: 2 ** 15 - 1 };
  const word = { least: -(2 ** 31), most: 2 ** 31 - 1 };
  return [
    { column: table.half(-1), initial: -1, ...half },
    { column: table.word(-7), initial: -7, ...word },
    { column: table.half(5), initial: 5, ...half },
    { column: table.unsigned(9), initial: 9, least: 0, most: 2 ** 32 - 1 },
    { column: table.time(), initial: 0, least: 0, most: Number.MAX_SAFE_INTEGER },
    { column: table.half(0), initial: 0, ...half },
  ];
}

test('each column holds what an array of its own would, whatever is written beside it', () => {
  const step = fc.record({
    row: fc.nat(ROWS - 1),
    which: fc.nat(5),
    does: fc.constantFrom('set', 'least', 'most', 'add', 'clear', 'resize'),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const table = new PackedRows();
      const kinds = kindsOf(table);
      let room = ROWS;
      table.resize(room);
      for (let row = 0; row < ROWS; row += 1) table.clear(row);
      const plain = kinds.map(({ initial }) => new Array<number>(ROWS).fill(initial));
      for (const { row, which, does, part } of steps) {
        const { column, least, most } = kinds[which];
        const between = Math.min(most, Math.floor(least + part * (most - least)));
        if (does === 'resize') {
          room += 3;
          table.resize(room);
        } else if (does === 'clear') {
          table.clear(row);
          for (const [place, { initial }] of kinds.entries()) plain[place][row] = initial;
        } else if (does === 'add') {
          column.add(row, between - plain[which][row]);
          plain[which][row] = between;
        } else {
          plain[which][row] = { set: between, least, most }[does];
          column.set(row, plain[which][row]);
        }
        for (const [place, { column: each }] of kinds.entries()) assert.is(each.get(row), plain[place][row]);
      }
      for (const [place, { column }] of kinds.entries())
        for (let row = 0; row < ROWS; row += 1) assert.is(column.get(row), plain[place][row]);
    }),
  );
});

test('two halves share a word: a row takes no more than its numbers', () => {
  const table = new PackedRows();
  kindsOf(table);
  assert.is(table.width, 6);
});

test.run();
