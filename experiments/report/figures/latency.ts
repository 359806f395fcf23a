import * as Plot from '@observablehq/plot';
import { objective } from '../../lib/scale-answer.ts';
import type { PointSummary } from '../../lib/summarise.ts';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, decades, isNarrow, type Ranged, rangedText, tick, xAxis, yAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, SweepFigureOf } from '../figure.ts';
import { seriesLook } from '../palette.ts';
import { distinctSorted, rangedOf, seriesOf, spoken } from '../series.ts';

interface Spot extends Ranged {
  readonly name: string;
  readonly load: number;
  readonly percentile: string;
}

interface Knee {
  readonly name: string;
  readonly load: number;
}

const percentiles = ['p50', 'p95', 'p99'] as const;
const key = percentiles.map((name, index) => ({ name, look: seriesLook([2, 0, 1][index]) }));
const MOST_PANELS = 12;

/** Share of the loads that a cluster size does not carry: the knee is best seen where it is near one half. */
function choiceOf(own: readonly PointSummary[]): number {
  const over = own.filter(
    ({ metrics }) => (metrics.get('latency_ms_p95')?.mean ?? Number.POSITIVE_INFINITY) > objective.latencyMsP95Max,
  );
  return Math.abs(over.length / own.length - 0.4);
}

/** The cluster size that was swept at most loads; among those the one with the knee inside. */
function sizeOf(summaries: readonly PointSummary[]): number {
  const sizes = distinctSorted(summaries.map(({ point }) => point.nodes));
  const own = (nodes: number): PointSummary[] => summaries.filter(({ point }) => point.nodes === nodes);
  return sizes.reduce((best, nodes) => {
    const more = own(nodes).length - own(best).length;
    return more > 0 || (more === 0 && choiceOf(own(nodes)) < choiceOf(own(best))) ? nodes : best;
  });
}

/** The load at which the busiest node is full, from the highest load that was carried. */
function kneesOf(
  inputs: Parameters<SweepFigureOf>[0],
  nodes: number,
  nameOf: (point: PointSummary['point']) => string,
): Knee[] {
  return inputs.answers.flatMap((answer) => {
    const load = answer.capacity_rps_estimate.mean;
    return answer.nodes === nodes && load !== null ? [{ name: nameOf(answer), load }] : [];
  });
}

/** Where the panel of a series stands. */
interface Place {
  readonly column: number;
  readonly row: number;
}

function placesOf(names: readonly string[], columns: number): Map<string, Place> {
  return new Map(names.map((name, at) => [name, { column: at % columns, row: Math.floor(at / columns) }]));
}

function drawn(spots: readonly Spot[], knees: readonly Knee[], names: readonly string[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const columns = narrow ? Math.min(2, names.length) : names.length <= 5 ? names.length : 4;
    const places = placesOf(names, columns);
    const rows = Math.ceil(names.length / columns);
    const loads = distinctSorted(spots.map(({ load }) => load));
    const domain = [loads[0] * 0.75, loads[loads.length - 1] * 1.35];
    const low = Math.min(...spots.map(({ mean }) => mean)) * 0.8;
    const high = Math.max(...spots.map(({ mean }) => mean)) * 1.3;
    const face = {
      fx: ({ name }: { name: string }) => places.get(name)!.column,
      fy: ({ name }: { name: string }) => places.get(name)!.row,
    };
    const titles = names.map((name) => ({ name }));
    return draw(id, {
      ...baseOptions(width, rows === 1 ? 300 : 70 + rows * 170),
      marginLeft: 62,
      marginTop: 40,
      fx: { domain: Array.from({ length: columns }, (_, at) => at), label: null, axis: null, padding: 0.14 },
      fy: { domain: Array.from({ length: rows }, (_, at) => at), label: null, axis: null, padding: 0.24 },
      x: { type: 'log', domain },
      y: { type: 'log', domain: [low, high] },
      marks: [
        ...yAxis('latency [ms]', { ticks: decades(low, high, rows > 1 ? 4 : 6) }),
        ...xAxis('offered load [requests/s]', {
          ticks: columns <= 3 ? loads : [loads[0], loads[loads.length - 1]],
          tickFormat: tick,
        }),
        Plot.text(titles, {
          ...face,
          text: 'name',
          frameAnchor: 'top-left',
          dy: -14,
          fontWeight: 600,
          fontSize: columns > 3 || narrow ? 11 : 12,
        } as object),
        Plot.ruleX(
          knees.filter(({ load }) => load >= domain[0] && load <= domain[1]),
          {
            x: 'load',
            ...face,
            stroke: 'var(--muted)',
            strokeDasharray: '4,3',
            title: (knee: Knee) => `${knee.name}: the busiest node is full at ${readable(knee.load)} requests/s`,
          } as object,
        ),
        Plot.areaY(spots, {
          x: 'load',
          ...face,
          z: 'percentile',
          y1: (spot: Spot) => Math.max(low, spot.low ?? spot.mean),
          y2: (spot: Spot) => Math.min(high, spot.high ?? spot.mean),
          fill: colourOf,
          fillOpacity: 0.2,
        } as object),
        Plot.lineY(spots, {
          x: 'load',
          y: 'mean',
          ...face,
          z: 'percentile',
          stroke: colourOf,
          strokeWidth: 2,
        } as object),
        ...key.map(({ name: percentile, look }) =>
          Plot.dot(
            spots.filter((spot) => spot.percentile === percentile),
            {
              x: 'load',
              y: 'mean',
              ...face,
              fill: look.colour,
              symbol: look.symbol,
              r: 3.5,
              title: (spot: Spot) =>
                `${spot.name}, ${readable(spot.load)} requests/s, ${spot.percentile}: ${rangedText(spot)} ms`,
            } as object,
          ),
        ),
      ],
    });
  };
}

function lookOf({ percentile }: Spot): (typeof key)[number]['look'] {
  return key.find(({ name }) => name === percentile)!.look;
}

function colourOf(spot: Spot): string {
  return lookOf(spot).colour;
}

function titleOf(spots: readonly Spot[], knees: readonly Knee[], nodes: number): string {
  const sorted = [...knees].sort((a, b) => a.load - b.load);
  const loads = distinctSorted(spots.map(({ load }) => load));
  const within = sorted.filter(({ load }) => load > loads[0] && load < loads[loads.length - 1]);
  if (within.length === 0) return `Latency of ${nodes} nodes against load`;
  const [first, last] = [within[0], within[within.length - 1]];
  const range =
    within.length === 1 || last.load < 1.02 * first.load
      ? `${readable(first.load)}`
      : `${readable(first.load)} (${spoken(first.name)}) to ${readable(last.load)} (${spoken(last.name)})`;
  return `${nodes} nodes answer quickly up to a knee at ${range} requests/s`;
}

/** Latency percentiles against load, with the knee. */
export const latency: SweepFigureOf = async (inputs) => {
  const { folder, summaries } = inputs;
  const id = 'latency';
  const nodes = sizeOf(summaries);
  const own = summaries.filter(({ point }) => point.nodes === nodes);
  const { key: series, nameOf } = seriesOf(own.map(({ point }) => point));
  const names = series.map(({ name }) => name).slice(0, MOST_PANELS);
  const spots = own.flatMap((summary) =>
    percentiles.flatMap((percentile) => {
      const value = rangedOf(summary, `latency_ms_${percentile}`);
      const name = nameOf(summary.point);
      return value && value.mean > 0 && names.includes(name)
        ? [{ ...value, name, load: summary.point.load_rps, percentile }]
        : [];
    }),
  );
  if (distinctSorted(spots.map(({ load }) => load)).length < 2) {
    return {
      id,
      title: 'Latency against load',
      why: 'it needs at least two loads',
      run: 'replisim sweep --load 500,1000,2000,4000',
    };
  }
  const knees = kneesOf(inputs, nodes, nameOf).filter(({ name }) => names.includes(name));
  return {
    id,
    title: titleOf(spots, knees, nodes),
    about: `Time from sending a request to its answer at ${nodes} nodes: median, 95th and 99th percentile of a run. Bands: 95 % intervals. Dashed: the load at which the busiest node is full. Both axes are logarithmic.`,
    key,
    namesItsLines: false,
    draw: drawn(spots, knees, names),
    sources: [
      {
        folder,
        file: 'summary.csv',
        columns: [
          'load_rps',
          'metric = latency_ms_p50, latency_ms_p95, latency_ms_p99',
          'mean',
          'ci95_low',
          'ci95_high',
        ],
      },
    ],
    data: {
      heads: ['series', 'load [1/s]', 'percentile', 'ms', '95 % from', 'to'],
      rows: spots.map((spot) => [spot.name, spot.load, spot.percentile, spot.mean, spot.low, spot.high]),
    },
  };
};
