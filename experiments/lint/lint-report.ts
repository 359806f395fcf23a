import { wrap } from '../lib/arguments.ts';
import { terminalColumns } from '../lib/text-table.ts';
import type { Finding, Severity } from './finding.ts';

const colour: Readonly<Record<Severity, string>> = { error: '31', warning: '33', info: '36' };
const names: readonly (readonly [Severity, string, string])[] = [
  ['error', 'error', 'errors'],
  ['warning', 'warning', 'warnings'],
  ['info', 'note', 'notes'],
];

function paragraph(head: string, text: string): string[] {
  const [first, ...rest] = wrap(text, terminalColumns - 6 - head.length);
  return [`  ${head}${first}`, ...rest.map((line) => `  ${' '.repeat(head.length)}${line}`)];
}

/** How many of each kind: `2 errors, 1 warning`. */
export function countsText(findings: readonly Finding[]): string {
  const parts = names.flatMap(([severity, one, many]) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return parts.length === 0 ? 'nothing found' : parts.join(', ');
}

/** Findings for a reader: place, what stands there, what happens, what to do. */
export function lintReport(findings: readonly Finding[], files: number, colours: boolean): string {
  const lines: string[] = [];
  for (const { rule, severity, file, line, message, consequence, fix } of findings) {
    const word = colours ? `\u001b[${colour[severity]}m${severity}\u001b[39m` : severity;
    lines.push(`${file}:${line}  ${word}  ${rule}`);
    lines.push(...paragraph('', message), ...paragraph('Then: ', consequence), ...paragraph('Fix:  ', fix), '');
  }
  lines.push(`${countsText(findings)} in ${files} ${files === 1 ? 'file' : 'files'}`);
  return `${lines.join('\n')}\n`;
}
