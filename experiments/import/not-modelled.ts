import { noteRedisson } from './from-redisson.ts';
import { noteSpring } from './from-spring.ts';
import type { NginxDirective } from './nginx-conf.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';
import type { Situation } from './situation.ts';
import { simpleClass, type XmlElement } from './xml.ts';

/** Elements whose children are looked at one by one; any other is one entry of the list. */
const opened: ReadonlySet<string> = new Set([
  ...['Server', 'Service', 'Engine', 'Host', 'Cluster', 'Channel', 'Membership', 'Receiver', 'Sender', 'Transport'],
  ...['Interceptor', 'Manager', 'Connector', 'Executor', 'Context', 'web-app', 'web-fragment', 'session-config'],
]);

/** Attributes that change nothing a simulation could show, and why. */
const harmless: ReadonlyMap<string, string> = new Map([
  ['Receiver selectorTimeout', 'only how often an idle selector wakes up'],
  ['Receiver tcpSelectorTimeout', 'only how often an idle selector wakes up'],
  ['Receiver address', 'every simulated node is reached under its own address'],
  ['Receiver tcpListenAddress', 'every simulated node is reached under its own address'],
  ['Receiver port', 'ports never collide in the simulation'],
  ['Receiver tcpListenPort', 'ports never collide in the simulation'],
  ['Receiver autoBind', 'ports never collide in the simulation'],
  ['Membership address', 'one simulated group holds exactly this cluster'],
  ['Membership mcastAddr', 'one simulated group holds exactly this cluster'],
  ['Membership port', 'one simulated group holds exactly this cluster'],
  ['Membership mcastPort', 'one simulated group holds exactly this cluster'],
  ['Connector connectionTimeout', 'slow clients are not simulated'],
  ['Manager requestUriIgnorePattern', 'every simulated request counts as one that the pattern does not match'],
  ['Manager notifyListenersOnReplication', 'the processor time of listeners is not simulated'],
  ['Manager accessTimeout', 'the map pings are counted, and expel nobody'],
]);

interface Comparison {
  same: number;
}

/** Pairs the elements of a later node with those of the first, and says where their values part. */
function compareNodes(builder: ScenarioBuilder, first: XmlElement, later: XmlElement, found: Comparison): void {
  for (const attribute of later.attributes.values()) {
    const before = first.attributes.get(attribute.name);
    if (!before || builder.isMarked(attribute)) continue;
    if (before.value === attribute.value) {
      builder.mark(attribute);
      found.same += 1;
    } else if (builder.isMarked(before)) {
      const text = `${later.name} ${attribute.name}="${attribute.value}"`;
      builder.note(
        attribute,
        `${text}: differs from "${before.value}" of ${before.file}:${before.line}, which is used`,
      );
    }
  }
  const seen = new Map<string, number>();
  const key = (one: XmlElement): string => `${one.name} ${one.attributes.get('className')?.value ?? ''}`;
  const byKey = new Map<string, XmlElement[]>();
  for (const one of first.children) {
    const list = byKey.get(key(one)) ?? [];
    list.push(one);
    byKey.set(key(one), list);
  }
  for (const one of later.children) {
    const index = seen.get(key(one)) ?? 0;
    seen.set(key(one), index + 1);
    const before = byKey.get(key(one))?.[index];
    if (!before) continue;
    if (!opened.has(one.name) || builder.isMarked(before)) builder.mark(one);
    compareNodes(builder, before, one, found);
  }
}

/** Values of the second and later nodes: only what differs from the first is listed one by one. */
function laterNodes(builder: ScenarioBuilder, { files }: Situation): void {
  const [first, ...later] = files.servers;
  for (const { root } of later) {
    const found: Comparison = { same: 0 };
    compareNodes(builder, first.root, root, found);
    if (found.same > 0) {
      const place = { file: root.file, line: root.line };
      builder.note(place, `${found.same} values as in ${first.file}: used, or listed, there`);
    }
  }
}

const structural: ReadonlySet<string> = new Set([
  'xmlns',
  'version',
  'name',
  'xsi:schemaLocation',
  'xmlns:xsi',
  'metadata-complete',
  'id',
]);

function shown(element: XmlElement): string {
  const named = element.attributes.get('className') ?? element.attributes.get('name');
  return `<${element.name}${named ? ` ${named.name}="${named.value}"` : ''}>`;
}

function elementNotes(builder: ScenarioBuilder, element: XmlElement): void {
  if (element.name === 'Service' && builder.isMarked(element)) return;
  if (builder.isMarked(element) && element.attributes.size === 0 && element.children.length === 0) return;
  if (!opened.has(element.name)) {
    if (!builder.isMarked(element)) builder.note(element, `${shown(element)}`);
    return;
  }
  for (const attribute of element.attributes.values()) {
    if (builder.isMarked(attribute) || structural.has(attribute.name)) continue;
    const why = harmless.get(`${element.name} ${attribute.name}`);
    builder.note(attribute, `${element.name} ${attribute.name}="${attribute.value}"${why ? `: ${why}` : ''}`);
  }
  for (const one of element.children) elementNotes(builder, one);
}

/** A descriptor repeats its elements by the hundred (mime types); one entry for each name is enough. */
function descriptorNotes(builder: ScenarioBuilder, root: XmlElement): void {
  const seen = new Map<string, XmlElement[]>();
  for (const one of root.children) {
    if (opened.has(one.name)) elementNotes(builder, one);
    else if (!builder.isMarked(one)) {
      const list = seen.get(one.name) ?? [];
      list.push(one);
      seen.set(one.name, list);
    }
  }
  for (const [name, elements] of seen) {
    builder.note(elements[0], `<${name}>${elements.length > 1 ? ` and ${elements.length - 1} more` : ''}`);
  }
}

const containers: ReadonlySet<string> = new Set([
  'http',
  'server',
  'location',
  'events',
  'upstream',
  'VirtualHost',
  'Proxy',
  'Location',
  'IfModule',
]);

function directiveNotes(builder: ScenarioBuilder, directives: readonly NginxDirective[]): void {
  for (const directive of directives) {
    const { name, args, block } = directive;
    if (block && (containers.has(name) || builder.isMarked(directive))) {
      directiveNotes(builder, block);
    } else if (!builder.isMarked(directive)) {
      const missing = /^include(optional)?$/i.test(name) ? ': no such file below the folder' : '';
      builder.note(directive, `${[name, ...args].join(' ')}${block ? ' { ... }' : ''}${missing}`);
    }
  }
}

/** Everything that was read and did not become part of the scenario, in the order of files and lines. */
export function noteTheRest(builder: ScenarioBuilder, situation: Situation): void {
  const { files, strategy, cluster } = situation;
  builder.mark(strategy.manager);
  for (const web of files.webs) {
    builder.mark(web.distributable);
    builder.mark(web.sessionTimeout);
    if (web.sessionTimeout)
      for (const one of web.root.children) if (one.children.includes(web.sessionTimeout)) builder.mark(one);
  }
  for (const context of files.contexts) builder.mark(context.distributable);
  builder.mark(cluster?.element.attributes.get('className'));
  builder.mark(cluster?.element.attributes.get('managerClassName'));
  builder.mark(cluster?.channel?.attributes.get('className'));
  for (const one of cluster?.valves ?? []) {
    const name = simpleClass(one);
    const sendsAll = name === 'ReplicationValve' && (one.attributes.get('filter')?.value ?? '').trim() === '';
    if (name === 'JvmRouteBinderValve' || sendsAll) builder.mark(one);
  }
  for (const one of cluster?.listeners ?? []) {
    if (/ClusterSessionListener/.test(one.attributes.get('className')?.value ?? '')) builder.mark(one);
  }
  for (const other of files.servers.flatMap(({ otherServices }) => otherServices)) {
    builder.note(other, `${shown(other)}: a Service beside the one that is simulated; they share the JVM's processors`);
  }
  laterNodes(builder, situation);
  const roots = new Set([
    ...files.servers.map(({ root }) => root),
    ...files.contexts
      .filter(({ file }) => !files.servers.some((server) => server.file === file))
      .map(({ element }) => element),
    ...files.webs.map(({ root }) => root),
  ]);
  for (const root of roots) {
    if (root.name.startsWith('web-')) descriptorNotes(builder, root);
    else elementNotes(builder, root);
  }
  const top = (all: readonly NginxDirective[] | undefined): NginxDirective[] => {
    const inner = new Set((all ?? []).flatMap(({ block }) => block ?? []));
    return (all ?? []).filter((directive) => !inner.has(directive));
  };
  directiveNotes(builder, top(files.nginx?.all));
  directiveNotes(builder, top(files.httpd?.all));
  if (files.spring) noteSpring(builder, files.spring);
  if (files.redisson) noteRedisson(builder, files.redisson);
  for (const property of files.workers?.properties.values() ?? []) {
    if (!builder.isMarked(property)) builder.note(property, `${property.key}=${property.value}`);
  }
  const order = new Map(files.files.map((file, index) => [file, index]));
  builder.notes.sort((a, b) => (order.get(a.file) ?? 1e9) - (order.get(b.file) ?? 1e9) || a.line - b.line);
}
