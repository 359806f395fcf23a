import { parseArgs } from 'node:util';
import { nearest } from '../../models/scenario/nearest.ts';
import { parseTomcatVersion, type TomcatVersion } from '../import/tomcat-versions.ts';
import { InputError, quoted } from '../lib/input-error.ts';

/** What lint.ts and explain.ts are told: files, and how to read and print them. */
export interface FileCommand {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly tomcat: TomcatVersion | undefined;
}

const options = {
  json: { type: 'boolean' },
  tomcat: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const mostFiles = 200;

/**
 * Reads `FILE... [--json] [--tomcat VERSION]`.
 *
 * @returns undefined when help was asked for.
 * @throws InputError - an unknown flag, with the nearest known one, or no file.
 */
export function parseFileCommand(argv: readonly string[]): FileCommand | undefined {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const files: string[] = [];
  let json = false;
  let tomcat: TomcatVersion | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') files.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') return undefined;
    if (!Object.hasOwn(options, token.name)) {
      const meant = nearest(token.name, Object.keys(options));
      throw new InputError(
        `${quoted(token.rawName)}: unknown flag; ${meant ? `did you mean --${meant}?` : 'see --help'}`,
      );
    }
    if (token.name === 'json') {
      if (token.value !== undefined) throw new InputError(`--json=${quoted(token.value)}: --json takes no value`);
      json = true;
    } else {
      if (token.value === undefined || token.value.startsWith('--'))
        throw new InputError('--tomcat: needs a version, 9.0 for instance');
      tomcat = parseTomcatVersion(token.value);
    }
  }
  if (files.length === 0) throw new InputError('no file given; name server.xml, nginx.conf and the others, see --help');
  if (files.length > mostFiles) throw new InputError(`${files.length} files; ${mostFiles} at most`);
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (twice !== undefined) throw new InputError(`${quoted(twice)}: given twice; several server.xml are several nodes`);
  return { files, json, tomcat };
}

/** Help of the flags both scripts share. */
export const sharedHelp = [
  'Flags',
  '  --json            print JSON',
  '  --tomcat VERSION  the version that runs (5.5 to 11.0); otherwise taken from the files, else 10.1',
  '  --help            this page',
  '',
  'Files are told apart by their content: server.xml (several: several nodes of one cluster),',
  'context.xml, web.xml (WEB-INF/ or conf/ tells which), web-fragment.xml, nginx.conf, httpd.conf,',
  'workers.properties, application.properties or .yml of Spring Boot, redisson.yaml and one access log.',
  'Includes are followed below the folder of a file only.',
];
