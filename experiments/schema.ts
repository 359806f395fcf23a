// Writes what is derived from the schema of a scenario and from the table of columns, so that nobody types it twice:
// the JSON Schema for editors, the table of scenario keys between its markers, and the data dictionary of the results.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { writeAtomically } from './lib/atomic-write.ts';
import { InputError } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { projectFolder } from './lib/provenance.ts';
import { resultsReadme } from './lib/results-docs.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { editorSchema, scenarioTable } from './lib/scenario-docs.ts';

const command = defineCommand({
  name: 'tsx experiments/schema.ts',
  question: 'Writes the JSON Schema of a scenario, the table of its keys and the data dictionary of the results.',
  flags: { check: toggle('write nothing; exit with 1 when a file is not current') },
  examples: [
    ['after a change of the schema or of the columns', ''],
    ['in a test', '--check'],
  ],
});

const begin = '<!-- scenario keys: begin; written by experiments/schema.ts -->';
const end = '<!-- scenario keys: end -->';

/** The page that holds the table of keys, with the table of today. */
function withTable(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new InputError(`MODEL.md: the markers "${begin}" and "${end}" are missing`);
  return `${text.slice(0, from + begin.length)}\n${scenarioTable()}\n${text.slice(to)}`;
}

/** Every generated file with the content it should have. */
export function generatedFiles(): Map<string, string> {
  const model = join(projectFolder, 'MODEL.md');
  const page = existsSync(model)
    ? readFileSync(model, 'utf8')
    : `# Model\n\n## Keys of a scenario\n\n${begin}\n${end}\n`;
  return new Map([
    ['experiments/scenarios/scenario.schema.json', editorSchema()],
    ['MODEL.md', withTable(page)],
    ['results/README.md', resultsReadme()],
  ]);
}

/** Names of the generated files that are not current. */
export function outdatedFiles(): string[] {
  const contentOf = (file: string): string | undefined =>
    existsSync(file) ? readFileSync(file, 'utf8').replaceAll('\r\n', '\n') : undefined;
  return [...generatedFiles()]
    .filter(([name, text]) => contentOf(join(projectFolder, name)) !== text)
    .map(([name]) => name);
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const outdated = outdatedFiles();
    for (const name of outdated) {
      if (!values.check) writeAtomically(join(projectFolder, name), [generatedFiles().get(name)!]);
      io.out(`${name}: ${values.check ? 'not current' : 'written'}\n`);
    }
    if (outdated.length === 0) io.out('all generated files are current\n');
    return values.check && outdated.length > 0 ? exitCodes.failed : exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
