import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readContextXml } from '../../../experiments/import/context-xml.ts';
import { readServerXml } from '../../../experiments/import/server-xml.ts';
import { readWebXml } from '../../../experiments/import/web-xml.ts';
import { parseXml } from '../../../experiments/import/xml.ts';
import { withoutTextInTags } from '../../../experiments/import/xml-comments.ts';
import { server } from '../fixtures/lint-files.ts';
import { fileWith, folderWith } from './helpers.ts';

test('elements, attributes and text know their lines', () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<a\n x="1"\n  y="two\nlines">\n<b:c/>\n\n some text\n<![CDATA[<raw>]]></a>',
    'a.xml',
  );
  assert.equal([root.name, root.line], ['a', 2]);
  assert.equal([root.attributes.get('x')?.line, root.attributes.get('y')?.line], [3, 5]);
  assert.is(root.attributes.get('y')?.value, 'two lines');
  assert.equal([root.children[0].name, root.children[0].line], ['c', 6]);
  assert.is(root.textLine, 8);
  assert.match(root.text, /some text\s+<raw>/);
});

test('the five predefined entities and character references are read', () => {
  assert.is(parseXml('<a x="&lt;&amp;&#65;&quot;"/>', 'a.xml').attributes.get('x')?.value, '<&A"');
});

test('text inside tags is found, blanked out and leaves every line where it was', () => {
  const text =
    '<a x="1" # one\n y="2" <!-- two\n more --> z="3"\n three="b" four\n/>\n<!-- <b # not this --><c d="e" #f />';
  const { text: repaired, found } = withoutTextInTags(text);
  assert.equal(
    found.map(({ line, tag, text: said }) => [line, tag, said]),
    [
      [1, 'a', '# one'],
      [2, 'a', '<!-- two  more -->'],
      [4, 'a', 'four'],
      [6, 'c', '#f'],
    ],
  );
  assert.is(repaired.length, text.length);
  assert.is(repaired.split('\n').length, text.split('\n').length);
  const root = parseXml(`<root>${repaired}</root>`, 'a.xml');
  assert.equal([...root.children[0].attributes.keys()], ['x', 'y', 'z', 'three']);
  assert.equal([...root.children[1].attributes.keys()], ['d']);
});

test('a file without such text comes back as it was', () => {
  const text = server();
  assert.equal(withoutTextInTags(text), { text, found: [] });
});

test('server.xml: the parts of the cluster, whole or cut out', () => {
  const whole = readServerXml(fileWith('server.xml', server({ placement: 'Engine' })));
  assert.is(whole.jvmRoute?.value, 't1');
  assert.is(whole.clusters[0].placement, 'Engine');
  assert.equal(whole.clusters[0].interceptors.length, 2);
  assert.is(whole.clusters[0].transport?.name, 'Transport');
  const cut = readServerXml(fileWith('cluster.xml', '<Cluster className="x"/>'));
  assert.is(cut.clusters[0].placement, 'unknown');
});

test('server.xml of Tomcat 5.5: membership and receiver stand in the Cluster itself', () => {
  const { clusters } = readServerXml('experiments/scenarios/seed-003/server.xml');
  assert.is(clusters[0].membership?.attributes.get('mcastPort')?.value, '45564');
  assert.is(clusters[0].receiver?.attributes.get('tcpListenAddress')?.value, '172.23.254.2');
});

test('context.xml', () => {
  const context = readContextXml(fileWith('context.xml', '<Context distributable="true"><Manager/></Context>'));
  assert.equal([context.distributable?.value, context.manager?.name], ['true', 'Manager']);
});

test('web.xml: whose it is follows from its folder, else from its content', () => {
  const text =
    '<web-app version="6.0"><distributable/><session-config><session-timeout>20</session-timeout></session-config></web-app>';
  const served =
    '<web-app><servlet><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet></web-app>';
  const folder = folderWith({
    'WEB-INF/web.xml': text,
    'conf/web.xml': text,
    'web.xml': text,
    'tomcat-web.xml': served,
    'META-INF/web-fragment.xml': '<web-fragment/>',
  });
  const kind = (name: string): string => readWebXml(join(folder, name)).kind;
  assert.equal(
    ['WEB-INF/web.xml', 'conf/web.xml', 'web.xml', 'tomcat-web.xml', 'META-INF/web-fragment.xml'].map(kind),
    ['application', 'container', 'application', 'container', 'fragment'],
  );
  const { distributable, sessionTimeout, version } = readWebXml(join(folder, 'web.xml'));
  assert.equal([distributable?.name, sessionTimeout?.text, version], ['distributable', '20', '6.0']);
});

test.run();
