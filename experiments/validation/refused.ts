import { ScenarioError } from '../../models/scenario/parse-scenario.ts';
import {
  CellError,
  type Check,
  columnsOf,
  groupsBy,
  type MeasuredFile,
  type MeasuredRow,
  type Validator,
} from './check.ts';
import { measuredScenario } from './measured-scenario.ts';

/**
 * Why what is done is no scenario: key, value, what is allowed; or what cannot be read. Whatever else stops it belongs to this
 * configuration as well: the others are checked.
 */
function refusal(does: () => void): string | undefined {
  try {
    does();
    return undefined;
  } catch (error) {
    if (error instanceof CellError) return error.message;
    if (!(error instanceof ScenarioError)) return `cannot be simulated: ${(error as Error).message}`;
    return error.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  }
}

const CONFIGURATION = [
  ...['tomcat_version', 'manager', 'sendOptions', 'nodes', 'jvmRoute', 'cell', 'op', 'config', 'lockingMode'],
  ...['sessionBackupAsync', 'test'],
];

const NOT_SIMULATED = 'not simulated';

/** A measured configuration that is not modelled: a check that is missed, with the reason for its bound. */
export function missed(file: string, row: MeasuredRow, reason: string): Check {
  const configuration = columnsOf(row, CONFIGURATION);
  const nothing = { n: null, spread: null, interval: null, measured: Number.NaN, simulated: Number.NaN };
  return { quantity: NOT_SIMULATED, file, configuration, ...nothing, bound: reason, ok: false };
}

/** What the checks of a file are, and what is left unchecked of it. */
export interface FileChecks {
  readonly checks: readonly Check[];
  /** One line each. */
  readonly notes: readonly string[];
}

/** Rows that are checked together, with their places in the file. */
function groupsOf({ configuration }: Validator, rows: readonly MeasuredRow[]): MeasuredRow[][] {
  if (configuration === undefined) return rows.length > 0 ? [[...rows]] : [];
  return configuration.length === 0 ? rows.map((row) => [row]) : groupsBy(rows, configuration);
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

/** Lines of a file, the first row being line 2. */
function linesText(rows: readonly MeasuredRow[], all: readonly MeasuredRow[]): string {
  const lines = rows.map((row) => all.indexOf(row) + 2);
  return lines.length === 1 ? `line ${lines[0]}` : `lines ${lines[0]} to ${lines[lines.length - 1]}`;
}

/**
 * The checks of a file; a configuration that is not modelled is one that is missed. Each row gives a check or is named in a
 * note, and so is what has no measured value.
 */
export function checksOf(validator: Validator, measured: MeasuredFile, folder: readonly MeasuredFile[]): FileChecks {
  const { name, rows } = measured;
  const checks: Check[] = [];
  const notes: string[] = [];
  const unmeasured = new Map<string, number>();
  const possible = rows.filter((row) => {
    const reason = refusal(() => measuredScenario(row, {}));
    if (reason !== undefined) checks.push(missed(name, row, reason));
    return reason === undefined;
  });
  for (const group of groupsOf(validator, possible)) {
    const found = checksOfRows(validator, { name, rows: group }, folder);
    const kept = found.filter(({ measured: value, quantity }) => quantity === NOT_SIMULATED || !Number.isNaN(value));
    checks.push(...kept);
    if (kept.length === 0) notes.push(`${name}, ${linesText(group, rows)}: nothing in it is judged`);
    for (const check of found) {
      if (!kept.includes(check)) unmeasured.set(check.quantity, (unmeasured.get(check.quantity) ?? 0) + 1);
    }
  }
  for (const [quantity, count] of unmeasured) notes.push(`${name}: ${quantity}: not measured (${count} times)`);
  return { checks, notes };
}
