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

function rangeText(range: readonly [number, number] | null): string {
  return range === null || range[0] === range[1] ? '' : ` [${round(range[0])}..${round(range[1])}]`;
}

function measuredText({ measured, n, spread }: Check): string {
  return `${round(measured)}${n !== null && Number.isFinite(n) ? ` (n=${n})` : ''}${rangeText(spread)}`;
}

function differenceText({ measured, simulated }: Check): string {
  if (measured === simulated) return '0';
  return measured === 0 ? `${round(simulated)}` : `${((simulated / measured - 1) * 100).toFixed(1)} %`;
}

/** The table on the terminal, and how many checks passed per file. */
export function validationReport(checks: readonly Check[], colours: boolean): string {
  const columns = ['quantity', 'configuration', 'measured', 'simulated', 'difference', 'bound', 'verdict'].map(
    (head) => ({
      head,
      align: 'left' as const,
    }),
  );
  const rows = checks.map((check) => [
    check.quantity,
    shortConfiguration(check),
    measuredText(check),
    `${round(check.simulated)}${rangeText(check.interval)}`,
    differenceText(check),
    check.bound,
    check.ok ? 'ok' : 'MISSED',
  ]);
  const files = [...new Set(checks.map(({ file }) => file))];
  const sums = files.map((file) => {
    const ofFile = checks.filter((check) => check.file === file);
    return [file, String(ofFile.length), String(ofFile.filter(({ ok }) => ok).length)];
  });
  const heads = ['file', 'checks', 'passed'].map((head) => ({ head, align: 'left' as const }));
  const passed = checks.filter(({ ok }) => ok).length;
  return `${textTable(columns, rows, colours)}\n${textTable(heads, sums, colours)}\n${passed} of ${checks.length} checks passed.\n`;
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
