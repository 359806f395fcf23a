import { join, relative, resolve } from 'node:path';
import { type Figure, isDrawn, type Missing, type Source, widths } from './figure.ts';
import { Html, html } from './html.ts';
import { style } from './style.ts';
import { dataTable } from './tables.ts';

/** One part of a page. */
export interface Section {
  readonly id: string;
  readonly heading: string;
  readonly body: Html;
}

/** A page: what stands above the first section, and the sections. */
export interface Page {
  readonly title: string;
  readonly eyebrow: Html;
  readonly answer: string;
  readonly top: Html;
  readonly sections: readonly Section[];
  readonly footer: Html;
}

/** No script, no request: the browser is told to refuse both. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The address of a file as the page at `from` links it. */
export function linkTo(from: string, folder: string, file: string): string {
  const path = relative(from, resolve(join(folder, file))).replaceAll('\\', '/');
  const parts = path.split('/').map((part) => (part === '..' ? part : encodeURIComponent(part)));
  // A first part with a colon would be read as a scheme.
  return `./${parts.join('/')}`;
}

function sourceHtml(from: string, { folder, file, columns }: Source): Html {
  return html`<a href="${linkTo(from, folder.path, file)}">${resolve(folder.path) === from ? file : `${folder.name}/${file}`}</a>: ${columns.map((name, at) => html`${at > 0 ? ', ' : ''}<code>${name}</code>`)}`;
}

function keyHtml({ key, namesItsLines }: Figure): Html | null {
  if (key.length < 2) return null;
  const entries = key.map(
    ({ name, look }) => html`<li><i style="color:${look.colour}" aria-hidden="true">${look.character}</i>${name}</li>`,
  );
  return html`<ul class="${namesItsLines ? 'key spare' : 'key'}" aria-label="Key">${entries}</ul>`;
}

/** A figure with its title, key, sources and numbers. */
function figureHtml(figure: Figure, from: string, mostRows?: number): Html {
  const { id, title, about, draw, sources, data, more } = figure;
  const drawn = Object.entries(widths).map(([name, width]) => {
    const svg = draw(width, `${id}-${name}`);
    const named = html` role="img" aria-label="${`${title}. ${about}`}" class="plot ${name}"`;
    return new Html(svg.replace(' class="plot"', named.text));
  });
  return html`<figure id="${id}"><h3>${title}</h3><div>${drawn}</div><figcaption>${keyHtml(figure)}<p>${about}</p><p>Columns: ${sources.map((source, at) => html`${at > 0 ? '; ' : ''}${sourceHtml(from, source)}`)}.</p></figcaption><details class="data"><summary>The numbers of this figure</summary>${dataTable(data, `Numbers: ${title}`, mostRows)}</details>${more ? html`<details class="data"><summary>${more.label}</summary>${dataTable(more.data, more.label, mostRows)}</details>` : null}</figure>`;
}

function missingHtml({ id, title, why, run }: Missing): Html {
  return html`<div class="missing" id="${id}"><h3>${title}</h3><p>Not drawn: ${why}. Run <code>${run}</code>, then this report again.</p></div>`;
}

/** Figures in their order; those without data come last, with what to run for them. */
export function figuresHtml(figures: readonly (Figure | Missing)[], from: string, mostRows?: number): Html {
  const drawn = figures.filter(isDrawn).map((figure) => figureHtml(figure, from, mostRows));
  const missing = figures.filter((figure): figure is Missing => !isDrawn(figure)).map(missingHtml);
  return html`${drawn}${missing}`;
}

/** Largest page [bytes]: it should open at once and go with a letter. */
const MOST_BYTES = 1_000_000;

/** A page with as many rows in the tables of its figures as fit into a megabyte. */
export function pageWithin(page: (mostRows: number) => Page): string {
  const texts = [200, 60, 15].map((most) => () => pageText(page(most)));
  let text = '';
  for (const next of texts) {
    text = next();
    if (Buffer.byteLength(text) < MOST_BYTES) break;
  }
  return text;
}

/** The whole page. */
export function pageText({ title, eyebrow, answer, top, sections, footer }: Page): string {
  const links = sections.map(({ id, heading }) => html`<li><a href="#${id}">${heading}</a></li>`);
  const parts = sections.map(
    ({ id, heading, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${body}</section>`,
  );
  return `<!doctype html>\n${html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><title>${title}</title><link rel="icon" href="data:,"><style>${new Html(style)}</style></head><body><a class="skip" href="#main">To the figures</a><header class="top"><p class="eyebrow">${eyebrow}</p><h1>${answer}</h1>${top}<nav aria-label="Contents"><ul>${links}</ul></nav></header><main id="main">${parts}</main><footer>${footer}</footer></body></html>`.text}\n`;
}
