import { stringify } from 'csv-stringify/sync';
import { textTable } from '../lib/text-table.ts';
import { type Check, round } from './check.ts';

function configurationText({ configuration }: Check): string {
  return Object.entries(configuration)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function shortConfiguration({ configuration }: Check): string {
  return Object.values(configuration).join(' ');
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const numberText = (value: number): string => (Number.isNaN(value) ? '' : `${round(value)}`);

function differenceText({ measured, simulated }: Check): string {
  if (Number.isNaN(measured) || Number.isNaN(simulated)) return '';
  if (measured === simulated) return '0';
  return measured === 0 ? `${round(simulated)}` : `${((simulated / measured - 1) * 100).toFixed(1)} %`;
}

/** A text that fits its column; the whole of it stands in validation.csv. */
function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 2)}..` : text;
}

/** The table on the terminal, and how many checks passed per file. */
export function validationReport(checks: readonly Check[], colours: boolean): string {
  const left = (head: string) => ({ head, align: 'left' as const });
  const right = (head: string) => ({ head, align: 'right' as const });
  const columns = [
    left('quantity'),
    left('configuration'),
    ...['measured', 'simulated', 'difference', 'verdict'].map(right),
  ];
  const rows = checks.map((check) => [
    cut(check.quantity, 29),
    cut(shortConfiguration(check), 28),
    numberText(check.measured),
    numberText(check.simulated),
    differenceText(check),
    check.isByRange ? 'in range' : check.ok ? 'ok' : 'MISSED',
  ]);
  const files = [...new Set(checks.map(({ file }) => file))];
  const sums = files.map((file) => {
    const ofFile = checks.filter((check) => check.file === file);
    return [file, String(ofFile.length), String(ofFile.filter(({ ok }) => ok).length)];
  });
  const passed = checks.filter(({ ok }) => ok).length;
  const byRange = checks.filter(({ isByRange }) => isByRange).length;
  const refused = checks.filter(({ measured, simulated }) => Number.isNaN(measured) && Number.isNaN(simulated));
  const reasons = [...new Set(refused.map(({ file, bound }) => `Not simulated: ${file}: ${bound}\n`))];
  return [
    textTable(columns, rows, colours),
    'Bounds, intervals and whole names stand in validation.csv.\n',
    ...reasons,
    textTable([left('file'), right('checks'), right('passed')], sums, colours),
    `${passed} of ${checks.length} checks passed.\n`,
    ...(byRange === 0
      ? []
      : [
          `${byRange} of them miss their bound; what was measured is one draw there, and lies where single draws lie.\n`,
        ]),
  ].join('\n');
}

/** The checks for a program. */
export function validationJson(checks: readonly Check[]): string {
  const shown = checks.map(({ quantity, file, configuration, measured, simulated, bound, ok }) => ({
    quantity,
    file,
    configuration,
    measured: finite(measured),
    simulated: finite(simulated),
    bound,
    ok,
  }));
  return `${JSON.stringify({ checks: shown }, null, 2)}\n`;
}

/** `validation.csv`: one row per check. */
export function validationCsv(checks: readonly Check[]): string {
  const head = [
    'file',
    'quantity',
    'configuration',
    'measured',
    'measured_n',
    'measured_low',
    'measured_high',
    'simulated',
    'simulated_low',
    'simulated_high',
    'bound',
    'ok',
  ];
  const rows = checks.map((check) => [
    check.file,
    check.quantity,
    configurationText(check),
    finite(check.measured),
    check.n === null ? null : finite(check.n),
    check.spread?.[0] ?? null,
    check.spread?.[1] ?? null,
    finite(check.simulated),
    check.interval === null ? null : finite(check.interval[0]),
    check.interval === null ? null : finite(check.interval[1]),
    check.bound,
    check.ok ? 1 : 0,
  ]);
  return stringify([head, ...rows], { record_delimiter: 'windows' });
}
