import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main as explain } from '../../../experiments/explain.ts';
import { memoryIo } from '../../../experiments/lib/io.ts';
import { malformed } from '../fixtures/malformed.ts';
import { folderWith } from './helpers.ts';

for (const [index, [name, text, said]] of malformed.entries()) {
  test(`${index + 1} ${name}: ${said.slice(0, 70)}`, async () => {
    const folder = folderWith({ [name]: text });
    const io = memoryIo();
    assert.is(await explain([join(folder, name)], io), 2, io.stdout);
    assert.is(io.stdout, '');
    const lines = io.stderr.split('\n');
    assert.is(lines.length, 2, io.stderr);
    assert.ok(lines[0].includes(said), lines[0]);
    assert.match(lines[0], /^\/.*:\d+: /);
  });
}

test.run();
