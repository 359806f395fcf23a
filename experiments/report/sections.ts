import type { Scenario } from '../../models/scenario/schema.ts';
import { describeFaults } from '../lib/describe-faults.ts';
import type { PointSummary } from '../lib/summarise.ts';
import { readable } from '../lib/text-table.ts';
import { type Html, html } from './html.ts';
import { modelLimits } from './model-limits.ts';
import { linkTo, type Section } from './page.ts';
import type { Folder, Origin } from './read-folder.ts';
import { reproduceCommand } from './reproduce.ts';
import { type ScenarioKey, scenarioKeys } from './scenario-keys.ts';
import { distinctSorted, greatest, listed, whole } from './series.ts';

function keysTable(keys: readonly ScenarioKey[], label: string): Html {
  const rows = keys.map(
    ({ path, value, unit, meaning, isStated }) =>
      html`<tr><td class="text"><code>${path}</code></td><td>${value} ${unit}</td><td class="text">${isStated ? 'stated' : 'default'}</td><td class="text wrap">${meaning}</td></tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr><th scope="col">Key</th><th scope="col">Value</th><th scope="col">From</th><th scope="col">Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function assumedKeys(keys: readonly ScenarioKey[]): ScenarioKey[] {
  return keys.filter(({ isAssumed, isStated }) => isAssumed && !isStated);
}

/** How far the intervals go: what they leave out stands beside the answer. */
export function sureness({ scenario }: Origin): Html | null {
  if (scenario === undefined) return null;
  const assumed = assumedKeys(scenarioKeys(scenario));
  if (assumed.length === 0) return null;
  const cpu = assumed.find(({ path }) => path === 'service.cpuMsMean');
  const first = cpu ? `, first of all ${cpu.value} ${cpu.unit} of processor time per request` : '';
  return html`<p class="note">How sure: ± and “<” are the chance between replications alone. The level of all figures rests on <a href="#assumed">${assumed.length} values that nobody has measured for your application</a>${first}.</p>`;
}

/** What the run rests on that nobody has measured. */
export function assumptions({ scenario }: Origin): Section {
  const heading = 'What is assumed';
  const id = 'assumed';
  if (scenario === undefined)
    return { id, heading, body: html`<p>The folder has no manifest.json that names its scenario.</p>` };
  const keys = scenarioKeys(scenario);
  const assumed = assumedKeys(keys);
  const stated = keys.filter(({ isStated }) => isStated);
  return {
    id,
    heading,
    body: html`<p>${assumed.length} values of this run are defaults that nobody has measured. Put in your own where you know them; <code>replisim sensitivity</code> finds out which of them move the answer.</p><details><summary>${assumed.length} assumed values</summary>${keysTable(assumed, 'Assumed values')}</details>${stated.length > 0 ? html`<details><summary>${stated.length} ${stated.length === 1 ? 'value that was' : 'values that were'} stated for this run</summary>${keysTable(stated, 'Stated values')}</details>` : null}`,
  };
}

/** What no run of the simulator knows. */
export function limits(): Section {
  const entries = modelLimits().map(({ model, limits: text }) => html`<dt>${model}</dt><dd>${text}</dd>`);
  return {
    id: 'not-modelled',
    heading: 'What is not modelled',
    body: html`<p>The limits of each model, as MODEL.md states them.</p><dl class="limits">${entries}</dl>`,
  };
}

/** Where the numbers come from, and how to get them again. */
export function provenance(folder: Folder, from: string): Section {
  const { origin } = folder;
  const command = reproduceCommand(origin);
  const facts: [string, string | undefined][] = [
    ['Replisim', origin.version],
    ['sha256 of the simulator', origin.source_sha256],
    ['sha256 of the scenario', origin.scenario_sha256],
    ...Object.entries(origin.files ?? {})
      .filter(([file]) => file.endsWith('.csv'))
      .map(([file, { sha256 }]) => [`sha256 of ${file}`, sha256] as [string, string | undefined]),
  ];
  const rows = facts.flatMap(([name, value]) =>
    value === undefined
      ? []
      : [html`<tr><th scope="row">${name}</th><td class="text"><code>${String(value)}</code></td></tr>`],
  );
  const table = html`<div class="scroll" tabindex="0" role="region" aria-label="Provenance"><table><tbody>${rows}</tbody></table></div>`;
  const again =
    command === undefined
      ? html`<p>The folder has no manifest.json: the command that made it is not known.</p>`
      : html`<p>The same numbers, byte for byte, whatever the machine and the number of workers:</p><pre><code>${command}</code></pre>`;
  const files = folder.has('manifest.json')
    ? html`<p class="note">Commit, Node version, times and host stand in <a href="${linkTo(from, folder.path, 'manifest.json')}">manifest.json</a>; type, unit and meaning of every column in <a href="${linkTo(from, folder.path, 'datapackage.json')}">datapackage.json</a>.</p>`
    : null;
  return {
    id: 'provenance',
    heading: 'Where this comes from',
    body: html`${again}${rows.length > 0 ? table : null}${files}`,
  };
}

function range(values: readonly number[], what: string): string {
  const sorted = distinctSorted(values);
  const text = (value: number): string => (Number.isSafeInteger(value) ? whole(value) : readable(value));
  return sorted.length === 1
    ? `${text(sorted[0])} ${what}`
    : `${text(sorted[0])} to ${text(sorted[sorted.length - 1])} ${what}`;
}

/** What was run, in one line. */
export function factsLine({ origin }: Folder, summaries: readonly PointSummary[]): string {
  const points = summaries.map(({ point }) => point);
  const balancers = [...new Set(points.map(({ balancer }) => balancer))];
  const scenario = origin.scenario as Partial<Scenario> | undefined;
  const run = scenario?.run;
  const replications = greatest(summaries.map(({ metrics }) => metrics.get('offered_rps')?.n ?? 0));
  return [
    range(
      points.map(({ nodes }) => nodes),
      'nodes',
    ),
    range(
      points.map(({ load_rps }) => load_rps),
      'requests/s',
    ),
    `behind ${balancers.length > 3 ? `${balancers.length} balancers` : listed(balancers)}`,
    ...(Array.isArray(scenario?.faults) ? [describeFaults(scenario.faults)] : []),
    ...(run ? [`${run.durationS} s after ${run.warmUpS} s of warm-up`] : []),
    `${replications} replication${replications === 1 ? '' : 's'}${run ? ` of seed ${run.seed}` : ''}`,
    '± is half of the 95 % interval',
  ].join(' · ');
}
