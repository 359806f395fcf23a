// What is wrong with these configuration files, what will it do, and how is it put right?
import { readClusterFiles, sortFiles } from './import/cluster-files.ts';
import { situationOf } from './import/situation.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { parseFileCommand, sharedHelp } from './lint/command-line.ts';
import { lintReport } from './lint/lint-report.ts';
import { lintSituation, rules } from './lint/rules.ts';

function help(): string {
  const width = Math.max(...rules.map(({ id }) => id.length));
  return `${[
    'Usage: tsx experiments/lint.ts FILE... [--json] [--tomcat VERSION]',
    '',
    'What is wrong with these configuration files, what will it do, and how is it put right?',
    '',
    ...sharedHelp,
    '',
    'Examples',
    '  # the files of one cluster',
    '  cd experiments/scenarios && tsx ../lint.ts shop-server.xml shop-nginx.conf',
    '  # two nodes and the application, for a program',
    '  tsx experiments/lint.ts node1/server.xml node2/server.xml WEB-INF/web.xml --json',
    '',
    'Rules',
    ...rules.map(({ id, severity, about }) => `  ${id.padEnd(width)}  ${severity.padEnd(7)}  ${about}`),
    '',
    'Exit codes: 0 nothing found; 1 findings; 2 a file that cannot be read, or bad usage.',
  ].join('\n')}\n`;
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const command = parseFileCommand(argv);
    if (command === undefined) {
      io.out(help());
      return exitCodes.done;
    }
    const files = readClusterFiles(sortFiles(command.files), { tolerateTextInTags: true });
    const findings = lintSituation(situationOf(files, command.tomcat));
    if (command.json) io.out(`${JSON.stringify({ findings }, null, 2)}\n`);
    else io.out(lintReport(findings, command.files.length, io.colours));
    return findings.length === 0 ? exitCodes.done : exitCodes.failed;
  }, io);
}

await runScript(import.meta.url, main);
