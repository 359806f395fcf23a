// Does the simulator do what a real cluster was measured to do?
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { writeAtomically } from './lib/atomic-write.ts';
import { path, words } from './lib/flag-kinds.ts';
import { InputError } from './lib/input-error.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import type { Check } from './validation/check.ts';
import { readMeasured } from './validation/read-measured.ts';
import { checksOf } from './validation/refused.ts';
import { validatorOf, validators } from './validation/registry.ts';
import { validationCsv, validationJson, validationReport } from './validation/report.ts';

const here = dirname(fileURLToPath(import.meta.url));
const prefixes = validators.map(({ prefix }) => prefix.replace(/-$/, ''));

const command = defineCommand({
  name: 'tsx experiments/validate.ts',
  question:
    'Does the simulator do what a real cluster was measured to do? Every measured configuration is simulated and compared.',
  flags: {
    only: words('LIST', prefixes, `only these checks, out of ${prefixes.join(', ')}`),
    measured: path('DIR', 'folder of CSVs with the same file names and columns (default: the figures of the project)'),
    out: path('DIR', 'folder for validation.csv (default: results/validation)'),
    json: toggle('print the checks as JSON'),
  },
  examples: [
    ['everything', ''],
    ['one kind of measurement, for a program', '--only heartbeat --json'],
    ['your own measurements', '--measured measured-here'],
  ],
});

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const files = readMeasured(values.measured ?? join(here, 'validation', 'measured'));
    const checks: Check[] = [];
    const unchecked: string[] = [];
    const notes: string[] = [];
    for (const file of files) {
      const validator = validatorOf(file.name);
      const isWanted = values.only === undefined || values.only.includes(validator?.prefix.replace(/-$/, '') ?? '');
      const found = validator && isWanted ? checksOf(validator, file, files) : { checks: [], notes: [] };
      checks.push(...found.checks);
      notes.push(...found.notes);
      if (!validator || (isWanted && found.checks.length === 0)) unchecked.push(file.name);
    }
    if (checks.length === 0) {
      const found = unchecked.length > 0 ? ` among ${unchecked.join(', ')}` : '';
      throw new InputError(
        `${values.measured ?? 'the measurements'}: nothing to check${found}; files named like ${prefixes[0]}-*.csv are expected, see --help`,
      );
    }
    const out = values.out ?? join(here, '..', 'results', 'validation');
    mkdirSync(out, { recursive: true });
    writeAtomically(join(out, 'validation.csv'), [validationCsv(checks)]);
    io.out(values.json ? validationJson(checks) : validationReport(checks, io.colours));
    const say = values.json ? io.err : io.out;
    for (const note of notes) say(`${note}\n`);
    if (unchecked.length > 0) say(`Not checked, of no known kind or nothing in it: ${unchecked.join(', ')}\n`);
    return checks.every(({ ok }) => ok) ? exitCodes.done : exitCodes.failed;
  }, io);
}

await runScript(import.meta.url, main);
