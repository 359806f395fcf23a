// Files made to hurt the reader. The limit of one second is the promise made to users, far above what is needed.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readHttpdConf } from '../../../experiments/import/httpd-conf.ts';
import { readNginxConf } from '../../../experiments/import/nginx-conf.ts';
import { readServerXml } from '../../../experiments/import/server-xml.ts';
import { readWorkersProperties } from '../../../experiments/import/workers-properties.ts';
import { withoutTextInTags } from '../../../experiments/import/xml-comments.ts';
import { memoryIo } from '../../../experiments/lib/io.ts';
import { tryPattern } from '../../../experiments/lint/url-pattern.ts';
import { main as lint } from '../../../experiments/lint.ts';
import { server } from '../fixtures/lint-files.ts';
import { fileWith, folderWith, refusal } from './helpers.ts';

const megabyte = 1024 * 1024;

function quickly<T>(action: () => T): T {
  const before = process.cpuUsage();
  const result = action();
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1000;
  // Processor time, not the clock on the wall; both cores may be busy with other tests, so there is room above a second.
  assert.ok(tookMs < 3000, `took ${Math.round(tookMs)} ms`);
  return result;
}

test('10 MB files are refused', () => {
  const big = 'a'.repeat(10 * megabyte);
  for (const read of [readServerXml, readNginxConf, readHttpdConf, readWorkersProperties]) {
    const file = fileWith('big.conf', big);
    assert.match(
      quickly(() => refusal(() => read(file))),
      /10485760 bytes; at most 1048576/,
    );
  }
});

test('10,000 levels are refused', () => {
  const deep: [(file: string) => unknown, string][] = [
    [readServerXml, '<a>'.repeat(10_000)],
    [readNginxConf, 'a {'.repeat(10_000)],
    [readHttpdConf, '<If a>\n'.repeat(10_000)],
  ];
  for (const [read, text] of deep) {
    const file = fileWith('deep', text);
    assert.match(
      quickly(() => refusal(() => read(file))),
      /nested 65 deep; 64 at most/,
    );
  }
});

test('entity bombs and outside entities are refused before anything is expanded', () => {
  const bomb = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}">${'<!ENTITY c "&b;&b;">'.repeat(1000)}]><Server>&c;</Server>`;
  const file = fileWith('server.xml', bomb);
  assert.match(
    quickly(() => refusal(() => readServerXml(file))),
    /entities are never expanded/,
  );
  const parameter = fileWith('server.xml', '<!DOCTYPE a [%x;]><Server/>');
  assert.match(
    refusal(() => readServerXml(parameter)),
    /entities are never expanded/,
  );
});

test('a DOCTYPE that only names a DTD is passed over, the DTD is never opened', () => {
  const file = fileWith('server.xml', '<!DOCTYPE Server SYSTEM "file:///etc/passwd">\n<Server port="1"/>');
  const { root } = readServerXml(file);
  assert.is(root.attributes.get('port')?.value, '1');
  assert.is(root.line, 2);
});

test('names of prototypes are only names', () => {
  const file = fileWith('server.xml', '<Server __proto__="1" constructor="2"><__proto__ polluted="3"/></Server>');
  const { root } = readServerXml(file);
  assert.is(root.attributes.get('__proto__')?.value, '1');
  const properties = readWorkersProperties(
    fileWith('workers.properties', 'worker.__proto__.polluted=1\nworker.constructor.prototype=2\n__proto__=3'),
  );
  assert.is(properties.workers.get('__proto__')?.properties.get('polluted')?.value, '1');
  assert.is(({} as Record<string, unknown>).polluted, undefined);
});

test('a pipe is refused instead of waited for', () => {
  const folder = folderWith({});
  const pipe = join(folder, 'server.xml');
  execFileSync('mkfifo', [pipe]);
  assert.match(
    quickly(() => refusal(() => readServerXml(pipe))),
    /not a regular file/,
  );
});

test('long runs of anything do not slow the readers down', () => {
  for (const run of [' ', '\n', '"', '<', '<a', '<a b', '<a ="', '#', '\\', '{', '$', '<!--', '\t>', '=', '/']) {
    const text = run.repeat(Math.floor((megabyte - 100) / run.length));
    quickly(() => withoutTextInTags(`<Server ${text}`));
    for (const read of [readServerXml, readNginxConf, readHttpdConf, readWorkersProperties]) {
      const file = fileWith('run', text);
      quickly(() => {
        try {
          read(file);
        } catch {
          // A refusal is as good as an answer.
        }
      });
    }
  }
});

test('a pattern that would take for ever is given up', () => {
  const slow = `${'(.*)*'.repeat(9)}x`;
  assert.equal(
    quickly(() => tryPattern(slow)),
    { kind: 'slow' },
  );
});

test('a file full of slow patterns is judged all the same', async () => {
  const valve = `<Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter="${'(.*)*'.repeat(9)}x"/>`;
  const file = fileWith('server.xml', server({ valves: valve.repeat(500) }));
  const started = performance.now();
  const io = memoryIo();
  assert.is(await lint([file], io), 1, io.stderr);
  assert.ok(performance.now() - started < 3000);
});

test.run();
