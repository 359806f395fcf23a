import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allDirectives, readNginxConf } from '../../../experiments/import/nginx-conf.ts';
import { fileWith, folderWith, refusal } from './helpers.ts';

function read(text: string): ReturnType<typeof readNginxConf>['directives'] {
  return readNginxConf(fileWith('nginx.conf', text)).directives;
}

test('words, quotes, escapes, comments and blocks with their lines', () => {
  const [user, upstream] = read(
    'user nobody "no body"; # a comment; {\nupstream back {\n  hash $cookie_JSESSIONID consistent;\n  server 10.0.0.1:8080 weight=2;\n}\n',
  );
  assert.equal(user.args, ['nobody', 'no body']);
  assert.is(user.block, null);
  assert.is(upstream.name, 'upstream');
  assert.is(upstream.line, 2);
  assert.equal(
    upstream.block?.map(({ name, args, line }) => [name, args.join(' '), line]),
    [
      ['hash', '$cookie_JSESSIONID consistent', 3],
      ['server', '10.0.0.1:8080 weight=2', 4],
    ],
  );
});

test('a # inside a word, a braced variable and a map of patterns', () => {
  const braced = ['b#c$', '{d}e'].join('');
  const [set, map] = read(`set $a ${braced};\nmap $x $y { ~^(?<base>[^.]*) $base; "~a{2}" "q\\"r"; default 0; }`);
  assert.equal(set.args, ['$a', braced]);
  assert.equal(
    map.block?.map(({ name, args }) => [name, ...args]),
    [
      ['~^(?<base>[^.]*)', '$base'],
      ['~a{2}', 'q"r'],
      ['default', '0'],
    ],
  );
});

test('a Lua block is passed over', () => {
  const [location, last] = read('location / { content_by_lua_block { if a then { b } } }\nend_here on;');
  assert.is(location.block?.[0].name, 'content_by_lua_block');
  assert.equal([last.name, last.line], ['end_here', 2]);
});

test('includes stand in place of the directive and know their own file', () => {
  const folder = folderWith({
    'nginx.conf': 'http { include mime.types; include conf.d/*.conf; include /etc/nginx/parts/a.conf; }',
    'conf.d/b.conf': 'server { listen 81; }',
    'conf.d/a.conf': '\nupstream u { server a; }',
    'parts/a.conf': 'gzip on;',
  });
  const [http] = readNginxConf(join(folder, 'nginx.conf')).directives;
  assert.equal(
    http.block?.map(({ name, file, line }) => [name, file.slice(folder.length + 1), line]),
    [
      ['include', 'nginx.conf', 1],
      ['upstream', 'conf.d/a.conf', 2],
      ['server', 'conf.d/b.conf', 1],
      ['gzip', 'parts/a.conf', 1],
    ],
  );
});

test('no include leaves the folder of the file', () => {
  const folder = folderWith({ 'in/nginx.conf': '', 'secret.conf': 'user root;' });
  const file = join(folder, 'in/nginx.conf');
  symlinkSync(join(folder, 'secret.conf'), join(folder, 'in/link.conf'));
  symlinkSync(folder, join(folder, 'in/out'));
  for (const path of [
    '../secret.conf',
    '/etc/passwd',
    'link.conf',
    'out/secret.conf',
    'out/*.conf',
    '../*',
    'a/../../secret.conf',
    '/etc/nginx/../passwd',
  ]) {
    writeFileSync(file, `\ninclude ${path};`);
    assert.match(
      refusal(() => readNginxConf(file)),
      /nginx\.conf:2: include of .* leaves the folder of the file|^.*leaves the folder/,
    );
  }
});

test('an include of itself ends in a refusal', () => {
  const file = fileWith('nginx.conf', 'include nginx.conf;');
  assert.match(
    refusal(() => readNginxConf(file)),
    /^nginx.conf:1: includes nested 9 deep/,
  );
});

test('each malformed file has its one line', () => {
  const cases: [string, string][] = [
    ['http {\n server {\n }\n', '1: "http {" is never closed; "}" is expected'],
    ['http { }\n}', '2: unexpected "}"; no block is open here'],
    ['\nlisten 80', '2: "listen" is not ended; ";" or "{" is expected'],
    ['http { listen 80 }', '1: "listen" is not ended before "}"; ";" is expected'],
    [';', '1: unexpected ";"; a directive is expected'],
    ['\n\n{ }', '3: unexpected "{"; a directive is expected'],
    ['a "b;\nc', '1: the quoted text (b; c) is never closed with "'],
    ['a "b"c;', '1: unexpected "c" after a quoted word; a space, ";" or "{" is expected'],
    [`a ${'x'.repeat(5000)};`, '1: a word of more than 4096 characters; a quote missing?'],
    ['include a b;', '1: include takes one file, not 2'],
    ['a\u0000;', '1: a NUL byte; a text file is expected'],
    ['x_by_lua_block {', '1: unexpected end of file; the block is never closed with "}"'],
    ['a { '.repeat(100), '1: nested 65 deep; 64 at most'],
    ['a;'.repeat(20_001), '1: more than 20000 entries; 20000 at most'],
  ];
  for (const [text, line] of cases) {
    assert.is(
      refusal(() => read(text)),
      `nginx.conf:${line}`,
    );
  }
});

test('missing, too large, foreign and unreadable files are refused', () => {
  assert.is(
    refusal(() => readNginxConf('/nowhere/nginx.conf')),
    'nginx.conf:1: no such file',
  );
  const folder = folderWith({ 'big.conf': 'x'.repeat(10_000_000), 'zip.conf': Uint8Array.of(97, 10, 0xe9, 3) });
  writeFileSync(join(folder, 'latin.conf'), Buffer.from('# für alle\nevents { }\n', 'latin1'));
  assert.match(
    refusal(() => readNginxConf(folder)),
    /not a regular file/,
  );
  assert.match(
    refusal(() => readNginxConf('/dev/zero')),
    /not a regular file/,
  );
  assert.match(
    refusal(() => readNginxConf(join(folder, 'big.conf'))),
    /big.conf:1: 10000000 bytes; at most 1048576/,
  );
  assert.is(
    refusal(() => readNginxConf(join(folder, 'zip.conf'))),
    'zip.conf:2: not UTF-8; save the file as UTF-8',
  );
  assert.is(readNginxConf(join(folder, 'latin.conf')).directives[0].line, 2);
});

test('all directives, outer ones first', () => {
  const names = [...allDirectives(read('a { b { c; } } d;'))].map(({ name }) => name);
  assert.equal(names, ['a', 'b', 'c', 'd']);
});

test.run();
