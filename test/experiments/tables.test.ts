// What notebooks and other programs read: the data package by the library of its standard, Parquet by a reader of its
// own, the CSVs by pandas without an argument, and the notebook of the planner from beginning to end.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Package } from 'datapackage';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main as scaleSweep } from '../../experiments/scale-sweep.ts';
import { isThere } from './browser.ts';
import { cellsOf, inFolder, run, tablesIn } from './helpers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const strategies = ['--strategies', 'all-to-all,backup,delta,memcached-sticky,none'];

/** A small sweep with made-up figures. */
async function withResults(use: (folder: string) => Promise<void> | void, more: readonly string[] = []): Promise<void> {
  await inFolder(async (folder) => {
    const argv = [
      '--nodes',
      '2,4,8',
      '--load',
      '500,1500',
      '--replications',
      '3',
      '--out',
      folder,
      '--quiet',
      ...strategies,
      ...more,
    ];
    const { code, stderr } = await run(scaleSweep, argv);
    assert.is(code, 0, stderr);
    await use(folder);
  });
}

test('datapackage.json is a valid Data Package, and every row of every table is what its schema says', async () => {
  await withResults(async (folder) => {
    const loaded = await Package.load(join(folder, 'datapackage.json'));
    assert.ok(loaded.valid, loaded.errors.map(String).join('; '));
    const names = loaded.resources.map(({ name }) => name);
    for (const name of ['throughput', 'traffic', 'consistency', 'summary']) assert.ok(names.includes(name), name);
    for (const resource of loaded.resources) {
      const rows = await resource.read({ keyed: true });
      assert.ok(rows.length > 0, resource.name);
      const keys = rows.map((row) => JSON.stringify(resource.descriptor.schema.primaryKey.map((name) => row[name])));
      assert.is(new Set(keys).size, keys.length, `${resource.name} has a key twice`);
    }
    const broken = readFileSync(join(folder, 'datapackage.json'), 'utf8').replace('"integer"', '"whole"');
    assert.not.ok((await Package.load(JSON.parse(broken))).valid, 'the check finds a wrong type');
  });
});

test('--parquet: the same tables with types, and units in the metadata', async () => {
  await withResults(
    async (folder) => {
      for (const [name, text] of Object.entries(tablesIn(folder)).filter(([file]) => file.endsWith('.csv'))) {
        const file = await asyncBufferFromFile(join(folder, name.replace('.csv', '.parquet')));
        const [header, ...lines] = cellsOf(text);
        const rows = await parquetReadObjects({ file });
        assert.is(rows.length, lines.length, name);
        for (const [at, row] of rows.entries()) {
          const cells = header.map((column) => (row[column] === null ? '' : String(row[column])));
          assert.equal(cells, lines[at], `${name} row ${at + 1}`);
        }
        const { key_value_metadata: units = [] } = await parquetMetadataAsync(file);
        if (name === 'throughput.csv')
          assert.ok(units.some(({ key, value }) => key === 'unit.latency_ms_p95' && value === 'ms'));
      }
    },
    ['--parquet'],
  );
});

/** A Python that has these modules; undefined where none has. */
function pythonWith(modules: string): string | undefined {
  return ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', `import ${modules}`]).status === 0);
}

test('pandas reads every CSV without an argument: numbers are numbers, names are names, empty is empty', async () => {
  const python = pythonWith('pandas');
  if (!isThere(python !== undefined, 'pandas', 'python3-pandas')) return;
  await withResults((folder) => {
    const script = `
import pandas, json, sys, glob, os
folder = sys.argv[1]
package = json.load(open(folder + '/datapackage.json'))
for resource in package['resources']:
    frame = pandas.read_csv(os.path.join(folder, resource['path']))
    for field in resource['schema']['fields']:
        column = frame[field['name']]
        if column.isna().all(): continue
        assert not (field['constraints']['required'] and column.isna().any()), field
        kind = 'O' if field['type'] == 'string' else 'i' if field['type'] == 'integer' and not column.isna().any() else 'if'
        assert column.dtype.kind in kind, (resource['path'], field['name'], column.dtype)
    if resource['name'] == 'throughput': assert set(frame['strategy']) >= {'none', 'delta'}
    print(resource['name'], len(frame))
`;
    const printed = execFileSync(python!, ['-c', script, folder], { encoding: 'utf8' });
    assert.match(printed, /^throughput 90$/m);
  });
});

test('the notebook of the planner runs from the CSVs to its figures, and its own sums agree with summary.csv', async () => {
  const jupyter = ['/usr/bin/jupyter', '/usr/local/bin/jupyter'].find(existsSync);
  const python = pythonWith('pandas, matplotlib, ipykernel, nbconvert');
  const packages = 'jupyter-nbconvert python3-pandas python3-matplotlib python3-ipykernel';
  if (!isThere(jupyter !== undefined && python !== undefined, 'nbconvert with pandas and matplotlib', packages)) return;
  await inFolder((folder) => {
    const notebook = join(root, 'experiments', 'notebooks', 'planner.ipynb');
    const argv = [
      'nbconvert',
      '--to',
      'notebook',
      '--execute',
      notebook,
      '--output-dir',
      folder,
      '--output',
      'done.ipynb',
    ];
    const { status, stderr } = spawnSync(jupyter!, argv, { encoding: 'utf8', timeout: 120_000 });
    assert.is(status, 0, stderr.slice(-2000));
    const text = readFileSync(join(folder, 'done.ipynb'), 'utf8');
    assert.is(text.match(/"image\/png"/g)?.length, 2);
    assert.match(text, 'every figure agrees with the tables of the simulator');
  });
});

test('the reference results are whole, say nothing of a machine, and stay small', () => {
  const folder = join(root, 'results', 'reference', 'scale-sweep');
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  for (const [name, { sha256 }] of Object.entries<{ sha256: string }>(manifest.files)) {
    const bytes = readFileSync(join(folder, name));
    assert.is(
      createHash('sha256').update(bytes).digest('hex'),
      sha256,
      `${name}: run tsx experiments/reference.ts again`,
    );
  }
  for (const name of ['host', 'node', 'started_at', 'wall_s', 'commit']) assert.not.ok(name in manifest, name);
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 300_000);
});

test.run();
