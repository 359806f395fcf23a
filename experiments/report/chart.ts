import * as Plot from '@observablehq/plot';
import { readable } from '../lib/text-table.ts';
import { widths } from './figure.ts';
import type { Look } from './palette.ts';

/** Marks of Plot; its types leave open what a mark is made from. */
export type Marks = Plot.Markish[];

/** True for the figure of a telephone. */
export function isNarrow(width: number): boolean {
  return width < widths.wide;
}

/** What all figures have in common. */
export function baseOptions(width: number, height: number): Plot.PlotOptions {
  return {
    width,
    height,
    marginTop: 26,
    marginLeft: 58,
    marginRight: 20,
    marginBottom: 44,
    style: { fontSize: '12px', overflow: 'visible' },
  };
}

/** A large number on an axis: 12,000 as 12k. */
export function tick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${Number((value / 1e9).toPrecision(3))}G`;
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

/** Powers of ten in a range, every second or third where there are many. */
export function decades(low: number, high: number, most = 7): number[] {
  const from = Math.ceil(Math.log10(low) - 1e-9);
  const to = Math.floor(Math.log10(high) + 1e-9);
  const step = Math.max(1, Math.ceil((to - from + 1) / most));
  const ticks: number[] = [];
  for (let power = from; power <= to; power += step) ticks.push(10 ** power);
  if (ticks.length >= 2) return ticks;
  return [1, 2, 5, 10, 20, 50]
    .map((factor) => factor * 10 ** Math.floor(Math.log10(low)))
    .filter((v) => v >= low && v <= high);
}

const quiet = { tickSize: 0, labelArrow: 'none' } as const;

/** What an axis may be told. */
interface AxisOptions {
  readonly ticks?: readonly number[] | number;
  /** Text of a tick. A format would not do: on a logarithmic scale Plot leaves some of its texts out. */
  readonly tickFormat?: (value: number) => string;
}

/** A vertical axis with its grid; the label stands above it. */
export function yAxis(label: string, { ticks = 6, tickFormat = tick }: AxisOptions = {}): Marks {
  return [
    Plot.gridY({ ticks, stroke: 'var(--grid)', strokeOpacity: 1 } as object),
    Plot.axisY({ ...quiet, ticks, text: tickFormat, label, labelAnchor: 'top' } as object),
  ];
}

/** A horizontal axis; the label stands below its middle. */
export function xAxis(label: string, { ticks, tickFormat = tick }: AxisOptions = {}): Marks {
  const given = ticks === undefined ? {} : { ticks };
  const labelled = { label, labelAnchor: 'center', labelOffset: 36, labelArrow: 'none' };
  return [Plot.axisX({ ...given, ...labelled, tickSize: 4, text: tickFormat } as object)];
}

/** Names at the ends of lines. */
export interface EndLabel {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly colour: string;
}

/** Pixels between two names. */
const LABEL_STEP = 15;

/** Moves overlapping places apart, keeping their order. */
export function spread(places: readonly number[], step: number, low: number, high: number): number[] {
  const order = places.map((_, index) => index).sort((a, b) => places[a] - places[b] || a - b);
  const moved = [...places];
  for (let round = 0; round < 50; round += 1) {
    for (let at = 1; at < order.length; at += 1) {
      const [upper, lower] = [order[at - 1], order[at]];
      const lack = step - (moved[lower] - moved[upper]);
      if (lack <= 0.01) continue;
      moved[upper] -= lack / 2;
      moved[lower] += lack / 2;
    }
    const above = low - moved[order[0]];
    const below = moved[order[order.length - 1]] - high;
    if (above > 0) moved[order[0]] += above;
    if (below > 0) moved[order[order.length - 1]] -= below;
  }
  return moved;
}

/** Names lines at their ends; names that would overlap are moved apart. */
export function endLabels(labels: readonly EndLabel[]): Plot.Markish {
  const options = {
    x: 'x',
    y: 'y',
    text: 'name',
    fill: (label: EndLabel) => label.colour,
    textAnchor: 'start',
    dx: 10,
    fontWeight: 600,
  };
  const initializer = (
    data: unknown,
    facets: number[][],
    channels: Record<string, { value: number[] }>,
    scales: Record<string, (value: number) => number>,
    dimensions: { height: number; marginTop: number; marginBottom: number },
  ): object => {
    const places = [...channels.y.value].map((value) => scales.y(value));
    const value = spread(places, LABEL_STEP, dimensions.marginTop, dimensions.height - dimensions.marginBottom);
    return { data, facets, channels: { y: { value } } };
  };
  return Plot.text(labels, Plot.initializer(options as object, initializer as never) as never);
}

/** A value with the ends of its interval. */
export interface Ranged {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** A value for the text that appears under the pointer. */
export function rangedText({ mean, low, high }: Ranged): string {
  return low === null || high === null ? readable(mean) : `${readable(mean)} (${readable(low)} to ${readable(high)})`;
}

/** A value of one of several things that are compared, for a number of nodes. */
export interface NodeSpot extends Ranged {
  readonly name: string;
  readonly nodes: number;
}

/**
 * A line over the numbers of nodes: band of the intervals, line, a dot for each.
 * @param textOf - what a dot says of its value.
 * @param least - where the scale begins; a band ends there.
 */
export function lineOverNodes(
  spots: readonly NodeSpot[],
  look: Look,
  textOf: (spot: NodeSpot) => string,
  least = Number.NEGATIVE_INFINITY,
): Marks {
  return [
    Plot.areaY(spots, {
      x: 'nodes',
      y1: (spot: NodeSpot) => Math.max(least, spot.low ?? spot.mean),
      y2: (spot: NodeSpot) => spot.high ?? spot.mean,
      fill: look.colour,
      fillOpacity: 0.22,
    }),
    Plot.lineY(spots, { x: 'nodes', y: 'mean', stroke: look.colour, strokeWidth: 2 }),
    Plot.dot(spots, {
      x: 'nodes',
      y: 'mean',
      fill: look.colour,
      symbol: look.symbol,
      r: 4,
      title: (spot: NodeSpot) => `${spot.name}, ${spot.nodes} nodes: ${textOf(spot)}`,
    }),
  ];
}
