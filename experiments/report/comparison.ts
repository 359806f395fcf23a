import { dirname, resolve } from 'node:path';
import { InputError } from '../lib/input-error.ts';
import { readable } from '../lib/text-table.ts';
import type { Figure } from './figure.ts';
import { differenceFigure } from './figures/difference.ts';
import { type Html, html } from './html.ts';
import { figuresHtml, pageText } from './page.ts';
import { type ComparedMetric, comparedMetrics, type Difference, pairUp } from './pairs.ts';
import type { Folder } from './read-folder.ts';
import { reproduceCommand } from './reproduce.ts';
import { scenarioKeys } from './scenario-keys.ts';
import { limits } from './sections.ts';
import { greatest, least, seriesOf, spoken } from './series.ts';

function signed(value: number): string {
  if (value === 0) return '0';
  return `${value > 0 ? '+' : '−'}${readable(Math.abs(value))}`;
}

function isClear({ low, high }: Difference): boolean {
  return low !== null && high !== null && (low > 0 || high < 0);
}

/** `+310 ± 12`, and in percent of the first run. */
export function differenceText({ metric, difference, first, low, high }: Difference, unit = ''): string {
  const half = low === null || high === null ? 0 : (high - low) / 2;
  const isCount = comparedMetrics.some((one) => one.name === metric && one.isCount);
  const share = isCount || first === 0 || difference === 0 ? '' : ` (${signed((difference / first) * 100)} %)`;
  return `${signed(difference)}${half > 0 ? ` ± ${readable(half)}` : ''}${unit && ` ${unit}`}${share}`;
}

/** The points of the first screen: per series the largest cluster, at the highest load for capacity, else the lowest. */
function shownOf(
  differences: readonly Difference[],
  metric: ComparedMetric,
  name: string,
  nameOf: (one: Difference) => string,
): Difference | undefined {
  const own = differences.filter((one) => one.metric === metric && nameOf(one) === name);
  const nodes = greatest(own.map((one) => one.nodes));
  const there = own.filter((one) => one.nodes === nodes).sort((a, b) => a.load - b.load);
  return there[0];
}

function cellHtml(one: Difference | undefined): Html {
  if (one === undefined) return html`<td>–</td>`;
  const [difference, share] = differenceText(one).split(' (');
  const text = share === undefined ? html`${difference}` : html`${difference}<small>(${share}</small>`;
  return isClear(one) ? html`<td class="strong">${text}</td>` : html`<td>${text}</td>`;
}

/** One sentence on the clear differences at the largest cluster. */
function sentenceOf(
  differences: readonly Difference[],
  names: readonly string[],
  nameOf: (one: Difference) => string,
): string {
  const parts = names.flatMap((name) => {
    const clear = comparedMetrics.flatMap(({ name: metric, label, unit }) => {
      const one = shownOf(differences, metric, name, nameOf);
      return one && isClear(one) ? [`${label.toLowerCase()} ${differenceText(one, unit)}`] : [];
    });
    return clear.length > 0 ? [`${spoken(name)}: ${clear.slice(0, 3).join(', ')}`] : [];
  });
  const nodes = greatest(differences.map((one) => one.nodes));
  if (parts.length === 0) return `At ${nodes} nodes the two runs show no clear difference.`;
  const shown = parts.slice(0, 3).join('; ');
  return `What changes at ${nodes} nodes: ${shown}${parts.length > 3 ? '; and more below' : ''}.`;
}

/** The keys in which the two scenarios differ. */
function scenarioDifferences(first: Folder, second: Folder): Html {
  const [a, b] = [first, second].map(({ origin }) =>
    origin.scenario === undefined
      ? undefined
      : new Map(scenarioKeys(origin.scenario).map((key) => [key.path, key.value])),
  );
  if (a === undefined || b === undefined)
    return html`<p>A folder has no manifest.json: in what the scenarios differ is not known.</p>`;
  const paths = [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path));
  const faults = [first, second].map(({ origin }) => JSON.stringify(origin.scenario?.faults ?? []));
  const rows = [
    ...paths.map((path) => [path, a.get(path) ?? '–', b.get(path) ?? '–']),
    ...(faults[0] === faults[1] ? [] : [['faults', ...faults]]),
  ];
  if (rows.length === 0) return html`<p>Both runs have the same scenario.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Differences of the scenarios"><table><thead><tr><th scope="col">Key</th><th scope="col">First</th><th scope="col">Second</th></tr></thead><tbody>${rows.map(([path, one, two]) => html`<tr><td class="text"><code>${path}</code></td><td>${one}</td><td>${two}</td></tr>`)}</tbody></table></div>`;
}

function labelsOf(first: Folder, second: Folder): [string, string] {
  return first.name === second.name ? [first.path, second.path] : [first.name, second.name];
}

function drawnDifferences(differences: readonly Difference[], first: Folder, second: Folder): Figure[] {
  const lowest = least(differences.map(({ load }) => load));
  const columns = {
    capacity: ['throughput.csv', 'before_faults_completed_rps', 'before_faults_utilisation_max'],
    latency_ms_p95: ['throughput.csv', 'latency_ms_p95'],
    bytes_per_request: ['traffic.csv', 'bytes_per_request'],
  } as Record<string, string[]>;
  return comparedMetrics.flatMap((metric) => {
    const [file, ...names] = columns[metric.name] ?? ['consistency.csv', metric.name];
    const sources = [first, second].map((folder) => ({ folder, file, columns: names }));
    return differenceFigure(differences, metric, sources, lowest) ?? [];
  });
}

/**
 * The report of the differences between two results folders: the second less the first.
 *
 * @throws InputError - a file is absent or damaged, or the folders have no point in common.
 */
export async function comparisonReport(first: Folder, second: Folder, out: string): Promise<string> {
  const from = dirname(resolve(out));
  const { differences, unmatched, isSameSeed } = await pairUp(first, second);
  if (differences.length === 0)
    throw new InputError(
      `${first.path} and ${second.path}: no point in common; a point is a strategy, balancer, cluster size and load`,
    );
  const [nameA, nameB] = labelsOf(first, second);
  const { nameOf } = seriesOf(differences);
  const names = [...new Set(differences.map(nameOf))];
  const heads = comparedMetrics.map(({ label, unit }) => html`<th scope="col">${label}<small>${unit}</small></th>`);
  const rows = names
    .slice(0, 14)
    .map(
      (name) =>
        html`<tr><th scope="row">${name}</th>${comparedMetrics.map(({ name: metric }) => cellHtml(shownOf(differences, metric, name, nameOf)))}</tr>`,
    );
  const nodes = greatest(differences.map((one) => one.nodes));
  const seeds = isSameSeed
    ? 'Both runs have the same seed, so each pair of replications has the same clients'
    : 'The runs have different seeds, so the pairs share nothing and the intervals are wider';
  return pageText({
    title: `${nameB} against ${nameA}: Replisim comparison`,
    eyebrow: html`<b>Replisim</b> comparison · first: ${nameA} · second: ${nameB}`,
    answer: sentenceOf(differences, names, nameOf),
    top: html`<p class="facts">Second less first at ${nodes} nodes and the lowest load of both. ± is half of the 95 % interval of the paired difference; bold: the interval does not hold 0. ${seeds}.${unmatched > 0 ? ` ${unmatched} points stand in one of the folders only and are left out.` : ''}</p><div class="scroll" tabindex="0" role="region" aria-label="Differences by strategy"><table class="answer"><thead><tr><th scope="col">Strategy</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`,
    sections: [
      { id: 'part-scenario', heading: 'What was changed', body: scenarioDifferences(first, second) },
      {
        id: 'part-differences',
        heading: 'What it changes',
        body: figuresHtml(drawnDifferences(differences, first, second), from),
      },
      limits(),
      {
        id: 'provenance',
        heading: 'Where this comes from',
        body: html`${[first, second].map((folder, at) => html`<p>${at === 0 ? 'First' : 'Second'}, ${folder.name}:</p><pre><code>${reproduceCommand(folder.origin) ?? 'not known: no manifest.json'}</code></pre>`)}`,
      },
    ],
    footer: html`Made by Replisim, a deterministic simulator of Tomcat clusters that replicate HTTP sessions. This page has no script and asks the network for nothing.`,
  });
}
