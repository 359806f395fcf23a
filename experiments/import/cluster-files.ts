import { closeSync, constants, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { readAccessLog, type Workload } from './access-log.ts';
import { type ContextXml, contextOf, parseContextXml } from './context-xml.ts';
import { redissonSections } from './from-redisson.ts';
import { readHttpdConf } from './httpd-conf.ts';
import { type HttpdFacts, httpdFacts } from './httpd-facts.ts';
import { type JkBalancer, jkBalancer } from './jk-facts.ts';
import { parseLogLine } from './log-line.ts';
import { readNginxConf } from './nginx-conf.ts';
import { type NginxFacts, nginxFacts } from './nginx-facts.ts';
import { parseServerXml, type ServerXml, serverRoots } from './server-xml.ts';
import { readSettings, type SettingsFile } from './settings-file.ts';
import { readText, readXmlText, refuse } from './source.ts';
import { type SpringFacts, springFacts } from './spring-facts.ts';
import { parseWebXml, type WebXml } from './web-xml.ts';
import { readWorkersProperties, type WorkersProperties } from './workers-properties.ts';
import { type TextInTag, withoutTextInTags } from './xml-comments.ts';

/** What a file is. */
export type FileKind =
  | 'server'
  | 'context'
  | 'web'
  | 'nginx'
  | 'httpd'
  | 'workers'
  | 'spring'
  | 'redisson'
  | 'access-log';

/** The files of one cluster, by kind. */
export interface ClusterPaths {
  readonly serverXml?: readonly string[];
  readonly contextXml?: readonly string[];
  readonly webXml?: readonly string[];
  readonly nginxConf?: readonly string[];
  readonly httpdConf?: readonly string[];
  readonly workersProperties?: readonly string[];
  /** application.properties or application.yml of Spring Boot. */
  readonly springSettings?: readonly string[];
  readonly redissonYaml?: readonly string[];
  readonly accessLog?: string;
}

/** Everything the files of one cluster say, read but not yet judged. */
export interface ClusterFiles {
  readonly files: readonly string[];
  readonly servers: readonly ServerXml[];
  /** Contexts of their own files and those inside server.xml. */
  readonly contexts: readonly ContextXml[];
  readonly webs: readonly WebXml[];
  readonly nginx: NginxFacts | undefined;
  readonly httpd: HttpdFacts | undefined;
  readonly workers: WorkersProperties | undefined;
  readonly jk: JkBalancer | undefined;
  readonly spring?: SpringFacts;
  readonly redisson?: SettingsFile;
  readonly workload: Workload | undefined;
  /** Text that was found inside tags and passed over; only when the reader was told to. */
  readonly textInTags: readonly (TextInTag & { readonly file: string })[];
}

function head(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return readText(file);
  }
  try {
    const bytes = Buffer.alloc(64 * 1024);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)).toString('utf8');
  } catch {
    return readText(file);
  } finally {
    closeSync(descriptor);
  }
}

function xmlKind(text: string): FileKind | undefined {
  const rest = text.replace(/<!--[\s\S]*?(?:-->|$)/g, ' ');
  for (const [, name] of rest.matchAll(/<(?:\w+:)?([A-Za-z][\w-]*)/g)) {
    if (serverRoots.has(name)) return 'server';
    if (name === 'Context') return 'context';
    if (name === 'web-app' || name === 'web-fragment') return 'web';
    return undefined;
  }
  return undefined;
}

/** Files of Spring Boot and Redisson: their endings, and names that only they have. */
function settingsKind(text: string, name: string): 'spring' | 'redisson' | undefined {
  if (!/\.(properties|ya?ml|json)$/.test(name)) return undefined;
  if (new RegExp(`^\\W*(${redissonSections.join('|')})\\W*:`, 'm').test(text)) return 'redisson';
  if (/\.json$/.test(name)) return undefined;
  return /^\s*(spring|server)([.:]|\s*$)/m.test(text) || /^(application|bootstrap)[\w-]*\./.test(name)
    ? 'spring'
    : undefined;
}

/**
 * What a file is, by its content; its name decides where the content does not.
 *
 * @throws InputError - nothing that is known.
 */
export function recogniseFile(file: string): FileKind {
  const text = head(file);
  const name = basename(file).toLowerCase();
  const first = text.split('\n', 50).find((line) => line.trim() !== '') ?? '';
  if (parseLogLine(first.trim())) return 'access-log';
  if (
    /^\s*(\uFEFF)?<(\?xml|!--|!DOCTYPE|[A-Za-z])/.test(text) &&
    !/^\s*<(VirtualHost|Proxy|If|Location|Directory)/im.test(first)
  ) {
    const kind = xmlKind(text);
    if (kind) return kind;
  }
  const settings = settingsKind(text, name);
  if (settings) return settings;
  if (/^\s*worker\.[\w.-]+\s*=/m.test(text) || /^workers.*\.properties$/.test(name)) return 'workers';
  if (
    /^\s*(<(VirtualHost|Proxy|IfModule|Location)\b|(ProxyPass|BalancerMember|LoadModule|ServerRoot|JkMount|JkWorkersFile)\s)/im.test(
      text,
    )
  )
    return 'httpd';
  if (/(^|[;{}\s])(upstream\s+\S+|http|server|events|location\s+\S+)\s*\{/.test(text)) return 'nginx';
  if (/nginx/.test(name)) return 'nginx';
  if (/httpd|apache|vhost/.test(name)) return 'httpd';
  if (/\.xml$/.test(name)) return /web/.test(name) ? 'web' : /context/.test(name) ? 'context' : 'server';
  if (/access.*log|\.log$/.test(name)) return 'access-log';
  if (/\.(ya?ml|json)$/.test(name) && /^\W*(nodes|replication|load|session|channel|faults)\W*:/m.test(text)) {
    throw refuse({ file, line: 1 }, 'a scenario; replisim simulate --scenario and the sweeps read it');
  }
  throw refuse(
    { file, line: 1 },
    'not recognised; server.xml, context.xml, web.xml, nginx.conf, httpd.conf, workers.properties, application.properties (or .yml), redisson.yaml and access logs are',
  );
}

/** Sorts files by what they are. */
export function sortFiles(files: readonly string[]): ClusterPaths {
  const kinds = files.map((file) => [recogniseFile(file), file] as const);
  const of = (wanted: FileKind): string[] => kinds.filter(([kind]) => kind === wanted).map(([, file]) => file);
  const logs = of('access-log');
  if (logs.length > 1) throw refuse({ file: logs[1], line: 1 }, 'a second access log; one is read at a time');
  return {
    serverXml: of('server'),
    contextXml: of('context'),
    webXml: of('web'),
    nginxConf: of('nginx'),
    httpdConf: of('httpd'),
    workersProperties: of('workers'),
    springSettings: of('spring'),
    redissonYaml: of('redisson'),
    ...(logs.length > 0 ? { accessLog: logs[0] } : {}),
  };
}

interface ReadOptions {
  /** Passes over text inside tags, which makes a file unreadable for Tomcat, and reports it instead of refusing. */
  readonly tolerateTextInTags?: boolean;
}

/**
 * Reads the files of one cluster.
 *
 * @throws InputError - the first file that cannot be read, in one line.
 */
export function readClusterFiles(paths: ClusterPaths, { tolerateTextInTags = false }: ReadOptions = {}): ClusterFiles {
  const textInTags: (TextInTag & { file: string })[] = [];
  const xmlText = (file: string): string => {
    const text = readXmlText(file);
    if (!tolerateTextInTags) return text;
    const repaired = withoutTextInTags(text);
    for (const found of repaired.found) textInTags.push({ ...found, file });
    return repaired.text;
  };
  const servers = (paths.serverXml ?? []).map((file) => parseServerXml(xmlText(file), file));
  const contexts = (paths.contextXml ?? []).map((file) => parseContextXml(xmlText(file), file));
  const webs = (paths.webXml ?? []).map((file) => parseWebXml(xmlText(file), file));
  const nginx = (paths.nginxConf ?? []).flatMap((file) => readNginxConf(file).directives);
  const httpd = (paths.httpdConf ?? []).flatMap((file) => readHttpdConf(file).directives);
  const [workersFile, second] = paths.workersProperties ?? [];
  if (second !== undefined) throw refuse({ file: second, line: 1 }, 'a second workers.properties; one is read');
  const workers = workersFile === undefined ? undefined : readWorkersProperties(workersFile);
  const spring = (paths.springSettings ?? []).map(readSettings);
  const [redissonFile, another] = paths.redissonYaml ?? [];
  if (another !== undefined) throw refuse({ file: another, line: 1 }, 'a second redisson.yaml; one is read');
  const { accessLog, ...lists } = paths;
  return {
    files: [...Object.values(lists).flat(), ...(accessLog === undefined ? [] : [accessLog])],
    servers,
    contexts: [...contexts, ...servers.flatMap((server) => server.contexts.map(contextOf))],
    webs,
    nginx: nginx.length > 0 ? nginxFacts({ directives: nginx }) : undefined,
    httpd: httpd.length > 0 ? httpdFacts({ directives: httpd }) : undefined,
    workers,
    jk: workers && jkBalancer(workers),
    ...(spring.length > 0 ? { spring: springFacts(spring) } : {}),
    ...(redissonFile === undefined ? {} : { redisson: readSettings(redissonFile) }),
    workload: accessLog === undefined ? undefined : readAccessLog(accessLog),
    textInTags,
  };
}
