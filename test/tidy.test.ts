// The rules of the house that a machine can hold: which way imports run, what sim/ and models/ may not touch, how long
// a file may be, and that every test file runs its tests.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('..', import.meta.url));
const LINES_MAX = 400;

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();
}

const sources = ['sim', 'models', 'experiments', 'test'].flatMap(filesBelow);
const text = new Map(sources.map((name) => [name, readFileSync(join(root, name), 'utf8')]));

function importsOf(name: string): string[] {
  return [...(text.get(name) ?? '').matchAll(/(?:from|import)\s+'(\.[^']+)'/g)].map((match) =>
    relative(root, normalize(join(root, dirname(name), match[1]))),
  );
}

/** Source without comments and string contents, so that words in prose do not count. */
function codeOf(name: string): string {
  return (text.get(name) ?? '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/[^\n]*/g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

test('imports run one way: sim <- models <- experiments, and nothing imports a test', () => {
  const allowed: Record<string, string[]> = {
    sim: ['sim'],
    models: ['sim', 'models'],
    experiments: ['sim', 'models', 'experiments'],
    test: ['sim', 'models', 'experiments', 'test'],
  };
  for (const name of sources) {
    const from = name.split('/')[0];
    for (const target of importsOf(name)) {
      assert.ok(allowed[from].includes(target.split('/')[0]), `${name} imports ${target}`);
      assert.ok(existsSync(join(root, target)), `${name} imports ${target}, which does not exist`);
    }
  }
});

test('families of variants do not import each other', () => {
  const families = ['models/balancing/', 'models/replication/', 'models/membership/'];
  for (const name of sources) {
    const own = families.find((family) => name.startsWith(family));
    if (!own) continue;
    for (const target of importsOf(name)) {
      const other = families.find((family) => family !== own && target.startsWith(family));
      const isPort =
        other !== undefined &&
        new RegExp(`import type [^;]*'[^']*${target.split('/').pop()}'`).test(text.get(name) ?? '');
      assert.ok(other === undefined || isPort, `${name} imports ${target} of another family`);
    }
  }
});

test('sim/ and models/ touch no clock, no console, no process, no file, no global randomness, and never wait', () => {
  const banned =
    /Math\.random|\bDate\b|performance\.now|\bprocess\.|\bconsole\.|setTimeout|setInterval|\basync\b|\bawait\b|\bPromise\b/;
  for (const name of sources.filter((file) => file.startsWith('sim/') || file.startsWith('models/'))) {
    const found = banned.exec(codeOf(name));
    assert.is(found?.[0], undefined, `${name} uses ${found?.[0]}`);
    assert.not.match(text.get(name) ?? '', /from 'node:/, `${name} imports a module of Node`);
  }
});

test('state of sim/ and models/ lies in fields that a fork can see, under no #private names', () => {
  for (const name of sources.filter((file) => file.startsWith('sim/') || file.startsWith('models/'))) {
    const found = /^\s*(static )?(readonly )?#\w+/m.exec(codeOf(name));
    assert.is(found?.[0], undefined, `${name} has ${found?.[0]}`);
  }
});

test('arrays of numbers are never sorted without a comparator in sim/ and models/', () => {
  for (const name of sources.filter((file) => file.startsWith('sim/') || file.startsWith('models/'))) {
    for (const line of codeOf(name).split('\n'))
      assert.ok(!line.includes('.sort()') || line.includes('Float64Array'), name);
  }
});

test(`no file is longer than ${LINES_MAX} lines`, () => {
  for (const [name, content] of text) {
    const lines = content.split('\n').length;
    assert.ok(lines <= LINES_MAX, `${name} has ${lines} lines`);
  }
});

test('every test file runs its tests, and none is switched off', () => {
  const tests = sources.filter((name) => name.endsWith('.test.ts'));
  assert.ok(tests.length >= 20, `${tests.length} test files found`);
  for (const name of tests) {
    const code = codeOf(name);
    assert.match(code, /\.run\(\)/, `${name} never calls .run()`);
    if (name !== 'test/tidy.test.ts') assert.not.match(code, /\.(only|skip)\(/, `${name} switches a test off`);
  }
});

test('no marker of unfinished work is left', () => {
  for (const [name, content] of text) {
    if (name === 'test/tidy.test.ts') continue;
    assert.not.match(content, /TODO|FIXME|@ts-ignore|@ts-nocheck|as any\b/, name);
  }
});

test.run();
