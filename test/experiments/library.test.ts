// The small parts of the experiments layer, each by itself.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { defineCommand, helpText, parseArguments, wrap } from '../../experiments/lib/arguments.ts';
import { writeAtomically } from '../../experiments/lib/atomic-write.ts';
import { canonicalJson } from '../../experiments/lib/canonical-json.ts';
import type { Table } from '../../experiments/lib/columns.ts';
import { commonFlags } from '../../experiments/lib/common-flags.ts';
import { csvText, formatNumber } from '../../experiments/lib/csv.ts';
import { loadScenario, statedLayer } from '../../experiments/lib/load-scenario.ts';
import { recordOf } from '../../experiments/lib/run-record.ts';
import { scaleAnswers } from '../../experiments/lib/scale-answer.ts';
import { parseScenarioText } from '../../experiments/lib/scenario-text.ts';
import { setPath } from '../../experiments/lib/set-path.ts';
import { summarise } from '../../experiments/lib/summarise.ts';
import { readable, textTable, withInterval } from '../../experiments/lib/text-table.ts';
import { nearest } from '../../models/scenario/nearest.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { fakeSimulate, inFolder } from './helpers.ts';

const command = defineCommand({
  name: 'tsx x.ts',
  question: 'What?',
  flags: commonFlags,
  examples: [['first', '--seed 2']],
});

test('lists come sorted, numbers as numbers', () => {
  const values = parseArguments(command, ['--nodes', '10,2', '--load=0.5,3', '--strategies', 'none,delta', '--json']);
  assert.equal(values?.nodes, [2, 10]);
  assert.equal(values?.load, [0.5, 3]);
  assert.equal(values?.strategies, ['delta', 'none']);
  assert.is(values?.json, true);
  assert.is(values?.quiet, undefined);
});

test('--set may stand there often, in order', () => {
  const values = parseArguments(command, ['--set', 'a.b=1', '--set', 'c==']);
  assert.equal(values?.set, [
    { path: 'a.b', text: '1' },
    { path: 'c', text: '=' },
  ]);
});

test('the help names every flag, fits 100 columns and comes before any complaint', () => {
  const help = helpText(command);
  for (const name of [...Object.keys(commonFlags), 'help']) assert.match(help, `--${name}`);
  for (const line of help.split('\n')) assert.ok(line.length <= 100, line);
  assert.is(parseArguments(command, ['--nodez', '--help']), undefined);
});

test('a text wraps at its width', () => {
  assert.equal(wrap('one two three', 7), ['one two', 'three']);
});

test('the nearest word', () => {
  assert.is(nearest('detla', ['none', 'delta']), 'delta');
  assert.is(nearest('mcastfrequency', ['mcastFrequencyMs', 'memberDropTimeMs']), 'mcastFrequencyMs');
  assert.is(nearest('xyz', ['none', 'delta']), undefined);
  assert.is(nearest('x'.repeat(1000), ['x']), undefined);
});

test('--set reads YAML values and keeps the rest', () => {
  const scenario = { node: { cores: 2, maxThreads: 200 }, faults: [{ atS: 1, crash: 'node-1' }] };
  setPath(scenario, { path: 'node.cores', text: '4' });
  setPath(scenario, { path: 'faults.0.atS', text: '2.5' });
  setPath(scenario, { path: 'faults.1', text: '{ atS: 9, restart: node-1 }' });
  setPath(scenario, { path: 'name', text: 'shop' });
  assert.equal(scenario, {
    node: { cores: 4, maxThreads: 200 },
    faults: [
      { atS: 2.5, crash: 'node-1' },
      { atS: 9, restart: 'node-1' },
    ],
    name: 'shop',
  } as never);
});

test('no --set reaches a prototype', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('__proto__', 'constructor', 'prototype', 'a', 'toString'), { minLength: 1 }),
      (keys) => {
        try {
          setPath({ a: {} }, { path: keys.join('.'), text: 'polluted' });
        } catch {
          // A refusal is fine.
        }
        return ({} as Record<string, unknown>).a === undefined && typeof {}.toString === 'function';
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('any text is a scenario, or one line that starts with the file', () => {
  const words = [
    'nodes',
    ':',
    ' ',
    '\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '|',
    '>',
    '"',
    "'",
    '#',
    '!!int',
    '1',
    '.inf',
    '---',
    '%',
    '\t',
    '? ',
  ];
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.constantFrom(...words)).map((list) => list.join('')),
      ),
      (text) => {
        try {
          return typeof parseScenarioText(text, 'f.yaml').value === 'object';
        } catch (error) {
          return /^f\.yaml:\d+: [^\n]+$/.test((error as Error).message);
        }
      },
    ),
    { seed: 1, numRuns: 2000 },
  );
});

test('the line of a path, or of the nearest key above it', () => {
  const text = parseScenarioText('nodes: 2\nfaults:\n  - atS: 1\n    crash: node-1\n', 'f.yaml');
  assert.is(text.lineOf('faults.0.crash'), 4);
  assert.is(text.lineOf('faults.0.forS'), 3);
  assert.is(text.lineOf('faults.0'), 3);
  assert.is(text.lineOf('run.seed'), 1);
});

test('a JSON scenario may name its schema', () => {
  assert.equal(parseScenarioText('{"$schema": "./scenario.schema.json", "nodes": 3}', 'a.json').value, { nodes: 3 });
});

test('later layers win, and another strategy drops the options of the first', () => {
  const file = statedLayer({ replication: { strategy: 'delta', sendAllSessions: false }, run: { seed: 3 } }, 'file');
  const flags = statedLayer({ run: { seed: 4 }, replication: { strategy: 'backup' } }, 'flags');
  const loaded = loadScenario([file, flags], [{ path: 'run.seed', text: '5' }]);
  assert.is(loaded.scenario.run.seed, 5);
  assert.is(loaded.scenario.replication.strategy, 'backup');
  assert.ok(loaded.isStated('replication.strategy'));
  assert.not(loaded.isStated('nodes'));
});

test('options of a strategy reach the variants that know them', () => {
  const loaded = loadScenario([], [{ path: 'replication.mapSendOptions', text: '8' }]);
  const backup = loaded.variant({ strategy: 'backup', balancer: 'round-robin', nodes: 3 });
  assert.equal(backup.replication, { ...backup.replication, mapSendOptions: 8 } as never);
  assert.is(backup.balancer.type, 'round-robin');
  assert.is(backup.nodes, 3);
  loaded.variant({ strategy: 'delta', balancer: 'round-robin', nodes: 3 });
  loaded.checkAllUsed();
});

test('weights and names of servers hold for the size they were written for', () => {
  const loaded = loadScenario([statedLayer({ nodes: 2, balancer: { weights: [1, 3] } }, 'file')], []);
  assert.equal(loaded.variant({ strategy: 'none', balancer: 'round-robin', nodes: 2 }).balancer.weights, [1, 3]);
  assert.equal(loaded.notes(), []);
  assert.equal(loaded.variant({ strategy: 'none', balancer: 'round-robin', nodes: 4 }).balancer.weights, []);
  assert.equal(loaded.notes(), ['weights: used at 2 nodes only; other sizes run with equal nodes']);
});

const table: Table = {
  file: 'x.csv',
  description: '',
  key: ['name'],
  columns: [
    { name: 'name', type: 'string', unit: null, description: '' },
    { name: 'count', type: 'integer', unit: null, description: '' },
    { name: 'value', type: 'number', unit: null, description: '', emptyWhen: 'never measured' },
  ],
};

test('numbers are written in their shortest form', () => {
  assert.is(formatNumber(0.1 + 0.2), '0.30000000000000004');
  assert.is(formatNumber(-0), '0');
  assert.is(formatNumber(1e-7), '1e-7');
  assert.is(formatNumber(123456789012), '123456789012');
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => Number(formatNumber(value)) === value),
  );
});

test('a table of cells', () => {
  const rows = [
    { name: 'a-1', count: 2, value: 0.5 },
    { name: 'b', count: 0, value: null },
  ];
  assert.is(csvText(table, rows), 'name,count,value\r\na-1,2,0.5\r\nb,0,\r\n');
});

for (const [what, row] of Object.entries({
  'NaN in a results table': { name: 'a', count: 1, value: Number.NaN },
  'Infinity in a results table': { name: 'a', count: 1, value: Number.POSITIVE_INFINITY },
  'a fraction in column count': { name: 'a', count: 1.5, value: 1 },
  'column count is empty': { name: 'a', count: null, value: 1 },
  'unsafe text in column name': { name: '=cmd()', count: 1, value: 1 },
  'no value for column value': { name: 'a', count: 1 },
})) {
  test(`a cell is refused: ${what}`, () => {
    assert.throws(() => csvText(table, [row as never]), what);
  });
}

test('equal values give equal JSON, whatever the order of keys', () => {
  assert.is(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined }), '{"b":[1,{"c":"x","d":null}]}');
});

test('a write that fails leaves the old file and no other', () =>
  inFolder((folder) => {
    const file = join(folder, 'a.txt');
    writeAtomically(file, ['old']);
    assert.throws(() =>
      writeAtomically(
        file,
        (function* () {
          yield 'half';
          throw new Error('stop');
        })(),
      ),
    );
    assert.is(readFileSync(file, 'utf8'), 'old');
    assert.equal(readdirSync(folder), ['a.txt']);
  }));

test('numbers for readers', () => {
  assert.is(readable(1234567.8), '1,234,568');
  assert.is(readable(99.96), '100');
  assert.is(readable(12.34), '12.3');
  assert.is(readable(0.001234), '0.0012');
  assert.is(readable(2.5e12), '2,500e9');
  assert.is(readable(null), '-');
  assert.is(withInterval(310, 12), '310 +-12.0');
});

test('a table fits its columns and is bold only with colours', () => {
  const columns = [{ head: 'name', align: 'left' } as const, { head: 'n', align: 'right' } as const];
  assert.is(
    textTable(
      columns,
      [
        ['a', '1'],
        ['bb', '10'],
      ],
      false,
    ),
    'name   n\na      1\nbb    10\n',
  );
  assert.match(textTable(columns, [], true), '\u001b[1m');
});

test('a cluster carries the highest load within the objective, else none', () => {
  const runs = [500, 2000, 8000].flatMap((load_rps) => {
    const scenario = parseScenario({
      nodes: 4,
      load: { requestsPerSecond: load_rps },
      replication: { strategy: 'none' },
    });
    const key = { strategy: 'none', balancer: 'sticky-route', nodes: 4, load_rps, seed: 1 };
    return [1, 2].map((replication) => ({
      key: { ...key, replication },
      record: recordOf(fakeSimulate(scenario, replication)),
    }));
  });
  const [answer] = scaleAnswers(summarise(runs));
  assert.is(answer.carried_rps, 2000);
  assert.not(answer.is_highest_load);
  const [overloaded] = scaleAnswers(summarise(runs.slice(4)));
  assert.is(overloaded.carried_rps, null);
  assert.is(overloaded.load_rps, 8000);
  const [light] = scaleAnswers(summarise(runs.slice(0, 2)));
  assert.ok(light.is_highest_load);
});

test('a kind of message that one replication never sent counts as none there', () => {
  const scenario = parseScenario({ nodes: 4 });
  const key = { strategy: 'delta', balancer: 'sticky-route', nodes: 4, load_rps: 400, seed: 1 };
  const first = recordOf(fakeSimulate(scenario, 1));
  const runs = [
    { key: { ...key, replication: 1 }, record: first },
    { key: { ...key, replication: 2 }, record: { ...first, traffic: [] } },
  ];
  const [{ metrics }] = summarise(runs);
  const delta = metrics.get('traffic.session-delta.bytes')!;
  assert.is(delta.n, 2);
  assert.is(delta.mean, first.traffic.find(({ kind }) => kind === 'session-delta')!.bytes / 2);
});

test('the examples are scenarios, and each names the schema beside it', () => {
  const folder = new URL('../../experiments/scenarios/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  for (const name of ['default.yaml', 'crash-delta-async.yaml', 'crash-delta-sync.yaml', 'partition.yaml']) {
    assert.ok(names.includes(name));
  }
  for (const name of names) {
    const text = readFileSync(new URL(name, folder), 'utf8');
    assert.match(text, /^# yaml-language-server: \$schema=\.\/scenario\.schema\.json\n/, name);
    parseScenario(parse(text));
  }
});

test.run();
