// The CSVs of a measurement grow row by row, and are whole at any moment.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineCommand, parseArguments } from '../../../experiments/lib/arguments.ts';
import { effortOf, measureFlags } from '../../../experiments/measure/flags.ts';
import { Tables } from '../../../experiments/measure/tables.ts';
import { readMeasured } from '../../../experiments/validation/read-measured.ts';

function inFolder(does: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'replisim-tables-'));
  try {
    does(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('after each row the file can be read, and nothing else lies beside it', () => {
  inFolder((folder) => {
    const tables = new Tables(folder);
    for (let row = 1; row <= 3; row += 1) {
      tables.add('heal-8-5s', { trial: row, text: 'a, "b"' });
      const [file] = readMeasured(folder);
      assert.is(file.rows.length, row);
      assert.equal(file.rows[row - 1], { trial: String(row), text: 'a, "b"' });
      assert.equal(readdirSync(folder), ['heal-8-5s.csv']);
    }
    assert.match(tables.written(), /heal-8-5s\.csv: 3 rows/);
  });
});

test('a later row may know more columns; a summary replaces the one before', () => {
  inFolder((folder) => {
    const tables = new Tables(folder);
    tables.add('join', { trial: 0 });
    tables.add('join', { trial: 1, state_ms: 7 });
    assert.equal(readFileSync(join(folder, 'join.csv'), 'utf8').split('\r\n'), ['trial,state_ms', '0,', '1,7', '']);
    tables.replace('join', [{ trials: 2 }]);
    assert.equal(readFileSync(join(folder, 'join.csv'), 'utf8').split('\r\n'), ['trials', '2', '']);
    tables.replace('join', []);
    assert.is(readMeasured(folder)[0].rows.length, 1);
  });
});

test('kinds of requests are made for each number of bytes', () => {
  const command = defineCommand({ name: 'measure', question: '', flags: measureFlags, examples: [] });
  const effort = effortOf(parseArguments(command, ['--payloads', '0,1e5', '--delays', '0.2', '--gaps', '5'])!);
  for (const cell of ['create', 'create+0', 'pay100000', 'counter+0', 'rr_pay100000', 'rr_readonly'])
    assert.ok(effort.cells.includes(cell), cell);
  assert.not(effort.cells.some((cell) => cell.includes('P')));
  assert.equal([effort.delaysMs, effort.gapsMs, effort.payloads], [[0.2], [5], [0, 100_000]]);
});

test.run();
