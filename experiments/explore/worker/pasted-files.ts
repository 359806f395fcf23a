import type { ClusterFiles } from '../../import/cluster-files.ts';
import { contextOf } from '../../import/context-xml.ts';
import { parseNginxConf } from '../../import/nginx-conf.ts';
import { nginxFacts } from '../../import/nginx-facts.ts';
import { parseServerXml } from '../../import/server-xml.ts';
import { situationOf } from '../../import/situation.ts';
import { scenarioOf } from '../../import/to-scenario.ts';
import { withoutTextInTags } from '../../import/xml-comments.ts';
import { InputError } from '../../lib/input-error.ts';
import type { ReadFiles } from '../protocol.ts';

const SERVER = 'server.xml';
const NGINX = 'nginx.conf';

/** The texts as the files of one cluster; an `include` names nothing here and is left. */
function filesOf(serverXml: string, nginxConf: string): ClusterFiles {
  const hasServer = serverXml.trim() !== '';
  const hasNginx = nginxConf.trim() !== '';
  if (!hasServer && !hasNginx) throw new InputError('paste a server.xml, an nginx.conf or both first');
  const repaired = withoutTextInTags(serverXml);
  const servers = hasServer ? [parseServerXml(repaired.text, SERVER)] : [];
  return {
    files: [...(hasServer ? [SERVER] : []), ...(hasNginx ? [NGINX] : [])],
    servers,
    contexts: servers.flatMap((server) => server.contexts.map(contextOf)),
    webs: [],
    nginx: hasNginx ? nginxFacts(parseNginxConf(nginxConf, NGINX)) : undefined,
    httpd: undefined,
    workers: undefined,
    jk: undefined,
    workload: undefined,
    textInTags: repaired.found.map((found) => ({ ...found, file: SERVER })),
  };
}

/**
 * What pasted configuration files make the cluster do, every value with its line.
 *
 * @throws InputError - `FILE:LINE: cause`.
 */
export function readPasted({ serverXml, nginxConf }: { serverXml: string; nginxConf: string }): ReadFiles {
  const { scenario, used, notModelled, findings } = scenarioOf(situationOf(filesOf(serverXml, nginxConf)));
  return {
    scenario,
    used: used.map(
      ({ file, line, attribute, path, value }) => `${file}:${line}: ${attribute} → ${path} = ${JSON.stringify(value)}`,
    ),
    notModelled: notModelled.map(({ file, line, what }) => `${file}:${line}: ${what}`),
    findings: findings
      .filter(({ severity }) => severity !== 'info')
      .map(
        ({ file, line, severity, message, consequence }) => `${file}:${line}: ${severity}: ${message}; ${consequence}`,
      ),
  };
}
