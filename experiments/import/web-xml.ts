import { basename, dirname } from 'node:path';
import { quoted } from '../lib/input-error.ts';
import { type Place, readXmlText, refuse } from './source.ts';
import { child, childrenNamed, descendants, parseXml, type XmlElement } from './xml.ts';

/** One web.xml or web-fragment.xml. */
export interface WebXml {
  readonly file: string;
  readonly root: XmlElement;
  /** `application` is WEB-INF/web.xml, `container` is conf/web.xml, `fragment` a library's web-fragment.xml. */
  readonly kind: 'application' | 'container' | 'fragment';
  readonly distributable: XmlElement | undefined;
  /** The text of session-timeout [min] and where it stands. */
  readonly sessionTimeout: XmlElement | undefined;
  /** Servlet version the file declares, such as 6.0; undefined where it declares none. */
  readonly version: string | undefined;
  /** Classes of its `<listener>` elements with their places. */
  readonly listeners: readonly (Place & { readonly className: string })[];
}

function kindOf(root: XmlElement, file: string): WebXml['kind'] {
  if (root.name === 'web-fragment') return 'fragment';
  const folder = basename(dirname(file));
  if (folder === 'WEB-INF') return 'application';
  if (folder === 'conf') return 'container';
  const servesFiles = [...descendants(root)].some(({ text }) =>
    text.includes('org.apache.catalina.servlets.DefaultServlet'),
  );
  return servesFiles ? 'container' : 'application';
}

function listenersOf(root: XmlElement): WebXml['listeners'] {
  return childrenNamed(root, 'listener').map((listener) => {
    const { file, line } = listener;
    return { className: child(listener, 'listener-class')?.text.trim() ?? '', file, line };
  });
}

/** Parses a deployment descriptor. */
export function parseWebXml(text: string, file: string): WebXml {
  const root = parseXml(text, file);
  if (root.name !== 'web-app' && root.name !== 'web-fragment') {
    throw refuse(root, `<${quoted(root.name)}> is not a web.xml; the root is web-app or web-fragment`);
  }
  return {
    file,
    root,
    kind: kindOf(root, file),
    distributable: child(root, 'distributable'),
    sessionTimeout: child(child(root, 'session-config'), 'session-timeout'),
    version: root.attributes.get('version')?.value,
    listeners: listenersOf(root),
  };
}

/** Reads one web.xml or web-fragment.xml. */
export function readWebXml(file: string): WebXml {
  return parseWebXml(readXmlText(file), file);
}
