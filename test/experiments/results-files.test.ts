// What a sweep writes, against the contract: names, order and types of the columns, the data package, the manifest.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../experiments/lib/canonical-json.ts';
import { tables } from '../../experiments/lib/columns.ts';
import { main } from '../../experiments/scale-sweep.ts';
import { main as simulate } from '../../experiments/simulate.ts';
import { cellsOf, inFolder, run, tablesIn } from './helpers.ts';

const tiny = ['--nodes', '2,10', '--load', '500,80', '--strategies', 'none,delta', '--replications', '3', '--quiet'];

/** Written out, not derived: a change here is a change of the contract. */
const headers = {
  'throughput.csv':
    'strategy,balancer,nodes,load_rps,replication,seed,offered_rps,completed_rps,failed_rps,latency_ms_mean,' +
    'latency_ms_p50,latency_ms_p95,latency_ms_p99,cpu_utilisation_mean,cpu_utilisation_max,node_requests_max_ratio,' +
    'session_memory_bytes_max,node_requests_cv,store_utilisation_max,before_faults_s,before_faults_completed_rps,' +
    'before_faults_utilisation_max,before_faults_bytes_per_request,before_faults_bytes_per_s,' +
    'store_evictions,store_refused_items',
  'traffic.csv':
    'strategy,balancer,nodes,load_rps,replication,seed,kind,messages,bytes,messages_per_request,bytes_per_request,' +
    'bytes_per_s,node_bytes_per_s_max',
  'consistency.csv':
    'strategy,balancer,nodes,load_rps,replication,seed,requests,stale_reads,lost_updates,lost_sessions,failed_requests,' +
    'diverged_sessions,stale_reads_per_million,lost_updates_per_million,lost_sessions_per_million,' +
    'failed_requests_per_million,diverged_sessions_per_million,executed_twice',
  'summary.csv':
    'strategy,balancer,nodes,load_rps,metric,n,mean,ci95_low,ci95_high,half_width_ratio,method,half_width,warm_up_s,' +
    'warm_up_method',
  'differences.csv':
    'strategy,balancer,nodes,load_rps,than_strategy,than_balancer,metric,n,difference,ci95_low,ci95_high,half_width,' +
    'is_clear',
  'runs.csv': 'strategy,balancer,nodes,load_rps,replication,seed,status,warm_up_s,events,deliveries,fingerprint',
};

interface Field {
  name: string;
  type: string;
  unit?: string;
  description: string;
  constraints: { required: boolean };
}

interface Resource {
  path: string;
  hash: string;
  bytes: number;
  schema: { fields: Field[]; primaryKey: string[] };
}

async function sweepInto<T>(use: (folder: string) => T): Promise<T> {
  return inFolder(async (folder) => {
    const { code, stderr } = await run(main, [...tiny, '--out', folder]);
    assert.is(code, 0, stderr);
    return use(folder);
  });
}

test('headers are those of the contract', () =>
  sweepInto((folder) => {
    for (const [name, header] of Object.entries(headers)) {
      const text = readFileSync(join(folder, name), 'utf8');
      assert.is(text.slice(0, text.indexOf('\r\n')), header);
    }
  }));

test('the folder holds these files and no leftovers', () =>
  sweepInto((folder) => {
    const names = [...Object.keys(headers), 'datapackage.json', 'journal.jsonl', 'manifest.json'];
    assert.equal(readdirSync(folder).sort(), names.sort());
  }));

test('one row per run, sorted by key with numbers as numbers', () =>
  sweepInto((folder) => {
    const rows = cellsOf(readFileSync(join(folder, 'throughput.csv'), 'utf8')).slice(1);
    assert.is(rows.length, 2 * 2 * 2 * 3);
    assert.equal(
      rows.map((row) => row.slice(0, 6).join(' ')).filter((_, index) => index % 3 === 0),
      ['delta', 'none'].flatMap((strategy) =>
        ['2 80', '2 500', '10 80', '10 500'].map((point) => `${strategy} sticky-route ${point} 1 1`),
      ),
    );
  }));

test('no quote, no NaN, no byte order mark, CRLF at every end', () =>
  sweepInto((folder) => {
    for (const [name, text] of Object.entries(tablesIn(folder))) {
      if (!name.endsWith('.csv')) continue;
      assert.not.match(text, /["\uFEFF]|NaN|Infinity|undefined|null/, name);
      assert.is(text.replaceAll('\r\n', '').match(/[\r\n]/), null);
      assert.ok(text.endsWith('\r\n'));
    }
  }));

test('the data package describes every field of every file', () =>
  sweepInto((folder) => {
    const { resources } = JSON.parse(readFileSync(join(folder, 'datapackage.json'), 'utf8')) as {
      resources: Resource[];
    };
    assert.equal(resources.map(({ path }) => path).sort(), Object.keys(headers).sort());
    for (const { path, hash, bytes, schema } of resources) {
      const text = readFileSync(join(folder, path), 'utf8');
      const [header, ...rows] = parse(text) as string[][];
      assert.equal(
        schema.fields.map(({ name }) => name),
        header,
      );
      assert.is(hash, `sha256:${sha256(text)}`);
      assert.is(bytes, Buffer.byteLength(text));
      for (const [at, field] of schema.fields.entries()) {
        checkField(
          field,
          rows.map((row) => row[at]),
        );
      }
      const keys = rows.map((row) => schema.primaryKey.map((name) => row[header.indexOf(name)]).join(' '));
      assert.is(new Set(keys).size, rows.length, `${path}: the primary key tells rows apart`);
    }
  }));

function checkField({ name, type, unit, description, constraints }: Field, cells: readonly string[]): void {
  assert.ok(description.length > 10, name);
  if (/_(rps|ms_\w+|bytes\w*|per_s|up_s)$/.test(name)) assert.type(unit, 'string', `${name} has a unit`);
  for (const cell of cells) {
    if (cell === '') assert.not(constraints.required, `${name} is empty`);
    else if (type === 'integer') assert.match(cell, /^-?\d+$/);
    else if (type === 'number') assert.ok(Number.isFinite(Number(cell)), `${name}: ${cell}`);
  }
}

test('the manifest names every file with its digest, and every run with its fingerprint', () =>
  sweepInto((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    for (const [name, { sha256: digest }] of Object.entries(manifest.files as Record<string, { sha256: string }>)) {
      assert.is(digest, sha256(readFileSync(join(folder, name))), name);
    }
    assert.equal(Object.keys(manifest.files).sort(), [...Object.keys(headers), 'datapackage.json'].sort());
    const runs = cellsOf(readFileSync(join(folder, 'runs.csv'), 'utf8')).slice(1);
    assert.is(runs.length, 24);
    assert.equal([runs[0][6], runs[0].at(-1)], ['ok', 'delta-2-80-1']);
    for (const name of [
      'version',
      'source_sha256',
      'scenario_sha256',
      'node',
      'started_at',
      'seed',
      'scenario',
      'grid',
    ]) {
      assert.ok(manifest[name] !== undefined, name);
    }
  }));

test('the summary holds mean and Student interval of every metric', () =>
  sweepInto((folder) => {
    const rows = cellsOf(readFileSync(join(folder, 'summary.csv'), 'utf8')).slice(1);
    const first = rows.filter((row) => row[0] === 'delta' && row[2] === '2' && row[3] === '80');
    const metrics = first.map((row) => row[4]);
    assert.equal(metrics, [...metrics].sort());
    const wanted = [...tables.throughput.columns.slice(6), ...tables.consistency.columns.slice(6)].map(
      ({ name }) => name,
    );
    for (const name of [...wanted, 'capacity_rps_estimate', 'traffic.session-delta.bytes_per_request']) {
      assert.ok(metrics.includes(name), name);
    }
    const updates = cellsOf(readFileSync(join(folder, 'throughput.csv'), 'utf8'))
      .slice(1, 4)
      .map((row) => Number(row[7]));
    const mean = (updates[0] + updates[1] + updates[2]) / 3;
    const deviation = Math.sqrt(updates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    const half = (4.30265273 * deviation) / Math.sqrt(3);
    const [, n, told, low, high, ratio, method, width] = first.find((row) => row[4] === 'completed_rps')!.slice(4);
    assert.equal([method, first[0].slice(-2)], ['student-t', ['2', 'stated']]);
    assert.ok(Math.abs(Number(width) - half) < 1e-6);
    assert.is(n, '3');
    assert.ok(Math.abs(Number(told) - mean) < 1e-12);
    assert.ok(Math.abs(Number(low) - (mean - half)) < 1e-6);
    assert.ok(Math.abs(Number(high) - (mean + half)) < 1e-6);
    assert.ok(Math.abs(Number(ratio) - half / mean) < 1e-6);
  }));

test('what does not apply is empty: a percentile without requests, an interval of one replication', () =>
  inFolder(async (folder) => {
    await run(
      main,
      [...tiny, '--out', folder].map((text) => (text === '3' ? '1' : text)),
    );
    const rows = cellsOf(readFileSync(join(folder, 'summary.csv'), 'utf8')).slice(1);
    const p99 = rows.find((row) => row[4] === 'latency_ms_p99')!;
    assert.equal(p99.slice(5), ['0', '', '', '', '', 'none', '', '2', 'stated']);
    const completed = rows.find((row) => row[4] === 'completed_rps')!;
    assert.is(completed[5], '1');
    assert.equal(completed.slice(7, 10), ['', '', '']);
  }));

test('a run that fails leaves no tables, names what repeats it, and exits with 1', () =>
  inFolder(async (folder) => {
    const { localRunner } = await import('../../experiments/lib/run-pool.ts');
    const failing = localRunner(() => {
      throw new Error('more than 10 events, most of them heartbeat');
    });
    const { code, stdout, stderr } = await run(main, [...tiny, '--out', folder], failing);
    assert.is(code, 1);
    assert.is(stdout, '');
    const file = join(folder, 'failed-run.json');
    const command = `replisim simulate --scenario ${file} --replication 1`;
    assert.is(stderr, `more than 10 events, most of them heartbeat; to repeat: ${command}\n`);
    const again = await run(simulate, ['--scenario', file, '--replication', '1', '--json']);
    assert.equal(JSON.parse(again.stdout).point, {
      strategy: 'delta',
      balancer: 'sticky-route',
      nodes: 10,
      load_rps: 500,
    });
    assert.not(existsSync(join(folder, 'manifest.json')));
    assert.not(existsSync(join(folder, 'throughput.csv')));
    assert.not(existsSync(join(folder, '.lock')));
  }));

test('a run that is not a number never reaches a file', () =>
  inFolder(async (folder) => {
    const { localRunner } = await import('../../experiments/lib/run-pool.ts');
    const { fakeSimulate } = await import('./helpers.ts');
    const broken = localRunner((scenario, replication) => {
      const result = fakeSimulate(scenario, replication);
      return { ...result, throughput: { ...result.throughput, completed_rps: Number.NaN } };
    });
    const { code, stderr } = await run(main, [...tiny, '--out', folder], broken);
    assert.is(code, 1);
    assert.match(stderr, 'result.throughput.completed_rps of a run is NaN');
    assert.not(existsSync(join(folder, 'throughput.csv')));
  }));

test.run();
