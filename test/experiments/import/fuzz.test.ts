// Mutated real files: every reader answers or refuses in one line, and the scripts never print half an answer.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main as explain } from '../../../experiments/explain.ts';
import { readAccessLog } from '../../../experiments/import/access-log.ts';
import { readContextXml } from '../../../experiments/import/context-xml.ts';
import { readHttpdConf } from '../../../experiments/import/httpd-conf.ts';
import { httpdFacts } from '../../../experiments/import/httpd-facts.ts';
import { jkBalancer } from '../../../experiments/import/jk-facts.ts';
import { readNginxConf } from '../../../experiments/import/nginx-conf.ts';
import { nginxFacts } from '../../../experiments/import/nginx-facts.ts';
import { readServerXml } from '../../../experiments/import/server-xml.ts';
import { readWebXml } from '../../../experiments/import/web-xml.ts';
import { readWorkersProperties } from '../../../experiments/import/workers-properties.ts';
import { InputError } from '../../../experiments/lib/input-error.ts';
import { memoryIo } from '../../../experiments/lib/io.ts';
import { main as lint } from '../../../experiments/lint.ts';
import { httpd, workers } from '../fixtures/lint-files.ts';
import { folderWith } from './helpers.ts';

const scenarios = 'experiments/scenarios';
const real = readdirSync(scenarios, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(xml|conf)$/.test(name))
  .sort()
  .map((name) => ({ name: basename(name), text: readFileSync(join(scenarios, name), 'utf8') }));

const logLine =
  '10.1.2.3 - - [21/Nov/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 200 512 "-" "Mozilla" 0.012 JSESSIONID=0123456789ABCDEF0123456789ABCDEF.t1';
const seeds: Readonly<Record<string, readonly string[]>> = {
  'server.xml': real.filter(({ name }) => name.includes('server')).map(({ text }) => text),
  'context.xml': ['<Context distributable="true">\n<Manager className="x.DeltaManager"/>\n</Context>'],
  'web.xml': real.filter(({ name }) => name.startsWith('web')).map(({ text }) => text),
  'nginx.conf': real.filter(({ name }) => name.includes('nginx')).map(({ text }) => text),
  'httpd.conf': [httpd(), ...real.filter(({ name }) => name.includes('httpd')).map(({ text }) => text)],
  'workers.properties': [workers()],
  'access.log': [`${logLine}\n`.repeat(5)],
};

const readers: Readonly<Record<string, (file: string) => unknown>> = {
  'server.xml': readServerXml,
  'context.xml': readContextXml,
  'web.xml': readWebXml,
  'nginx.conf': (file) => nginxFacts(readNginxConf(file)),
  'httpd.conf': (file) => httpdFacts(readHttpdConf(file)),
  'workers.properties': (file) => jkBalancer(readWorkersProperties(file)),
  'access.log': readAccessLog,
};

const scraps = [
  ...[
    '<',
    '>',
    '/>',
    '</',
    '"',
    "'",
    '=',
    '#',
    '{',
    '}',
    ';',
    '\\',
    '$',
    '&',
    '&amp;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
  ],
  ...[
    '<!DOCTYPE x [',
    '<?xml',
    '\n',
    '\r',
    ' ',
    '\0',
    '\uFEFF',
    '\u2028',
    '__proto__',
    'constructor',
    '999999999999999999999',
  ],
  ...[
    '-1',
    '0',
    'NaN',
    '1e309',
    'include ../x;',
    'include *;',
    'Include *',
    '<Cluster>',
    '<Proxy balancer://a>',
    'worker.a.b=c\n',
    '%',
    '\ud800',
    'é',
  ],
];

interface Mutation {
  readonly kind: 'delete' | 'repeat' | 'insert' | 'swap' | 'cut';
  readonly at: number;
  readonly length: number;
  readonly scrap: string;
}

const mutation = fc.record<Mutation>({
  kind: fc.constantFrom('delete', 'repeat', 'insert', 'insert', 'swap', 'cut'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 1, max: 60 }),
  scrap: fc.oneof(fc.constantFrom(...scraps), fc.string({ maxLength: 8 })),
});

function mutate(text: string, { kind, at, length, scrap }: Mutation): string {
  const start = Math.floor(at * text.length);
  const piece = text.slice(start, start + length);
  if (kind === 'delete') return text.slice(0, start) + text.slice(start + length);
  if (kind === 'repeat') return text.slice(0, start) + piece.repeat(3) + text.slice(start + length);
  if (kind === 'insert') return text.slice(0, start) + scrap + text.slice(start);
  if (kind === 'swap') return text.slice(0, start) + [...piece].reverse().join('') + text.slice(start + length);
  return text.slice(0, start);
}

const numRuns = Number(process.env.REPLISIM_FUZZ_RUNS ?? 300);
const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

for (const [name, texts] of Object.entries(seeds)) {
  const folder = folderWith({ [name]: '' });
  const file = join(folder, name);

  test(`${name}: mutated files are read or refused in one line`, () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...texts), mutations, (text, changes) => {
        writeFileSync(file, changes.reduce(mutate, text));
        try {
          readers[name](file);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          assert.match(error.message, /^[^\n\r]+:\d+: [^\n\r]+$/);
          refused += 1;
        }
      }),
      { seed: Number(process.env.REPLISIM_FUZZ_SEED ?? 6), numRuns },
    );
    assert.ok(name === 'access.log' || refused > 0, 'no mutation was ever refused: are the mutations too tame?');
  });

  test(`${name}: explain and lint answer whole or not at all`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), mutations, async (text, changes) => {
        writeFileSync(file, changes.reduce(mutate, text));
        for (const [main, codes] of [
          [explain, [0, 2]],
          [lint, [0, 1, 2]],
        ] as const) {
          const io = memoryIo();
          const code = await main([file, '--json'], io);
          assert.ok((codes as readonly number[]).includes(code), `exit code ${code}`);
          if (code === 2) {
            assert.is(io.stdout, '');
            assert.match(io.stderr, /^[^\n\r]+\n$/);
          } else {
            JSON.parse(io.stdout);
            assert.is(io.stderr, '');
          }
          if (main === explain && code === 0) assert.is(await explain([file], memoryIo()), 0);
          if (main === lint && code < 2) assert.is(await lint([file], memoryIo()), code);
        }
      }),
      { seed: Number(process.env.REPLISIM_FUZZ_SEED ?? 66), numRuns: Math.ceil(numRuns / 2) },
    );
  });
}

test.run();
