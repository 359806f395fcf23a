import { dirname, resolve } from 'node:path';
import { InputError } from '../lib/input-error.ts';
import { scaleAnswers } from '../lib/scale-answer.ts';
import type { Figure, FigureOf, Missing, ReportInputs } from './figure.ts';
import { balance } from './figures/balance.ts';
import { bytesByKind } from './figures/bytes-by-kind.ts';
import { capacity } from './figures/capacity.ts';
import { consistency } from './figures/consistency.ts';
import { detection } from './figures/detection.ts';
import { latency } from './figures/latency.ts';
import { losses } from './figures/losses.ts';
import { mistakes } from './figures/mistakes.ts';
import { timelines } from './figures/timelines.ts';
import { tornado } from './figures/tornado.ts';
import { traffic } from './figures/traffic.ts';
import { validation } from './figures/validation.ts';
import { carriesText, headlineOf } from './headline.ts';
import { html } from './html.ts';
import { figuresHtml, pageText } from './page.ts';
import { type Folder, readSummaries, siblingFolder } from './read-folder.ts';
import { assumptions, factsLine, limits, provenance } from './sections.ts';
import { clusterTable, headlineTable } from './tables.ts';

/** Parts of a report and their figures, in the order of the page. */
const chapters: readonly { id: string; heading: string; figures: readonly FigureOf[] }[] = [
  { id: 'scale', heading: 'How much it carries', figures: [capacity, latency] },
  { id: 'network', heading: 'What crosses the network', figures: [traffic, bytesByKind] },
  { id: 'loss', heading: 'What is lost', figures: [losses, consistency] },
  { id: 'failures', heading: 'When something fails', figures: [timelines, detection, mistakes] },
  { id: 'balance', heading: 'How evenly the load is spread', figures: [balance] },
  { id: 'trust', heading: 'How far to trust it', figures: [validation, tornado] },
];

async function drawnChapters(
  inputs: ReportInputs,
): Promise<{ id: string; heading: string; figures: (Figure | Missing)[] }[]> {
  return Promise.all(
    chapters.map(async ({ id, heading, figures }) => ({
      id,
      heading,
      figures: await Promise.all(figures.map((figure) => figure(inputs))),
    })),
  );
}

/**
 * The report of one results folder.
 *
 * @param out - where the page will stand: links to files start there.
 * @returns the page; the same bytes for the same files.
 * @throws InputError - a file is absent or damaged.
 */
export async function singleReport(folder: Folder, out: string): Promise<string> {
  const from = dirname(resolve(out));
  const summaries = await readSummaries(folder);
  if (summaries.length === 0)
    throw new InputError(`${folder.path}/summary.csv: no row; an experiment that ran has some`);
  const answers = scaleAnswers(summaries);
  const inputs: ReportInputs = { folder, summaries, answers, sibling: (name) => siblingFolder(folder, name) };
  const headline = headlineOf(answers);
  const { origin } = folder;
  const scenarioName = typeof origin.scenario?.name === 'string' ? origin.scenario.name : folder.name;
  const all = html`<details><summary>Every cluster of the sweep</summary>${clusterTable(answers)}</details>`;
  const parts = await drawnChapters(inputs);
  return pageText({
    title: `${scenarioName}: Replisim report`,
    eyebrow: html`<b>Replisim</b> report of ${origin.experiment ?? folder.name}${scenarioName === origin.experiment ? null : html` · ${scenarioName}`}`,
    answer: headline.sentence,
    top: html`<p class="facts">${factsLine(folder, summaries)}</p>${headlineTable(headline)}<p class="note">${carriesText}</p>${all}`,
    sections: [
      ...parts.map(({ id, heading, figures }) => ({
        id: `part-${id}`,
        heading,
        body: figuresHtml(figures, from),
      })),
      assumptions(origin),
      limits(),
      provenance(folder, from),
    ],
    footer: html`Made by Replisim${origin.version ? ` ${origin.version}` : ''}, a deterministic simulator of Tomcat clusters that replicate HTTP sessions. This page has no script and asks the network for nothing.`,
  });
}
