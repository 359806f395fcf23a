import { ScenarioError } from '../../models/scenario/parse-scenario.ts';
import { type Check, columnsOf, type MeasuredFile, type MeasuredRow } from './check.ts';
import { measuredScenario } from './measured-scenario.ts';

/** Why a row's configuration is no scenario: key, value, what is allowed. */
function refusal(row: MeasuredRow): string | undefined {
  try {
    measuredScenario(row, {});
    return undefined;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  }
}

/** A measured configuration that is not modelled: a check that is missed, with the reason for its bound. */
function missed(file: string, row: MeasuredRow, reason: string): Check {
  const configuration = columnsOf(row, ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'jvmRoute', 'cell', 'op']);
  const nothing = { n: null, spread: null, interval: null, measured: Number.NaN, simulated: Number.NaN };
  return { quantity: 'not simulated', file, configuration, ...nothing, bound: reason, ok: false };
}

/** Parts the rows of a file that can be simulated from those that cannot. */
export function partRefused(file: MeasuredFile): { file: MeasuredFile; refused: Check[] } {
  const refused: Check[] = [];
  const rows = file.rows.filter((row) => {
    const reason = refusal(row);
    if (reason !== undefined) refused.push(missed(file.name, row, reason));
    return reason === undefined;
  });
  return { file: { ...file, rows }, refused };
}
