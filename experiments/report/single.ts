import { dirname, resolve } from 'node:path';
import { InputError } from '../lib/input-error.ts';
import { scaleAnswers } from '../lib/scale-answer.ts';
import { type Figure, type FigureOf, isDrawn, type Missing, ofSweep, type ReportInputs, type Sweep } from './figure.ts';
import { balance } from './figures/balance.ts';
import { bytesByKind } from './figures/bytes-by-kind.ts';
import { capacity } from './figures/capacity.ts';
import { carried } from './figures/carried.ts';
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
import { type Html, html } from './html.ts';
import { figuresHtml, pageWithin } from './page.ts';
import { type Folder, readSummaries, siblingFolder } from './read-folder.ts';
import { assumptions, factsLine, limits, provenance, sureness } from './sections.ts';
import { clusterTable, dataTable, headlineTable } from './tables.ts';

/** Parts of a report and their figures, in the order of the page. */
const chapters: readonly { id: string; heading: string; figures: readonly FigureOf[] }[] = [
  {
    id: 'scale',
    heading: 'How much it carries',
    figures: [
      carried,
      ofSweep(capacity, 'capacity', 'Capacity against cluster size'),
      ofSweep(latency, 'latency', 'Latency against load'),
    ],
  },
  {
    id: 'network',
    heading: 'What crosses the network',
    figures: [
      ofSweep(traffic, 'traffic', 'Traffic against cluster size'),
      ofSweep(bytesByKind, 'bytes-by-kind', 'Bytes per request by kind of message'),
    ],
  },
  { id: 'loss', heading: 'What is lost', figures: [ofSweep(losses, 'losses', 'What the faults cost'), consistency] },
  { id: 'failures', heading: 'When something fails', figures: [timelines, detection, mistakes] },
  { id: 'balance', heading: 'How evenly the load is spread', figures: [balance] },
  { id: 'trust', heading: 'How far to trust it', figures: [validation, tornado] },
];

interface Chapter {
  readonly id: string;
  readonly heading: string;
  readonly figures: readonly (Figure | Missing)[];
}

async function drawnChapters(inputs: ReportInputs): Promise<Chapter[]> {
  return Promise.all(
    chapters.map(async ({ id, heading, figures }) => ({
      id,
      heading,
      figures: await Promise.all(figures.map((figure) => figure(inputs))),
    })),
  );
}

/** Chapters with something to see come first; what there is nothing of stands in one at the end. */
function withoutEmpty(parts: readonly Chapter[]): Chapter[] {
  const drawn = parts.filter(({ figures }) => figures.some(isDrawn));
  const missing = parts.filter((part) => !drawn.includes(part)).flatMap(({ figures }) => figures);
  return missing.length === 0 ? drawn : [...drawn, { id: 'not-run', heading: 'What was not run', figures: missing }];
}

/** The sweep of a folder; undefined where its points are told apart by more than strategy, balancer, size and load. */
async function sweepOf(folder: Folder | undefined): Promise<Sweep | undefined> {
  if (!folder?.has('summary.csv') || folder.has('searches.csv')) return undefined;
  const summaries = await readSummaries(folder);
  if (summaries.length === 0)
    throw new InputError(`${folder.path}/summary.csv: no row; an experiment that ran has some`);
  if (summaries.some(({ point }) => point.case !== undefined)) return undefined;
  return { folder, summaries, answers: scaleAnswers(summaries) };
}

interface Top {
  readonly answer: string;
  readonly body: Html;
}

function topOfSweep({ folder, summaries, answers }: Sweep): Top {
  const headline = headlineOf(answers);
  const all = html`<details><summary>Every cluster of the sweep</summary>${clusterTable(answers)}</details>`;
  return {
    answer: headline.sentence,
    body: html`<p class="facts">${factsLine(folder, summaries)}</p>${headlineTable(headline)}<p class="note">${carriesText}</p>${sureness(folder.origin)}${all}`,
  };
}

/** Longest table that stands open above the figures [rows]. */
const mostOpenRows = 12;

/** The answer of an experiment that is no sweep: what its own figures say, and the numbers of the first. */
function topOfFigures(folder: Folder, parts: readonly Chapter[]): Top {
  const own = parts
    .flatMap(({ figures }) => figures)
    .filter(isDrawn)
    .filter(({ sources }) => sources.some((source) => resolve(source.folder.path) === resolve(folder.path)));
  const [first, ...others] = own;
  if (first === undefined) {
    const expected = 'summary.csv of a sweep is expected, or the tables of another experiment';
    const inner = folder.resultsBelow();
    const advice = inner.length > 0 ? `${inner.join(', ')} in it hold some` : expected;
    throw new InputError(`${folder.path}: no results that a report is made of; ${advice}`);
  }
  const rest =
    others.length > 0
      ? html`<ul>${others.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul>`
      : null;
  const table = html`<summary>The numbers</summary>${dataTable(first.data, `Numbers: ${first.title}`)}`;
  const isShort = first.data.rows.length <= mostOpenRows;
  return {
    answer: `${first.title}.`,
    body: html`${rest}${isShort ? html`<details open>${table}</details>` : html`<details>${table}</details>`}`,
  };
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
  const own = await sweepOf(folder);
  const sibling = (name: string): Folder | undefined => siblingFolder(folder, name);
  const parts = await drawnChapters({ sweep: own ?? (await sweepOf(sibling('scale-sweep'))), sibling });
  const { answer, body } = own ? topOfSweep(own) : topOfFigures(folder, parts);
  const { origin } = folder;
  const scenarioName = typeof origin.scenario?.name === 'string' ? origin.scenario.name : folder.name;
  const figuresOf = (most: number) =>
    withoutEmpty(parts).map(({ id, heading, figures }) => ({
      id: `part-${id}`,
      heading,
      body: figuresHtml(figures, from, most),
    }));
  return pageWithin((most) => ({
    title: `${scenarioName}: Replisim report`,
    eyebrow: html`<b>Replisim</b> report of ${origin.experiment ?? folder.name}${scenarioName === origin.experiment ? null : html` · ${scenarioName}`}`,
    answer,
    top: body,
    sections: [...figuresOf(most), assumptions(origin), limits(), provenance(folder, from)],
    footer: html`Made by Replisim${origin.version ? ` ${origin.version}` : ''}, a deterministic simulator of Tomcat clusters that replicate HTTP sessions. This page has no script and asks the network for nothing.`,
  }));
}
