import { ScenarioError } from '../../models/scenario/parse-scenario.ts';
import { type Check, columnsOf, type MeasuredFile, type MeasuredRow, type Validator } from './check.ts';
import { measuredScenario } from './measured-scenario.ts';

/** Why what is done is no scenario: key, value, what is allowed. */
function refusal(does: () => void): string | undefined {
  try {
    does();
    return undefined;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  }
}

const CONFIGURATION = [
  ...['tomcat_version', 'manager', 'sendOptions', 'nodes', 'jvmRoute', 'cell', 'op', 'config', 'lockingMode'],
  ...['sessionBackupAsync', 'test'],
];

/** A measured configuration that is not modelled: a check that is missed, with the reason for its bound. */
export function missed(file: string, row: MeasuredRow, reason: string): Check {
  const configuration = columnsOf(row, CONFIGURATION);
  const nothing = { n: null, spread: null, interval: null, measured: Number.NaN, simulated: Number.NaN };
  return { quantity: 'not simulated', file, configuration, ...nothing, bound: reason, ok: false };
}

/** Parts the rows of a file that can be simulated from those that cannot. */
function partRefused(file: MeasuredFile): { file: MeasuredFile; refused: Check[] } {
  const refused: Check[] = [];
  const rows = file.rows.filter((row) => {
    const reason = refusal(() => measuredScenario(row, {}));
    if (reason !== undefined) refused.push(missed(file.name, row, reason));
    return reason === undefined;
  });
  return { file: { ...file, rows }, refused };
}

/** The checks of rows of which some may turn out to be no scenario only when they are simulated. */
function checksOfRows(validator: Validator, file: MeasuredFile, folder: readonly MeasuredFile[]): Check[] {
  let checks: Check[] = [];
  const reason = refusal(() => {
    checks = validator.check(file, folder);
  });
  if (reason === undefined) return checks;
  if (file.rows.length === 1) return [missed(file.name, file.rows[0], reason)];
  return file.rows.flatMap((row) => checksOfRows(validator, { ...file, rows: [row] }, folder));
}

/** The checks of a file; a configuration that is not modelled is one that is missed. */
export function checksOf(validator: Validator, measured: MeasuredFile, folder: readonly MeasuredFile[]): Check[] {
  const { file, refused } = partRefused(measured);
  return [...refused, ...(file.rows.length > 0 ? checksOfRows(validator, file, folder) : [])];
}
