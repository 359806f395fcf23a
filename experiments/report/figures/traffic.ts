import * as Plot from '@observablehq/plot';
import type { PointSummary } from '../../lib/summarise.ts';
import { byteRate, readable } from '../../lib/text-table.ts';
import {
  baseOptions,
  decades,
  endLabels,
  isNarrow,
  lineOverNodes,
  type NodeSpot as Spot,
  xAxis,
  yAxis,
} from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, SweepFigureOf } from '../figure.ts';
import { distinctSorted, least, rangedOf, seriesOf, spoken, thinned } from '../series.ts';

/** The lowest load at which every cluster size was swept: there the fewest clusters are overloaded. */
function lowestLoad(summaries: readonly PointSummary[]): number {
  return least(summaries.map(({ point }) => point.load_rps));
}

/** How traffic grows over the whole range: the exponent of N. */
function slope(own: readonly Spot[]): number | null {
  const [first, last] = [own[0], own[own.length - 1]];
  if (own.length < 2 || first.mean <= 0 || last.mean <= 0) return null;
  return Math.log(last.mean / first.mean) / Math.log(last.nodes / first.nodes);
}

/** An exponent in raised figures. */
function raised(exponent: number): string {
  return exponent.toFixed(1).replace(/[-.\d]/g, (digit) => '⁻·⁰¹²³⁴⁵⁶⁷⁸⁹'['-.0123456789'.indexOf(digit)]);
}

function titleOf(spots: readonly Spot[], names: readonly string[]): string {
  const most = Math.max(...spots.map(({ nodes }) => nodes));
  const last = names
    .flatMap((name) => spots.filter((spot) => spot.name === name && spot.nodes === most))
    .sort((a, b) => b.mean - a.mean);
  const [top] = last;
  const exponent = slope(spots.filter(({ name }) => name === top.name));
  const grows = exponent === null ? '' : `, growing as N${raised(exponent)}`;
  const rest = last.length > 1 ? `; ${spoken(last[last.length - 1].name)} ${byteRate(last[last.length - 1].mean)}` : '';
  return `At ${most} nodes ${spoken(top.name)} moves ${byteRate(top.mean)}${grows}${rest}`;
}

/** Lines of growth with N and with N(N-1), from one place at the left. */
function guides(sizes: readonly number[], from: number): { nodes: number; y: number; name: string }[] {
  const first = sizes[0];
  return sizes.flatMap((nodes) => [
    { nodes, y: (from * nodes) / first, name: 'N' },
    { nodes, y: (from * nodes * (nodes - 1)) / (first * Math.max(1, first - 1)), name: 'N(N-1)' },
  ]);
}

function drawn(spots: readonly Spot[], key: Figure['key']): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const sizes = distinctSorted(spots.map(({ nodes }) => nodes));
    const values = spots.map(({ mean }) => mean);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const domain = [10 ** Math.floor(Math.log10(low)), 10 ** (Math.ceil(Math.log10(high) * 2) / 2)] as [number, number];
    const lines = key.map((entry) => ({ ...entry, spots: spots.filter(({ name }) => name === entry.name) }));
    const last = lines
      .filter(({ spots: own }) => own.length > 0)
      .map(({ name, look, spots: own }) => ({
        x: sizes[sizes.length - 1],
        y: own[own.length - 1].mean,
        name,
        colour: look.colour,
      }));
    const rays = guides(sizes, domain[0] * 1.6);
    const inside = rays.filter(({ y }) => y <= domain[1]);
    const ends = ['N', 'N(N-1)'].map((name) => inside.filter((ray) => ray.name === name).at(-1)!);
    return draw(id, {
      ...baseOptions(width, narrow ? 320 : 420),
      marginLeft: 66,
      marginRight: narrow ? 16 : 150,
      x: { type: 'log', base: 2, domain: [sizes[0], sizes[sizes.length - 1]] },
      y: { type: 'log', domain },
      marks: [
        ...yAxis('traffic of the whole cluster', {
          ticks: decades(domain[0], domain[1]),
          tickFormat: byteRate,
        }),
        ...xAxis('nodes', { ticks: sizes, tickFormat: String }),
        Plot.lineY(inside, { x: 'nodes', y: 'y', z: 'name', stroke: 'var(--muted)', strokeDasharray: '2,4' }),
        Plot.text(ends, {
          x: 'nodes',
          y: 'y',
          text: (ray: { name: string }) => `∝ ${ray.name}`,
          fill: 'var(--muted)',
          textAnchor: 'end',
          dx: -6,
          dy: -8,
          fontStyle: 'italic',
        }),
        ...lines.flatMap(({ look, spots: own }) => lineOverNodes(own, look, ({ mean }) => byteRate(mean), domain[0])),
        ...(narrow ? [] : [endLabels(last)]),
      ],
    });
  };
}

/** Traffic of the cluster against its size, with guides. */
export const traffic: SweepFigureOf = async ({ folder, summaries }) => {
  const id = 'traffic';
  const load = lowestLoad(summaries);
  const own = summaries.filter(({ point }) => point.load_rps === load);
  const { key, nameOf } = seriesOf(own.map(({ point }) => point));
  const names = key.map(({ name }) => name);
  const sizes = new Set(thinned(distinctSorted(own.map(({ point }) => point.nodes)), 16));
  const spots = own.flatMap((summary) => {
    const value = rangedOf(summary, 'before_faults_bytes_per_s') ?? rangedOf(summary, 'traffic.all.bytes_per_s');
    const name = nameOf(summary.point);
    const { nodes } = summary.point;
    return value && value.mean > 0 && names.includes(name) && sizes.has(nodes) ? [{ ...value, name, nodes }] : [];
  });
  if (distinctSorted(spots.map(({ nodes }) => nodes)).length < 2) {
    return {
      id,
      title: 'Traffic against cluster size',
      why: 'it needs at least two cluster sizes with traffic',
      run: 'replisim sweep --nodes 2,4,8,16',
    };
  }
  const kept = key.filter(({ name }) => spots.some((spot) => spot.name === name));
  return {
    id,
    title: titleOf(
      spots,
      kept.map(({ name }) => name),
    ),
    about: `Bytes sent per second in the whole cluster at ${readable(load)} requests/s, everything counted: sessions, heartbeats, acknowledgements, store; before the first fault. Both axes are logarithmic; dotted lines grow with N and with N(N-1). Bands: 95 % intervals.`,
    key: kept,
    namesItsLines: true,
    draw: drawn(spots, kept),
    sources: [
      {
        folder,
        file: 'summary.csv',
        columns: ['nodes', 'load_rps', 'metric = before_faults_bytes_per_s', 'mean', 'ci95_low', 'ci95_high'],
      },
    ],
    data: {
      heads: ['series', 'nodes', 'bytes/s', '95 % from', 'to'],
      rows: spots.map(({ name, nodes, mean, low, high }) => [name, nodes, mean, low, high]),
    },
  };
};
