import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readHttpdConf } from '../../../experiments/import/httpd-conf.ts';
import { fileWith, folderWith, refusal } from './helpers.ts';

function read(text: string): ReturnType<typeof readHttpdConf>['directives'] {
  return readHttpdConf(fileWith('httpd.conf', text)).directives;
}

test('sections, quotes, continuations and comments with their lines', () => {
  const [proxy, pass] = read(
    [
      '# a comment',
      '<proxy "balancer://shop">',
      '  BalancerMember ajp://10.0.0.1:8009 \\',
      '    route=t1 loadfactor=2',
      '  proxyset lbmethod=bybusyness',
      '</Proxy>',
      "ProxyPass / balancer://shop/ 'stickysession=JSESSIONID|jsessionid' # no comment here",
    ].join('\r\n'),
  );
  assert.equal([proxy.name, proxy.args, proxy.line], ['Proxy', ['balancer://shop'], 2]);
  assert.equal(
    proxy.block?.map(({ name, args, line }) => [name, args, line]),
    [
      ['BalancerMember', ['ajp://10.0.0.1:8009', 'route=t1', 'loadfactor=2'], 3],
      ['ProxySet', ['lbmethod=bybusyness'], 5],
    ],
  );
  assert.equal(pass.args.slice(0, 3), ['/', 'balancer://shop/', 'stickysession=JSESSIONID|jsessionid']);
  assert.is(pass.line, 7);
});

test('an escaped quote, a backslash in a bare word', () => {
  const [header, rule] = read('Header add X "a \\"b\\" c"\nRewriteRule ^/a\\.b$ /c');
  assert.equal(header.args, ['add', 'X', 'a "b" c']);
  assert.equal(rule.args, ['^/a\\.b$', '/c']);
});

test('includes below the folder, with conf/ in front or where packages install them', () => {
  const folder = folderWith({
    'httpd.conf': 'Include conf/extra/v.conf\nIncludeOptional missing/*.conf\nInclude /etc/httpd/conf/extra/v.conf',
    'extra/v.conf': '<VirtualHost *:80>\nServerName shop\n</VirtualHost>',
  });
  const names = readHttpdConf(join(folder, 'httpd.conf')).directives.map(({ name, file }) => [
    name,
    file.slice(folder.length + 1),
  ]);
  assert.equal(names, [
    ['VirtualHost', 'extra/v.conf'],
    ['IncludeOptional', 'httpd.conf'],
    ['VirtualHost', 'extra/v.conf'],
  ]);
});

test('each malformed file has its one line', () => {
  const cases: [string, string][] = [
    ['<Proxy a>\n', '1: <Proxy> is never closed; </Proxy> is expected'],
    ['</Proxy>', '1: </Proxy> closes nothing; no section is open here'],
    ['<Proxy a>\n</VirtualHost>', '2: </VirtualHost> while <Proxy> of line 1 is open; </Proxy> is expected'],
    ['\n<Proxy a', '2: the section (<Proxy a) lacks its ">"'],
    ['< >', '1: a section without a name (< >); "<Name ...>" is expected'],
    ['A "b', '1: the quoted text (b) is never closed with "'],
    ['Include a b', '1: Include takes one file, not 2'],
    ['Include ../x', '1: include of ../x leaves the folder of the file; only files below it are read'],
    ['Include httpd.conf', '1: includes nested 9 deep (does one include itself?); 8 at most'],
    [`A ${'x'.repeat(9000)}`, '1: a line of more than 8192 characters; 8192 at most'],
    ['<If a>\n'.repeat(100), '65: nested 65 deep; 64 at most'],
  ];
  for (const [text, line] of cases) {
    const said = refusal(() => read(text));
    assert.ok(`httpd.conf:${line}`.endsWith(said), `${said} is not the end of httpd.conf:${line}`);
  }
});

test.run();
