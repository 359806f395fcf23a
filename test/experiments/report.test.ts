// The report as a file: same results, same bytes; no script, no address of the network; strangers' text does no harm.
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spread } from '../../experiments/report/chart.ts';
import { escapeHtml } from '../../experiments/report/html.ts';
import { modelLimits } from '../../experiments/report/model-limits.ts';
import { decisiveArguments } from '../../experiments/report/reproduce.ts';
import { main as report } from '../../experiments/report.ts';
import { main as scaleSweep } from '../../experiments/scale-sweep.ts';
import { sampleResults } from './fixtures/report-samples.ts';
import { inFolder, run, write } from './helpers.ts';

const made = mkdtempSync(join(tmpdir(), 'replisim-'));
process.on('exit', () => rmSync(made, { recursive: true, force: true }));
/** Made-up results of every experiment: made once, copied for each test. */
const sample = await sampleResults(made, ['--strategies', 'backup,delta,none']);

/** A copy of the results for one test. @returns the folder of the sweep. */
function copied(folder: string): string {
  cpSync(join(sample, '..'), folder, { recursive: true });
  return join(folder, 'scale-sweep');
}

/** The report of a folder, as text and as a document. */
async function reportOf(folder: string): Promise<{ text: string; document: Document }> {
  const { code, stdout, stderr } = await run(report, [folder]);
  assert.is(code, 0, stderr);
  const file = join(folder, 'report.html');
  assert.is(stdout, `${file}\n`);
  const text = readFileSync(file, 'utf8');
  return { text, document: parseHTML(text).document as unknown as Document };
}

const figureIds = [
  'balance',
  'bytes-by-kind',
  'capacity',
  'carried',
  'consistency',
  'detection',
  'latency',
  'losses',
  'mistakes',
  'timelines',
  'tornado',
  'traffic',
  'validation',
];
const beside = [
  'balancing-sweep',
  'capacity-search',
  'consistency-sweep',
  'failover',
  'heartbeat-sweep',
  'sensitivity',
  'validation',
];

test('the first screen has the answer in a sentence and a row per strategy with intervals', async () => {
  await inFolder(async (folder) => {
    const { document } = await reportOf(copied(folder));
    assert.match(document.querySelector('h1')!.textContent!, /^[\d,]+ requests\/s are carried by .*nodes/);
    const rows = [...document.querySelectorAll('.answer tbody tr')].map((row) => row.textContent!);
    assert.is(rows.length, 3);
    assert.match(rows[0], /^backup/);
    assert.match(rows[1], /±/);
    const heads = [...document.querySelectorAll('.answer tbody tr:first-child td')].map((cell) =>
      cell.getAttribute('data-head'),
    );
    assert.ok(heads.includes('Capacity, requests/s'), 'cells name themselves where the head is not seen');
    const page = document.body.textContent!;
    assert.match(
      page,
      /How sure: .* rests on \d+ values that nobody has measured .* 2 ms of processor time per request/,
    );
  });
});

test('every figure says what to see, names its columns with a link to a file that is there, and has its numbers', async () => {
  await inFolder(async (folder) => {
    const results = copied(folder);
    const { document } = await reportOf(results);
    const figures = [...document.querySelectorAll('figure')];
    assert.equal(figures.map(({ id }) => id).sort(), figureIds);
    for (const figure of figures) {
      assert.is(figure.querySelectorAll('svg[role=img]').length, 2, figure.id);
      assert.ok(figure.querySelectorAll('details tbody tr').length > 0, figure.id);
      const links = [...figure.querySelectorAll('figcaption a')];
      assert.ok(links.length > 0, figure.id);
      for (const link of links) {
        const file = join(results, decodeURIComponent(link.getAttribute('href')!));
        const header = readFileSync(file, 'utf8').split('\r\n')[0].split(',');
        const columns = [...link.parentElement!.querySelectorAll('code')].map(
          (code) => code.textContent!.split(' ')[0],
        );
        assert.ok(
          columns.some((name) => header.includes(name)),
          `${figure.id}: ${columns} in ${header}`,
        );
      }
    }
  });
});

test('a figure without data says what to run', async () => {
  await inFolder(async (folder) => {
    const results = copied(folder);
    rmSync(join(folder, 'validation'), { recursive: true });
    const { document } = await reportOf(results);
    assert.match(document.querySelector('#validation')!.textContent!, /Run replisim validate/);
  });
});

test('same results, same bytes: in any folder, drawn twice, whatever the clock and the machine said', async () => {
  await inFolder(async (folder) => {
    const results = copied(folder);
    const { text } = await reportOf(results);
    const elsewhere = join(folder, 'elsewhere');
    cpSync(results, join(elsewhere, 'scale-sweep'), { recursive: true });
    for (const name of beside) cpSync(join(folder, name), join(elsewhere, name), { recursive: true });
    const manifest = join(elsewhere, 'scale-sweep', 'manifest.json');
    const facts = {
      ...JSON.parse(readFileSync(manifest, 'utf8')),
      started_at: '1999',
      host: { name: 'other' },
      node: 'v1',
      jobs: 77,
      wall_s: 9,
      commit: 'f00',
    };
    facts.command = [...facts.command, '--jobs', '3'];
    write(join(elsewhere, 'scale-sweep'), 'manifest.json', JSON.stringify(facts));
    assert.is((await reportOf(join(elsewhere, 'scale-sweep'))).text, text);
    assert.is((await reportOf(results)).text, text);
    assert.ok(text.length < 1_000_000, `${text.length} bytes`);
  });
});

test('there is no script, no address of the network, and a policy that forbids both', async () => {
  await inFolder(async (folder) => {
    const { text } = await reportOf(copied(folder));
    assert.not.match(text, /<script|javascript:|\son[a-z]+=/i);
    assert.not.match(text.replaceAll(/xmlns(:\w+)?="[^"]*"/g, ''), /https?:|@import|url\((?!#)/i);
    assert.match(text, /Content-Security-Policy" content="default-src &#39;none&#39;/);
  });
});

test('a scenario with markup or a formula in its name is refused, so that no CSV ever has either', async () => {
  await inFolder(async (folder) => {
    for (const name of ['<script>', '=cmd|calc', '+1', '@a']) {
      const { code, stderr } = await run(scaleSweep, ['--set', `name=${name}`, '--out', join(folder, 'x')]);
      assert.is(code, 2);
      assert.match(stderr, /^--set name=.*: /);
      assert.is(stderr.trim().split('\n').length, 1);
    }
  });
});

test('a scenario name, a strategy and a manifest with markup or a formula do no harm', async () => {
  await inFolder(async (folder) => {
    const name = '</title><script>alert(1)</script>=cmd|calc"\'';
    const results = copied(folder);
    const manifest = join(results, 'manifest.json');
    const facts = JSON.parse(readFileSync(manifest, 'utf8'));
    facts.scenario.name = name;
    facts.command = [name];
    write(results, 'manifest.json', JSON.stringify(facts));
    for (const file of ['throughput.csv', 'traffic.csv', 'consistency.csv', 'summary.csv']) {
      assert.not.match(readFileSync(join(results, file), 'utf8'), /script|cmd|^[=+@-]/m, file);
    }
    const summary = readFileSync(join(results, 'summary.csv'), 'utf8');
    write(results, 'summary.csv', summary.replaceAll('delta,', '"<img src=x onerror=alert(1)> ""q""",'));
    const { text, document } = await reportOf(results);
    assert.is(document.querySelectorAll('script,img').length, 0);
    assert.not.match(text, /<script|<img/);
    assert.ok(document.querySelector('.eyebrow')!.textContent!.includes(name));
    assert.ok(text.includes('&lt;img src=x'));
  });
});

test('two folders: the differences are paired, those that are clear are bold, and the changed keys are listed', async () => {
  await inFolder(async (folder) => {
    const first = await sampleResults(join(folder, 'a'), ['--strategies', 'delta,none']);
    const second = await sampleResults(join(folder, 'b'), [
      '--strategies',
      'delta,none',
      '--set',
      'session.writeRatio=0.9',
    ]);
    const throughput = readFileSync(join(second, 'throughput.csv'), 'utf8').split('\r\n');
    const at = throughput[0].split(',').indexOf('before_faults_completed_rps');
    const raised = throughput.map((line, index) => {
      const cells = line.split(',');
      if (index > 0 && cells.length > 1) cells[at] = String(Number(cells[at]) * 1.1);
      return cells.join(',');
    });
    write(second, 'throughput.csv', raised.join('\r\n'));
    const { code, stdout, stderr } = await run(report, [first, second]);
    assert.is(code, 0, stderr);
    const file = join(second, 'comparison.html');
    assert.is(stdout, `${file}\n`);
    const { document } = parseHTML(readFileSync(file, 'utf8'));
    assert.match(document.querySelector('h1')!.textContent!, /delta: capacity \+[\d.]+.*\(\+10\.0 %\)/);
    assert.match(document.querySelector('.answer tbody .strong')!.textContent!, /^\+/);
    assert.match(
      document.querySelector('#part-scenario')!.parentElement!.textContent!,
      /session\.writeRatio.*0\.3.*0\.9/,
    );
    assert.is(document.querySelectorAll('figure').length >= 2, true);
  });
});

test('an experiment that is no sweep has its own figures for an answer, and those of the sweep beside it', async () => {
  await inFolder(async (folder) => {
    copied(folder);
    for (const name of beside) {
      const { document } = await reportOf(join(folder, name));
      const figures = [...document.querySelectorAll('figure h3')].map((title) => `${title.textContent}.`);
      assert.ok(figures.includes(document.querySelector('h1')!.textContent!), name);
      assert.is(figures.length, figureIds.length, name);
    }
  });
});

test('bad input is one line and exit code 2, and writes nothing', async () => {
  await inFolder(async (folder) => {
    const cases: [string[], RegExp][] = [
      [[], /nothing named; DIR \[DIR2\] is expected/],
      [[folder, folder, folder], /3 named/],
      [[join(folder, 'none')], /no such folder/],
      [[folder], /no results that a report is made of/],
      [[folder, '--uot', 'x'], /did you mean --out\?/],
    ];
    for (const [argv, message] of cases) {
      const { code, stdout, stderr } = await run(report, argv);
      assert.is(code, 2, stderr);
      assert.match(stderr, message);
      assert.is(stderr.trim().split('\n').length, 1);
      assert.is(stdout, '');
    }
    write(folder, 'summary.csv', 'strategy,balancer\r\ndelta,x\r\n');
    assert.match((await run(report, [folder])).stderr, /summary\.csv:1: no column nodes/);
    write(
      folder,
      'summary.csv',
      'strategy,balancer,nodes,load_rps,metric,n,mean,ci95_low,ci95_high,half_width,method\r\ndelta,rr,2\r\n',
    );
    assert.match((await run(report, [folder])).stderr, /summary\.csv:2: 3 cells; 11 are expected/);
    assert.not.ok(statSync(join(folder, 'report.html'), { throwIfNoEntry: false }));
  });
});

test('parts: names are moved apart in their order, text is escaped, limits are read, run flags are left out', () => {
  const moved = spread([10, 11, 12, 100], 15, 0, 200);
  assert.ok(moved[1] - moved[0] >= 14.9 && moved[2] - moved[1] >= 14.9);
  assert.is(Math.round(moved[3]), 100);
  assert.is(escapeHtml('<a href="x">\u0000&\'</a>'), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;');
  const limits = modelLimits();
  assert.ok(limits.length >= 13, `${limits.length} models`);
  assert.ok(
    limits.every(({ limits: text }) => text.length > 10 && text.endsWith('.')),
    JSON.stringify(limits),
  );
  const argv = ['--nodes', '2', '--jobs', '4', '--out=x', '--resume', '--set', "name=it's"];
  assert.equal(decisiveArguments(argv), ['--nodes', '2', '--set', "name=it's"]);
});

test.run();
