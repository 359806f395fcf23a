import type { Note } from '../import/scenario-builder.ts';
import type { Place } from '../import/source.ts';
import type { Finding, ImportedCluster } from '../import/to-scenario.ts';
import { wrap } from '../lib/arguments.ts';
import { oneLine } from '../lib/input-error.ts';
import { terminalColumns } from '../lib/text-table.ts';
import { countsText } from '../lint/lint-report.ts';
import { detection, load, losses } from './consequences.ts';
import { type Explained, messages, type Section, say, topology, waiting } from './sentences.ts';

/** Everything said of a cluster, heading by heading. */
function explainSections(explained: Explained, lacking: Finding | undefined): Section[] {
  if (lacking === undefined) {
    return [topology, messages, waiting, detection, losses, load].map((section) => section(explained));
  }
  const nothing = 'Nothing is said of what is sent, when a response waits, what is lost and what load is carried';
  const unknown: Section = { title: 'Sessions', sentences: [say(`${lacking.message}. ${nothing}.`, lacking)] };
  return [unknown, topology(explained), detection(explained)];
}

/** What is said of the manager of the sessions where there is no model of it. */
export function lackingOf({ findings }: ImportedCluster): Finding | undefined {
  return findings.find(({ rule }) => rule === 'strategy-not-simulated');
}

function sourceText(sources: readonly Place[]): string {
  const places = [...new Set(sources.map(({ file, line }) => `${file}:${line}`))];
  return places.length === 0 ? '[default]' : `[${places.join(', ')}]`;
}

function bullet(text: string, source: string): string[] {
  const [first, ...rest] = wrap(`${text} ${source}`, terminalColumns - 4);
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
}

function valueText(value: unknown): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), 40);
}

const mostNotes = 60;

function noteLines(notes: readonly Note[]): string[] {
  const lines = notes.slice(0, mostNotes).flatMap(({ file, line, what }) => bullet(what, `[${file}:${line}]`));
  return notes.length > mostNotes ? [...lines, `  and ${notes.length - mostNotes} more`] : lines;
}

/** What the files make the cluster do, what of them is used, and what is not simulated. */
export function explainReport(explained: Explained, imported: ImportedCluster, colours: boolean): string {
  const heading = (text: string): string => (colours ? `\u001b[1m${text}\u001b[22m` : text);
  const lines: string[] = [];
  const lacking = lackingOf(imported);
  for (const { title, sentences } of explainSections(explained, lacking)) {
    lines.push(heading(title), ...sentences.flatMap(({ text, sources }) => bullet(text, sourceText(sources))), '');
  }
  lines.push(heading('Used'));
  for (const { path, value, file, line, attribute } of imported.used) {
    lines.push(...bullet(`${path} = ${valueText(value)}: ${attribute}`, `[${file}:${line}]`));
  }
  lines.push('', heading('Read and not simulated'));
  lines.push(...(imported.notModelled.length === 0 ? ['- nothing'] : noteLines(imported.notModelled)));
  const { findings } = imported;
  lines.push(
    '',
    findings.length === 0 ? 'Lint: nothing found' : `Lint: ${countsText(findings)}; replisim lint shows them`,
  );
  return `${lines.join('\n')}\n`;
}
