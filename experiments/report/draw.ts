import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Digits after the point of a coordinate: a hundredth of a pixel is not seen, and half of the bytes are saved. */
const COORDINATE_DIGITS = 2;

function rounded(tag: string): string {
  // Lines with many corners make most of the bytes; a tenth of a pixel does for them.
  const path = tag.replace(/ d="[^"]*"/, (d) =>
    d.replace(/-?\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1)))),
  );
  return path.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(COORDINATE_DIGITS))));
}

/**
 * Plot numbers its clip paths and markers over the whole process. Numbered from 1 in each figure, the same figure has
 * the same bytes however many were drawn before it.
 */
function renumbered(svg: string, id: string): string {
  const seen = new Map<string, string>();
  return svg.replace(/plot-(clip|marker)-\d+/g, (name, kind: string) => {
    if (!seen.has(name)) seen.set(name, `${id}-${kind}-${seen.size + 1}`);
    return seen.get(name)!;
  });
}

/**
 * Draws a figure with Observable Plot, without a browser.
 *
 * @param id - begins every name inside the figure; different for each figure of a page.
 * @returns the text of one `<svg>`; the same bytes for the same options.
 */
export function draw(id: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...options, document: document as unknown as Document });
  const text = svg.outerHTML
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    // The figure as a whole is named; names of its parts would be read out, and are not allowed without a role.
    .replace(/ aria-(label|description|hidden)="[^"]*"/g, '')
    .replace(/ class="plot-[0-9a-f]+"/g, ' class="plot"');
  return renumbered(text, id).replace(/<[a-z][^>]*>/gi, rounded);
}
